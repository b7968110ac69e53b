//! Filters and groups: who is notified of which components, severities and events, what no filter holds back, and how
//! many destinations there may be.
use std::collections::BTreeMap;

use jiff::Timestamp;
use status::{ids::AlertId, words::Event};
use store::Episode;
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, World, group, hook, monitor, page},
};

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web", "Mail"])
}

fn show(world: &World, incident: &Incident) {
    world.server.show("acme", &operational().with(incident.clone()));
}

fn minor(id: &str, components: &[&str]) -> Incident {
    let mut incident = Incident::new(id, components);
    incident.impact = "minor".to_owned();
    incident
}

/// A world with hooks `a`, `b` and `c`, in which the page `acme` was read once.
async fn world_with(groups: &str) -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = settings(&server, &receiver, groups);
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show("acme", &operational());
    world.round().await;
    world
}

fn settings(server: &StatusPageServer, receiver: &Receiver, groups: &str) -> String {
    let hooks: String = ["a", "b", "c"].iter().map(|id| hook(receiver, id)).collect();
    NETWORK.to_owned() + &page(server, "acme") + &hooks + groups
}

fn whole_page() -> String {
    monitor("acme", "acme", "")
}

/// The events that each hook gets from one more round, in the order of their names.
async fn next_events(world: &World) -> [Vec<String>; 3] {
    let paths = ["/a", "/b", "/c"];
    let before = paths.map(|path| world.receiver.events_at(path).len());
    world.round().await;
    let mut events = paths.map(|path| world.receiver.events_at(path));
    for (events, before) in events.iter_mut().zip(before) {
        events.drain(..before);
    }
    events
}

fn each(events: [&[&str]; 3]) -> [Vec<String>; 3] {
    events.map(|events| events.iter().map(|event| (*event).to_owned()).collect())
}

#[tokio::test]
async fn component_filter_says_yes_no_or_unknown() {
    let of = |monitor: &str| format!("monitors = ['{monitor}']\n{EVERYTHING}");
    let world = world_with(
        &[
            monitor("api", "acme", "components = [' api ']"),
            monitor("web", "acme", "components = ['Web']\nunknown = 'drop'"),
            monitor("mail-by-id", "acme", "components = ['c-mail']\nunknown = 'tell'"),
            group("api", &["a"], &of("api")),
            group("web", &["b"], &of("web")),
            group("mail", &["c"], &of("mail-by-id")),
        ]
        .concat(),
    )
    .await;
    let all = ["API", "Web", "Mail"];
    let cases: [(&str, &[&str], [bool; 3]); 5] = [
        ("api", &["API"], [true, false, false]),
        ("web", &["Web"], [false, true, false]),
        ("two", &["Web", "Mail"], [false, true, true]),
        ("untagged", &[], [true, false, true]),
        ("tags-all", &all, [true, true, true]),
    ];
    for (id, components, expected) in cases {
        let incident = Incident::new(id, components).post("investigating");
        show(&world, &incident);
        let opened = next_events(&world).await;
        assert_eq!(opened.map(|events| events == [format!("opened {id}")]), expected, "{id}");
        let unknown = world.receiver.messages().last().unwrap().json()["data"]["alert"]["components_unknown"].clone();
        assert_eq!(unknown, id == "untagged", "{id}: sent with the reason");
        show(&world, &incident.post("resolved"));
        assert_eq!(next_events(&world).await.map(|events| events == [format!("resolved {id}")]), expected, "{id}");
    }
    world.finish().await;
}

#[tokio::test]
async fn group_gets_its_severities_and_events_only() {
    let world = world_with(
        &[
            whole_page(),
            group("major", &["a"], "severities = ['major']"),
            group("minor", &["b"], "severities = ['minor']\nevents = ['opened', 'updated', 'resolved']"),
            group("ends", &["c"], "events = ['resolved']"),
        ]
        .concat(),
    )
    .await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&["opened i1"], &[], &[]]));
    let incident = incident.post("monitoring");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &[], &[]]), "updates are off by default");
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&["resolved i1"], &[], &["resolved i1"]]));

    let incident = minor("i2", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &["opened i2"], &[]]));
    let incident = incident.post("monitoring");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &["updated i2"], &[]]));
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&[], &["resolved i2"], &["resolved i2"]]));
    world.finish().await;
}

#[tokio::test]
async fn destination_that_got_an_opening_gets_the_end() {
    let world = world_with(
        &[
            whole_page(),
            group("major", &["a"], "severities = ['major']"),
            group("openings", &["b"], "events = ['opened']"),
            group("maintenance", &["c"], "severities = ['maintenance']"),
        ]
        .concat(),
    )
    .await;
    let mut incident = Incident::new("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&["opened i1"], &["opened i1"], &[]]));
    incident.impact = "minor".to_owned();
    let incident = incident.post("identified");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &[], &[]]), "it is no longer major");
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&["resolved i1"], &["resolved i1"], &[]]));
    assert_eq!(next_events(&world).await, each([&[], &[], &[]]));
    world.finish().await;
}

#[tokio::test]
async fn end_is_sent_although_the_settings_have_changed() {
    let world = world_with(&(whole_page() + &group("g", &["a", "b"], EVERYTHING))).await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&["opened i1"], &["opened i1"], &[]]));

    // Another component, another severity, and `b` is in no group.
    let narrower =
        monitor("acme", "acme", "components = ['Mail']") + &group("g", &["a"], "severities = ['maintenance']");
    world.apply(&settings(&world.server, &world.receiver, &narrower)).await;
    let incident = incident.post("monitoring");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &[], &[]]));
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&["resolved i1"], &["resolved i1"], &[]]));

    show(&world, &Incident::new("i2", &["API"]).post("investigating"));
    assert_eq!(next_events(&world).await, each([&[], &[], &[]]), "the next incident follows the new settings");
    world.finish().await;
}

#[tokio::test]
async fn incident_that_becomes_major_is_sent_to_groups_that_want_major_ones() {
    let world = world_with(
        &[
            whole_page(),
            group("major", &["a"], "severities = ['major']"),
            group("all", &["b"], ""),
            group("verbose", &["c"], EVERYTHING),
        ]
        .concat(),
    )
    .await;
    let mut incident = minor("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &["opened i1"], &["opened i1"]]));
    incident.impact = "major".to_owned();
    let incident = incident.post("identified");
    show(&world, &incident);
    assert_eq!(
        next_events(&world).await,
        each([&["updated i1"], &[], &["updated i1"]]),
        "`b` was notified before and wants no updates"
    );
    let message = world.receiver.messages_at("/a").pop().unwrap().json();
    assert_eq!(message["data"]["alert"]["widened"], true);
    let incident = incident.post("monitoring");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &[], &["updated i1"]]));
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&["resolved i1"], &["resolved i1"], &["resolved i1"]]));
    world.finish().await;
}

/// The router was killed after it marked the destination as notified and before it queued the task. The repeated run
/// must not take its own mark for an earlier alert.
#[tokio::test]
async fn escalation_survives_a_killed_router() {
    let world = world_with(&[whole_page(), group("major", &["a"], "severities = ['major']")].concat()).await;
    let mut incident = minor("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert!(next_events(&world).await[0].is_empty());
    incident.impact = "major".to_owned();
    show(&world, &incident.post("identified"));
    world.poll(Timestamp::now()).await;
    let alert = AlertId::derive(&"acme".into(), &"i1".into(), "updated", "i1-1", 1);
    assert!(world.app.store.alert(&alert).await.unwrap().is_some());
    let episode = Episode { provider: "acme".into(), incident: "i1".into(), number: 1 };
    world.app.store.mark_notified(&episode, &alert, &["a".into()].into(), Timestamp::now()).await.unwrap();
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["updated i1"]);
    world.finish().await;
}

#[tokio::test]
async fn incident_that_reaches_a_watched_component_is_sent_to_its_monitors() {
    let world = world_with(
        &[
            monitor("mail", "acme", "components = ['Mail']"),
            monitor("api", "acme", "components = ['API']"),
            group("mail", &["a"], "monitors = ['mail']"),
            group("api", &["b"], "monitors = ['api']"),
        ]
        .concat(),
    )
    .await;
    let mut incident = Incident::new("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&[], &["opened i1"], &[]]));
    incident.components.push("Mail".to_owned());
    let incident = incident.post("identified");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&["updated i1"], &[], &[]]));
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&["resolved i1"], &["resolved i1"], &[]]));
    world.finish().await;
}

#[tokio::test]
async fn destination_of_several_groups_is_notified_once() {
    let world = world_with(
        &[
            whole_page(),
            monitor("api", "acme", "components = ['API']"),
            group("one", &["a", "b"], EVERYTHING),
            group("two", &["b", "a"], "monitors = ['api', 'acme']"),
            group("three", &["a"], "severities = ['major']"),
        ]
        .concat(),
    )
    .await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&["opened i1"], &["opened i1"], &[]]));
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&["resolved i1"], &["resolved i1"], &[]]));
    assert_eq!(world.receiver.messages().len(), 4, "nothing was sent twice and refused");
    world.finish().await;
}

#[tokio::test]
async fn destination_removed_from_the_settings_gets_nothing_more() {
    let world = world_with(&(whole_page() + &group("g", &["a", "b", "c"], EVERYTHING))).await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    show(&world, &incident);
    assert_eq!(next_events(&world).await, each([&["opened i1"], &["opened i1"], &["opened i1"]]));

    let incident = incident.post("monitoring");
    show(&world, &incident);
    world.poll(jiff::Timestamp::now()).await;
    let only_a = NETWORK.to_owned()
        + &page(&world.server, "acme")
        + &whole_page()
        + &hook(&world.receiver, "a")
        + &group("g", &["a"], EVERYTHING);
    world.apply(&only_a).await;
    world.deliver().await;
    assert_eq!(world.receiver.messages().last().unwrap().event(), "updated i1");
    assert_eq!(world.receiver.messages().len(), 4, "the alert was queued when they were removed");
    show(&world, &incident.post("resolved"));
    assert_eq!(next_events(&world).await, each([&["resolved i1"], &[], &[]]));
    world.finish().await;
}

#[tokio::test]
async fn incidents_of_the_first_read_are_not_sent_but_their_changes_are() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let every_event: Vec<&str> = Event::choices().map(Event::as_str).collect();
    let everything = format!("severities = ['major', 'minor', 'maintenance']\nevents = {every_event:?}");
    let settings = settings(&server, &receiver, &(whole_page() + &group("g", &["a"], &everything)));
    let world = World::with(server, receiver, &settings, None).await;
    let over = Incident::new("over", &["Web"]).post("investigating").post("resolved");
    let open = Incident::new("open", &["API"]).post("investigating");
    let at_first = operational().set("Mail", "major_outage").with(over.clone());
    world.server.show("acme", &at_first.clone().with(open.clone()));
    for _ in 0..3 {
        assert_eq!(next_events(&world).await, each([&[], &[], &[]]));
    }
    world.server.show("acme", &at_first.with(open.post("resolved")));
    assert_eq!(next_events(&world).await, each([&["resolved open"], &[], &[]]));
    world.finish().await;
}

/// More monitors than one invocation of the router handles, each with a group of its own. Destinations are in several
/// groups.
#[tokio::test]
async fn two_hundred_and_fifty_destinations_are_notified_once_each() {
    const MONITORS: usize = 520;
    const DESTINATIONS: usize = 250;
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let mut settings = NETWORK.to_owned() + &page(&server, "acme");
    for n in 0..DESTINATIONS {
        settings += &hook(&receiver, &format!("hook-{n}"));
    }
    for n in 0..MONITORS {
        let destination = format!("hook-{}", n % DESTINATIONS);
        settings += &monitor(&format!("m-{n}"), "acme", "");
        settings += &group(&format!("g-{n}"), &[&destination], &format!("monitors = ['m-{n}']"));
    }
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show("acme", &operational());
    world.round().await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    show(&world, &incident);
    world.round().await;
    show(&world, &incident.post("resolved"));
    world.round().await;

    let mut events_by_path: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in world.receiver.messages() {
        events_by_path.entry(message.path.clone()).or_default().push(message.event());
    }
    assert_eq!(events_by_path.len(), DESTINATIONS);
    for (path, events) in events_by_path {
        assert_eq!(events, ["opened i1", "resolved i1"], "{path}");
    }
    world.finish().await;
}

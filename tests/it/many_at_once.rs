//! Alerts about more than one incident or provider: who gets them, each destination once.
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use status::{
    alert::{Alert, ConcernedProvider, IncidentFacts},
    ids::{AlertId, IncidentId},
    notice,
    words::Event,
};
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, World, group, hook, monitor, page},
};

use crate::story::{Story, ongoing, with};

async fn world(settings: impl Fn(&StatusPageServer) -> String, groups: &str) -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let hooks: String = ["a", "b", "c"].iter().map(|id| hook(&receiver, id)).collect();
    let settings = NETWORK.to_owned() + &settings(&server) + &hooks + groups;
    World::with(server, receiver, &settings, None).await
}

/// The events that each hook gets from one more round, in the order of their names; of a summary only the event.
async fn next_events(world: &World) -> [Vec<String>; 3] {
    let paths = ["/a", "/b", "/c"];
    let before = paths.map(|path| world.receiver.events_at(path).len());
    world.round().await;
    let mut events = paths.map(|path| world.receiver.events_at(path));
    for (events, before) in events.iter_mut().zip(before) {
        events.drain(..before);
        for event in events.iter_mut().filter(|event| event.starts_with("summary")) {
            event.truncate("summary".len());
        }
    }
    events
}

fn each(events: [&[&str]; 3]) -> [Vec<String>; 3] {
    events.map(|events| events.iter().map(|event| (*event).to_owned()).collect())
}

#[tokio::test]
async fn a_summary_goes_to_whoever_wants_one_of_its_changes_and_its_incidents_end_for_them() {
    let only = |monitor: &str| format!("monitors = ['{monitor}']\n{EVERYTHING}");
    let world = world(
        |server| page(server, "acme"),
        &[
            monitor("api", "acme", "components = ['API']"),
            monitor("mail", "acme", "components = ['Mail']"),
            monitor("all", "acme", ""),
            group("api", &["a"], &only("api")),
            group("mail", &["b"], &only("mail")),
            group("ends", &["c"], "monitors = ['all']\nseverities = ['major']\nevents = ['resolved']"),
        ]
        .concat(),
    )
    .await;
    let calm = StatusPage::operational(&["API", "Web", "Mail"]);
    world.server.show("acme", &calm);
    assert_eq!(next_events(&world).await, each([&[], &[], &[]]));
    let incident = |number: usize| {
        let components: &[&str] = if number == 7 { &["API"] } else { &["Web"] };
        Incident::new(&format!("i{number:02}"), components).post("investigating")
    };
    let mut many: Vec<Incident> = (0..25).map(incident).collect();
    let shown = |many: &[Incident]| many.iter().fold(calm.clone(), |page, incident| page.with(incident.clone()));
    world.server.show("acme", &shown(&many));
    assert_eq!(next_events(&world).await, each([&["summary"], &[], &[]]), "nothing of it is mail's, and nothing ended");
    many[3] = many[3].clone().post("resolved");
    world.server.show("acme", &shown(&many));
    let ended = "resolved i03";
    assert_eq!(next_events(&world).await, each([&[ended], &[], &[ended]]));
    for incident in &mut many[4..] {
        *incident = incident.clone().post("identified");
    }
    for incident in &mut many[4..] {
        *incident = incident.clone().post("resolved");
    }
    world.server.show("acme", &shown(&many));
    assert_eq!(next_events(&world).await, each([&["summary"], &[], &["summary"]]), "a summary of ends, once");
    world.finish().await;
}

#[tokio::test]
async fn what_a_summary_opened_is_not_opened_once_more_when_it_gets_worse() {
    let world = world(
        |server| page(server, "acme"),
        &[
            monitor("m", "acme", ""),
            monitor("api", "acme", "components = ['API']"),
            group("openings", &["a"], "monitors = ['m']\nevents = ['opened']"),
            group("api", &["b"], "monitors = ['api']\nevents = ['opened']"),
        ]
        .concat(),
    )
    .await;
    let calm = StatusPage::operational(&["API", "Web"]);
    world.server.show("acme", &calm);
    world.round().await;
    let minor = |number: usize, components: &[&str]| {
        let incident = Incident::new(&format!("i{number:02}"), components);
        Incident { impact: "minor".to_owned(), ..incident }.post("investigating")
    };
    let mut many: Vec<Incident> = (0..25).map(|number| minor(number, &["Web"])).collect();
    let shown = |many: &[Incident]| many.iter().fold(calm.clone(), |page, incident| page.with(incident.clone()));
    world.server.show("acme", &shown(&many));
    assert_eq!(next_events(&world).await, each([&["summary"], &[], &[]]));
    many[3] = minor(3, &["Web", "API"]).post("identified");
    world.server.show("acme", &shown(&many));
    assert_eq!(next_events(&world).await, each([&[], &["updated i03"], &[]]), "a was told of it, b was not");
    // In the same read as much else.
    for (number, incident) in many.iter_mut().enumerate().skip(4) {
        *incident = match number {
            5 => minor(5, &["Web", "API"]).post("identified"),
            _ => incident.clone().post("identified"),
        };
    }
    world.server.show("acme", &shown(&many));
    assert_eq!(next_events(&world).await, each([&[], &["updated i05"], &[]]));
    world.finish().await;
}

/// The hook `night` is told of openings, updates and ends.
fn at_night(server: &StatusPageServer, receiver: &Receiver, more: &str) -> String {
    let group = group("night", &["night"], &format!("{EVERYTHING}{more}"));
    [NETWORK.to_owned(), page(server, "acme"), hook(receiver, "night"), monitor("m", "acme", ""), group].concat()
}

#[tokio::test]
async fn end_at_night_of_what_a_summary_opened_by_day_is_told_in_the_morning() {
    let story = Story::start(at_night, "").await;
    let mut many: Vec<Incident> = (0..25).map(|number| ongoing(&format!("i{number:02}"))).collect();
    story.read(with(many.clone())).await;
    assert_eq!(story.heard("night").len(), 1, "a summary");
    let zoned = |hours| TimeZone::UTC.to_datetime(story.began + SignedDuration::from_hours(hours));
    let (from, until) = (zoned(-2).strftime("%H:%M"), zoned(2).strftime("%H:%M"));
    story.set(&format!("quiet_hours = {{ zone = 'UTC', from = '{from}', until = '{until}' }}\n")).await;
    for phase in ["identified", "resolved"] {
        many[5] = many[5].clone().post(phase);
        story.read(with(many.clone())).await;
    }
    assert_eq!(story.heard("night").len(), 1, "{:?}", story.heard("night"));
    story.after(180, with(many)).await;
    let messages = story.world.receiver.messages_at("/night");
    let told = messages.last().unwrap().json();
    let items = told["data"]["summary"].as_array().unwrap();
    let ended = items.iter().any(|item| item["type"] == "incident.resolved");
    assert!(messages.len() == 2 && ended, "{told}");
    story.world.finish().await;
}

fn about_platform(event: Event, now: Timestamp) -> Alert {
    let notice = notice::test(&"a".into(), now);
    let incident = IncidentId::new("platform@1772000000");
    let concerned = |id: &str| ConcernedProvider { id: id.into(), name: id.to_uppercase() };
    Alert {
        id: AlertId::derive(&"platform@statuspage".into(), &incident, event.as_str(), "", 1),
        provider: "platform@statuspage".into(),
        provider_name: "Statuspage".to_owned(),
        event,
        incident: IncidentFacts { id: incident, ..notice.incident.clone() },
        destination: None,
        concerned: ["acme", "globex", "initech"].map(concerned).into(),
        ..notice
    }
}

/// Routes and delivers an alert that a poller committed.
async fn route(world: &World, alert: &Alert) -> [usize; 3] {
    let paths = ["/a", "/b", "/c"];
    let before = paths.map(|path| world.receiver.messages_at(path).len());
    world.app.store.put_alert(alert, alert.seen_at).await.unwrap();
    let alerts = world.app.queues().alerts;
    alerts.send_alerts(&alert.provider, std::slice::from_ref(&alert.id)).await.unwrap();
    world.deliver().await;
    let after = paths.map(|path| world.receiver.messages_at(path).len());
    [0, 1, 2].map(|at| after[at] - before[at])
}

#[tokio::test]
async fn an_alert_about_a_platform_reaches_each_destination_once_and_names_what_it_watches() {
    let world = world(
        |server| page(server, "acme") + &page(server, "globex") + &page(server, "umbrella"),
        &[
            monitor("acme", "acme", "components = ['API']\nunknown = 'drop'"),
            monitor("globex", "globex", ""),
            monitor("umbrella", "umbrella", ""),
            group("health", &["a", "b"], "monitors = ['acme', 'globex']\nevents = ['unreadable', 'readable']"),
            group("again", &["a"], "events = ['unreadable']"),
            group("elsewhere", &["c"], "monitors = ['umbrella']\nevents = ['unreadable']"),
        ]
        .concat(),
    )
    .await;
    let now = Timestamp::now();
    assert_eq!(route(&world, &about_platform(Event::Unreadable, now)).await, [1, 1, 0]);
    let message = world.receiver.messages_at("/a").last().unwrap().json();
    let named = message["data"]["concerned"].as_array().unwrap();
    let named: Vec<&str> = named.iter().map(|provider| provider["id"].as_str().unwrap()).collect();
    assert_eq!(named, ["acme", "globex"], "nobody watches initech");
    assert_eq!(route(&world, &about_platform(Event::Readable, now)).await, [1, 1, 0]);
    world.finish().await;
}

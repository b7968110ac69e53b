//! Component filters that fit nothing on the page: it is said once, and no alert is held back by them.
use serde_json::{Value, json};
use status::ids::ProviderId;
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{EVERYTHING, NETWORK, World, group, hook, monitor, page},
};

const SUMMARY: &str = "/p/acme/api/v2/summary.json";

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web", "Mail"])
}

/// Hooks `a` and `b`, of groups that cover the monitors `m` and `other`; `filter` is TOML of `m`.
fn settings(server: &StatusPageServer, receiver: &Receiver, filter: &str) -> String {
    [
        NETWORK.to_owned(),
        page(server, "acme"),
        hook(receiver, "a"),
        hook(receiver, "b"),
        monitor("m", "acme", filter),
        monitor("other", "acme", "components = ['Mail']"),
        group("mine", &["a"], &format!("monitors = ['m']\n{EVERYTHING}")),
        group("too", &["a"], &format!("monitors = ['m']\n{EVERYTHING}")),
        group("others", &["b"], &format!("monitors = ['other']\n{EVERYTHING}")),
    ]
    .concat()
}

async fn world(filter: &str) -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = settings(&server, &receiver, filter);
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show("acme", &operational());
    world
}

/// Settings of a running world with another filter.
async fn apply(world: &World, filter: &str) {
    world.apply(&settings(&world.server, &world.receiver, filter)).await;
}

/// The events of a round at the two hooks, and the entries that its notices name.
async fn round(world: &World) -> (Vec<String>, Vec<Value>) {
    let before = world.receiver.messages().len();
    world.round().await;
    let messages = world.receiver.messages().split_off(before);
    let events = messages.iter().map(|message| format!("{} {}", message.path, message.event())).collect();
    let entries = messages.iter().flat_map(|it| it.json()["data"]["unmatched"].as_array().cloned().unwrap_or_default());
    (events, entries.collect())
}

const NOTHING: (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());

fn told(entries: &[&str]) -> (Vec<String>, Vec<Value>) {
    (vec!["/a unmatched monitor@m".to_owned()], entries.iter().map(|entry| json!(entry)).collect())
}

/// The page with another name under the id of `API`.
fn renamed(name: &str, incident: Option<Incident>) -> Reply {
    let page = incident.map_or_else(operational, |incident| operational().with(incident));
    let mut summary = page.summary();
    summary["components"][0]["name"] = json!(name);
    Reply::json(summary)
}

#[tokio::test]
async fn a_typing_error_is_told_once_when_the_page_was_read_and_its_alerts_are_unknown() {
    let world = world("components = ['Aip']").await;
    assert_eq!(round(&world).await, told(&["Aip"]));
    assert_eq!(round(&world).await, NOTHING);
    apply(&world, "components = ['Aip']").await;
    assert_eq!(round(&world).await, NOTHING);
    let record = world.app.store.unmatched_filters_of(&ProviderId::new("acme")).await.unwrap();
    assert_eq!(record.len(), 1);

    world.server.show("acme", &operational().with(Incident::new("i1", &["Web"]).post("investigating")));
    assert_eq!(round(&world).await.0, ["/a opened i1"], "unknown, not silence");
    let alert = &world.receiver.messages().last().unwrap().json()["data"]["alert"];
    assert_eq!(alert["components_unknown"], true);
    world.finish().await;
}

#[tokio::test]
async fn a_typing_error_in_new_settings_is_told_when_they_are_applied_and_again_after_it_was_mended() {
    let world = world("components = ['API']").await;
    assert_eq!(round(&world).await, NOTHING);
    apply(&world, "components = ['API', 'Wbe', 'group:Europe']").await;
    assert_eq!(round(&world).await, told(&["Wbe", "group:Europe"]));
    apply(&world, "components = ['API', 'Wbe', 'Aip', 'group:Europe']").await;
    assert_eq!(round(&world).await, told(&["Aip"]), "what was told before is not repeated");
    apply(&world, "components = ['Web']").await;
    assert_eq!(round(&world).await, NOTHING);
    assert!(world.app.store.unmatched_filters().await.unwrap().is_empty());
    apply(&world, "components = ['Wbe']").await;
    assert_eq!(round(&world).await, told(&["Wbe"]));
    world.finish().await;
}

#[tokio::test]
async fn a_component_that_leaves_the_page_is_told_and_its_return_ends_it() {
    let world = world("components = ['API']").await;
    assert_eq!(round(&world).await, NOTHING);
    world.server.show("acme", &StatusPage::operational(&["Web", "Mail"]));
    assert_eq!(round(&world).await, told(&["API"]));
    assert_eq!(round(&world).await, NOTHING);
    world.server.show("acme", &operational());
    assert_eq!(round(&world).await, NOTHING);
    world.server.show("acme", &StatusPage::operational(&["Web", "Mail", "API v2"]));
    assert_eq!(round(&world).await, told(&["API"]));
    world.finish().await;
}

#[tokio::test]
async fn a_rename_with_the_same_id_is_followed_and_not_told() {
    let world = world("components = ['API']").await;
    assert_eq!(round(&world).await, NOTHING);
    world.server.set(SUMMARY, renamed("Core platform", None));
    assert_eq!(round(&world).await, NOTHING);
    let incident = Incident::new("i1", &["API"]).post("investigating");
    world.server.set(SUMMARY, renamed("Core platform", Some(incident)));
    assert_eq!(round(&world).await.0, ["/a opened i1"]);
    let alert = &world.receiver.messages().last().unwrap().json()["data"]["alert"];
    assert_eq!(alert["components_unknown"], false);
    world.finish().await;
}

#[tokio::test]
async fn names_are_compared_as_people_see_them() {
    let world = world("components = [' core\u{a0} sto\u{308}rung']\nunknown = 'drop'").await;
    world.server.set(SUMMARY, renamed("Core Störung", None));
    assert_eq!(round(&world).await, NOTHING);
    let incident = Incident::new("i1", &["API"]).post("investigating");
    world.server.set(SUMMARY, renamed("Core Störung", Some(incident)));
    assert_eq!(round(&world).await.0, ["/a opened i1"]);
    world.finish().await;
}

#[tokio::test]
async fn a_restart_repeats_no_notice_and_a_monitor_that_is_gone_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    server.show("acme", &operational());
    let settings = settings(&server, &receiver, "components = ['Aip']");
    let world = World::with(server, receiver, &settings, Some(folder.path())).await;
    assert_eq!(round(&world).await, told(&["Aip"]));
    let World { server, receiver, app, .. } = world;
    app.stack.stop().await;
    let world = World::with(server, receiver, &settings, Some(folder.path())).await;
    assert_eq!(round(&world).await, NOTHING);
    let (head, tail) = settings.split_once("[[monitor]]\nid = 'm'").unwrap();
    let others = head.to_owned() + &tail[tail.find("[[monitor]]").unwrap()..];
    world.apply(&others.replace("monitors = ['m']", "monitors = ['other']")).await;
    assert!(world.app.store.unmatched_filters().await.unwrap().is_empty());
    world.finish().await;
}

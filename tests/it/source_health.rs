//! Source health: when a page is not polled, who is alerted that it is unreadable, and what is not its own fault.
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use poller::PollEvent;
use serde_json::Value;
use status::health::HealthState;
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{self, EVERYTHING, NETWORK, World},
};

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

fn summary(page: &str) -> String {
    format!("/p/{page}/api/v2/summary.json")
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let world = World::start().await;
    let start = Timestamp::now();
    let at = async |minutes: i64| {
        let event = PollEvent::default();
        world.app.poller.handle(event, start + SignedDuration::from_mins(minutes)).await.unwrap().pages
    };
    world.server.show("acme", &operational());
    world.poll(start).await;
    let open = operational().with(Incident::new("i1", &["API"]).post("investigating"));
    world.server.show("acme", &open);
    world.poll(start).await;
    assert_eq!(at(2).await, 1, "a page with an open incident is read every minute");

    let rest = vec![("retry-after", "600".to_owned())];
    world.server.set(&summary("acme"), Reply::Plain(429, rest, Bytes::new()));
    assert_eq!(at(4).await, 1);
    let not_before = world.health("acme").await.unwrap().not_before.unwrap();
    let rest = not_before.duration_since(start + SignedDuration::from_mins(4));
    assert!((600..660).contains(&rest.as_secs()), "{rest:?}");
    let asked = world.server.request_count();
    assert_eq!((at(6).await, at(13).await), (0, 0));
    assert_eq!(world.server.request_count(), asked);

    world.server.show("acme", &open);
    assert_eq!(at(16).await, 1);
    let health = world.health("acme").await.unwrap();
    assert_eq!((health.state, health.not_before), (HealthState::Readable, None));
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1"]);
    world.finish().await;
}

/// Some minutes before now: recent enough that no alert of it is late.
fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

/// `acme-1` and so on; `watch` gets alerts about unreadable pages, `hook` about incidents.
async fn pages_with_health_alerts(number: usize) -> (World, Vec<String>) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let pages: Vec<String> = (1..=number).map(|n| format!("acme-{n}")).collect();
    let settings = pages.iter().fold(NETWORK.to_owned(), |settings, page| {
        settings + &world::page(&server, page) + &world::monitor(page, page, "")
    }) + &world::hook(&receiver, "hook")
        + &world::hook(&receiver, "watch")
        + &world::group("incidents", &["hook"], EVERYTHING)
        + &world::group("health", &["watch"], "events = ['unreadable', 'readable']");
    let world = World::with(server, receiver, &settings, None).await;
    pages.iter().for_each(|page| world.server.show(page, &operational()));
    world.poll(ago(20)).await;
    (world, pages)
}

fn health_alerts(world: &World) -> Vec<String> {
    let told = world.receiver.messages_at("/watch").into_iter().map(|message| {
        let body = message.json();
        let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        format!("{} {}", word(&body["type"]), word(&body["data"]["provider"]["id"]))
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

#[tokio::test]
async fn page_unreadable_for_ten_minutes_causes_an_alert_where_it_is_chosen() {
    let (world, _) = pages_with_health_alerts(1).await;
    world.server.set(&summary("acme-1"), Reply::status(500));
    for minutes in [15, 11, 6] {
        world.poll(ago(minutes)).await;
    }
    world.deliver().await;
    assert!(world.receiver.messages().is_empty(), "three failures, but not for ten minutes");
    world.poll(ago(4)).await;
    world.poll(ago(3)).await;
    world.deliver().await;
    assert_eq!(health_alerts(&world), ["source.unreadable acme-1"]);
    let told = world.receiver.messages()[0].json();
    assert!(told["data"]["alert"]["note"].as_str().unwrap().contains("status 500"), "{told}");

    world.server.show("acme-1", &operational());
    world.poll(ago(2)).await;
    world.poll(ago(1)).await;
    world.deliver().await;
    assert_eq!(health_alerts(&world), ["source.readable acme-1", "source.unreadable acme-1"]);
    let incidents: Vec<_> =
        world.receiver.messages().iter().map(|message| message.json()["data"]["incident"]["id"].clone()).collect();
    assert_eq!(incidents[0], incidents[1], "both belong to one unreadable period");
    assert!(world.receiver.messages_at("/hook").is_empty());
    world.finish().await;
}

#[tokio::test]
async fn most_pages_of_one_platform_failing_is_one_fault_without_alerts() {
    let (world, pages) = pages_with_health_alerts(6).await;
    pages[..4].iter().for_each(|page| world.server.set(&summary(page), Reply::status(503)));
    for minutes in [18, 12, 6] {
        assert_eq!(world.poll(ago(minutes)).await.unreadable, 4);
    }
    world.deliver().await;
    assert!(world.receiver.messages().is_empty());
    assert_eq!(world.health("acme-1").await.unwrap().state, HealthState::Failing);

    // Half of them is not most: each page that still fails does so by itself.
    world.server.show("acme-4", &operational());
    assert_eq!(world.poll(ago(2)).await.unreadable, 3);
    world.deliver().await;
    let expected = ["source.unreadable acme-1", "source.unreadable acme-2", "source.unreadable acme-3"];
    assert_eq!(health_alerts(&world), expected);
    assert!(world.receiver.messages_at("/hook").is_empty());
    world.finish().await;
}

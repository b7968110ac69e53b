//! Source health: when a page is not polled, who is alerted that it is unreadable, and what is not its own fault.
use bytes::Bytes;
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use outbound::{Guard, Outbound, Settings};
use poller::{Options, PollEvent, Poller};
use queue::send::AlertsQueue;
use serde_json::Value;
use status::health::HealthState;
use statuswire::local_app::TABLE;
use store::Store;
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

/// A poller of another process, which knows only what is stored.
fn another_poller(world: &World) -> Poller {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    let stack = &world.app.stack;
    Poller::new(
        Outbound::new(Settings::new(guard, HeaderValue::from_static("another poller"))),
        Store::new(&stack.dynamodb, TABLE),
        AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts),
        Options { catalogue: false, ..Options::default() },
    )
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

/// The alerts of the platform's faults, oldest first, as `event incident count`.
async fn platform_alerts(world: &World) -> Vec<String> {
    let mut told = Vec::new();
    for fault in world.app.store.platform_faults().await.unwrap() {
        for alert in world.app.store.alerts_of(&fault.provider(), &fault.incident()).await.unwrap() {
            told.push(format!("{} {}", alert.event.as_str(), alert.concerned.len()));
        }
    }
    told
}

fn break_pages(world: &World, pages: &[String]) {
    pages.iter().for_each(|page| world.server.set(&summary(page), Reply::status(503)));
}

fn mend_pages(world: &World, pages: &[String]) {
    pages.iter().for_each(|page| world.server.show(page, &operational()));
}

#[tokio::test]
async fn most_pages_of_one_platform_failing_is_told_once_and_so_is_its_end() {
    let (world, pages) = pages_with_health_alerts(6).await;
    break_pages(&world, &pages[..4]);
    for minutes in [19, 14, 10] {
        let summary = world.poll(ago(minutes)).await;
        assert_eq!((summary.unreadable, summary.platform_faults), (4, 1));
    }
    assert!(platform_alerts(&world).await.is_empty(), "not for ten minutes");
    assert_eq!(world.health("acme-1").await.unwrap().state, HealthState::Failing);
    for minutes in [8, 7, 6] {
        world.poll(ago(minutes)).await;
        assert_eq!(platform_alerts(&world).await, ["unreadable 4"]);
    }
    let health = world.health("acme-1").await.unwrap();
    assert_eq!((health.state, health.told_with.is_some()), (HealthState::Unreadable, true));

    mend_pages(&world, &pages);
    let back = world.poll(ago(2)).await;
    assert_eq!((back.unreadable, back.platform_faults), (0, 0));
    world.poll(ago(1)).await;
    assert_eq!(platform_alerts(&world).await, ["unreadable 4", "readable 4"]);
    assert_eq!(world.health("acme-1").await.unwrap().state, HealthState::Readable);
    world.deliver().await;
    let expected = ["source.readable platform@statuspage", "source.unreadable platform@statuspage"];
    assert_eq!(health_alerts(&world), expected, "no page is told of by itself");
    assert!(world.receiver.messages_at("/hook").is_empty());
    world.finish().await;
}

#[tokio::test]
async fn short_fault_of_a_platform_is_told_to_nobody() {
    let (world, pages) = pages_with_health_alerts(6).await;
    break_pages(&world, &pages);
    for minutes in [19, 14, 11] {
        world.poll(ago(minutes)).await;
    }
    mend_pages(&world, &pages);
    world.poll(ago(8)).await;
    assert!(platform_alerts(&world).await.is_empty());
    world.deliver().await;
    assert!(world.receiver.messages().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn pages_still_dead_when_the_platform_is_back_are_told_one_by_one() {
    let (world, pages) = pages_with_health_alerts(8).await;
    break_pages(&world, &pages);
    for minutes in [19, 8] {
        world.poll(ago(minutes)).await;
    }
    assert_eq!(platform_alerts(&world).await, ["unreadable 8"]);
    mend_pages(&world, &pages[2..]);
    world.poll(ago(4)).await;
    world.poll(ago(3)).await;
    assert_eq!(platform_alerts(&world).await, ["unreadable 8", "readable 8"]);
    mend_pages(&world, &pages);
    world.poll(ago(1)).await;
    world.deliver().await;
    let own: Vec<_> = health_alerts(&world).into_iter().filter(|told| told.contains("acme")).collect();
    let expected =
        ["source.readable acme-1", "source.readable acme-2", "source.unreadable acme-1", "source.unreadable acme-2"];
    assert_eq!(own, expected);
    world.finish().await;
}

#[tokio::test]
async fn dead_pages_do_not_count_towards_a_majority() {
    let (world, pages) = pages_with_health_alerts(9).await;
    // Four die one after the other, while five can be read.
    for (dead, minutes) in [(1, 60), (2, 58), (3, 56), (4, 54), (4, 45), (4, 40)] {
        break_pages(&world, &pages[..dead]);
        world.poll(ago(minutes)).await;
    }
    world.deliver().await;
    assert_eq!(health_alerts(&world).len(), 4);
    // A fifth page fails: most of the nine, and one of those that count.
    break_pages(&world, &pages[..5]);
    world.poll(ago(25)).await;
    world.poll(ago(12)).await;
    world.deliver().await;
    assert!(platform_alerts(&world).await.is_empty());
    assert_eq!(health_alerts(&world).len(), 5);
    world.finish().await;
}

#[tokio::test]
async fn fault_of_a_platform_is_told_once_by_pollers_that_know_nothing_of_each_other() {
    let (world, pages) = pages_with_health_alerts(6).await;
    break_pages(&world, &pages);
    // A new process in each round, and two at a time.
    for minutes in [19, 13, 8, 7] {
        let (one, other) = (another_poller(&world), another_poller(&world));
        let every = || PollEvent { all: true, ..PollEvent::default() };
        let (one, other) = tokio::join!(one.handle(every(), ago(minutes)), other.handle(every(), ago(minutes)));
        assert_eq!((one.unwrap().unreadable, other.unwrap().unreadable), (6, 6));
    }
    assert_eq!(platform_alerts(&world).await, ["unreadable 6"]);
    mend_pages(&world, &pages);
    for minutes in [5, 4] {
        another_poller(&world).handle(PollEvent { all: true, ..PollEvent::default() }, ago(minutes)).await.unwrap();
    }
    assert_eq!(platform_alerts(&world).await, ["unreadable 6", "readable 6"]);
    world.deliver().await;
    assert!(health_alerts(&world).iter().all(|told| !told.contains("acme")));
    world.finish().await;
}

#[tokio::test]
async fn pollers_of_two_shards_tell_one_fault_that_names_the_pages_of_both() {
    let (world, pages) = pages_with_health_alerts(24).await;
    break_pages(&world, &pages);
    let pollers = [another_poller(&world), another_poller(&world)];
    for minutes in [19, 13, 8, 7] {
        for (shard, poller) in pollers.iter().enumerate() {
            let event = PollEvent { all: true, shard: shard as u64, of: 2, ..PollEvent::default() };
            poller.handle(event, ago(minutes)).await.unwrap();
        }
    }
    assert_eq!(platform_alerts(&world).await, ["unreadable 24"]);
    world.deliver().await;
    assert!(health_alerts(&world).iter().all(|told| !told.contains("acme")));
    world.finish().await;
}

/// Answers of pages that are shown to people only.
fn refusals() -> [(&'static str, Reply); 5] {
    let header = |status, name, value: &str| Reply::Plain(status, vec![(name, value.to_owned())], Bytes::new());
    let blocked = Bytes::from_static(b"<html>Request unsuccessful. Incapsula incident ID: 7-1</html>");
    [
        ("Cloudflare challenge", header(503, "cf-mitigated", "challenge")),
        ("AWS WAF challenge", header(202, "x-amzn-waf-action", "challenge")),
        ("AWS WAF captcha", header(405, "x-amzn-waf-action", "captcha")),
        ("status 403", Reply::status(403)),
        ("Imperva", Reply::Plain(200, vec![("content-type", "text/html".to_owned())], blocked)),
    ]
}

#[tokio::test]
async fn page_that_refuses_automated_reading_is_told_as_such_and_asked_rarely() {
    let world = World::start().await;
    let start = Timestamp::now();
    let open = operational().with(Incident::new("i1", &["API"]).post("investigating"));
    world.server.show("acme", &operational());
    world.poll(start).await;
    for (number, (kind, refusal)) in refusals().into_iter().enumerate() {
        let start = start + SignedDuration::from_hours(24 * (number as i64 + 1));
        world.server.show("acme", &open);
        world.poll(start).await;
        world.server.set(&summary("acme"), refusal);
        let asked = world.server.requests_to(&summary("acme"));
        for minute in 1..=240 {
            let now = start + SignedDuration::from_mins(minute);
            world.app.poller.handle(PollEvent::default(), now).await.unwrap();
        }
        let health = world.health("acme").await.unwrap();
        let reason = health.reason.unwrap_or_default();
        assert!(health.refused && health.state == HealthState::Unreadable, "{kind}: {reason}");
        assert!(reason.contains("refuses automated reading") && reason.contains(kind), "{kind}: {reason}");
        // At 1, 2, 4, 9, 24, 54, 114, 174 and 234 minutes.
        let tried = world.server.requests_to(&summary("acme")) - asked;
        assert!((8..=10).contains(&tried), "{kind}: {tried}");
        let told = world.app.store.page(&"acme".into()).await.unwrap().unwrap();
        assert_eq!(told.head.open.len(), 1, "{kind}: the incident stays open");
    }
    world.deliver().await;
    world.finish().await;
}

#[tokio::test]
async fn page_that_fails_is_asked_after_growing_pauses_also_by_a_new_process() {
    for every_round_is_new in [false, true] {
        let world = World::start().await;
        let start = Timestamp::now();
        let open = operational().with(Incident::new("i1", &["API"]).post("investigating"));
        world.server.show("acme", &open);
        world.poll(start).await;
        world.server.set(&summary("acme"), Reply::status(500));
        let mut tried = Vec::new();
        for minute in 1..=60 {
            let now = start + SignedDuration::from_mins(minute);
            let new = every_round_is_new.then(|| another_poller(&world));
            let poller = new.as_ref().map_or(&*world.app.poller, |new| new);
            if poller.handle(PollEvent::default(), now).await.unwrap().pages > 0 {
                tried.push(minute);
            }
        }
        assert_eq!(&tried[..4], &[1, 2, 4, 9], "{every_round_is_new}");
        assert!((6..=8).contains(&tried.len()), "{every_round_is_new}: {tried:?}");
        world.deliver().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn page_that_asked_not_to_be_read_for_hours_is_told_after_ten_minutes() {
    for is_new in [false, true] {
        let (world, _) = pages_with_health_alerts(1).await;
        let rest = vec![("retry-after", "7200".to_owned())];
        world.server.set(&summary("acme-1"), Reply::Plain(429, rest, Bytes::new()));
        world.poll(ago(15)).await;
        let asked = world.server.request_count();
        for minutes in (1..15).rev() {
            let new = is_new.then(|| another_poller(&world));
            let poller = new.as_ref().map_or(&*world.app.poller, |new| new);
            poller.handle(PollEvent::default(), ago(minutes)).await.unwrap();
            if minutes == 6 {
                assert_eq!(world.health("acme-1").await.unwrap().state, HealthState::Failing);
            }
        }
        assert_eq!(world.server.request_count(), asked, "it is left alone");
        world.deliver().await;
        assert_eq!(health_alerts(&world), ["source.unreadable acme-1"]);
        world.finish().await;
    }
}

#[tokio::test]
async fn page_that_stays_fresh_for_a_minute_is_read_every_minute() {
    let world = World::start().await;
    let start = Timestamp::now();
    world.server.show("acme", &operational().with(Incident::new("i1", &["API"]).post("investigating")));
    world.poll(start).await;
    let shown = operational().with(Incident::new("i1", &["API"]).post("investigating").post("identified"));
    for (cache, expected) in
        [("max-age=60", 10), ("no-cache, max-age=3600", 10), ("s-maxage=300", 10), ("max-age=120", 5)]
    {
        let headers = vec![("cache-control", cache.to_owned()), ("content-type", "application/json".to_owned())];
        world.server.set(&summary("acme"), Reply::Plain(200, headers, Bytes::from(shown.summary().to_string())));
        let mut pages = 0;
        let start = start + SignedDuration::from_hours(expected as i64 + cache.len() as i64);
        for minute in 0..10 {
            let now = start + SignedDuration::from_mins(minute);
            pages += world.app.poller.handle(PollEvent::default(), now).await.unwrap().pages;
        }
        assert_eq!(pages, expected, "{cache}");
    }
    world.deliver().await;
    world.finish().await;
}

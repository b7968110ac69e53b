//! Catching up is no moment: it may stop anywhere, what it queued may fail again, and other alerts are on their way.
//! Nothing is lost by that, and nothing is told twice.
use std::time::{Duration, Instant};

use accounts::audit::{AuditEntry, Values};
use fakes::Reply;
use jiff::{SignedDuration, Timestamp};
use local::event_source::run_until_idle;
use status::{
    ids::{AlertId, DeliveryId},
    mute::{Mute, Muted},
};
use store::{Attempt, Claim, DeliveryClaim, DeliveryEnd, Edit, Owner, Verdict};
use tests::{
    faults::{Fault, Faults},
    receiver::{self, Receiver},
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{self, World, WorldOptions, hook},
};
use tokio::time::timeout;

use super::{alert_id, course, operational, settings, world_with};

fn answer(status: u16) -> receiver::Fault {
    receiver::Fault::Answer(status, Vec::new())
}

fn show_all(world: &World, incidents: &[&Incident]) {
    let page = incidents.iter().fold(operational(), |page, incident| page.with((*incident).clone()));
    world.server.show("acme", &page);
}

/// Shows several incidents at once and delivers what that causes.
async fn round(world: &World, incidents: &[&Incident]) {
    show_all(world, incidents);
    world.round().await;
}

/// Its owner has mended the destination.
async fn mend(world: &World, id: &str) {
    world.receiver.fakes.restore(&format!("/{id}"));
    world.app.store.enable(&id.into()).await.unwrap();
}

async fn hook_a(faults: Option<Faults>) -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = settings(&server, &hook(&receiver, "a"), &["a"]);
    let options = WorldOptions { faults, ..WorldOptions::default() };
    let world = World::with_options(server, receiver, &settings, options).await;
    round(&world, &[]).await;
    world
}

/// Records that an hour ago this alert was given up for destination `a`, after so many attempts. Its task comes and
/// finds that.
async fn was_given_up(world: &World, incident: &str, alert: &AlertId, attempts: u32) {
    let (store, owner) = (&world.app.store, Owner { host: "long ago".to_owned(), instance: String::new() });
    let at = Timestamp::now() - SignedDuration::from_hours(1);
    let claim = DeliveryClaim {
        delivery: DeliveryId::derive(alert, &"a".into()),
        alert: alert.clone(),
        destination: "a".into(),
        provider: "acme".into(),
        incident: incident.into(),
        unknown: false,
    };
    for number in 1..=attempts {
        let Claim::Yours(claimed) = store.claim(&claim, &owner, Duration::ZERO, at).await.unwrap() else {
            panic!("nobody else has it")
        };
        let attempt = Attempt { at, status: "failed".to_owned(), answer: "503".to_owned(), took_ms: 1 };
        let given_up = Verdict::Ended(DeliveryEnd::GivenUp);
        let verdict = if number == attempts { given_up } else { Verdict::Retry { not_before: at } };
        store.record(&claimed, verdict, Some(attempt), None, at).await.unwrap();
    }
    store.note_failing(&world.destination("a").await.destination, at, at).await.unwrap();
    world.deliver().await;
}

/// A world in which the end of `first` was given up an hour ago. Returns the incident as it ended.
async fn world_with_a_missed_end(attempts: u32) -> (World, Incident) {
    let world = hook_a(None).await;
    let [opened, .., resolved] = course("first");
    round(&world, &[&opened]).await;
    show_all(&world, &[&resolved]);
    world.poll(Timestamp::now() - SignedDuration::from_hours(1)).await;
    was_given_up(&world, "first", &alert_id("first", "resolved", "end"), attempts).await;
    assert_eq!(world.receiver.events_at("/a"), ["opened first"]);
    (world, resolved)
}

#[tokio::test]
async fn end_that_was_reopened_and_not_queued_is_told_with_the_next_arrival() {
    let faults = Faults::new(0);
    let world = hook_a(Some(faults.clone())).await;
    let [opened, .., resolved] = course("first");
    round(&world, &[&opened]).await;
    world.receiver.fakes.delete("/a");
    round(&world, &[&resolved]).await;
    mend(&world, "a").await;

    let [second, second_later, ..] = course("second");
    faults.choose(Fault::Throttled, "SendMessageBatch", "first", 1);
    round(&world, &[&resolved, &second]).await;
    assert_eq!(world.receiver.events_at("/a"), ["opened first", "opened second"]);
    assert_eq!(faults.chosen_left(), 0, "the queue did not take the end");
    let end = world.app.store.delivery(&alert_id("first", "resolved", "end"), &"a".into()).await.unwrap().unwrap();
    assert_eq!((end.ended, end.reopened), (None, 1));

    round(&world, &[&resolved, &second_later]).await;
    let told = ["opened first", "opened second", "updated second", "resolved first"];
    assert_eq!(world.receiver.events_at("/a"), told);
    assert_eq!(world.destination("a").await.missed_since, None);
    world.finish().await;
}

#[tokio::test]
async fn end_that_fails_again_after_it_was_reopened_is_told_in_the_end() {
    let (world, resolved) = world_with_a_missed_end(1).await;
    let [second, second_later, ..] = course("second");
    // The opening arrives, then the receiver is gone again.
    world.receiver.behave_at("/a", [answer(200), answer(410)]);
    round(&world, &[&resolved, &second]).await;
    let record = world.destination("a").await;
    let since = record.missed_since.unwrap();
    assert!(record.disabled.is_some() && Timestamp::now().duration_since(since).as_mins() >= 59, "{since}");
    mend(&world, "a").await;
    round(&world, &[&resolved, &second_later]).await;
    let told = ["opened first", "opened second", "updated second", "resolved first"];
    assert_eq!(world.receiver.events_at("/a"), told);
    world.finish().await;
}

/// Another alert ends as missed after it was reopened, and makes the destination disabled before the end has its turn.
#[tokio::test]
async fn reopened_end_that_meets_a_disabled_destination_is_told_in_the_end() {
    let (world, resolved) = world_with_a_missed_end(1).await;
    let ([second, ..], [third, third_later, ..]) = (course("second"), course("third"));
    show_all(&world, &[&resolved, &second]);
    world.poll(Timestamp::now()).await;
    show_all(&world, &[&resolved, &second, &third]);
    world.poll(Timestamp::now()).await;
    run_until_idle(&world.app.event_sources()[..1]).await.unwrap();
    // The second arrives and the end is queued behind the third, which is refused for good.
    world.receiver.behave_at("/a", [answer(200), answer(410)]);
    world.deliver().await;
    assert_eq!(world.receiver.events_at("/a"), ["opened first", "opened second"]);
    mend(&world, "a").await;
    round(&world, &[&resolved, &second, &third_later]).await;
    let mut told = world.receiver.events_at("/a").split_off(2);
    told.sort();
    assert_eq!(told, ["resolved first", "updated third"]);
    world.finish().await;
}

#[tokio::test]
async fn reopened_delivery_is_tried_again_within_seconds() {
    let (world, resolved) = world_with_a_missed_end(15).await;
    let [second, ..] = course("second");
    world.receiver.behave_at("/a", [answer(200), answer(503)]);
    round(&world, &[&resolved, &second]).await;
    let work = world.run_queues();
    let told = ["opened first", "opened second", "resolved first"];
    let arrived = world.receiver.fakes.until(|_| world.receiver.events_at("/a") == told);
    assert!(timeout(Duration::from_secs(60), arrived).await.is_ok(), "{:?}", world.receiver.events_at("/a"));
    work.stop().await;
    world.finish().await;
}

#[tokio::test]
async fn opening_is_not_made_up_for_after_an_update_that_was_queued_before_it() {
    const PATH: &str = "/services/T0/B0/secret";
    let receiver = Receiver::start().await;
    let slack = world::destination("slack", "slack", &format!("url = '{}'", receiver.url(PATH)));
    let world = world_with(receiver, &slack, &["slack"]).await;
    let bad = Reply::text(400, "invalid_payload");
    world.receiver.fakes.set_faults_at(PATH, [bad.clone().into(), bad.into()]);
    let ([first, first_later, ..], [second, ..]) = (course("first"), course("second"));
    round(&world, &[&first]).await;
    for incidents in [[&first, &second], [&first_later, &second]] {
        show_all(&world, &incidents);
        world.poll(Timestamp::now()).await;
    }
    run_until_idle(&world.app.event_sources()[..1]).await.unwrap();
    world.deliver().await;
    let posts: Vec<String> = world.receiver.fakes.slack_posts().iter().map(|post| format!("{post:?}")).collect();
    assert_eq!(posts.len(), 2, "{posts:#?}");
    assert!(posts[0].contains("second") && posts[1].contains("first"), "{posts:#?}");
    assert_eq!(world.destination("slack").await.missed_since, None);
    world.finish().await;
}

/// The update is committed, and the router has not queued it yet.
#[tokio::test]
async fn update_that_is_on_its_way_is_not_told_before_it_comes() {
    const PATH: &str = "/services/T0/B0/secret";
    let receiver = Receiver::start().await;
    let slack = world::destination("slack", "slack", &format!("url = '{}'", receiver.url(PATH)));
    let world = world_with(receiver, &slack, &["slack"]).await;
    let bad = Reply::text(400, "invalid_payload");
    world.receiver.fakes.set_faults_at(PATH, [bad.clone().into(), bad.into()]);
    let ([first, first_later, ..], [second, ..]) = (course("first"), course("second"));
    round(&world, &[&first]).await;
    show_all(&world, &[&first, &second]);
    world.poll(Timestamp::now()).await;
    run_until_idle(&world.app.event_sources()[..1]).await.unwrap();
    show_all(&world, &[&first_later, &second]);
    world.poll(Timestamp::now()).await;
    run_until_idle(&world.app.event_sources()[1..]).await.unwrap();
    world.deliver().await;
    let posts: Vec<String> = world.receiver.fakes.slack_posts().iter().map(|post| format!("{post:?}")).collect();
    assert_eq!(posts.len(), 3, "{posts:#?}");
    let tells = |words: &str| posts.iter().map(|post| post.contains(words)).collect::<Vec<_>>();
    assert_eq!(tells("Update 1 of first"), [false, true, false], "{posts:#?}");
    assert_eq!(tells("Update 2 of first"), [false, false, true], "{posts:#?}");
    world.finish().await;
}

#[tokio::test]
async fn destination_that_heard_of_an_incident_gets_no_opening_that_another_one_missed() {
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "a") + &hook(&receiver, "b");
    let world = world_with(receiver, &hooks, &["a", "b"]).await;
    let [opened, updated, worse, _] = course("i1");
    let [other, other_later, ..] = course("other");
    world.receiver.fakes.delete("/b");
    round(&world, &[&opened]).await;
    world.receiver.fakes.delete("/a");
    round(&world, &[&updated]).await;
    mend(&world, "b").await;
    round(&world, &[&updated, &other]).await;
    assert_eq!(world.receiver.events_at("/b"), ["opened other", "opened i1"]);
    mend(&world, "a").await;
    round(&world, &[&updated, &other_later]).await;
    let told = world.receiver.events_at("/a");
    assert_eq!(told[0], "opened i1");
    assert!(told.contains(&"updated i1".to_owned()) && told.iter().filter(|it| *it == "opened i1").count() == 1);
    round(&world, &[&worse, &other_later]).await;
    assert_eq!(world.receiver.events_at("/a").last().unwrap(), "updated i1");
    world.app.stack.stop().await;
}

/// Nobody waits for a destination that missed much: one episode is made up for with each arrival.
#[tokio::test]
async fn run_without_time_goes_on_where_the_one_before_stopped() {
    let world = hook_a(None).await;
    let courses = ["first", "second", "third"].map(course);
    let all = |state: usize| -> Vec<&Incident> { courses.iter().map(|course| &course[state]).collect() };
    round(&world, &all(0)).await;
    world.receiver.fakes.delete("/a");
    for state in 0..3 {
        let mut incidents = all(0);
        incidents[..=state].copy_from_slice(&all(3)[..=state]);
        round(&world, &incidents).await;
    }
    mend(&world, "a").await;
    let queue = world.app.queues().channel("webhook").unwrap().clone();
    let mut since = Vec::new();
    for left in (0..3).rev() {
        let record = world.destination("a").await;
        since.extend(record.missed_since);
        let (store, now, until) = (&world.app.store, Timestamp::now(), Some(Instant::now()));
        let missed = record.missed_since.unwrap();
        let queued = dispatcher::catch_up(store, &queue, &record.destination, missed, now, until).await.unwrap();
        assert_eq!((queued, world.destination("a").await.missed_since.is_some()), (1, left > 0), "{left} left");
    }
    assert!(since.is_sorted() && since[0] < since[1], "{since:?}");
    world.deliver().await;
    let told = world.receiver.events_at("/a").split_off(3);
    assert_eq!(told, ["resolved first", "resolved second", "resolved third"]);
    world.finish().await;
}

#[tokio::test]
async fn incident_that_was_muted_meanwhile_is_not_made_up_for() {
    let world = hook_a(None).await;
    let ([muted, muted_later, .., muted_over], [second, second_later, ..]) = (course("muted"), course("second"));
    round(&world, &[&muted]).await;
    world.receiver.fakes.delete("/a");
    round(&world, &[&muted_later]).await;
    let mute = Mute {
        account: "local".into(),
        provider: "acme".into(),
        incident: "muted".into(),
        episode: 1,
        muted: Muted::Alerts,
        title: "muted".to_owned(),
        by: "jo@example.com".to_owned(),
        at: Timestamp::now(),
    };
    let entry = AuditEntry {
        account: "local".into(),
        at: mute.at,
        id: "1".to_owned(),
        who: mute.by.clone(),
        action: "incident.muted".to_owned(),
        target: String::new(),
        before: Values::new(),
        after: Values::new(),
    };
    world.app.store.save_mute(&mute, &Edit::of(entry)).await.unwrap();
    mend(&world, "a").await;
    round(&world, &[&muted_later, &second]).await;
    assert_eq!(world.receiver.events_at("/a"), ["opened muted", "opened second"]);
    round(&world, &[&muted_over, &second_later]).await;
    let mut told = world.receiver.events_at("/a").split_off(2);
    told.sort();
    assert_eq!(told, ["resolved muted", "updated second"]);
    world.finish().await;
}

//! Tests that a person sends from the pages: through the queue, as alerts are, but tried once and without consequences.
use fakes::{Fault, Reply};
use jiff::Timestamp;
use queue::task::DeliveryTask;
use status::{ids::AlertId, notice};
use store::{DeliveryEnd, DeliveryEntry};
use tests::{
    receiver::Receiver,
    world::{self, World, hook},
};

use super::{course, show, world_with};

/// As the console does.
async fn send_test(world: &World, channel: &str, destination: &str) -> AlertId {
    let now = Timestamp::now();
    let alert = notice::test(&destination.into(), now);
    world.app.store.put_alert(&alert, now).await.unwrap();
    let task = DeliveryTask::new(&alert, &destination.into());
    world.app.queues().channel(channel).unwrap().send_apart(&task).await.unwrap();
    world.deliver().await;
    alert.id
}

async fn delivery(world: &World, test: &AlertId, destination: &str) -> DeliveryEntry {
    world.app.store.delivery(test, &destination.into()).await.unwrap().expect("it was claimed")
}

#[tokio::test]
async fn failed_test_is_tried_once_and_disables_nothing() {
    let receiver = Receiver::start().await;
    let slack = world::destination("slack", "slack", &format!("url = '{}'", receiver.url("/services/T0/B0/secret")));
    let world = world_with(receiver, &slack, &["slack"]).await;
    for (status, text) in [(404, "no_service"), (500, "fatal_error"), (403, "invalid_token")] {
        world.receiver.fakes.set_faults_at("/services/T0/B0/secret", [Fault::Answer(Reply::text(status, text))]);
        let test = send_test(&world, "slack", "slack").await;
        let entry = delivery(&world, &test, "slack").await;
        assert_eq!((entry.ended, entry.attempt_count), (Some(DeliveryEnd::Rejected), 1), "{text}");
        let answer = &entry.attempts[0].answer;
        assert!(answer.contains(text) && !answer.contains("secret"), "{answer}");
    }
    let record = world.destination("slack").await;
    assert_eq!((record.disabled, record.failing_since, record.refusals), (None, None, None));
    assert_eq!(record.verified_at, None);
    world.finish().await;
}

#[tokio::test]
async fn test_that_arrives_enables_its_destination_and_brings_what_was_missed() {
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "a");
    let world = world_with(receiver, &hooks, &["a"]).await;
    world.receiver.fakes.delete("/a");
    let [opened, ..] = course("i1");
    show(&world, &opened);
    world.round().await;
    assert!(world.destination("a").await.disabled.is_some());

    let failed = send_test(&world, "webhook", "a").await;
    assert_eq!(delivery(&world, &failed, "a").await.ended, Some(DeliveryEnd::Rejected));
    assert!(world.destination("a").await.disabled.is_some());

    world.receiver.fakes.restore("/a");
    let arrived = send_test(&world, "webhook", "a").await;
    assert_eq!(delivery(&world, &arrived, "a").await.ended, Some(DeliveryEnd::Sent));
    let record = world.destination("a").await;
    assert!(record.disabled.is_none() && record.missed_since.is_none() && record.verified_at.is_some());
    assert_eq!(world.receiver.events_at("/a"), ["test destination@a", "opened i1"]);
    world.finish().await;
}

#[tokio::test]
async fn test_does_not_wait_for_an_alert_that_is_retried() {
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "a");
    let world = world_with(receiver, &hooks, &["a"]).await;
    let busy = Reply::text(503, "busy").with("retry-after", 3600);
    world.receiver.fakes.set_faults_at("/a", [Fault::Answer(busy)]);
    let [opened, ..] = course("i1");
    show(&world, &opened);
    world.round().await;
    assert_eq!(world.receiver.events_at("/a"), Vec::<String>::new());
    let test = send_test(&world, "webhook", "a").await;
    assert_eq!(delivery(&world, &test, "a").await.ended, Some(DeliveryEnd::Sent));
    assert_eq!(world.receiver.events_at("/a"), ["test destination@a"]);
    world.app.stack.stop().await;
}

#[tokio::test]
async fn newest_deliveries_come_first_and_go_on_before_a_time() {
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "a");
    let world = world_with(receiver, &hooks, &["a"]).await;
    let (first, second) = (send_test(&world, "webhook", "a").await, send_test(&world, "webhook", "a").await);
    let store = &world.app.store;
    let newest = store.newest_deliveries_to(&"a".into(), None, 10).await.unwrap();
    assert_eq!(newest.iter().map(|entry| &entry.alert).collect::<Vec<_>>(), [&second, &first]);
    let before = store.newest_deliveries_to(&"a".into(), Some(newest[0].first_at), 10).await.unwrap();
    assert_eq!(before.iter().map(|entry| &entry.alert).collect::<Vec<_>>(), [&first]);
    let heads = store.alert_heads(&[first.clone(), "nothing".into()]).await.unwrap();
    assert_eq!(heads.keys().collect::<Vec<_>>(), [&first]);
    world.finish().await;
}

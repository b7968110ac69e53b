//! A store that refuses is our fault and never a page's: the page is "not stored", stays due and is stored in the next
//! round. Cancelled transactions are repeated where the reason passes.
use jiff::{SignedDuration, Timestamp};
use poller::{PollEvent, Summary};
use status::health::HealthState;
use tests::{
    faults::{Fault, Faults},
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, World, WorldOptions},
};

const TRANSACTION: &str = "TransactWriteItems";
const ACME: &str = "PAGE#acme";

/// `acme` was read an hour ago and has an incident now. Its destination gets events of all kinds.
async fn world_with_news() -> (World, Faults, Timestamp) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = world::default_settings(&server, &receiver)
        + &world::hook(&receiver, "watch")
        + &world::group("health", &["watch"], "events = ['unreadable', 'readable']");
    let faults = Faults::new(0);
    let options = WorldOptions { faults: Some(faults.clone()), ..WorldOptions::default() };
    let world = World::with_options(server, receiver, &settings, options).await;
    let start = Timestamp::now() - SignedDuration::from_mins(60);
    let operational = StatusPage::operational(&["API"]);
    world.server.show("acme", &operational);
    assert_eq!(world.poll(start).await.changed, 1);
    world.server.show("acme", &operational.with(Incident::new("i1", &["API"]).post("investigating")));
    (world, faults, start)
}

/// A round of the schedule: it reads what is due.
async fn round(world: &World, at: Timestamp) -> Summary {
    world.app.poller.handle(PollEvent::default(), at).await.unwrap()
}

#[tokio::test]
async fn transaction_that_is_cancelled_for_a_passing_reason_is_repeated() {
    for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        let (world, faults, start) = world_with_news().await;
        faults.choose(Fault::CancelledFor(code), TRANSACTION, ACME, 3);
        let summary = round(&world, start + SignedDuration::from_mins(5)).await;
        assert_eq!((summary.changed, summary.alerts, summary.not_stored), (1, 1, 0), "{code}");
        assert_eq!(faults.chosen_left(), 0, "{code}");
        world.deliver().await;
        assert_eq!(world.receiver.events(), ["opened i1"], "{code}");
        world.finish().await;
    }
}

#[tokio::test]
async fn transaction_is_not_repeated_for_a_reason_that_lasts() {
    for code in ["ConditionalCheckFailed", "ValidationError", "ItemCollectionSizeLimitExceeded"] {
        let (world, faults, start) = world_with_news().await;
        faults.choose(Fault::CancelledFor(code), TRANSACTION, ACME, 2);
        let summary = round(&world, start + SignedDuration::from_mins(5)).await;
        assert_eq!((summary.changed, faults.chosen_left()), (0, 1), "{code}");
    }
}

/// What the next round, seconds later and long before the page's usual time, makes of it.
async fn is_made_up_for(world: &World, at: Timestamp, what: &str) {
    round(world, at + SignedDuration::from_secs(5)).await;
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1"], "{what}");
    assert_eq!(world.page("acme").await.head.open.len(), 1, "{what}");
}

#[tokio::test]
async fn page_that_the_store_refuses_is_due_at_once_and_never_unreadable() {
    // The last of them exceeds the retries by one.
    for (fault, times) in [
        (Fault::Throttled, 1),
        (Fault::CancelledFor("ValidationError"), 1),
        (Fault::CancelledFor("ThrottlingError"), 8),
    ] {
        let what = format!("{fault:?}");
        let (world, faults, start) = world_with_news().await;
        let at = start + SignedDuration::from_mins(5);
        faults.choose(fault, TRANSACTION, ACME, times);
        let summary = round(&world, at).await;
        assert_eq!((summary.not_stored, summary.unreadable, summary.unchanged), (1, 0, 0), "{what}");
        assert_eq!(faults.chosen_left(), 0, "{what}");
        is_made_up_for(&world, at, &what).await;
        world.finish().await;
    }
}

#[tokio::test]
async fn commit_whose_answer_is_lost_is_queued_in_the_next_round() {
    let (world, faults, start) = world_with_news().await;
    let at = start + SignedDuration::from_mins(5);
    faults.choose(Fault::Lost, TRANSACTION, ACME, 1);
    let summary = round(&world, at).await;
    assert_eq!((summary.not_stored, summary.unreadable), (1, 0));
    world.deliver().await;
    assert_eq!(world.receiver.events(), [""; 0], "the outbox has it");
    is_made_up_for(&world, at, "lost").await;
    world.finish().await;
}

#[tokio::test]
async fn commit_that_is_still_in_progress_when_it_is_asked_for_again_is_told_at_once() {
    let (world, faults, start) = world_with_news().await;
    faults.choose(Fault::InProgress, TRANSACTION, ACME, 1);
    let summary = round(&world, start + SignedDuration::from_mins(5)).await;
    assert_eq!((summary.changed, summary.alerts, summary.not_stored), (1, 1, 0));
    assert_eq!(faults.chosen_left(), 0);
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1"]);
    world.finish().await;
}

#[tokio::test]
async fn commit_that_is_taken_for_that_of_another_poller_is_queued_in_the_next_round() {
    let (world, faults, start) = world_with_news().await;
    let at = start + SignedDuration::from_mins(5);
    faults.choose(Fault::Denied, TRANSACTION, ACME, 1);
    let summary = round(&world, at).await;
    assert_eq!((summary.changed, summary.alerts, faults.chosen_left()), (0, 0, 0));
    world.deliver().await;
    assert_eq!(world.receiver.events(), [""; 0], "the outbox has it");
    is_made_up_for(&world, at, "denied").await;
    world.finish().await;
}

#[tokio::test]
async fn outage_of_the_store_for_half_an_hour_makes_no_page_unreadable() {
    let (world, faults, start) = world_with_news().await;
    faults.choose(Fault::Throttled, TRANSACTION, ACME, u32::MAX);
    for minute in (1..=31).step_by(5) {
        let summary = round(&world, start + SignedDuration::from_mins(minute)).await;
        assert_eq!((summary.pages, summary.not_stored, summary.unreadable), (1, 1, 0), "minute {minute}");
    }
    faults.choose(Fault::None, TRANSACTION, ACME, 0);
    is_made_up_for(&world, start + SignedDuration::from_mins(31), "after the outage").await;
    let health = world.health("acme").await;
    assert!(health.is_none_or(|health| health.state == HealthState::Readable && health.failures == 0));
    assert_eq!(world.receiver.messages_at("/watch").len(), 0, "nobody is told that the page cannot be read");
    world.finish().await;
}

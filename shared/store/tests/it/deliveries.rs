//! Claims, what they come to, and handles.
use std::{collections::BTreeMap, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use status::ids::{AlertId, DeliveryId, DestinationId, IncidentId, ProviderId};
use store::{
    Attempt, Claim, DeliveryClaim, DeliveryEnd, DeliveryRecord, Episode, HandleFields, KeptHandle, Owner, RecordError,
    Reopened, Store, Verdict,
};

use crate::world::{at, world};

const LEASE: Duration = Duration::from_secs(60);

fn delivery() -> DeliveryClaim {
    let (alert, destination) = (AlertId::new("alert_1"), DestinationId::new("hook"));
    DeliveryClaim {
        delivery: DeliveryId::derive(&alert, &destination),
        alert,
        destination,
        provider: ProviderId::new("github"),
        incident: IncidentId::new("i1"),
        unknown: false,
    }
}

fn owner(host: &str, instance: &str) -> Owner {
    Owner { host: host.into(), instance: instance.into() }
}

async fn claim(store: &Store, owner: &Owner, now: Timestamp) -> Claim {
    store.claim(&delivery(), owner, LEASE, now).await.unwrap()
}

async fn must_claim(store: &Store, owner: &Owner, now: Timestamp) -> DeliveryRecord {
    match claim(store, owner, now).await {
        Claim::Yours(record) => record,
        other => panic!("{other:?}"),
    }
}

fn attempt(at: Timestamp, status: &str) -> Option<Attempt> {
    Some(Attempt { at, status: status.into(), answer: "answer".into(), took_ms: 12 })
}

#[tokio::test]
async fn of_sixteen_claims_one_wins() {
    let world = world().await;
    let claims = (0..16).map(|n| {
        let store = world.store.clone();
        tokio::spawn(async move { claim(&store, &owner(&format!("host {n}"), "1"), at("10:00:00")).await })
    });
    let claims: Vec<_> = claims.collect();
    let (mut won, mut busy) = (0, 0);
    for outcome in claims {
        match outcome.await.unwrap() {
            Claim::Yours(_) => won += 1,
            Claim::Busy { until } => {
                assert_eq!(until, at("10:01:00"));
                busy += 1;
            }
            Claim::Finished(end) => panic!("{end:?}"),
        }
    }
    assert_eq!((won, busy), (1, 15));
    assert_eq!(world.store.counts().reads, 0, "a claim reads nothing first");
}

#[tokio::test]
async fn a_claim_holds_until_its_lease_runs_out() {
    let world = world().await;
    let (a, b) = (owner("a", "1"), owner("b", "1"));
    let lost = must_claim(&world.store, &a, at("10:00:00")).await;

    let until = at("10:01:00");
    assert_eq!(claim(&world.store, &b, at("10:00:59")).await, Claim::Busy { until });
    assert_eq!(claim(&world.store, &a, at("10:00:59")).await, Claim::Busy { until });
    let taken = must_claim(&world.store, &b, until).await;

    let retry = Verdict::Retry { not_before: until };
    let late = world.store.record(&lost, retry, None, None, until).await;
    assert!(matches!(late, Err(RecordError::LeaseLost)), "{late:?}");
    world.store.record(&taken, retry, None, None, until).await.unwrap();
}

#[tokio::test]
async fn another_instance_on_the_same_host_takes_over_at_once() {
    let world = world().await;
    must_claim(&world.store, &owner("a", "1"), at("10:00:00")).await;
    must_claim(&world.store, &owner("a", "2"), at("10:00:01")).await;
}

#[tokio::test]
async fn a_retry_is_free_for_the_next_claim_and_keeps_what_was_tried() {
    let world = world().await;
    let (a, b) = (owner("a", "1"), owner("b", "1"));
    let not_before = at("10:05:00");
    let record = must_claim(&world.store, &a, at("10:00:00")).await;
    assert_eq!((record.attempt_count, record.not_before), (0, None));

    let retry = Verdict::Retry { not_before };
    let tried = attempt(at("10:00:01"), "503");
    world.store.record(&record, retry, tried.clone(), None, at("10:00:02")).await.unwrap();

    let record = must_claim(&world.store, &b, at("10:00:03")).await;
    assert_eq!(record.attempts, tried.into_iter().collect::<Vec<_>>());
    assert_eq!((record.attempt_count, record.not_before), (1, Some(not_before)));
}

#[tokio::test]
async fn what_ended_stays_ended() {
    let world = world().await;
    let (a, b) = (owner("a", "1"), owner("b", "1"));
    let lost = must_claim(&world.store, &a, at("10:00:00")).await;
    let other = must_claim(&world.store, &b, at("10:02:00")).await;

    // The first one was slow, not dead: what it sent is sent.
    let sent = Verdict::Ended(DeliveryEnd::Sent);
    world.store.record(&lost, sent, None, None, at("10:02:01")).await.unwrap();

    assert_eq!(claim(&world.store, &b, at("11:00:00")).await, Claim::Finished(DeliveryEnd::Sent));
    let rejected = Verdict::Ended(DeliveryEnd::Rejected);
    let late = world.store.record(&other, rejected, None, None, at("10:02:02")).await;
    assert!(matches!(late, Err(RecordError::LeaseLost)), "{late:?}");
}

#[tokio::test]
async fn only_the_newest_attempts_are_kept_and_all_are_counted() {
    let world = world().await;
    let a = owner("a", "1");
    for n in 0..25 {
        let record = must_claim(&world.store, &a, at("10:00:00")).await;
        let retry = Verdict::Retry { not_before: at("10:00:00") };
        let tried = attempt(at("10:00:00"), &format!("try {n}"));
        world.store.record(&record, retry, tried, None, at("10:00:00")).await.unwrap();
    }
    let record = must_claim(&world.store, &a, at("10:00:00")).await;
    assert_eq!((record.attempts.len(), record.attempt_count), (20, 25));
    assert_eq!(record.attempts[19].status, "try 24");
}

fn kept(message: &str) -> KeptHandle {
    let fields = BTreeMap::from([("message".to_owned(), message.to_owned())]);
    KeptHandle { fields, as_of: Some(at("09:59:00")) }
}

#[tokio::test]
async fn a_handle_is_stored_with_the_end_it_belongs_to() {
    let world = world().await;
    let episode = Episode { provider: ProviderId::new("github"), incident: IncidentId::new("i1"), number: 1 };
    let record = must_claim(&world.store, &owner("a", "1"), at("10:00:00")).await;
    let sent = Verdict::Ended(DeliveryEnd::Sent);
    let now = at("10:00:01");
    let stored = async || world.store.destination_and_handle(&record.destination, &episode, true).await.unwrap().1;

    assert_eq!(stored().await, None);
    world.store.record(&record, sent, None, Some((&episode, kept("42"))), now).await.unwrap();
    assert_eq!(stored().await, Some(kept("42")));

    // A record that is refused stores no handle either.
    let refused = world.store.record(&record, sent, None, Some((&episode, kept("43"))), now).await;
    assert!(matches!(refused, Err(RecordError::LeaseLost)), "{refused:?}");
    assert_eq!(stored().await, Some(kept("42")));
    let other: HandleFields = BTreeMap::new();
    assert_ne!(stored().await.unwrap().fields, other);
}

#[tokio::test]
async fn a_handle_from_before_there_were_shards_is_read_until_there_is_a_newer_one() {
    let world = world().await;
    let episode = Episode { provider: ProviderId::new("github"), incident: IncidentId::new("i1"), number: 1 };
    let record = must_claim(&world.store, &owner("a", "1"), at("10:00:00")).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let fields = AttributeValue::M([("message".to_owned(), text("41"))].into());
    let old = world.client().put_item().table_name("statuswire").item("pk", text("HANDLE#github#i1#1"));
    let old = old.item("sk", text(&format!("DESTINATION#{}", record.destination)));
    let old = old.item("type", text("handle")).item("handle", fields).item("as_of", text("2126-11-23T09:59:00Z"));
    old.send().await.unwrap();
    let stored = async |since_before| {
        let read = world.store.destination_and_handle(&record.destination, &episode, since_before).await;
        read.unwrap().1
    };
    assert_eq!((stored(true).await, stored(false).await), (Some(kept("41")), None));

    let sent = Verdict::Ended(DeliveryEnd::Sent);
    world.store.record(&record, sent, None, Some((&episode, kept("42"))), at("10:00:01")).await.unwrap();
    assert_eq!((stored(true).await, stored(false).await), (Some(kept("42")), Some(kept("42"))));
}

#[tokio::test]
async fn only_what_has_ended_is_reopened() {
    let world = world().await;
    let claim = delivery();
    let reopen = async || world.store.reopen(&claim.alert, &claim.destination, at("12:00:00")).await.unwrap();
    assert_eq!(reopen().await, Reopened::Unknown);
    let record = must_claim(&world.store, &owner("a", "1"), at("10:00:00")).await;
    assert_eq!(reopen().await, Reopened::UnderWay);
    let gave_up = Verdict::Ended(DeliveryEnd::GivenUp);
    world.store.record(&record, gave_up, attempt(at("10:00:01"), "503"), None, at("10:00:01")).await.unwrap();

    assert_eq!(reopen().await, Reopened::Times(1));
    let record = must_claim(&world.store, &owner("a", "1"), at("12:00:01")).await;
    assert_eq!((record.reopened_at, record.attempt_count), (Some(at("12:00:00")), 1));
    world.store.record(&record, gave_up, None, None, at("12:00:02")).await.unwrap();
    assert_eq!(reopen().await, Reopened::Times(2));
}

#[tokio::test]
async fn attempts_before_it_was_reopened_are_told_apart_and_its_place_in_the_log_stays() {
    let world = world().await;
    let (a, claim) = (owner("a", "1"), delivery());
    let fail = async |verdict, second: &str| {
        let record = must_claim(&world.store, &a, at(second)).await;
        world.store.record(&record, verdict, attempt(at(second), "503"), None, at(second)).await.unwrap();
    };
    fail(Verdict::Retry { not_before: at("10:00:00") }, "10:00:00").await;
    fail(Verdict::Ended(DeliveryEnd::GivenUp), "10:00:05").await;
    world.store.reopen(&claim.alert, &claim.destination, at("12:00:00")).await.unwrap();
    let record = must_claim(&world.store, &a, at("12:00:01")).await;
    assert_eq!((record.attempt_count, record.attempts_since_opened(), record.first_at), (2, 0, at("10:00:00")));
    let retry = Verdict::Retry { not_before: at("12:00:02") };
    world.store.record(&record, retry, attempt(at("12:00:02"), "503"), None, at("12:00:02")).await.unwrap();
    let record = must_claim(&world.store, &a, at("12:00:03")).await;
    assert_eq!((record.attempt_count, record.attempts_since_opened()), (3, 1));
    let log = world.store.deliveries_to(&claim.destination, at("10:00:00"), None, 10).await.unwrap().deliveries;
    assert_eq!((log[0].first_at, log[0].reopened_at), (at("10:00:00"), Some(at("12:00:00"))));
}

#[tokio::test]
async fn delivery_that_went_on_since_it_was_read_is_not_reopened() {
    let world = world().await;
    let (a, claim) = (owner("a", "1"), delivery());
    let end = async |end, second: &str| {
        let record = must_claim(&world.store, &a, at(second)).await;
        world.store.record(&record, Verdict::Ended(end), None, None, at(second)).await.unwrap();
    };
    end(DeliveryEnd::GivenUp, "10:00:00").await;
    let read = world.store.delivery(&claim.alert, &claim.destination).await.unwrap().unwrap();
    assert_eq!(world.store.reopen_as_read(&read, at("11:00:00")).await.unwrap(), Reopened::Times(1));
    assert_eq!(world.store.reopen_as_read(&read, at("11:00:01")).await.unwrap(), Reopened::UnderWay);
    end(DeliveryEnd::Sent, "11:00:02").await;
    assert_eq!(world.store.reopen_as_read(&read, at("11:00:03")).await.unwrap(), Reopened::UnderWay);
    assert_eq!(claim_end(&world.store, &a).await, DeliveryEnd::Sent);
    // Given up once more: the entry of today is reopened, that of before is not.
    world.store.reopen(&claim.alert, &claim.destination, at("11:30:00")).await.unwrap();
    end(DeliveryEnd::GivenUp, "12:00:00").await;
    assert_eq!(world.store.reopen_as_read(&read, at("12:00:01")).await.unwrap(), Reopened::UnderWay);
    let read = world.store.delivery(&claim.alert, &claim.destination).await.unwrap().unwrap();
    assert_eq!(world.store.reopen_as_read(&read, at("12:00:02")).await.unwrap(), Reopened::Times(3));
}

async fn claim_end(store: &Store, owner: &Owner) -> DeliveryEnd {
    match claim(store, owner, at("13:00:00")).await {
        Claim::Finished(end) => end,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn log_finds_deliveries_by_alert_and_by_destination_since_a_time() {
    let world = world().await;
    let a = owner("a", "1");
    let claim_of = |alert: &str, hook: &str| {
        let (alert, destination) = (AlertId::new(alert), DestinationId::new(hook));
        DeliveryClaim { delivery: DeliveryId::derive(&alert, &destination), alert, destination, ..delivery() }
    };
    for (alert, hook, time) in
        [("alert_1", "hook", "10:00:00"), ("alert_1", "other", "10:00:01"), ("alert_2", "hook", "11:00:00")]
    {
        let Claim::Yours(record) = world.store.claim(&claim_of(alert, hook), &a, LEASE, at(time)).await.unwrap() else {
            panic!("nobody else is there")
        };
        let sent = Verdict::Ended(DeliveryEnd::Sent);
        world.store.record(&record, sent, attempt(at(time), "delivered"), None, at(time)).await.unwrap();
    }

    let mut of_alert = world.store.deliveries_of(&AlertId::new("alert_1")).await.unwrap();
    of_alert.sort_by(|a, b| a.destination.cmp(&b.destination));
    let found: Vec<_> = of_alert.iter().map(|entry| (entry.destination.as_str(), entry.ended)).collect();
    assert_eq!(found, [("hook", Some(DeliveryEnd::Sent)), ("other", Some(DeliveryEnd::Sent))]);
    assert_eq!(of_alert[0].attempts[0].took_ms, 12);

    let to_hook = async |since| {
        let page = world.store.deliveries_to(&DestinationId::new("hook"), at(since), None, 10).await.unwrap();
        page.deliveries.into_iter().map(|entry| entry.alert.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(to_hook("09:00:00").await, ["alert_1", "alert_2"]);
    assert_eq!(to_hook("10:30:00").await, ["alert_2"]);
    assert!(to_hook("11:00:01").await.is_empty());
}

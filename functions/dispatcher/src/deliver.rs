//! One delivery from top to bottom: claim, prepare, send, record. What holds:
//! - Two dispatchers never send the same delivery at the same time. A delivery recorded as sent is never sent again,
//!   unless somebody asks for it with `redrive`.
//! - A delivery is recorded as sent only after the receiver accepted it. A stop between the two causes a repeat, which
//!   carries the same id. A store that takes no record causes none while this process lives.
//! - Every failure is recorded with a reason that holds no secret.
use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use queue::{
    batch::{Record, pause_after_fault},
    task::DeliveryTask,
};
use store::{Claim, DeliveryClaim, DeliveryEnd, DeliveryRecord, Disabled, Verdict};
use tokio::time::sleep;

use crate::{
    attempt::Attempt,
    dispatcher::Dispatcher,
    prepare::{Prepared, prepare},
    sent::{arrived_before, record_sent},
};

/// Longer than a delivery may take, recording included.
const LEASE: Duration = Duration::from_secs(60);
/// From the claim on, until it is no longer tried to record what was sent: within the lease, and within the 30 seconds
/// of the function, which may have waited five of them.
const RECORD_WITHIN: Duration = Duration::from_secs(24);
/// The dispatcher sleeps through a cooldown up to this, which is cheaper than receiving the message once more. Every
/// channel's rate limit is within it.
const MAX_SLEEP: Duration = Duration::from_millis(2_100);

/// An error means that the message must come again. Its text is for the log.
pub(crate) async fn deliver(
    dispatcher: &Dispatcher,
    record: Record<DeliveryTask>,
    clock: fn() -> Timestamp,
) -> anyhow::Result<()> {
    let Record { task, receipt_handle, receive_count } = record;
    if let Some(sent) = dispatcher.unrecorded.get(&task) {
        return record_sent(dispatcher, &task, &receipt_handle, sent, Instant::now() + RECORD_WITHIN).await;
    }
    wait_for_cooldown(dispatcher, &task, &receipt_handle, receive_count, clock).await?;
    let record_until = Instant::now() + RECORD_WITHIN;
    let claimed = match claim(dispatcher, &task, &receipt_handle, clock).await? {
        Ok(claimed) => claimed,
        Err(DeliveryEnd::Sent) if receive_count > 1 => return arrived_before(dispatcher, &task, record_until).await,
        Err(_) => return Ok(()),
    };
    match prepare(dispatcher, &task, &claimed, clock()).await? {
        Prepared::Nothing { end, why, is_news } => {
            tracing::info!(delivery.id = %task.delivery, "not sent to {}: {why}", task.destination);
            if is_news {
                dispatcher.deps.store.note_missed(&task.destination, claimed.first_at).await?;
            }
            record_unsent(dispatcher, &claimed, end, why, clock()).await?;
            if end == DeliveryEnd::Disabled {
                dispatcher.deps.store.note_missed_meanwhile(&task.destination, claimed.first_at).await?;
            }
            Ok(())
        }
        Prepared::Gone { destination, why } => {
            let disabled = Disabled::by_suppression(&why, clock());
            dispatcher.disable(&destination, disabled, claimed.first_at).await?;
            record_unsent(dispatcher, &claimed, DeliveryEnd::Disabled, why, clock()).await
        }
        Prepared::Send(delivery) => {
            let attempt = Attempt {
                dispatcher,
                task: &task,
                claimed: &claimed,
                delivery: &delivery,
                receipt_handle: &receipt_handle,
                receive_count,
                record_until,
            };
            attempt.run(clock).await
        }
    }
}

/// Whoever finds one again and again waits longer each time: many destinations take turns at a service that refuses all
/// of them, and the receives of their messages must outlast its outage (decision 36).
async fn wait_for_cooldown(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    receipt_handle: &str,
    receive_count: u32,
    clock: fn() -> Timestamp,
) -> anyhow::Result<()> {
    let cooldown = dispatcher.cooldowns.remaining(&task.destination, Instant::now());
    if cooldown > MAX_SLEEP {
        let cooldown = cooldown.max(pause_after_fault(receive_count));
        let reason = format!("{} waits {} ms for the receiver's rate limit", task.delivery, cooldown.as_millis());
        return Err(dispatcher.delay_message(receipt_handle, clock() + cooldown, clock(), reason).await);
    }
    sleep(cooldown).await;
    Ok(())
}

/// Takes the lease of the delivery, unless it has ended already.
async fn claim(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    receipt_handle: &str,
    clock: fn() -> Timestamp,
) -> anyhow::Result<Result<DeliveryRecord, DeliveryEnd>> {
    let store = &dispatcher.deps.store;
    let claimed = match store.claim(&claim_of(task), &dispatcher.deps.owner, LEASE, clock()).await? {
        Claim::Yours(claimed) => claimed,
        Claim::Finished(end) => return Ok(Err(end)),
        Claim::Busy { until } => {
            let reason = format!("another process is delivering {}", task.delivery);
            return Err(dispatcher.delay_message(receipt_handle, until, clock(), reason).await);
        }
    };
    if let Some(not_before) = claimed.not_before.filter(|at| *at > clock()) {
        store.record(&claimed, Verdict::Retry { not_before }, None, None, clock()).await?;
        let reason = format!("{} waits until {not_before}, as the receiver asked", task.delivery);
        return Err(dispatcher.delay_message(receipt_handle, not_before, clock(), reason).await);
    }
    Ok(Ok(claimed))
}

fn claim_of(task: &DeliveryTask) -> DeliveryClaim {
    DeliveryClaim {
        delivery: task.delivery.clone(),
        alert: task.alert.clone(),
        destination: task.destination.clone(),
        provider: task.provider.clone(),
        incident: task.incident.clone(),
        unknown: task.unknown,
    }
}

/// Records the end of a delivery that was not sent.
async fn record_unsent(
    dispatcher: &Dispatcher,
    claimed: &DeliveryRecord,
    end: DeliveryEnd,
    why: String,
    now: Timestamp,
) -> anyhow::Result<()> {
    let attempt = store::Attempt { at: now, status: "not sent".to_owned(), answer: why, took_ms: 0 };
    dispatcher.deps.store.record(claimed, Verdict::Ended(end), Some(attempt), None, now).await?;
    dispatcher.count_end(end);
    if !matches!(end, DeliveryEnd::DroppedStale | DeliveryEnd::NotWanted) {
        dispatcher.undeliverable.fetch_add(1, Relaxed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use local::stack::{Stack, StackOptions};
    use outbound::{Guard, Outbound, Settings};
    use queue::{
        send::{AlertsQueue, ChannelQueue},
        task::VERSION,
    };
    use status::{
        ids::{AccountId, DeliveryId},
        monitor::{Destination, Settings as DestinationSettings},
        notice,
        words::Event,
    };
    use store::{AccountSettings, DestinationRecord, Owner, Store};

    use super::*;
    use crate::{dispatcher::Deps, prepare::Delivery, unrecorded::Sent};

    const TABLE: &str = "table";

    fn dispatcher(stack: &Stack, store: Store, owner: &Owner) -> Dispatcher {
        let channel = channels::channels().iter().find(|channel| channel.name == "webhook").unwrap();
        let agent = HeaderValue::from_static("test");
        Dispatcher::new(Deps {
            channel,
            outbound: Outbound::new(Settings::for_deliveries(Guard::default(), agent)),
            mail: None,
            store,
            queue: ChannelQueue::new(stack.sqs.clone(), &stack.queues.channels[channel.name]),
            alerts: AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts),
            owner: owner.clone(),
            public_url: None,
            has_accounts: false,
        })
    }

    fn task(alert: &str) -> DeliveryTask {
        DeliveryTask {
            v: VERSION,
            delivery: DeliveryId::derive(&alert.into(), &"ops".into()),
            alert: alert.into(),
            destination: "ops".into(),
            provider: "acme".into(),
            incident: "i1".into(),
            unknown: false,
            reopened: 0,
        }
    }

    async fn destination(store: &Store) -> DestinationRecord {
        store.destination(&"ops".into()).await.unwrap().expect("it is stored")
    }

    /// Destination `ops`, which is disabled.
    async fn disabled_ops() -> (Stack, Store) {
        let stack = Stack::start(StackOptions { folder: None, channels: &["webhook"] }).await.unwrap();
        store::table::create_if_absent(&stack.dynamodb, TABLE).await.unwrap();
        let store = Store::new(&stack.dynamodb, TABLE);
        let ops = Destination {
            id: "ops".into(),
            account: AccountId::new("local"),
            label: None,
            channel: "webhook".to_owned(),
            settings: DestinationSettings::default(),
        };
        let settings = AccountSettings { destinations: vec![ops], ..AccountSettings::default() };
        store.apply(&AccountId::new("local"), &settings).await.unwrap();
        let at = Timestamp::now() - jiff::SignedDuration::from_mins(1);
        let stored = destination(&store).await.destination;
        store.disable(&stored, &Disabled::because("answered 410", at), at).await.unwrap().unwrap();
        (stack, store)
    }

    fn delivered(at: Timestamp) -> store::Attempt {
        store::Attempt { at, status: "delivered".to_owned(), answer: String::new(), took_ms: 1 }
    }

    #[tokio::test]
    async fn what_was_sent_is_only_recorded_when_its_message_comes_again() {
        let (stack, store) = disabled_ops().await;
        let owner = Owner { host: "here".to_owned(), instance: "1".to_owned() };
        let task = task("alert");
        let claim = claim_of(&task);
        let now = Timestamp::now();
        let Claim::Yours(claimed) = store.claim(&claim, &owner, LEASE, now).await.unwrap() else { panic!("claimed") };
        let sent = Sent {
            claimed,
            attempt: delivered(now),
            handle: None,
            at: now,
            destination: destination(&store).await,
            event: Event::Test,
            seen_at: now,
        };

        // A table that does not exist takes no record.
        let deaf = dispatcher(&stack, Store::new(&stack.dynamodb, "none"), &owner);
        let error = record_sent(&deaf, &task, "1-receipt", sent, Instant::now()).await.unwrap_err().to_string();
        assert!(error.contains("not recorded"), "{error}");

        let dispatcher = Dispatcher { unrecorded: deaf.unrecorded, ..dispatcher(&stack, store.clone(), &owner) };
        let reopened = DeliveryTask { reopened: 1, ..task.clone() };
        assert!(dispatcher.unrecorded.get(&reopened).is_none(), "it is to be sent again");
        let again = Record { task: task.clone(), receipt_handle: "1-receipt".to_owned(), receive_count: 2 };
        deliver(&dispatcher, again, Timestamp::now).await.unwrap();
        assert_eq!((dispatcher.deps.outbound.requests(), dispatcher.tally().delivered), (0, 1));
        assert!(dispatcher.unrecorded.get(&task).is_none());
        let claimed = store.claim(&claim, &owner, LEASE, now).await.unwrap();
        assert_eq!(claimed, Claim::Finished(DeliveryEnd::Sent));
        let ops = destination(&store).await;
        assert!(
            ops.disabled.is_none() && ops.missed_since.is_none() && ops.verified_at.is_some(),
            "it arrived: {ops:?}"
        );
    }

    #[tokio::test]
    async fn nothing_is_sent_when_too_little_time_is_left_for_it() {
        let (stack, store) = disabled_ops().await;
        let owner = Owner { host: "here".to_owned(), instance: "1".to_owned() };
        let (dispatcher, test) =
            (dispatcher(&stack, store.clone(), &owner), notice::test(&"ops".into(), Timestamp::now()));
        let (task, record) = (DeliveryTask::new(&test, &"ops".into()), destination(&store).await);
        let claim = async || match store.claim(&claim_of(&task), &owner, LEASE, Timestamp::now()).await.unwrap() {
            Claim::Yours(claimed) => claimed,
            other => panic!("{other:?}"),
        };
        let settings = DestinationSettings(
            [("url", "http://127.0.0.1:9/"), ("secret", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        );
        let alert = std::sync::Arc::new(test);
        let delivery = Delivery { alert, record, settings, handle: None, is_newest: true, recipient_page: None };
        let claimed = claim().await;
        let attempt = Attempt {
            dispatcher: &dispatcher,
            task: &task,
            claimed: &claimed,
            delivery: &delivery,
            receipt_handle: "1-receipt",
            receive_count: 1,
            record_until: Instant::now() + Duration::from_secs(5),
        };
        let error = attempt.run(Timestamp::now).await.unwrap_err().to_string();
        assert!(error.contains("too long"), "{error}");
        assert_eq!(claim().await.attempt_count, 0, "it waits for nobody");
        assert_eq!(dispatcher.deps.outbound.requests(), 0);
    }

    #[tokio::test]
    async fn message_that_meets_a_cooldown_again_and_again_waits_longer() {
        let (stack, store) = disabled_ops().await;
        let dispatcher = dispatcher(&stack, store, &Owner { host: "here".to_owned(), instance: "1".to_owned() });
        dispatcher.cooldowns.set_all(Duration::from_secs(30), Instant::now());
        let waits = async |receive_count| {
            let record = Record { task: task("alert"), receipt_handle: "1-receipt".to_owned(), receive_count };
            deliver(&dispatcher, record, Timestamp::now).await.unwrap_err().to_string()
        };
        for (receive_count, words) in [(1, " waits 29"), (4, " waits 180000 ms"), (150, " waits 180000 ms")] {
            let waits = waits(receive_count).await;
            assert!(waits.contains(words), "{receive_count}: {waits}");
        }
    }

    #[tokio::test]
    async fn process_that_stopped_after_the_record_leaves_the_rest_to_the_message_that_comes_again() {
        let (stack, store) = disabled_ops().await;
        let owner = Owner { host: "here".to_owned(), instance: "1".to_owned() };
        let test = notice::test(&"ops".into(), Timestamp::now());
        store.put_alert(&test, test.seen_at).await.unwrap();
        let dispatcher = dispatcher(&stack, store.clone(), &owner);
        let end = async |alert: &str, at: Timestamp| {
            let claimed = store.claim(&claim_of(&task(alert)), &owner, LEASE, at).await.unwrap();
            let Claim::Yours(claimed) = claimed else { panic!("claimed") };
            let sent = Verdict::Ended(DeliveryEnd::Sent);
            store.record(&claimed, sent, Some(delivered(at)), None, at).await.unwrap();
        };
        let comes = async |alert: &str, receive_count| {
            let record = Record { task: task(alert), receipt_handle: "1-receipt".to_owned(), receive_count };
            deliver(&dispatcher, record, Timestamp::now).await.unwrap();
            destination(&store).await.disabled.is_none()
        };
        let long_ago = Timestamp::now() - jiff::SignedDuration::from_hours(1);
        let old = notice::test(&"ops".into(), long_ago);
        store.put_alert(&old, long_ago).await.unwrap();
        end(old.id.as_str(), long_ago).await;
        assert!(!comes(old.id.as_str(), 2).await, "what arrived before it was disabled says nothing");
        end(test.id.as_str(), test.seen_at).await;
        assert!(!comes(test.id.as_str(), 1).await, "a second message of a delivery is no repeat");
        assert!(comes(test.id.as_str(), 2).await);
        assert_eq!(dispatcher.deps.outbound.requests(), 0);
    }
}

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
use queue::{batch::Record, task::DeliveryTask};
use store::{Claim, DeliveryClaim, DeliveryEnd, DeliveryRecord, Disabled, Verdict};
use tokio::time::sleep;

use crate::{
    attempt::{Attempt, CLAIMED_BEFORE},
    dispatcher::Dispatcher,
    prepare::{Prepared, prepare},
    sent::record_sent,
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
    wait_for_cooldown(dispatcher, &task, &receipt_handle, clock).await?;
    let record_until = Instant::now() + RECORD_WITHIN;
    let Some(claimed) = claim(dispatcher, &task, &receipt_handle, clock).await? else {
        return Ok(());
    };
    match prepare(dispatcher, &task, &claimed, clock()).await? {
        Prepared::Nothing { end, why } => {
            tracing::info!(delivery.id = %task.delivery, "not sent to {}: {why}", task.destination);
            record_unsent(dispatcher, &claimed, end, why, clock()).await
        }
        Prepared::Gone { destination, why } => {
            let now = clock();
            dispatcher.disable(&destination, Disabled::by_suppression(&why, now), now - CLAIMED_BEFORE).await?;
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

async fn wait_for_cooldown(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    receipt_handle: &str,
    clock: fn() -> Timestamp,
) -> anyhow::Result<()> {
    let cooldown = dispatcher.cooldowns.remaining(&task.destination, Instant::now());
    if cooldown > MAX_SLEEP {
        let reason = format!("{} waits {} ms for the receiver's rate limit", task.delivery, cooldown.as_millis());
        return Err(dispatcher.delay_message(receipt_handle, clock() + cooldown, clock(), reason).await);
    }
    sleep(cooldown).await;
    Ok(())
}

/// Takes the lease of the delivery. `None`: the delivery has ended already.
async fn claim(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    receipt_handle: &str,
    clock: fn() -> Timestamp,
) -> anyhow::Result<Option<DeliveryRecord>> {
    let store = &dispatcher.deps.store;
    let claimed = match store.claim(&claim_of(task), &dispatcher.deps.owner, LEASE, clock()).await? {
        Claim::Yours(claimed) => claimed,
        Claim::Finished(_) => return Ok(None),
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
    Ok(Some(claimed))
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
    use status::ids::DeliveryId;
    use store::{Owner, Store};

    use super::*;
    use crate::{dispatcher::Deps, unrecorded::Sent};

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

    #[tokio::test]
    async fn what_was_sent_is_only_recorded_when_its_message_comes_again() {
        let stack = Stack::start(StackOptions { folder: None, channels: &["webhook"] }).await.unwrap();
        store::table::create_if_absent(&stack.dynamodb, TABLE).await.unwrap();
        let store = Store::new(&stack.dynamodb, TABLE);
        let owner = Owner { host: "here".to_owned(), instance: "1".to_owned() };
        let task = DeliveryTask {
            v: VERSION,
            delivery: DeliveryId::derive(&"alert".into(), &"ops".into()),
            alert: "alert".into(),
            destination: "ops".into(),
            provider: "acme".into(),
            incident: "i1".into(),
            unknown: false,
            reopened: 0,
        };
        let claim = claim_of(&task);
        let now = Timestamp::now();
        let Claim::Yours(claimed) = store.claim(&claim, &owner, LEASE, now).await.unwrap() else { panic!("claimed") };
        let attempt = store::Attempt { at: now, status: "delivered".to_owned(), answer: String::new(), took_ms: 1 };
        let sent = Sent { claimed, attempt, handle: None, at: now };

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
    }
}

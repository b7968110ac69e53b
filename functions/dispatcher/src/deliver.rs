//! One delivery from top to bottom: claim, render, send, classify, record. Wanted properties:
//! - two dispatchers never send the same delivery at the same time, and one that is recorded as sent is never sent again;
//! - it is recorded as sent only after the platform accepted it: the one window for a repeat lies between, and the
//!   repeat carries the same id;
//! - whatever goes wrong is recorded with a reason that holds no secret.
use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use channels::{Answer, Handle, Job, Outcome, Step};
use jiff::Timestamp;
use queue::{batch::Record, task::DeliveryTask};
use status::{alert::Alert, monitor::Destination};
use store::{Attempt, Claim, DeliveryClaim, DeliveryEnd, DeliveryRecord, Episode, Verdict};
use tokio::time::timeout;

use crate::{
    Dispatcher,
    patience::{has_expired, is_late, wait},
};

/// The shape of message this dispatcher reads.
const VERSION: u8 = 1;
/// For all requests of one delivery together: less than the function's time-out.
const LONGEST_DELIVERY: Duration = Duration::from_secs(25);
/// Longer than a delivery may take, recording included.
const LEASE: Duration = Duration::from_secs(60);
/// A channel that wants more for one delivery has lost its way.
const MAX_REQUESTS: usize = 4;

/// An error means: this message must come again. It says why, for the log.
pub(crate) async fn deliver(
    dispatcher: &Dispatcher,
    record: Record<DeliveryTask>,
    clock: fn() -> Timestamp,
) -> anyhow::Result<()> {
    let Record { task, receipt_handle, .. } = record;
    anyhow::ensure!(task.v == VERSION, "a delivery task of version {} is not known here", task.v);
    let store = &dispatcher.store;
    let claim = DeliveryClaim {
        delivery: task.delivery.clone(),
        alert: task.alert.clone(),
        destination: task.destination.clone(),
        provider: task.provider.clone(),
        incident: task.incident.clone(),
    };
    let claimed = match store.claim(&claim, &dispatcher.owner, LEASE, clock()).await? {
        Claim::Yours(claimed) => claimed,
        Claim::Finished(_) => return Ok(()),
        Claim::Busy { until } => {
            put_off(dispatcher, &receipt_handle, until, clock()).await;
            anyhow::bail!("{} is being delivered by another process", task.delivery);
        }
    };
    if let Some(not_before) = claimed.not_before.filter(|at| *at > clock()) {
        store.record(&claimed, Verdict::Retry { not_before }, None, None, clock()).await?;
        put_off(dispatcher, &receipt_handle, not_before, clock()).await;
        anyhow::bail!("{} waits until {not_before}, as the receiver asked", task.delivery);
    }
    match prepare(dispatcher, &task, clock()).await? {
        Prepared::Nothing { end, why } => {
            tracing::info!(delivery.id = %task.delivery, "not sent to {}: {why}", task.destination);
            let attempt = Attempt { at: clock(), status: "not sent".to_owned(), answer: why };
            store.record(&claimed, Verdict::Ended(end), Some(attempt), None, clock()).await?;
            if end != DeliveryEnd::DroppedStale {
                dispatcher.undeliverable.fetch_add(1, Relaxed);
            }
            Ok(())
        }
        Prepared::Send { alert, destination, handle } => {
            let sending = send(dispatcher, &task, &alert, &destination, handle.as_ref(), clock());
            let too_slow = |_| Outcome::Retry { after: None, reason: "its answers take too long".to_owned() };
            let outcome = timeout(LONGEST_DELIVERY, sending).await.unwrap_or_else(too_slow);
            conclude(dispatcher, &claimed, &alert, &destination, &receipt_handle, outcome, clock()).await
        }
    }
}

enum Prepared {
    Send {
        alert: Box<Alert>,
        destination: Destination,
        handle: Option<Handle>,
    },
    /// There is nothing to be sent, or nobody to send it to.
    Nothing {
        end: DeliveryEnd,
        why: String,
    },
}

async fn prepare(dispatcher: &Dispatcher, task: &DeliveryTask, now: Timestamp) -> anyhow::Result<Prepared> {
    let store = &dispatcher.store;
    let nothing = |end, why: &str| Ok(Prepared::Nothing { end, why: why.to_owned() });
    let Some(alert) = store.alert(&task.alert).await? else {
        return nothing(DeliveryEnd::GivenUp, "the alert is not stored any more");
    };
    let Some(found) = store.destination(&task.destination).await? else {
        return nothing(DeliveryEnd::Disabled, "the destination was removed");
    };
    if let Some(disabled) = found.disabled {
        return nothing(DeliveryEnd::Disabled, &format!("the destination is disabled: {}", disabled.reason));
    }
    if found.destination.channel != dispatcher.channel.name {
        return nothing(DeliveryEnd::Disabled, "the destination was moved to another channel");
    }
    if has_expired(&alert, now) {
        return nothing(DeliveryEnd::GivenUp, "the alert is too old to be of use");
    }
    if is_late(&alert, now) && incident_is_over(dispatcher, &alert).await? {
        return nothing(DeliveryEnd::DroppedStale, "late, and the incident is over");
    }
    let handle = store.handle(&Episode::of(&alert), &task.destination).await?.map(Handle);
    Ok(Prepared::Send { alert: Box::new(alert), destination: found.destination, handle })
}

async fn incident_is_over(dispatcher: &Dispatcher, alert: &Alert) -> anyhow::Result<bool> {
    let incident = &alert.incident;
    let known = dispatcher.store.incident(&alert.provider, incident.kind, &incident.id).await?;
    Ok(known.is_some_and(|known| known.episode > incident.episode || !known.is_open()))
}

async fn send(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    alert: &Alert,
    destination: &Destination,
    handle: Option<&Handle>,
    now: Timestamp,
) -> Outcome {
    let incident_url =
        dispatcher.public_url.as_ref().map(|base| format!("{base}/incidents/{}/{}", alert.provider, alert.incident.id));
    let job = Job {
        id: &task.delivery,
        alert,
        settings: &destination.settings,
        handle,
        unknown: task.unknown,
        incident_url: incident_url.as_deref(),
        now,
    };
    let mut answers = Vec::new();
    loop {
        let request = match (dispatcher.channel.deliver)(&job, &answers) {
            Step::Done(outcome) => return outcome,
            Step::Send(request) => request,
        };
        if answers.len() == MAX_REQUESTS {
            return Outcome::Rejected { reason: format!("it took more than {MAX_REQUESTS} requests") };
        }
        answers.push(match dispatcher.outbound.send(request).await {
            Ok(sent) => Answer::Http { status: sent.status, headers: sent.headers, body: sent.body },
            Err(error) => Answer::Failed(error.to_string()),
        });
    }
}

/// The only place where an outcome is acted on.
async fn conclude(
    dispatcher: &Dispatcher,
    claimed: &DeliveryRecord,
    alert: &Alert,
    destination: &Destination,
    receipt_handle: &str,
    outcome: Outcome,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Dispatcher { store, channel, .. } = dispatcher;
    let (delivery, to, what) = (&claimed.delivery, &destination.id, alert.event.as_str());
    let attempt =
        |status: &str, answer: &str| Some(Attempt { at: now, status: status.to_owned(), answer: answer.to_owned() });
    match outcome {
        Outcome::Delivered { handle } => {
            let episode = Episode::of(alert);
            let handle = handle.as_ref().map(|handle| (&episode, &handle.0));
            let sent = Verdict::Ended(DeliveryEnd::Sent);
            store.record(claimed, sent, attempt("delivered", ""), handle, now).await?;
            dispatcher.delivered.fetch_add(1, Relaxed);
            tracing::info!(delivery.id = %delivery, channel.name = channel.name, "delivered {what} to {to}");
            Ok(())
        }
        Outcome::Retry { after, reason } => {
            let wait = wait(delivery, claimed.attempt_count + 1, after);
            let again_at = now + wait;
            if has_expired(alert, again_at) {
                let given_up = Verdict::Ended(DeliveryEnd::GivenUp);
                store.record(claimed, given_up, attempt("given up", &reason), None, now).await?;
                tracing::warn!(delivery.id = %delivery, reason, "gave up on {to}");
                dispatcher.undeliverable.fetch_add(1, Relaxed);
                return Ok(());
            }
            // Only what the receiver asked for outlives a restart of ours: our own pause may be cut short by one.
            let not_before = if after.is_some() { again_at } else { now };
            store.record(claimed, Verdict::Retry { not_before }, attempt("failed", &reason), None, now).await?;
            put_off(dispatcher, receipt_handle, again_at, now).await;
            anyhow::bail!("{what} was not delivered to {to}: {reason}; again in {} s", wait.as_secs())
        }
        Outcome::Rejected { reason } => {
            let rejected = Verdict::Ended(DeliveryEnd::Rejected);
            store.record(claimed, rejected, attempt("rejected", &reason), None, now).await?;
            tracing::warn!(delivery.id = %delivery, reason, "{to} rejected {what}");
            dispatcher.undeliverable.fetch_add(1, Relaxed);
            Ok(())
        }
        Outcome::Gone { reason } => {
            store.disable(destination, &reason, now).await?;
            let disabled = Verdict::Ended(DeliveryEnd::Disabled);
            store.record(claimed, disabled, attempt("gone", &reason), None, now).await?;
            tracing::warn!(delivery.id = %delivery, reason, "{to} is gone and was disabled");
            dispatcher.undeliverable.fetch_add(1, Relaxed);
            Ok(())
        }
    }
}

/// If this fails the message comes again when its visibility ends, which is later but no loss.
async fn put_off(dispatcher: &Dispatcher, receipt_handle: &str, until: Timestamp, now: Timestamp) {
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    if let Err(error) = dispatcher.queue.delay(receipt_handle, wait).await {
        tracing::warn!(error = error.to_string(), "a message keeps its usual pause");
    }
}

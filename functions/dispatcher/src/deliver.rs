//! One delivery from top to bottom: claim, prepare, send, record. Wanted properties:
//! - two dispatchers never send the same delivery at the same time, and one that is recorded as sent is never sent again
//!   unless somebody asks for it;
//! - it is recorded as sent only after the platform accepted it: the one window for a repeat lies between, and the
//!   repeat carries the same id;
//! - whatever goes wrong is recorded with a reason that holds no secret.
use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use channels::{Job, MailJob, Outcome, Response};
use jiff::Timestamp;
use queue::{
    batch::Record,
    task::{DeliveryTask, VERSION},
};
use status::monitor::Destination;
use store::{Attempt, Claim, DeliveryClaim, DeliveryEnd, DeliveryRecord, Episode, KeptHandle, Verdict};
use tokio::time::{sleep, timeout};

use crate::{
    Dispatcher,
    exchange::exchange,
    patience::{has_expired, is_dead, wait},
    prepare::{Delivery, Prepared, prepare},
};

/// For all requests of one delivery together.
const LONGEST_DELIVERY: Duration = Duration::from_secs(23);
/// Longer than a delivery may take, recording included.
const LEASE: Duration = Duration::from_secs(60);
/// How long all wait if the platform refuses everybody and does not say until when.
const LONGEST_GUESS: Duration = Duration::from_secs(60);
/// A rest up to this is waited out, which is cheaper than another receive of the message; every channel's pace is within.
const SHORT_REST: Duration = Duration::from_millis(2_100);

/// An error means: this message must come again. It says why, for the log.
pub(crate) async fn deliver(
    dispatcher: &Dispatcher,
    record: Record<DeliveryTask>,
    clock: fn() -> Timestamp,
) -> anyhow::Result<()> {
    let Record { task, receipt_handle, .. } = record;
    anyhow::ensure!(task.v == VERSION, "a delivery task of version {} is not known here", task.v);
    let store = &dispatcher.parts.store;
    let rest = dispatcher.rests.left(&task.destination, Instant::now());
    if rest > SHORT_REST {
        put_off(dispatcher, &receipt_handle, clock() + rest, clock()).await;
        anyhow::bail!("{} waits {} ms, as the platform asked", task.delivery, rest.as_millis());
    }
    sleep(rest).await;
    let claim = DeliveryClaim {
        delivery: task.delivery.clone(),
        alert: task.alert.clone(),
        destination: task.destination.clone(),
        provider: task.provider.clone(),
        incident: task.incident.clone(),
        unknown: task.unknown,
    };
    let claimed = match store.claim(&claim, &dispatcher.parts.owner, LEASE, clock()).await? {
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
    match prepare(dispatcher, &task, &claimed, clock()).await? {
        Prepared::Nothing { end, why } => {
            tracing::info!(delivery.id = %task.delivery, "not sent to {}: {why}", task.destination);
            end_unsent(dispatcher, &claimed, end, why, clock()).await
        }
        Prepared::Gone { destination, why } => {
            disable(dispatcher, &destination, &why, clock()).await?;
            end_unsent(dispatcher, &claimed, DeliveryEnd::Disabled, why, clock()).await
        }
        Prepared::Send(delivery) => {
            let (started, mut answers) = (Instant::now(), Vec::new());
            let sending = send(dispatcher, &task, &delivery, &mut answers, clock());
            let outcome = timeout(LONGEST_DELIVERY, sending).await.unwrap_or_else(|_| Outcome::Retry {
                after: None,
                everyone: false,
                reason: "its answers take too long".to_owned(),
            });
            let (channel, settings) = (dispatcher.parts.channel, &delivery.destination.settings);
            let tried = Tried {
                took: started.elapsed(),
                answer: answers
                    .last()
                    .map(|response| channels::redacted(channel, response, settings))
                    .unwrap_or_default(),
            };
            conclude(dispatcher, &claimed, &delivery, &receipt_handle, outcome, tried, clock()).await
        }
    }
}

async fn end_unsent(
    dispatcher: &Dispatcher,
    claimed: &DeliveryRecord,
    end: DeliveryEnd,
    why: String,
    now: Timestamp,
) -> anyhow::Result<()> {
    let attempt = Attempt { at: now, status: "not sent".to_owned(), answer: why, took_ms: 0 };
    dispatcher.parts.store.record(claimed, Verdict::Ended(end), Some(attempt), None, now).await?;
    if !matches!(end, DeliveryEnd::DroppedStale | DeliveryEnd::NotWanted) {
        dispatcher.undeliverable.fetch_add(1, Relaxed);
    }
    Ok(())
}

async fn send(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    delivery: &Delivery,
    answers: &mut Vec<Response>,
    now: Timestamp,
) -> Outcome {
    let parts = &dispatcher.parts;
    let alert = &delivery.alert;
    let has_page = !alert.event.is_notice();
    let incident_url = parts
        .public_url
        .as_ref()
        .filter(|_| has_page)
        .map(|base| format!("{base}/incidents/{}/{}", alert.provider, alert.incident.id));
    let mail = parts.mail.as_ref().zip(delivery.recipient_page.as_deref());
    let job = Job {
        id: &task.delivery,
        alert,
        settings: &delivery.destination.settings,
        handle: delivery.handle.as_ref(),
        superseded: !delivery.is_newest,
        unknown: task.unknown,
        incident_url: incident_url.as_deref(),
        mail: mail.map(|(mail, page)| MailJob { from: &mail.from, page, destination: &task.destination }),
        now,
    };
    exchange(parts.channel, &parts.outbound, parts.mail.as_ref(), &job, answers, drop).await
}

/// What an attempt leaves for the log.
struct Tried {
    took: Duration,
    answer: String,
}

/// The only place where an outcome is acted on.
async fn conclude(
    dispatcher: &Dispatcher,
    claimed: &DeliveryRecord,
    delivery: &Delivery,
    receipt_handle: &str,
    outcome: Outcome,
    tried: Tried,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Delivery { alert, destination, .. } = delivery;
    let parts = &dispatcher.parts;
    let (id, to, what) = (&claimed.delivery, &destination.id, alert.event.as_str());
    let attempt = |status: &str, answer: &str| {
        let took_ms = tried.took.as_millis() as u64;
        Some(Attempt { at: now, status: status.to_owned(), answer: answer.to_owned(), took_ms })
    };
    let end = async |end, attempt, handle: Option<KeptHandle>| {
        let episode = Episode::of(alert);
        let handle = handle.map(|handle| (&episode, handle));
        parts.store.record(claimed, Verdict::Ended(end), attempt, handle, now).await
    };
    match outcome {
        Outcome::Delivered { handle, cooldown } => {
            dispatcher.rests.give(to, cooldown.unwrap_or_default().max(parts.channel.min_interval), Instant::now());
            let kept = handle.filter(|_| delivery.is_newest);
            let kept = kept.map(|handle| KeptHandle { fields: handle.0, as_of: Some(alert.seen_at) });
            end(DeliveryEnd::Sent, attempt("delivered", &tried.answer), kept).await?;
            if delivery.failing_since.is_some() {
                parts.store.note_arrival(to).await?;
            }
            dispatcher.delivered.fetch_add(1, Relaxed);
            tracing::info!(delivery.id = %id, channel.name = parts.channel.name, "delivered {what} to {to}");
            Ok(())
        }
        Outcome::Skipped { reason } => {
            end(DeliveryEnd::Skipped, attempt("skipped", &reason), None).await?;
            tracing::debug!(delivery.id = %id, reason, "{what} is not told to {to}");
            Ok(())
        }
        Outcome::Retry { after, everyone, reason } => {
            let wait = wait(id, claimed.attempt_count + 1, after);
            if everyone {
                // Not said for how long: soon one of them will find out whether it is over.
                dispatcher.rests.give_all(after.unwrap_or(wait.min(LONGEST_GUESS)), Instant::now());
            }
            let again_at = now + wait;
            if has_expired(alert, claimed.reopened_at, again_at) {
                if is_dead(delivery.failing_since, now) {
                    let reason = format!("nothing has arrived there for days, the last time because it {reason}");
                    disable(dispatcher, destination, &reason, now).await?;
                } else {
                    parts.store.note_failing(to, now).await?;
                }
                end(DeliveryEnd::GivenUp, attempt("given up", &reason), None).await?;
                tracing::warn!(delivery.id = %id, reason, "gave up on {to}");
                dispatcher.undeliverable.fetch_add(1, Relaxed);
                return Ok(());
            }
            // Only what the receiver asked for outlives a restart of ours: our own pause may be cut short by one.
            let not_before = if after.is_some() { again_at } else { now };
            let retry = Verdict::Retry { not_before };
            parts.store.record(claimed, retry, attempt("failed", &reason), None, now).await?;
            put_off(dispatcher, receipt_handle, again_at, now).await;
            anyhow::bail!("{what} was not delivered to {to}: {reason}; again in {} s", wait.as_secs())
        }
        Outcome::Rejected { reason } => {
            end(DeliveryEnd::Rejected, attempt("rejected", &reason), None).await?;
            tracing::warn!(delivery.id = %id, reason, "{to} rejected {what}");
            dispatcher.undeliverable.fetch_add(1, Relaxed);
            Ok(())
        }
        Outcome::Gone { reason } => {
            if let Some(address) = (parts.channel.recipient)(&destination.settings) {
                parts.store.suppress(&address, &reason, now).await?;
            }
            disable(dispatcher, destination, &reason, now).await?;
            end(DeliveryEnd::Disabled, attempt("gone", &reason), None).await?;
            dispatcher.undeliverable.fetch_add(1, Relaxed);
            Ok(())
        }
    }
}

/// The destination gets nothing more, and its account hears of it by another route.
async fn disable(
    dispatcher: &Dispatcher,
    destination: &Destination,
    reason: &str,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some(row) = dispatcher.parts.store.disable(destination, reason, now).await? else {
        return Ok(());
    };
    tracing::warn!(destination.id = %destination.id, reason, "{} is gone and was disabled", destination.id);
    let told = async {
        dispatcher.parts.alerts.send_alerts(&row.provider, &row.alerts).await?;
        dispatcher.parts.store.clear(&row).await?;
        anyhow::Ok(())
    };
    if let Err(error) = told.await {
        // The poller finds the row and makes up for it.
        tracing::warn!(destination.id = %destination.id, error = format!("{error:#}"), "the notice waits to be queued");
    }
    Ok(())
}

/// If this fails the message comes again when its visibility ends, which is later but no loss.
async fn put_off(dispatcher: &Dispatcher, receipt_handle: &str, until: Timestamp, now: Timestamp) {
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    if let Err(error) = dispatcher.parts.queue.delay(receipt_handle, wait).await {
        tracing::warn!(error = error.to_string(), "a message keeps its usual pause");
    }
}

//! What follows once a receiver has accepted a delivery: it is recorded, a series of failures is over, and what was
//! missed in it is sent. If the store takes no record, the message comes again, and all of that is done then without
//! sending it once more.
use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use queue::task::DeliveryTask;
use status::words::Event;
use store::{DeliveryEnd, DestinationRecord};

use crate::{catch_up::catch_up, dispatcher::Dispatcher, unrecorded::Sent};

/// Until a message comes again whose delivery was sent and not recorded: within the lease, so that no other process
/// sends it meanwhile.
const PAUSE_BEFORE_RECORDING: Duration = Duration::from_secs(15);

/// Of the time for recording, what is left for the last episode of a catch-up.
const TIME_FOR_LAST_EPISODE: Duration = Duration::from_secs(4);

/// Tries until then. An error means that the message must come again.
pub(crate) async fn record_sent(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    receipt_handle: &str,
    sent: Sent,
    until: Instant,
) -> anyhow::Result<()> {
    if let Err(error) = sent.record(&dispatcher.deps.store, until).await {
        let now = Timestamp::now();
        dispatcher.unrecorded.keep(task, sent, Instant::now());
        let reason = format!("{error:#}");
        return Err(dispatcher.delay_message(receipt_handle, now + PAUSE_BEFORE_RECORDING, now, reason).await);
    }
    dispatcher.unrecorded.remove(task);
    dispatcher.delivered.fetch_add(1, Relaxed);
    dispatcher.count_end(DeliveryEnd::Sent);
    dispatcher.measure_delivery(sent.seen_at, sent.at);
    let (id, channel, to) = (&task.delivery, dispatcher.deps.channel.name, &task.destination);
    tracing::info!(delivery.id = %id, channel.name = channel, "delivered {} to {to}", sent.event.as_str());
    follow_arrival(dispatcher, &sent.destination, sent.event, sent.at, until).await
}

/// A message that comes again although its delivery was sent: the process may have stopped before it did what follows
/// an arrival.
pub(crate) async fn arrived_before(dispatcher: &Dispatcher, task: &DeliveryTask, until: Instant) -> anyhow::Result<()> {
    let store = &dispatcher.deps.store;
    let Some(record) = store.destination(&task.destination).await? else { return Ok(()) };
    let since = [
        record.disabled.as_ref().map(|disabled| disabled.at),
        record.failing_since,
        record.refusals.as_ref().map(|refusals| refusals.since),
    ];
    if since.iter().all(Option::is_none) && record.missed_since.is_none() && record.verified_at.is_some() {
        return Ok(());
    }
    let Some(alert) = dispatcher.alert_cache.get(store, &task.alert).await? else { return Ok(()) };
    let entry = store.delivery(&task.alert, &task.destination).await?;
    let arrived_at = entry.and_then(|entry| Some(entry.attempts.last()?.at));
    // What began after it arrived goes on.
    match arrived_at.filter(|at| since.iter().flatten().all(|since| since < at)) {
        Some(at) => follow_arrival(dispatcher, &record, alert.event, at, until).await,
        None => Ok(()),
    }
}

/// `record`: the destination as it was before. An error means that the message must come again: without that, a
/// destination that was disabled would get no alert that could make up for it.
async fn follow_arrival(
    dispatcher: &Dispatcher,
    record: &DestinationRecord,
    event: Event,
    at: Timestamp,
    until: Instant,
) -> anyhow::Result<()> {
    let Err(error) = note_arrival(dispatcher, record, event, at, until).await else { return Ok(()) };
    let error = error.context("the end of a series of failures was not recorded");
    if record.disabled.is_some() {
        return Err(error);
    }
    let error = format!("{error:#}");
    tracing::warn!(destination.id = %record.destination.id, error, "the next arrival makes up for it");
    Ok(())
}

/// A series of failures is over; what was missed in it is sent.
async fn note_arrival(
    dispatcher: &Dispatcher,
    record: &DestinationRecord,
    event: Event,
    at: Timestamp,
    until: Instant,
) -> anyhow::Result<()> {
    let (deps, destination) = (&dispatcher.deps, &record.destination);
    if record.disabled.is_some() {
        deps.store.enable(&destination.id).await?;
    } else if record.failing_since.is_some() || record.refusals.is_some() {
        deps.store.note_arrival(&destination.id).await?;
    }
    if record.verified_at.is_none() && event != Event::Confirm {
        deps.store.note_verified(destination, at).await?;
    }
    let disabled_at = record.disabled.as_ref().map(|disabled| disabled.at);
    if let Some(since) = record.missed_since.or(disabled_at) {
        let until = until.checked_sub(TIME_FOR_LAST_EPISODE);
        let queued = catch_up(&deps.store, &deps.queue, destination, since, at, until).await?;
        tracing::info!(destination.id = %destination.id, queued, "what was missed and is of use was queued");
    }
    Ok(())
}

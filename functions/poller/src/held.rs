//! Tells what waited for the end of quiet hours, and what is to be followed up. The rows are in the store and their
//! times in an index; a poller looks at it every few minutes, and at each round once something is known to be due.
//! Wanted properties:
//! - each destination gets one summary, and nothing that ended or was muted meanwhile is in it;
//! - the summary is committed with the removal of what it stands for, and queued like every other alert.
use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use status::{
    alert::Alert,
    held_alerts::{MAX_HELD, held_summary},
    ids::{AlertId, DestinationId},
};
use store::{DueRows, HeldAlert, OutboxRow, Told};

use crate::{PollEvent, Poller, clock::Clock, follow_ups, publish};

/// Rows of the index that are looked at in a round, in each of its shards. What is left is due in the next round: pages
/// are polled only afterwards.
const ROWS_PER_ROUND: u32 = 100;
const CONCURRENT_DESTINATIONS: usize = 16;

/// Looks when the next is due. One poller of several does it.
pub(crate) async fn look(poller: &Poller, event: &PollEvent) {
    if event.shard != 0 {
        return;
    }
    match poller.store.next_held().await {
        Ok(next) => poller.cache().held_until = next,
        Err(error) => {
            tracing::warn!(error = format!("{:#}", anyhow::Error::from(error)), "what is held could not be read")
        }
    }
}

/// Tells what is due. After a failure it stays due.
pub(crate) async fn tell(poller: &Poller, clock: Clock) {
    if poller.cache().held_until.is_none_or(|due| due > clock.now()) {
        return;
    }
    let told = async {
        let DueRows { destinations, follow_ups } = poller.store.due_rows(clock.now(), ROWS_PER_ROUND).await?;
        let followed_up = follow_ups::tell(poller, follow_ups, clock).await;
        let told = stream::iter(destinations)
            .map(|destination| async move { tell_one(poller, &destination, clock).await })
            .buffer_unordered(CONCURRENT_DESTINATIONS);
        let told: Vec<anyhow::Result<Option<OutboxRow>>> = told.collect().await;
        let row = told.iter().find_map(|told| told.as_ref().ok()?.clone());
        // All rows are of one provider, our own, so that one of them queues all.
        publish::publish(poller, row).await;
        told.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        followed_up?;
        poller.cache().held_until = poller.store.next_held().await?;
        anyhow::Ok(())
    };
    if let Err(error) = told.await {
        tracing::warn!(error = format!("{error:#}"), "what is due could not be told and stays due");
    }
}

/// Commits the summary for one destination. Returns the row to publish.
async fn tell_one(poller: &Poller, destination: &DestinationId, clock: Clock) -> anyhow::Result<Option<OutboxRow>> {
    let now = clock.now();
    let mut held = poller.store.held_of(destination).await?;
    held.retain(|held| held.due_at <= now);
    held.truncate(MAX_HELD);
    if held.is_empty() {
        return Ok(None);
    }
    let ids: Vec<AlertId> = held.iter().map(|held| held.alert.clone()).collect();
    let mut alerts: HashMap<AlertId, Alert> = poller.store.alerts(&ids, |alert| alert).await?;
    // The rows of a destination are of one account.
    let mutes = poller.store.mutes(&held[0].account).await?;
    let is_muted = |held: &HeldAlert| alerts.get(&held.alert).is_some_and(|alert| alert.is_silenced(&mutes));
    let (muted, held): (Vec<HeldAlert>, Vec<HeldAlert>) = held.into_iter().partition(is_muted);
    let alerts: Vec<Alert> = held.iter().filter_map(|held| alerts.remove(&held.alert)).collect();
    let is_there = poller.store.destination(destination).await?.is_some();
    let summary = held_summary(destination, &alerts, now).filter(|_| is_there);
    let told = Told { held: &held, summary: summary.as_ref(), muted: &muted };
    Ok(poller.store.tell_held(told, now).await?)
}

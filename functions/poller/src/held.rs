//! Tells what waited for the end of quiet hours, and what is to be followed up. The rows are in the store and their
//! times in an index; a poller looks at it every few minutes, and at each round once something is known to be due.
//! Wanted properties:
//! - each destination gets one summary, and nothing that ended or was muted meanwhile is in it, nor what its account
//!   wants no more; but an end is, since it waits only for those who were told of the opening;
//! - what is not told is put aside, so that its end is told to nobody either;
//! - the summary is committed with the removal of what it stands for, and queued like every other alert.
use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use status::{
    alert::{Alert, SummaryItem},
    held_alerts::{self, MAX_HELD, held_summary},
    ids::{AlertId, DestinationId, IncidentId, ProviderId},
};
use store::{DueRows, Episode, HeldAlert, HeldFor, OutboxRow, Told};

use crate::{
    PollEvent, Poller,
    clock::Clock,
    follow_ups,
    known::{Account, Known},
    publish,
};

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
        let known = &Known::new(&poller.store);
        let followed_up = follow_ups::tell(poller, known, follow_ups, clock).await;
        let told = stream::iter(destinations)
            .map(|destination| async move { tell_one(poller, known, &destination, clock).await })
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
async fn tell_one(
    poller: &Poller,
    known: &Known<'_>,
    destination: &DestinationId,
    clock: Clock,
) -> anyhow::Result<Option<OutboxRow>> {
    let now = clock.now();
    let HeldFor { waiting: mut held, untold } = poller.store.held_of(destination).await?;
    held.retain(|held| held.due_at <= now);
    held.truncate(MAX_HELD);
    let Some(first) = held.first() else { return Ok(None) };
    // The rows of a destination are of one account.
    let account = known.account(&first.account).await?;
    let ids: Vec<AlertId> = held.iter().map(|held| held.alert.clone()).collect();
    let mut stored: HashMap<AlertId, Alert> = poller.store.alerts(&ids, |alert| alert).await?;
    let stored: Vec<Alert> = ids.iter().filter_map(|id| stored.remove(id)).collect();
    let going_on = stored.iter().filter(|alert| !alert.event.is_end());
    let mut aside: HashSet<AlertId> = going_on.map(|alert| alert.id.clone()).collect();
    let left = still_to_tell((poller, known), &account, (destination, &untold), stored).await?;
    let summary = held_summary(destination, &left, now);
    aside.retain(|id| !left.iter().any(|alert| alert.id == *id));
    // An account without destinations was deleted, and nothing of it is to stay.
    let is_aside = |held: &HeldAlert| aside.contains(&held.alert) && !account.destinations.is_empty();
    let (aside, held): (Vec<HeldAlert>, Vec<HeldAlert>) = held.into_iter().partition(is_aside);
    let told = Told { held: &held, summary: summary.as_ref(), aside: &aside };
    Ok(poller.store.tell_held(told, now).await?)
}

/// Those of the alerts that are still to be told, as far as they are. `untold`: of what the destination was told
/// nothing.
async fn still_to_tell(
    (poller, known): (&Poller, &Known<'_>),
    account: &Account,
    (destination, untold): (&DestinationId, &BTreeSet<Episode>),
    mut alerts: Vec<Alert>,
) -> anyhow::Result<Vec<Alert>> {
    if !account.destinations.contains(destination) {
        return Ok(Vec::new());
    }
    alerts.retain(|alert| !alert.is_silenced(&account.mutes));
    let mut pages = HashMap::new();
    for alert in alerts.iter().filter(|alert| !alert.event.is_end()) {
        if !pages.contains_key(&alert.provider) {
            pages.insert(alert.provider.clone(), known.incidents(&alert.provider).await?);
        }
    }
    let announced_untold = |provider: &ProviderId, item: &SummaryItem| {
        let summary = item.opened_in.clone().filter(|_| item.event.is_end());
        let summary = summary.map(|incident| Episode { provider: provider.clone(), incident, number: 1 });
        summary.is_some_and(|summary| untold.contains(&summary))
    };
    let mut asked = Vec::new();
    for alert in &alerts {
        let items = alert.summary.iter().filter(|item| announced_untold(&alert.provider, item));
        asked.extend(items.map(|item| episode(&alert.provider, item)));
    }
    let notified = poller.store.notified_of(destination, asked).await?;
    let is_untold = |provider: &ProviderId, item: &SummaryItem| {
        let episode = episode(provider, item);
        untold.contains(&episode) || (announced_untold(provider, item) && !notified.contains(&episode))
    };
    let is_wanted = |alert: &Alert| account.wants(destination, alert);
    let is_over = |provider: &ProviderId, incident: &IncidentId, episode: u32| {
        pages.get(provider).is_some_and(|page| page.is_over(incident, episode))
    };
    Ok(held_alerts::still_to_tell(alerts, is_wanted, is_over, is_untold))
}

fn episode(provider: &ProviderId, item: &SummaryItem) -> Episode {
    Episode { provider: provider.clone(), incident: item.incident.clone(), number: item.episode }
}

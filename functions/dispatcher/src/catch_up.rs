//! What a destination missed while it was disabled, failed or refused, and what of that is still of use once it works
//! again. For each episode of an incident that is one message: its end, or its present state if it is still open. An
//! opening whose end is known is dropped, and so is whatever a later message told. `plan.rs` decides.
//!
//! A run may stop anywhere. What it has reopened counts as missed until it is tried, and what it has put together has
//! the same id when it is put together again: the next run queues both once more, and the claim drops what is double.
mod plan;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use queue::{
    send::ChannelQueue,
    task::{DeliveryTask, VERSION},
};
use status::{
    alert::Alert,
    health::HealthState,
    ids::{AlertId, DeliveryId, DestinationId},
    mute::is_muted,
    words::Event,
};
use store::{DeliveryEntry, Reopened, Store, StoredDestination};

use crate::{
    arrived::has_arrived,
    catch_up::plan::{Next, Present, Told, composed, is_missed, plan},
};

/// Nothing older is looked at.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Deliveries that are looked at together.
const MAX_DELIVERIES: usize = 2_000;
const PER_PAGE: u32 = 200;
/// An alert younger than this may not be queued for the destination yet, and tells for itself what is new in it.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);

/// Some of the deliveries to a destination.
struct Part {
    /// Those with a miss, in the order of their first ones.
    episodes: Vec<EpisodeTold>,
    /// Of the next part.
    cursor: Option<String>,
}

struct EpisodeTold {
    /// When the first miss was claimed.
    missed_since: Timestamp,
    /// By time.
    told: Vec<Told>,
}

/// Queues what the destination missed since then and what is still of use, in order. Returns how many messages. The
/// destination must be enabled. Done twice, it queues nothing more. After `until` one episode is looked at, and the
/// next arrival goes on from there.
pub async fn catch_up(
    store: &Store,
    queue: &ChannelQueue,
    destination: &StoredDestination,
    since: Timestamp,
    now: Timestamp,
    until: Option<Instant>,
) -> anyhow::Result<usize> {
    let (id, from) = (&destination.id, since.max(now - MAX_AGE));
    let (mut cursor, mut is_begun, mut queued) = (None, false, 0);
    loop {
        let part = read_part(store, id, from, cursor).await?;
        for EpisodeTold { missed_since, told } in part.episodes {
            if is_begun && until.is_some_and(|until| Instant::now() >= until) {
                store.note_caught_up(id, since, Some(missed_since)).await?;
                return Ok(queued);
            }
            is_begun = true;
            let newest = &told.last().expect("an episode has a delivery").alert;
            let task = match plan(&told, present(store, newest).await?, now) {
                None => None,
                Some(Next::Again(entry)) => again(store, entry, now).await?,
                Some(Next::Present { is_first, newest }) => {
                    present_state(store, destination, &told, is_first, newest, now).await?
                }
            };
            // At once: whatever stops this run keeps back nothing that it has reopened.
            if let Some(task) = task {
                queue.send(&[task]).await?;
                queued += 1;
            }
        }
        cursor = part.cursor;
        if cursor.is_none() {
            break;
        }
    }
    store.note_caught_up(id, since, None).await?;
    Ok(queued)
}

async fn read_part(
    store: &Store,
    destination: &DestinationId,
    since: Timestamp,
    mut cursor: Option<String>,
) -> anyhow::Result<Part> {
    let mut entries = Vec::new();
    loop {
        let page = store.deliveries_to(destination, since, cursor.as_deref(), PER_PAGE).await?;
        entries.extend(page.deliveries);
        cursor = page.cursor;
        if cursor.is_none() || entries.len() >= MAX_DELIVERIES {
            break;
        }
    }
    let ids: Vec<AlertId> = entries.iter().map(|entry| entry.alert.clone()).collect();
    let mut alerts: HashMap<AlertId, Alert> = store.alerts(&ids, Alert::without_lists).await?;
    let (mut order, mut told) = (Vec::new(), BTreeMap::<_, Vec<Told>>::new());
    for entry in entries {
        let Some(alert) = alerts.remove(&entry.alert) else { continue };
        let key = (alert.provider.clone(), alert.incident.id.clone(), alert.incident.episode);
        if is_missed(&entry) && !order.iter().any(|(known, _)| *known == key) {
            order.push((key.clone(), entry.first_at));
        }
        told.entry(key).or_default().push(Told { entry, alert });
    }
    let of_episode = |(key, missed_since)| {
        let mut told = told.remove(&key)?;
        told.sort_by_key(|told| told.alert.as_of());
        Some(EpisodeTold { missed_since, told })
    };
    Ok(Part { episodes: order.into_iter().filter_map(of_episode).collect(), cursor })
}

async fn present(store: &Store, alert: &Alert) -> anyhow::Result<Present> {
    if alert.event == Event::Unreadable {
        let health = store.healths(std::slice::from_ref(&alert.provider)).await?.remove(&alert.provider);
        let is_readable = health.is_some_and(|health| health.state == HealthState::Readable);
        return Ok(if is_readable { Present::Over } else { Present::Unknown });
    }
    let incident = &alert.incident;
    Ok(match store.alerted_incident(&alert.provider, incident.kind, &incident.id).await? {
        None => Present::Unknown,
        Some(known) if known.episode > incident.episode || !known.is_open() => Present::Over,
        Some(_) => Present::Open,
    })
}

async fn again(store: &Store, entry: &DeliveryEntry, now: Timestamp) -> anyhow::Result<Option<DeliveryTask>> {
    let reopened = match entry.ended {
        // Whoever reopened it may have stopped before it was queued. A second message does no harm.
        None => entry.reopened,
        Some(_) => match store.reopen_as_read(entry, now).await? {
            Reopened::Times(times) => times,
            // Somebody else did, a moment ago.
            Reopened::UnderWay => entry.reopened + 1,
            Reopened::Unknown => return Ok(None),
        },
    };
    Ok(Some(DeliveryTask {
        v: VERSION,
        delivery: entry.delivery.clone(),
        alert: entry.alert.clone(),
        destination: entry.destination.clone(),
        provider: entry.provider.clone(),
        incident: entry.incident.clone(),
        unknown: entry.unknown,
        reopened,
    }))
}

/// Stores an alert of the present state, for this destination alone. `None`: its account has muted the incident since.
async fn present_state(
    store: &Store,
    destination: &StoredDestination,
    told: &[Told],
    is_first: bool,
    missed: &Told,
    now: Timestamp,
) -> anyhow::Result<Option<DeliveryTask>> {
    let (provider, incident) = (&missed.alert.provider, &missed.alert.incident);
    let mut mutes = store.mutes_of(provider, [&incident.id]).await?;
    mutes.retain(|mute| mute.account == destination.account);
    if is_muted(&mutes, provider, &incident.id, incident.episode) {
        return Ok(None);
    }
    let of_incident = store.alerts_of(provider, &incident.id).await?;
    let of_episode: Vec<&Alert> =
        of_incident.iter().filter(|alert| alert.incident.episode == incident.episode).collect();
    // What arrived before the first miss is not among `told`.
    let is_first = is_first && !has_arrived(store, of_episode.iter().copied(), &destination.id).await?;
    let missed_ids: HashSet<&AlertId> =
        told.iter().filter(|it| is_missed(&it.entry)).map(|it| &it.entry.alert).collect();
    let missed_alerts: Vec<&Alert> = of_episode.iter().copied().filter(|it| missed_ids.contains(&it.id)).collect();
    // What was put together for another destination says what that one missed.
    let is_news = |it: &&Alert| {
        let is_queued = it.seen_at + ON_ITS_WAY <= now || missed_ids.contains(&it.id);
        is_queued && !it.event.is_end() && !it.event.is_notice() && it.instead_of.is_none()
    };
    let newest = match of_episode.iter().copied().filter(is_news).max_by_key(|it| it.seen_at) {
        Some(newest) => newest.clone(),
        // More alerts than are listed: the one that was missed is among the oldest.
        None => match store.alert(&missed.entry.alert).await? {
            Some(alert) => alert,
            None => return Ok(None),
        },
    };
    let (key, newest_missed) = (destination.id.as_str(), &missed.entry.alert);
    let alert = composed(newest, &missed_alerts, is_first, (key, newest_missed), now);
    store.put_alert(&alert, now).await?;
    Ok(Some(DeliveryTask {
        v: VERSION,
        delivery: DeliveryId::derive(&alert.id, &destination.id),
        alert: alert.id,
        destination: destination.id.clone(),
        provider: alert.provider,
        incident: alert.incident.id,
        unknown: missed.entry.unknown,
        reopened: 0,
    }))
}

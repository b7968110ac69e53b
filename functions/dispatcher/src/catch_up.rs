//! What a destination missed while it was disabled, failed or refused, and what of that is still of use once it works
//! again. For each episode of an incident that is one message: its end, or its present state if it is still open. An
//! opening whose end is known is dropped, and so is whatever a later message told. The plan is pure.
use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use queue::{
    send::ChannelQueue,
    task::{DeliveryTask, VERSION},
};
use status::{
    alert::Alert,
    health::HealthState,
    ids::{AlertId, DeliveryId, DestinationId},
    snapshot::Kind,
    words::{Event, Phase},
};
use store::{DeliveryEnd, DeliveryEntry, Reopened, Store};

use crate::retry_policy::has_expired;

/// Nothing older is looked at.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Deliveries that are looked at; a destination that missed more gets the newest facts of the first ones.
const MAX_DELIVERIES: usize = 2_000;
const PER_PAGE: u32 = 200;

/// A delivery to the destination, with its alert. Of thousands of alerts the lists and texts are not kept.
struct Told {
    entry: DeliveryEntry,
    alert: Alert,
}

/// What is sent for one episode.
#[derive(Debug, PartialEq, Eq)]
enum Next<'a> {
    /// The missed delivery as it is.
    Again(&'a DeliveryEntry),
    /// The present state, since the newest missed alert may not be the newest. `is_first`: nothing about this episode
    /// ever arrived.
    Present { is_first: bool, newest: &'a DeliveryEntry },
}

/// What is known of an incident now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Present {
    Open,
    Over,
    /// Not an incident of a page.
    Unknown,
}

/// Queues what the destination missed since then and what is still of use, in order. Returns how many messages. The
/// destination must be enabled. Done twice, it queues nothing more.
pub async fn catch_up(
    store: &Store,
    queue: &ChannelQueue,
    destination: &DestinationId,
    since: Timestamp,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let mut tasks = Vec::new();
    for told in episodes(store, destination, since.max(now - MAX_AGE)).await? {
        let newest = &told.last().expect("an episode has a delivery").alert;
        let present = present(store, newest).await?;
        tasks.extend(match plan(&told, present, now) {
            None => None,
            Some(Next::Again(entry)) => again(store, entry, now).await?,
            Some(Next::Present { is_first, newest }) => {
                present_state(store, destination, &told, is_first, newest, now).await?
            }
        });
    }
    queue.send(&tasks).await?;
    store.note_caught_up(destination).await?;
    Ok(tasks.len())
}

/// The deliveries since then by episode, in the order of their first misses; within an episode by time.
async fn episodes(store: &Store, destination: &DestinationId, since: Timestamp) -> anyhow::Result<Vec<Vec<Told>>> {
    let (mut cursor, mut entries) = (None, Vec::new());
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
        if is_missed(&entry) && !order.contains(&key) {
            order.push(key.clone());
        }
        told.entry(key).or_default().push(Told { entry, alert });
    }
    Ok(order.into_iter().filter_map(|key| told.remove(&key)).map(by_time).collect())
}

fn by_time(mut told: Vec<Told>) -> Vec<Told> {
    told.sort_by_key(|told| told.alert.seen_at);
    told
}

fn is_missed(entry: &DeliveryEntry) -> bool {
    matches!(entry.ended, Some(DeliveryEnd::Disabled | DeliveryEnd::GivenUp | DeliveryEnd::Rejected))
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

/// `told`: the deliveries of one episode, oldest first.
fn plan(told: &[Told], present: Present, now: Timestamp) -> Option<Next<'_>> {
    let is_tellable = |it: &&Told| !matches!(it.alert.event, Event::Test | Event::Confirm);
    let missed: Vec<&Told> = told.iter().filter(|it| is_missed(&it.entry)).filter(is_tellable).collect();
    let newest = missed.last()?;
    let is_told = |it: &Told| matches!(it.entry.ended, None | Some(DeliveryEnd::Sent | DeliveryEnd::Skipped));
    if told.iter().any(|it| is_told(it) && it.alert.seen_at >= newest.alert.seen_at) {
        return None;
    }
    let is_of_use = !has_expired(&newest.alert, None, now);
    match present {
        _ if newest.alert.event.is_end() => is_of_use.then_some(Next::Again(&newest.entry)),
        Present::Over => None,
        Present::Unknown => is_of_use.then_some(Next::Again(&newest.entry)),
        Present::Open => {
            let is_first = !told.iter().any(|it| it.entry.ended == Some(DeliveryEnd::Sent));
            Some(Next::Present { is_first, newest: &newest.entry })
        }
    }
}

async fn again(store: &Store, entry: &DeliveryEntry, now: Timestamp) -> anyhow::Result<Option<DeliveryTask>> {
    let reopened = match store.reopen(&entry.alert, &entry.destination, now).await? {
        Reopened::Times(times) => times,
        // A run that stopped between reopening and queueing. A second message does no harm.
        Reopened::UnderWay => entry.reopened + 1,
        Reopened::Unknown => return Ok(None),
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

/// Stores an alert of the present state, for this destination alone.
async fn present_state(
    store: &Store,
    destination: &DestinationId,
    told: &[Told],
    is_first: bool,
    missed: &DeliveryEntry,
    now: Timestamp,
) -> anyhow::Result<Option<DeliveryTask>> {
    let known = told.iter().find(|it| it.entry.alert == missed.alert).context("the missed alert is one of these")?;
    let (provider, incident) = (&known.alert.provider, &known.alert.incident);
    let of_incident = store.alerts_of(provider, &incident.id).await?;
    let missed_ids: HashSet<&AlertId> =
        told.iter().filter(|it| is_missed(&it.entry)).map(|it| &it.entry.alert).collect();
    let missed_alerts: Vec<&Alert> = of_incident.iter().filter(|alert| missed_ids.contains(&alert.id)).collect();
    let of_episode = of_incident.iter().filter(|alert| alert.incident.episode == incident.episode);
    let newest =
        of_episode.filter(|alert| !alert.event.is_end() && !alert.event.is_notice()).max_by_key(|it| it.seen_at);
    let newest = match newest {
        Some(newest) => newest.clone(),
        // An alert that stands for several incidents.
        None => store.alert(&missed.alert).await?.context("the missed alert was stored a moment ago")?,
    };
    let alert = composed(newest, &missed_alerts, is_first, &format!("{destination} {}", missed.alert), now);
    store.put_alert(&alert, now).await?;
    Ok(Some(DeliveryTask {
        v: VERSION,
        delivery: DeliveryId::derive(&alert.id, destination),
        alert: alert.id,
        destination: destination.clone(),
        provider: alert.provider,
        incident: alert.incident.id,
        unknown: missed.unknown,
        reopened: 0,
    }))
}

/// The newest alert of an open incident, with the updates of all that were missed. Whoever never heard of the incident
/// gets it as an opening.
fn composed(newest: Alert, missed: &[&Alert], is_first: bool, key: &str, now: Timestamp) -> Alert {
    let event = if is_first { opening_of(&newest) } else { newest.event };
    let key = format!("missed by {key}");
    let mut seen = HashSet::new();
    let updates = missed.iter().copied().chain([&newest]).flat_map(|alert| &alert.updates);
    let updates = updates.filter(|update| seen.insert(update.id.clone())).cloned().collect();
    let mut components = newest.components.clone();
    if is_first {
        components.iter_mut().for_each(|component| component.was = None);
    }
    Alert {
        id: AlertId::derive(&newest.provider, &newest.incident.id, event.as_str(), &key, newest.incident.episode),
        event,
        updates,
        components,
        widened: is_first || missed.iter().any(|alert| alert.widened) || newest.widened,
        severity_before: newest.severity_before.filter(|_| !is_first),
        title_before: newest.title_before.clone().filter(|_| !is_first),
        seen_at: now,
        ..newest
    }
}

fn opening_of(newest: &Alert) -> Event {
    let has_begun = matches!(newest.event, Event::Started | Event::Overran)
        || matches!(newest.incident.phase, Some(Phase::InProgress | Phase::Verifying));
    match newest.incident.kind {
        Kind::Incident => Event::Opened,
        Kind::Maintenance if has_begun => Event::Started,
        Kind::Maintenance => Event::Scheduled,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use status::notice;

    use super::*;

    const OPENED: (Event, u64) = (Event::Opened, 0);
    const UPDATED: (Event, u64) = (Event::Updated, 10);
    const RESOLVED: (Event, u64) = (Event::Resolved, 20);

    fn at(minutes: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(minutes * 60)
    }

    fn told((event, minutes): (Event, u64), ended: Option<DeliveryEnd>) -> Told {
        let alert = Alert { event, seen_at: at(minutes), ..notice::test(&"ops".into(), at(minutes)) };
        let id = AlertId::new(format!("{event:?}"));
        let entry = DeliveryEntry {
            delivery: DeliveryId::derive(&id, &"ops".into()),
            alert: id,
            destination: "ops".into(),
            provider: alert.provider.clone(),
            incident: alert.incident.id.clone(),
            unknown: false,
            first_at: at(minutes),
            attempts: Vec::new(),
            attempt_count: 0,
            not_before: None,
            ended,
            reopened: 0,
        };
        Told { entry, alert }
    }

    fn planned(told: &[Told], present: Present, now: Timestamp) -> String {
        match plan(told, present, now) {
            None => "nothing".to_owned(),
            Some(Next::Again(entry)) => format!("{} again", entry.alert),
            Some(Next::Present { is_first: true, newest }) => format!("opened as of {}", newest.alert),
            Some(Next::Present { is_first: false, newest }) => format!("updated as of {}", newest.alert),
        }
    }

    #[test]
    fn one_message_of_use_is_planned_for_an_episode() {
        use DeliveryEnd::{Disabled, DroppedStale, GivenUp, NotWanted, Rejected, Sent, Skipped};
        for (course, present, expected) in [
            (vec![(OPENED, Some(Disabled))], Present::Open, "opened as of Opened"),
            (vec![(OPENED, Some(Rejected)), (UPDATED, Some(Disabled))], Present::Open, "opened as of Updated"),
            (vec![(OPENED, Some(Sent)), (UPDATED, Some(GivenUp))], Present::Open, "updated as of Updated"),
            (vec![(OPENED, Some(GivenUp)), (UPDATED, Some(Sent))], Present::Open, "nothing"),
            (vec![(OPENED, Some(GivenUp)), (UPDATED, None)], Present::Open, "nothing"),
            (vec![(OPENED, Some(GivenUp)), (UPDATED, Some(Skipped))], Present::Open, "nothing"),
            (vec![(OPENED, Some(Disabled))], Present::Over, "nothing"),
            (vec![(OPENED, Some(Disabled)), (RESOLVED, Some(Disabled))], Present::Over, "Resolved again"),
            (vec![(OPENED, Some(Sent)), (RESOLVED, Some(Disabled))], Present::Over, "Resolved again"),
            (vec![(OPENED, Some(Disabled)), (RESOLVED, Some(Sent))], Present::Over, "nothing"),
            (vec![(OPENED, Some(Sent)), (UPDATED, Some(NotWanted))], Present::Open, "nothing"),
            (vec![(OPENED, Some(DroppedStale))], Present::Open, "nothing"),
            (vec![((Event::Summary, 0), Some(Disabled))], Present::Unknown, "Summary again"),
            (vec![((Event::Test, 0), Some(Disabled))], Present::Unknown, "nothing"),
        ] {
            let told: Vec<Told> = course.iter().map(|(what, ended)| told(*what, *ended)).collect();
            let events: Vec<_> = course.iter().map(|((event, _), ended)| (*event, *ended)).collect();
            assert_eq!(planned(&told, present, at(30)), expected, "{events:?} {present:?}");
        }
    }

    #[test]
    fn end_expires_and_an_open_incident_does_not() {
        let day = 24 * 60;
        let end = [told(RESOLVED, Some(DeliveryEnd::Disabled))];
        assert_eq!(planned(&end, Present::Over, at(day)), "Resolved again");
        assert_eq!(planned(&end, Present::Over, at(2 * day)), "nothing");
        let open = [told(OPENED, Some(DeliveryEnd::Disabled))];
        assert_eq!(planned(&open, Present::Open, at(3 * day)), "opened as of Opened");
    }

    #[test]
    fn composed_alert_is_new_and_says_what_was_missed() {
        let of = |event: Event, minutes| Alert { event, ..notice::test(&"ops".into(), at(minutes)) };
        let (opened, newest) = (of(Event::Opened, 0), of(Event::Updated, 10));
        let first = composed(newest.clone(), &[&opened], true, "ops a", at(60));
        assert_eq!((first.event, first.widened, first.seen_at), (Event::Opened, true, at(60)));
        assert!(first.id != newest.id && first.id != opened.id);
        let again = composed(newest.clone(), &[&opened], true, "ops a", at(90));
        assert_eq!(again.id, first.id, "the same when it is composed again");
        assert_eq!(composed(newest, &[], false, "ops a", at(60)).event, Event::Updated);
    }

    #[test]
    fn opening_of_a_maintenance_says_whether_it_has_begun() {
        let mut alert = notice::test(&"ops".into(), at(0));
        assert_eq!(opening_of(&alert), Event::Opened);
        alert.incident.kind = Kind::Maintenance;
        for (event, phase, expected) in [
            (Event::Scheduled, Some(Phase::Scheduled), Event::Scheduled),
            (Event::Reminder, Some(Phase::Scheduled), Event::Scheduled),
            (Event::Changed, None, Event::Scheduled),
            (Event::Changed, Some(Phase::InProgress), Event::Started),
            (Event::Overran, None, Event::Started),
        ] {
            (alert.event, alert.incident.phase) = (event, phase);
            assert_eq!(opening_of(&alert), expected, "{event:?} {phase:?}");
        }
    }
}

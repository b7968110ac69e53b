//! What is sent for one episode, from the deliveries to the destination and the present state. No IO.
use std::collections::HashSet;

use jiff::Timestamp;
use status::{
    alert::{Alert, InsteadOf},
    ids::AlertId,
    snapshot::Kind,
    words::{Event, Phase},
};
use store::{DeliveryEnd, DeliveryEntry};

use crate::retry_policy::has_expired;

/// A delivery to the destination, with its alert. Of thousands of alerts the lists and texts are not kept.
pub(crate) struct Told {
    pub(crate) entry: DeliveryEntry,
    pub(crate) alert: Alert,
}

/// What is sent for one episode.
pub(crate) enum Next<'a> {
    /// The missed delivery as it is.
    Again(&'a DeliveryEntry),
    /// The present state, since the newest missed alert may not be the newest. `is_first`: of these deliveries none
    /// arrived.
    Present { is_first: bool, newest: &'a Told },
}

/// What is known of an incident now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Present {
    Open,
    Over,
    /// Not an incident of a page.
    Unknown,
}

/// Whether it did not arrive, and nothing will come of it by itself. Whoever reopened it may have stopped before it was
/// queued: until it is tried, nobody knows.
pub(crate) fn is_missed(entry: &DeliveryEntry) -> bool {
    match entry.ended {
        Some(end) => matches!(end, DeliveryEnd::Disabled | DeliveryEnd::GivenUp | DeliveryEnd::Rejected),
        None => entry.reopened_at.is_some_and(|at| entry.attempts.last().is_none_or(|last| last.at < at)),
    }
}

/// Whether it arrived or will. An alert that the channel does not send is neither: it only adds to what was told.
fn is_told(entry: &DeliveryEntry) -> bool {
    match entry.ended {
        Some(end) => end == DeliveryEnd::Sent,
        None => !is_missed(entry),
    }
}

/// `told`: the deliveries of one episode, oldest first.
pub(crate) fn plan(told: &[Told], present: Present, now: Timestamp) -> Option<Next<'_>> {
    let is_tellable = |it: &&Told| !matches!(it.alert.event, Event::Test | Event::Confirm);
    let missed: Vec<&Told> = told.iter().filter(|it| is_missed(&it.entry)).filter(is_tellable).collect();
    let newest = *missed.iter().rfind(|it| it.alert.event.is_end()).or(missed.last())?;
    // Nothing but an end tells the end.
    let tells = |it: &Told| {
        it.alert.as_of() >= newest.alert.as_of() && (it.alert.event.is_end() || !newest.alert.event.is_end())
    };
    if told.iter().any(|it| is_told(&it.entry) && tells(it)) {
        return None;
    }
    let is_of_use = !has_expired(&newest.alert, newest.entry.reopened_at, now);
    let again = is_of_use.then_some(Next::Again(&newest.entry));
    match present {
        // Somebody reopened it for a reason.
        _ if newest.alert.event.is_end() || newest.entry.ended.is_none() => again,
        Present::Over => None,
        Present::Unknown => again,
        Present::Open => {
            let is_first = !told.iter().any(|it| it.entry.ended == Some(DeliveryEnd::Sent));
            Some(Next::Present { is_first, newest })
        }
    }
}

/// The newest alert of an open incident, with the updates of all that were missed. Whoever never heard of the incident
/// gets it as an opening. `key`: whom it is for.
pub(crate) fn composed(
    newest: Alert,
    missed: &[&Alert],
    is_first: bool,
    (key, newest_missed): (&str, &AlertId),
    now: Timestamp,
) -> Alert {
    let event = if is_first { opening_of(&newest) } else { newest.event };
    let key = format!("missed by {key} {newest_missed}");
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
        instead_of: Some(InsteadOf { missed: newest_missed.clone(), as_of: newest.as_of() }),
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

    use status::{ids::DeliveryId, notice};

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
            reopened_at: None,
        };
        Told { entry, alert }
    }

    fn planned(told: &[Told], present: Present, now: Timestamp) -> String {
        match plan(told, present, now) {
            None => "nothing".to_owned(),
            Some(Next::Again(entry)) => format!("{} again", entry.alert),
            Some(Next::Present { is_first: true, newest }) => format!("opened as of {}", newest.entry.alert),
            Some(Next::Present { is_first: false, newest }) => format!("updated as of {}", newest.entry.alert),
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
            (vec![(OPENED, Some(GivenUp)), (UPDATED, Some(Skipped))], Present::Open, "opened as of Opened"),
            (vec![(OPENED, Some(Sent)), (UPDATED, Some(Skipped))], Present::Open, "nothing"),
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
    fn reopened_delivery_is_missed_until_it_is_tried() {
        let reopened = |what, tried: Option<u64>| {
            let mut told = told(what, None);
            (told.entry.reopened, told.entry.reopened_at) = (1, Some(at(30)));
            let attempt = |minutes| store::Attempt {
                at: at(minutes),
                status: "failed".to_owned(),
                answer: String::new(),
                took_ms: 1,
            };
            told.entry.attempts.extend(tried.map(attempt));
            told
        };
        let sent = told(OPENED, Some(DeliveryEnd::Sent));
        for (tried, expected) in [(None, "Resolved again"), (Some(25), "Resolved again"), (Some(31), "nothing")] {
            let told = [told(OPENED, Some(DeliveryEnd::Sent)), reopened(RESOLVED, tried)];
            assert_eq!(planned(&told, Present::Over, at(40)), expected, "{tried:?}");
        }
        let opening = [reopened(OPENED, None)];
        assert_eq!(planned(&opening, Present::Open, at(40)), "Opened again", "it may be queued: it is not told twice");
        let later = [sent, reopened(RESOLVED, None)];
        assert_eq!(planned(&later, Present::Over, at(24 * 60 + 25)), "Resolved again", "its age counts from then");
        assert_eq!(planned(&later, Present::Over, at(24 * 60 + 31)), "nothing");
    }

    #[test]
    fn only_an_end_tells_the_end() {
        let mut composed = told(UPDATED, Some(DeliveryEnd::Sent));
        composed.alert.seen_at = at(25);
        let told = [told(RESOLVED, Some(DeliveryEnd::GivenUp)), composed];
        assert_eq!(planned(&told, Present::Over, at(30)), "Resolved again");
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
        let first = composed(newest.clone(), &[&opened], true, ("ops", &"a".into()), at(60));
        assert_eq!((first.event, first.widened, first.seen_at), (Event::Opened, true, at(60)));
        assert!(first.id != newest.id && first.id != opened.id);
        assert_eq!((first.as_of(), newest.as_of()), (at(10), at(10)), "it knows no more than the newest alert");
        let again = composed(newest.clone(), &[&opened], true, ("ops", &"a".into()), at(90));
        assert_eq!(again.id, first.id, "the same when it is composed again");
        assert_eq!(composed(newest, &[], false, ("ops", &"a".into()), at(60)).event, Event::Updated);
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

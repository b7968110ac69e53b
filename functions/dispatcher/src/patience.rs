//! When to try a delivery again and when to stop, as pure decisions.
use std::time::Duration;

use jiff::Timestamp;
use status::{alert::Alert, ids::DeliveryId, ids::digest, words::Event};

/// The shape of the Standard Webhooks schedule (first at once, then ever longer), shortened: a status alert of yesterday
/// helps nobody. The last step repeats until the alert expires.
const WAITS: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(2 * 60 * 60),
];
/// A platform may ask for more patience than we have; it gets at most this.
const LONGEST_WAIT: Duration = Duration::from_secs(2 * 60 * 60);
/// A destination that takes nothing for so long is taken for dead: Standard Webhooks asks senders to give up one that
/// fails over several days.
const DEAD_AFTER: Duration = Duration::from_secs(5 * 24 * 3600);
/// An opening or update that could not be delivered for so long is dropped if its incident is over.
const LATE_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long after we saw the fact an alert is still worth sending. An end is worth most: without it people go on
/// believing that something is broken.
fn expiry(event: Event) -> Duration {
    match event {
        Event::Resolved | Event::Completed | Event::Cancelled | Event::Readable => Duration::from_secs(24 * 3600),
        Event::Disabled | Event::Confirm => Duration::from_secs(24 * 3600),
        Event::Opened | Event::Scheduled | Event::Started | Event::Unreadable => Duration::from_secs(12 * 3600),
        Event::Updated | Event::Changed | Event::Overran => Duration::from_secs(6 * 3600),
        // After that it has begun.
        Event::Reminder | Event::Test => Duration::from_secs(3600),
    }
}

/// Nobody needs this alert any more; one that somebody asked for once more is as young as that wish.
pub(crate) fn has_expired(alert: &Alert, asked_for_at: Option<Timestamp>, now: Timestamp) -> bool {
    age(asked_for_at.map_or(alert.seen_at, |at| at.max(alert.seen_at)), now) > expiry(alert.event)
}

/// Nothing arrived there for days.
pub(crate) fn is_dead(failing_since: Option<Timestamp>, now: Timestamp) -> bool {
    failing_since.is_some_and(|since| age(since, now) > DEAD_AFTER)
}

/// It tells that something is wrong so late that it is of no use if the incident is over by now: its end tells all.
pub(crate) fn is_late(alert: &Alert, now: Timestamp) -> bool {
    !alert.event.is_end() && age(alert.seen_at, now) > LATE_AFTER
}

/// How long to wait after `failed` failed attempts. Spread by a quarter, differently for each delivery, so that a
/// receiver that comes back is not met by all at once.
pub(crate) fn wait(delivery: &DeliveryId, failed: u32, asked_for: Option<Duration>) -> Duration {
    let step = WAITS[(failed.max(1) as usize - 1).min(WAITS.len() - 1)];
    let hash = digest(&[delivery.as_str(), &failed.to_string()]);
    let spread = u32::from_str_radix(&hash[..4], 16).expect("a digest is hex");
    let step = step + step * spread / (4 * 0x1_0000);
    step.max(asked_for.unwrap_or_default()).min(LONGEST_WAIT)
}

fn age(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use status::notice;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn alert(event: Event) -> Alert {
        Alert { event, ..notice::test(&"ops".into(), at(0)) }
    }

    #[test]
    fn pauses_grow_are_spread_and_heed_the_platform() {
        let id = DeliveryId::new("dlv_1");
        let mut before = Duration::ZERO;
        for (failed, step) in (1..).zip(WAITS) {
            let pause = wait(&id, failed, None);
            assert!(pause > before && pause <= (step + step / 4).min(LONGEST_WAIT), "{failed}: {pause:?}");
            before = pause;
        }
        assert_eq!(wait(&id, 100, None), wait(&id, 100, None), "the same at every look");
        let pauses: std::collections::BTreeSet<Duration> =
            (0..50).map(|n| wait(&DeliveryId::new(format!("dlv_{n}")), 1, None)).collect();
        assert!(pauses.len() > 40, "a receiver that comes back is not met by all at once");
        let minute = Duration::from_secs(60);
        assert_eq!(wait(&id, 1, Some(minute)), minute);
        assert_eq!(wait(&id, 1, Some(100 * minute * 60)), LONGEST_WAIT);
    }

    #[test]
    fn ends_are_worth_most_and_reminders_least() {
        let hours = |hours: u64| at(hours * 3600);
        for (event, worth) in [(Event::Resolved, 24), (Event::Opened, 12), (Event::Updated, 6), (Event::Reminder, 1)] {
            assert!(!has_expired(&alert(event), None, hours(worth)), "{event:?}");
            assert!(has_expired(&alert(event), None, hours(worth) + Duration::from_secs(1)), "{event:?}");
        }
    }

    #[test]
    fn what_is_asked_for_once_more_is_as_young_as_that_wish() {
        let opened = alert(Event::Opened);
        let day = 24 * 3600;
        assert!(has_expired(&opened, None, at(day)));
        assert!(!has_expired(&opened, Some(at(day)), at(day + 60)));
        assert!(has_expired(&opened, Some(at(day)), at(2 * day)));
    }

    #[test]
    fn only_what_is_no_end_can_be_late() {
        let late = at(601);
        assert!(is_late(&alert(Event::Opened), late));
        assert!(!is_late(&alert(Event::Opened), at(600)));
        assert!(!is_late(&alert(Event::Resolved), late));
    }

    #[test]
    fn destination_is_dead_after_five_days_without_an_arrival() {
        let day = 24 * 3600;
        assert!(!is_dead(None, at(100 * day)));
        assert!(!is_dead(Some(at(day)), at(6 * day)));
        assert!(is_dead(Some(at(day)), at(6 * day + 1)));
    }
}

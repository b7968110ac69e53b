//! When to retry a delivery, when to give it up and when to disable its destination, as pure decisions.
use std::time::Duration;

use channels::Blame;
use jiff::Timestamp;
use status::{alert::Alert, ids::DeliveryId, ids::digest, words::Event};
use store::Refusals;

/// Pauses after the first failed attempt, the second and so on; the last one repeats until the alert expires. The shape
/// is that of the Standard Webhooks schedule, shortened, because yesterday's status alert helps nobody.
const SCHEDULE: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(2 * 60 * 60),
];
/// The longest pause, whatever the receiver asks for.
const MAX_BACKOFF: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a destination may fail before it counts as dead. Standard Webhooks asks senders to give up a receiver that
/// fails for several days.
const DEAD_AFTER: Duration = Duration::from_secs(5 * 24 * 3600);
/// How late an opening or update may be before it is dropped if its incident is over.
const LATE_AFTER: Duration = Duration::from_secs(10 * 60);

/// A refusal lasts once it went on for so long and was seen so often: a receiver may refuse for a while as it is
/// rolled out, moved or paid for.
const LASTING_AFTER: Duration = Duration::from_secs(3600);
const LASTING_ATTEMPTS: u32 = 5;

/// What follows a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterRefusal {
    Retry,
    /// This alert is given up, so that the next one has its turn.
    GiveUp,
    Disable,
}

/// `refusals`: the destination's series with this refusal. `tried_since` and `attempts` are of this delivery.
pub(crate) fn after_refusal(
    blame: Blame,
    refusals: &Refusals,
    tried_since: Timestamp,
    attempts: u32,
    now: Timestamp,
) -> AfterRefusal {
    let is_tried = age(tried_since, now) >= LASTING_AFTER && attempts >= LASTING_ATTEMPTS;
    match blame {
        Blame::Destination if is_lasting(refusals, now) => AfterRefusal::Disable,
        Blame::Circumstances if is_tried => AfterRefusal::GiveUp,
        _ => AfterRefusal::Retry,
    }
}

/// Whether a series of refusals is no passing one.
pub(crate) fn is_lasting(refusals: &Refusals, now: Timestamp) -> bool {
    age(refusals.since, now) >= LASTING_AFTER && refusals.attempts >= LASTING_ATTEMPTS
}

/// How long after we saw the fact an alert is worth sending. An end is worth sending longest: without it people believe
/// that something is still broken.
fn expiry(event: Event) -> Duration {
    match event {
        Event::Resolved | Event::Completed | Event::Cancelled | Event::Readable => Duration::from_secs(24 * 3600),
        Event::Summary | Event::Unmatched | Event::Disabled | Event::Confirm => Duration::from_secs(24 * 3600),
        Event::Opened | Event::Scheduled | Event::Started | Event::Unreadable => Duration::from_secs(12 * 3600),
        Event::Updated | Event::Changed | Event::Overran => Duration::from_secs(6 * 3600),
        // An hour later the maintenance has begun.
        Event::Reminder | Event::Test => Duration::from_secs(3600),
    }
}

/// Whether the alert is too old to be of use. The age of a redriven delivery counts from the request to redrive it.
pub(crate) fn has_expired(alert: &Alert, reopened_at: Option<Timestamp>, now: Timestamp) -> bool {
    age(reopened_at.map_or(alert.seen_at, |at| at.max(alert.seen_at)), now) > expiry(alert.event)
}

/// Whether every delivery to a destination has failed for days.
pub(crate) fn is_dead(failing_since: Option<Timestamp>, now: Timestamp) -> bool {
    failing_since.is_some_and(|since| age(since, now) > DEAD_AFTER)
}

/// Whether the alert is so late that it is of no use if its incident is over by now, because the end says it all.
pub(crate) fn is_late(alert: &Alert, now: Timestamp) -> bool {
    !alert.event.is_end() && age(alert.seen_at, now) > LATE_AFTER
}

/// How long to wait after `failed_attempts`, at least `retry_after` if the receiver named a time. The jitter of up to a
/// quarter depends on the delivery and the attempt only, so that a receiver that comes back does not get all retries at
/// once.
pub(crate) fn backoff(delivery: &DeliveryId, failed_attempts: u32, retry_after: Option<Duration>) -> Duration {
    let step = SCHEDULE[(failed_attempts.max(1) as usize - 1).min(SCHEDULE.len() - 1)];
    let hash = digest(&[delivery.as_str(), &failed_attempts.to_string()]);
    let jitter = u32::from_str_radix(&hash[..4], 16).expect("a digest is hex");
    let step = step + step * jitter / (4 * 0x1_0000);
    step.max(retry_after.unwrap_or_default()).min(MAX_BACKOFF)
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
    fn backoff_grows_has_jitter_and_heeds_the_receiver() {
        let id = DeliveryId::new("dlv_1");
        let mut before = Duration::ZERO;
        for (failed, step) in (1..).zip(SCHEDULE) {
            let pause = backoff(&id, failed, None);
            assert!(pause > before && pause <= (step + step / 4).min(MAX_BACKOFF), "{failed}: {pause:?}");
            before = pause;
        }
        assert_eq!(backoff(&id, 100, None), backoff(&id, 100, None), "the jitter is not random");
        let pauses: std::collections::BTreeSet<Duration> =
            (0..50).map(|n| backoff(&DeliveryId::new(format!("dlv_{n}")), 1, None)).collect();
        assert!(pauses.len() > 40, "a receiver that comes back must not get all retries at once");
        let minute = Duration::from_secs(60);
        assert_eq!(backoff(&id, 1, Some(minute)), minute);
        assert_eq!(backoff(&id, 1, Some(100 * minute * 60)), MAX_BACKOFF);
    }

    #[test]
    fn ends_expire_last_and_reminders_first() {
        let hours = |hours: u64| at(hours * 3600);
        for (event, hours_of_use) in
            [(Event::Resolved, 24), (Event::Opened, 12), (Event::Updated, 6), (Event::Reminder, 1)]
        {
            assert!(!has_expired(&alert(event), None, hours(hours_of_use)), "{event:?}");
            assert!(has_expired(&alert(event), None, hours(hours_of_use) + Duration::from_secs(1)), "{event:?}");
        }
    }

    #[test]
    fn age_of_a_redriven_delivery_counts_from_the_request() {
        let opened = alert(Event::Opened);
        let day = 24 * 3600;
        assert!(has_expired(&opened, None, at(day)));
        assert!(!has_expired(&opened, Some(at(day)), at(day + 60)));
        assert!(has_expired(&opened, Some(at(day)), at(2 * day)));
    }

    #[test]
    fn refusal_disables_after_an_hour_and_five_attempts() {
        let delivery = DeliveryId::new("dlv_1");
        let series = |times: &[u64]| {
            let add =
                |series: Option<Refusals>, time: &u64| Some(Refusals::another(series.as_ref(), &delivery, at(*time)));
            times.iter().fold(None, add).expect("a refusal")
        };
        let verdict = |blame, times: &[u64]| {
            let now = at(*times.last().expect("a refusal"));
            after_refusal(blame, &series(times), at(times[0]), times.len() as u32, now)
        };
        let (short, few, lasting) = ([0, 5, 35, 155, 455, 1_355], [0, 1_800, 3_599, 3_601], [0, 5, 35, 155, 3_600]);
        for blame in [Blame::Destination, Blame::Circumstances] {
            assert_eq!(verdict(blame, &short), AfterRefusal::Retry, "{blame:?}");
            assert_eq!(verdict(blame, &few), AfterRefusal::Retry, "{blame:?}");
        }
        assert_eq!(verdict(Blame::Destination, &lasting), AfterRefusal::Disable);
        assert_eq!(verdict(Blame::Circumstances, &lasting), AfterRefusal::GiveUp);
    }

    #[test]
    fn series_of_refusals_goes_on_with_the_next_alert() {
        let first = Refusals { since: at(0), attempts: 9, first: DeliveryId::new("dlv_1"), several: false };
        let second = Refusals::another(Some(&first), &DeliveryId::new("dlv_2"), at(4_000));
        assert!(second.several);
        for (blame, expected) in
            [(Blame::Destination, AfterRefusal::Disable), (Blame::Circumstances, AfterRefusal::Retry)]
        {
            assert_eq!(after_refusal(blame, &second, at(4_000), 1, at(4_000)), expected, "{blame:?}");
        }
    }

    #[test]
    fn an_end_is_never_late() {
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

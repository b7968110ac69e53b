//! How a component, or a page as a whole, was over time: day by day, the share of the time it was up, and since when it
//! has been in its present state. What holds:
//! - only what was seen counts: what a page tells of the time before its first read is shown as imported, and is
//!   neither up nor down;
//! - time in a state that nobody stated, or in which the page could not be read, is neither up nor down either.
use std::collections::HashMap;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

use crate::{
    ids::ComponentId,
    incident_timeline::{ComponentInterval, IncidentTimeline},
    snapshot::Kind,
    words::{ComponentStatus, Impact, Phase},
};

/// A time for which states are known, or are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub since: Timestamp,
    /// Not before `since`.
    pub until: Timestamp,
}

impl Period {
    /// The part of it that begins at this time or later.
    pub fn from(self, at: Timestamp) -> Self {
        let since = self.since.max(at);
        Self { since, until: self.until.max(since) }
    }
}

/// The time for which states are known, and what is missing within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    pub period: Period,
    /// When the page could not be read.
    pub gaps: &'a [Period],
}

impl Seen<'_> {
    /// The part of it that begins at this time or later.
    pub fn from(self, at: Timestamp) -> Self {
        Self { period: self.period.from(at), ..self }
    }

    /// Nothing of this time was seen.
    fn misses(self, from: Timestamp, until: Timestamp) -> bool {
        let all = until.duration_since(from).as_secs();
        all > 0 && covered(self.unknown().iter(), Period { since: from, until }) == all
    }

    fn unknown(self) -> Vec<StateInterval> {
        self.gaps.iter().map(|gap| StateInterval { from: gap.since, until: Some(gap.until), status: None }).collect()
    }
}

/// A state that is not operational.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateInterval {
    pub from: Timestamp,
    /// `None`: it lasts.
    pub until: Option<Timestamp>,
    /// `None`: it was not stated.
    pub status: Option<ComponentStatus>,
}

impl From<&ComponentInterval> for StateInterval {
    fn from(interval: &ComponentInterval) -> Self {
        Self { from: interval.from, until: interval.until, status: interval.status }
    }
}

/// Those of each component that any of the timelines names.
pub fn by_component(timelines: &[IncidentTimeline]) -> HashMap<&ComponentId, Vec<StateInterval>> {
    let mut intervals: HashMap<&ComponentId, Vec<StateInterval>> = HashMap::new();
    for interval in timelines.iter().flat_map(|timeline| &timeline.intervals) {
        intervals.entry(&interval.component).or_default().push(interval.into());
    }
    intervals
}

/// Those of the page as a whole: of all components, and of the incidents that name none.
pub fn of_page(timelines: &[IncidentTimeline]) -> Vec<StateInterval> {
    timelines.iter().flat_map(of_incident).collect()
}

fn of_incident(timeline: &IncidentTimeline) -> Vec<StateInterval> {
    let is_ahead = timeline.kind == Kind::Maintenance && matches!(timeline.phase, None | Some(Phase::Scheduled));
    let is_past_notice = timeline.impact == Some(Impact::None) && timeline.ended_at.is_some();
    if is_ahead || is_past_notice {
        return Vec::new();
    }
    if !timeline.intervals.is_empty() {
        return timeline.intervals.iter().map(StateInterval::from).collect();
    }
    let status = (timeline.kind == Kind::Maintenance).then_some(ComponentStatus::UnderMaintenance);
    vec![StateInterval { from: timeline.began_at, until: timeline.ended_at.or(timeline.no_news_since), status }]
}

/// The state of one day, in UTC. `worst` is its worst status and `seconds` how long any but operational lasted;
/// [`ComponentStatus::Unknown`] stands for a status that was not stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// No data.
    NotWatched,
    /// Not watched; the provider's history tells of it.
    Imported {
        worst: ComponentStatus,
        seconds: i64,
    },
    Watched {
        worst: ComponentStatus,
        seconds: i64,
    },
}

/// The last `days` days, oldest first, today last.
pub fn daily_states(intervals: &[StateInterval], seen: Seen<'_>, days: usize, now: Timestamp) -> Vec<(Date, DayState)> {
    let today = TimeZone::UTC.to_datetime(now).date();
    let dates = (0..days).rev().filter_map(|back| today.checked_sub(jiff::Span::new().days(back as i64)).ok());
    dates.map(|date| (date, day_state(date, intervals, seen, now))).collect()
}

fn day_state(date: Date, intervals: &[StateInterval], seen: Seen<'_>, now: Timestamp) -> DayState {
    let midnight = |date: Date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(now);
    let (start, end) = (midnight(date), date.tomorrow().map_or(now, midnight).min(now));
    let Period { since, until } = seen.period;
    let (from, until, is_new) = (start.max(since), end.min(until), since == until);
    let watched = worst_between(intervals, from, until);
    // A page that was read for the first time at this moment is watched.
    let is_watched = (from < until || (from == until && is_new)) && (watched.is_some() || !seen.misses(from, until));
    match worst_between(intervals, start, end.min(since)) {
        Some((worst, seconds)) if !is_watched || watched.is_none() => DayState::Imported { worst, seconds },
        _ if !is_watched => DayState::NotWatched,
        _ => {
            let (worst, seconds) = watched.unwrap_or((ComponentStatus::Operational, 0));
            DayState::Watched { worst, seconds }
        }
    }
}

/// The worst status in this time, and for how many seconds there was any but operational; `None`: there was none.
fn worst_between(intervals: &[StateInterval], from: Timestamp, until: Timestamp) -> Option<(ComponentStatus, i64)> {
    let within = |it: &&StateInterval| it.from.max(from) < it.until.unwrap_or(until).min(until);
    let parts: Vec<&StateInterval> = intervals.iter().filter(within).collect();
    let stated = parts.iter().filter_map(|it| it.status).max().filter(|worst| *worst > ComponentStatus::Operational);
    let worst = stated.unwrap_or(ComponentStatus::Unknown);
    (!parts.is_empty()).then(|| (worst, covered(parts.into_iter(), Period { since: from, until })))
}

/// In seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// How long the state is known of.
    pub seen: i64,
    /// How much of that it was partly or wholly out.
    pub down: i64,
}

impl Uptime {
    pub fn of(intervals: &[StateInterval], seen: Seen<'_>) -> Self {
        let is_down = |it: &&StateInterval| it.status.is_some_and(|status| status >= ComponentStatus::PartialOutage);
        let (period, unknown) = (seen.period, seen.unknown());
        let down = covered(intervals.iter().filter(is_down), period);
        let not_up = intervals.iter().filter(|it| it.status.is_none() || is_down(it)).chain(&unknown);
        let either = covered(not_up, period);
        let all = period.until.duration_since(period.since).as_secs().max(0);
        Self { seen: all - (either - down), down }
    }

    /// In hundredths of a percent, rounded down: ten thousand of them only if it was never down. `None`: nothing was
    /// seen.
    pub fn hundredths(self) -> Option<i64> {
        (self.seen > 0).then(|| 10_000 * (self.seen - self.down) / self.seen)
    }
}

/// Since when a present state has lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateSince {
    pub at: Timestamp,
    /// It may have lasted for longer: it was so when we began to look.
    pub is_at_least: bool,
}

/// Since when the present state has lasted without a break; `None`: the intervals do not tell.
pub fn state_since(intervals: &[StateInterval], status: ComponentStatus, seen: Seen<'_>) -> Option<StateSince> {
    if status == ComponentStatus::Unknown {
        return None;
    }
    let end = |it: &StateInterval| it.until.unwrap_or(Timestamp::MAX);
    let lasting = intervals.iter().filter(|it| it.until.is_none());
    if status == ComponentStatus::Operational {
        if lasting.count() > 0 {
            return None;
        }
        // In a gap it may have been anything.
        let looking_since =
            seen.gaps.iter().map(|gap| gap.until).max().unwrap_or(Timestamp::MIN).max(seen.period.since);
        let at = intervals.iter().map(end).max().filter(|at| *at > looking_since);
        return Some(StateSince { at: at.unwrap_or(looking_since), is_at_least: at.is_none() });
    }
    // A page may be in a state that none of its components has: that of an incident which names none.
    let is_stated = lasting.clone().any(|it| it.status == Some(status));
    let same = |it: &&StateInterval| if is_stated { it.status == Some(status) } else { it.status.is_none() };
    let mut at = lasting.filter(same).map(|it| it.from).min()?;
    while let Some(earlier) =
        intervals.iter().filter(same).filter(|it| it.from < at && at <= end(it)).map(|it| it.from).min()
    {
        at = earlier;
    }
    let is_worse = |it: &&StateInterval| it.status.is_some_and(|other| other > status);
    let after_worse = intervals.iter().filter(is_worse).map(end).max().unwrap_or(at);
    (after_worse < Timestamp::MAX).then(|| StateSince { at: at.max(after_worse), is_at_least: false })
}

/// How many seconds of the period any of them covers.
fn covered<'a>(intervals: impl Iterator<Item = &'a StateInterval>, period: Period) -> i64 {
    let clip = |it: &StateInterval| {
        let (from, until) = (it.from.max(period.since), it.until.unwrap_or(period.until).min(period.until));
        (from < until).then_some((from, until))
    };
    let mut parts: Vec<(Timestamp, Timestamp)> = intervals.filter_map(clip).collect();
    parts.sort_unstable();
    let mut seconds = 0;
    let mut reached = period.since;
    for (from, until) in parts {
        let from = from.max(reached);
        if until > from {
            seconds += until.duration_since(from).as_secs();
            reached = until;
        }
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComponentStatus::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_700_006_400 + hours * 3_600).unwrap() // 2023-11-15, midnight
    }

    fn interval(from: i64, until: Option<i64>, status: Option<ComponentStatus>) -> StateInterval {
        StateInterval { from: at(from), until: until.map(at), status }
    }

    fn period(since: i64, until: i64) -> Seen<'static> {
        Seen { period: Period { since: at(since), until: at(until) }, gaps: &[] }
    }

    fn gap(since: i64, until: i64) -> Period {
        Period { since: at(since), until: at(until) }
    }

    #[test]
    fn uptime_counts_outages_of_the_seen_time_once() {
        let outages = [
            interval(-10, Some(2), Some(MajorOutage)),
            interval(1, Some(3), Some(PartialOutage)),
            interval(5, Some(9), Some(DegradedPerformance)),
            interval(6, Some(9), Some(UnderMaintenance)),
            interval(99, None, Some(MajorOutage)),
        ];
        assert_eq!(Uptime::of(&outages, period(0, 100)), Uptime { seen: 100 * 3_600, down: 4 * 3_600 });
        assert_eq!(Uptime::of(&outages, period(0, 100)).hundredths(), Some(9_600));
        assert_eq!(Uptime::of(&[], period(0, 0)).hundredths(), None, "nothing was seen");
    }

    #[test]
    fn time_in_a_state_that_was_not_stated_is_not_seen() {
        let intervals = [interval(10, Some(30), None), interval(20, Some(25), Some(MajorOutage))];
        assert_eq!(Uptime::of(&intervals, period(0, 100)), Uptime { seen: 85 * 3_600, down: 5 * 3_600 });
    }

    #[test]
    fn time_in_which_the_page_could_not_be_read_is_not_seen() {
        let gaps = [gap(-5, 10), gap(40, 60), gap(90, 120)];
        let seen = Seen { gaps: &gaps, ..period(0, 100) };
        let outages = [interval(20, Some(25), Some(MajorOutage)), interval(55, Some(70), Some(MajorOutage))];
        assert_eq!(Uptime::of(&[], seen), Uptime { seen: 60 * 3_600, down: 0 });
        // What the page tells later of the time in a gap counts.
        assert_eq!(Uptime::of(&outages, seen), Uptime { seen: 65 * 3_600, down: 20 * 3_600 });
    }

    #[test]
    fn day_within_a_gap_has_no_data() {
        let gaps = [gap(20, 50)];
        let seen = Seen { gaps: &gaps, ..period(0, 72) };
        let days = |intervals: &[StateInterval]| {
            daily_states(intervals, seen, 3, at(71)).into_iter().map(|(_, day)| day).collect::<Vec<_>>()
        };
        let good = DayState::Watched { worst: Operational, seconds: 0 };
        assert_eq!(days(&[]), [good, DayState::NotWatched, good]);
        let told = DayState::Watched { worst: MajorOutage, seconds: 3_600 };
        assert_eq!(days(&[interval(30, Some(31), Some(MajorOutage))]), [good, told, good]);
    }

    #[test]
    fn operational_lasts_since_the_end_of_a_gap_at_least() {
        let gaps = [gap(20, 50)];
        let seen = Seen { gaps: &gaps, ..period(0, 100) };
        let since = |intervals: &[StateInterval]| {
            state_since(intervals, Operational, seen).map(|since| (since.at, since.is_at_least))
        };
        assert_eq!(since(&[]), Some((at(50), true)));
        assert_eq!(since(&[interval(10, Some(15), Some(MajorOutage))]), Some((at(50), true)));
        assert_eq!(since(&[interval(40, Some(60), Some(MajorOutage))]), Some((at(60), false)));
    }

    #[test]
    fn a_second_of_outage_is_never_rounded_away() {
        assert_eq!(Uptime { seen: 90 * 86_400, down: 1 }.hundredths(), Some(9_999));
        assert_eq!(Uptime { seen: 90 * 86_400, down: 0 }.hundredths(), Some(10_000));
    }

    #[test]
    fn days_before_the_first_read_are_imported_or_have_no_data() {
        let intervals = [interval(-40, Some(-39), Some(MajorOutage)), interval(-2, Some(3), Some(PartialOutage))];
        let days: Vec<DayState> =
            daily_states(&intervals, period(1, 60), 6, at(90)).into_iter().map(|(_, day)| day).collect();
        assert_eq!(
            days,
            [
                DayState::Imported { worst: MajorOutage, seconds: 3_600 },
                DayState::Imported { worst: PartialOutage, seconds: 7_200 },
                DayState::Watched { worst: PartialOutage, seconds: 7_200 },
                DayState::Watched { worst: Operational, seconds: 0 },
                DayState::Watched { worst: Operational, seconds: 0 },
                DayState::NotWatched,
            ][..]
        );
    }

    #[test]
    fn what_was_imported_of_the_first_day_is_not_shown_as_seen() {
        let intervals = [interval(2, Some(3), Some(MajorOutage))];
        let today = |since| daily_states(&intervals, period(since, 20), 1, at(20))[0].1;
        assert_eq!(today(10), DayState::Imported { worst: MajorOutage, seconds: 3_600 });
        assert_eq!(today(0), DayState::Watched { worst: MajorOutage, seconds: 3_600 });
        assert_eq!(
            daily_states(&[], period(20, 20), 1, at(20))[0].1,
            DayState::Watched { worst: Operational, seconds: 0 }
        );
    }

    #[test]
    fn present_state_lasts_since_its_first_unbroken_interval() {
        let since = |intervals: &[StateInterval], status| {
            state_since(intervals, status, period(0, 100)).map(|since| (since.at, since.is_at_least))
        };
        let partial = [
            interval(40, Some(60), Some(PartialOutage)),
            interval(60, Some(70), Some(PartialOutage)),
            interval(65, None, Some(PartialOutage)),
            interval(10, Some(20), Some(PartialOutage)),
            interval(0, None, Some(DegradedPerformance)),
        ];
        assert_eq!(since(&partial, PartialOutage), Some((at(40), false)));
        let after_worse: Vec<StateInterval> =
            partial.into_iter().chain([interval(45, Some(50), Some(MajorOutage))]).collect();
        assert_eq!(since(&after_worse, PartialOutage), Some((at(50), false)), "it was worse before");
        assert_eq!(since(&after_worse, MajorOutage), None, "no interval tells of it");
        assert_eq!(since(&[interval(30, None, None)], DegradedPerformance), Some((at(30), false)));
        assert_eq!(since(&partial, Unknown), None);
    }

    #[test]
    fn operational_lasts_since_the_last_end_or_since_we_look() {
        let since = |intervals: &[StateInterval]| {
            state_since(intervals, Operational, period(0, 100)).map(|since| (since.at, since.is_at_least))
        };
        assert_eq!(
            since(&[interval(10, Some(20), None), interval(5, Some(30), Some(MajorOutage))]),
            Some((at(30), false))
        );
        assert_eq!(since(&[interval(-10, Some(-5), Some(MajorOutage))]), Some((at(0), true)));
        assert_eq!(since(&[]), Some((at(0), true)));
        assert_eq!(since(&[interval(10, None, None)]), None, "an incident lasts");
    }
}

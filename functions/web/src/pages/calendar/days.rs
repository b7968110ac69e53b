//! Which days the calendar shows, and the maintenance of each day. Every date lies within two years of today, whatever
//! was requested.
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::model::maintenance::Maintenance;

const MAX_YEARS_FROM_TODAY: i32 = 2;
const LIST_DAYS: i64 = 30;
const BAR_FROM: SignedDuration = SignedDuration::from_hours(24);
/// Of the month view that starts at this week.
const WEEKS_AHEAD: i64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ViewKind {
    Month,
    Week,
    List,
}

impl ViewKind {
    pub(super) const ALL: [(Self, &'static str, &'static str); 3] =
        [(Self::Month, "month", "Month"), (Self::Week, "week", "Week"), (Self::List, "list", "List")];

    pub(super) fn parse(word: &str) -> Self {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map_or(Self::Month, |(view, ..)| *view)
    }
}

/// The days that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) view: ViewKind,
    /// No day was requested: it starts at this week.
    pub(super) is_present: bool,
    /// The requested day, or today.
    pub(super) at: Date,
    /// The first day.
    pub(super) from: Date,
    /// The last day, inclusive.
    pub(super) to: Date,
    /// The first days of the previous and the next page; `None` beyond the limit.
    pub(super) previous: Option<Date>,
    pub(super) next: Option<Date>,
}

impl Range {
    pub(super) fn new(view: ViewKind, requested: &str, today: Date) -> Self {
        let is_present = requested.trim().is_empty();
        let at = nearest_date(requested, today);
        let (from, to, previous, next) = match view {
            ViewKind::Month if is_present => {
                let first = monday(at);
                let last = first.saturating_add((7 * WEEKS_AHEAD - 1).days());
                let before = first.yesterday().map(Date::first_of_month);
                (first, last, before, last.tomorrow().map(Date::first_of_month))
            }
            ViewKind::Month => {
                let (first, last) = (at.first_of_month(), at.last_of_month());
                let before = first.yesterday().map(Date::first_of_month);
                (monday(first), monday(last).saturating_add(6.days()), before, last.tomorrow())
            }
            ViewKind::Week => {
                let first = monday(at);
                let last = first.saturating_add(6.days());
                (first, last, first.checked_sub(7.days()), last.tomorrow())
            }
            ViewKind::List => {
                let first = if is_present { monday(at) } else { at };
                let last = at.saturating_add((LIST_DAYS - 1).days());
                (first, last, first.checked_sub(LIST_DAYS.days()), last.tomorrow())
            }
        };
        let (first, last) = limits(today);
        let within_limits = |date: Result<Date, jiff::Error>| date.ok().filter(|date| (first..=last).contains(date));
        Self { view, is_present, at, from, to, previous: within_limits(previous), next: within_limits(next) }
    }

    /// Those that are over are folded: they may still be looked for in the present week.
    pub(super) fn is_folded(&self, day: Date, today: Date) -> bool {
        self.is_present && day < today
    }

    pub(super) fn days(&self) -> impl Iterator<Item = Date> {
        let to = self.to;
        std::iter::successors(Some(self.from), |day| day.tomorrow().ok()).take_while(move |day| *day <= to)
    }
}

fn limits(today: Date) -> (Date, Date) {
    (today.saturating_sub(MAX_YEARS_FROM_TODAY.years()), today.saturating_add(MAX_YEARS_FROM_TODAY.years()))
}

fn monday(date: Date) -> Date {
    date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days())
}

/// The date that was most likely meant: the 31st of a short month is its last day, and anything that is no date is
/// today.
fn nearest_date(requested: &str, today: Date) -> Date {
    let mut parts = requested.trim().splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (first, last) = limits(today);
    let Some(Some(year)) = parts.next() else { return today };
    let year = i16::try_from(year).unwrap_or(i16::MAX).clamp(first.year() - 1, last.year() + 1);
    let mut part =
        |most: i8| parts.next().flatten().and_then(|part| i8::try_from(part).ok()).unwrap_or(1).clamp(1, most);
    let month = part(12);
    let Ok(first_of_month) = Date::new(year, month, 1) else { return today };
    let day = part(first_of_month.days_in_month());
    Date::new(year, month, day).unwrap_or(first_of_month).clamp(first, last)
}

pub(super) fn date_in(zone: &TimeZone, at: Timestamp) -> Date {
    zone.to_datetime(at).date()
}

/// The first and the last day of a maintenance. An end at midnight does not reach into the next day.
pub(super) fn first_and_last(maintenance: &Maintenance, zone: &TimeZone, now: Timestamp) -> Option<(Date, Date)> {
    let (from, until) = maintenance.occupied(now)?;
    let last_moment =
        if from < until { until.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(until) } else { until };
    Some((date_in(zone, from), date_in(zone, last_moment)))
}

/// Whether it is drawn as one bar over its days: what lasts a few hours of a night is listed on both days.
pub(super) fn is_bar(maintenance: &Maintenance, zone: &TimeZone, now: Timestamp) -> bool {
    let lasts_a_day = maintenance.occupied(now).is_some_and(|(from, until)| until.duration_since(from) >= BAR_FROM);
    lasts_a_day && first_and_last(maintenance, zone, now).is_some_and(|(first, last)| first < last)
}

/// The maintenance of each day of the range that has any.
pub(super) fn by_day<'a>(
    all: &[&'a Maintenance],
    range: &Range,
    zone: &TimeZone,
    now: Timestamp,
) -> BTreeMap<Date, Vec<&'a Maintenance>> {
    let mut days: BTreeMap<Date, Vec<&Maintenance>> = BTreeMap::new();
    for maintenance in all {
        let Some((first, last)) = first_and_last(maintenance, zone, now) else { continue };
        for day in range.days().filter(|day| (first..=last).contains(day)) {
            days.entry(day).or_default().push(maintenance);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use status::snapshot::Window;

    use super::*;

    const TODAY: Date = date(2026, 11, 26);

    #[test]
    fn any_requested_date_becomes_one_near_today() {
        let near = |text| nearest_date(text, TODAY);
        assert_eq!(
            (near("2026-11-01"), near("2026-12"), near("2027")),
            (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
        );
        assert_eq!((near("2026-02-31"), near("2026-13-40")), (date(2026, 2, 28), date(2026, 12, 31)));
        assert_eq!((near(""), near("soon"), near("-1-1-1"), near("99999999999-1-1")), (TODAY, TODAY, TODAY, TODAY));
        assert_eq!((near("0001-01-01"), near("65535-12-31")), (date(2024, 11, 26), date(2028, 11, 26)));
        assert_eq!(near("2026-300-300"), date(2026, 1, 1));
    }

    #[test]
    fn a_month_begins_on_monday_and_ends_on_sunday() {
        let month = Range::new(ViewKind::Month, "2026-11-15", TODAY);
        assert_eq!((month.from, month.to), (date(2026, 10, 26), date(2026, 12, 6)));
        assert_eq!((month.previous, month.next), (Some(date(2026, 10, 1)), Some(date(2026, 12, 1))));
        assert_eq!(month.days().count(), 42);
        let week = Range::new(ViewKind::Week, "2026-11-29", TODAY);
        assert_eq!((week.from, week.to), (date(2026, 11, 23), date(2026, 11, 29)));
        let present = Range::new(ViewKind::Month, "", TODAY);
        assert_eq!((present.from, present.to), (date(2026, 11, 23), date(2026, 12, 27)), "it starts at this week");
        assert_eq!((present.previous, present.next), (Some(date(2026, 11, 1)), Some(date(2026, 12, 1))));
        let present = Range::new(ViewKind::Month, "", date(2026, 12, 1));
        assert_eq!((present.from, present.previous), (date(2026, 11, 30), Some(date(2026, 11, 1))));
        let list = Range::new(ViewKind::List, "", TODAY);
        assert_eq!((list.from, list.to), (date(2026, 11, 23), date(2026, 12, 25)));
        assert!(list.is_folded(date(2026, 11, 25), TODAY) && !list.is_folded(TODAY, TODAY));
        let last = Range::new(ViewKind::List, "2030-01-01", TODAY);
        assert_eq!((last.at, last.next), (date(2028, 11, 26), None));
    }

    #[test]
    fn maintenance_is_listed_on_each_of_its_days_in_the_zone() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let planned = |starts_at: &str, ends_at: &str| Maintenance {
            window: Some(Window { starts_at: Some(at(starts_at)), ends_at: Some(at(ends_at)) }),
            ..crate::model::maintenance::tests::maintenance()
        };
        let planned = [
            planned("2026-11-03T22:30:00Z", "2026-11-05T23:00:00Z"),
            planned("2026-11-30T23:30:00Z", "2026-12-01T00:00:00Z"),
        ];
        let days = |zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            let range = Range::new(ViewKind::Month, "2026-11-01", TODAY);
            let all: Vec<&Maintenance> = planned.iter().collect();
            by_day(&all, &range, &zone, at("2026-11-01T00:00:00Z")).into_keys().collect::<Vec<_>>()
        };
        assert_eq!(days("UTC"), [3, 4, 5, 30].map(|day| date(2026, 11, day)));
        let berlin = [date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 5), date(2026, 12, 1)];
        assert_eq!(days("Europe/Berlin"), berlin, "midnight there is the end of the fifth");
    }
}

//! The month view: a table of weeks. What lasts for days is one bar over them; the rest is in the cells of its days.
use std::{cmp::Reverse, collections::BTreeMap};

use jiff::civil::Date;
use maud::{Markup, html};

use super::{
    days::{ViewKind, by_day, first_and_last, is_bar},
    entry::{bar, brief},
    view::CalendarView,
};
use crate::model::maintenance::Maintenance;

const MAX_PER_CELL: usize = 4;
/// Bars above each other in a week; further ones are counted on their days.
const MAX_LANES: usize = 4;
const WEEKDAYS: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];

/// A maintenance over several days.
struct Bar<'a> {
    maintenance: &'a Maintenance,
    first: Date,
    last: Date,
}

pub(super) fn month(view: &CalendarView<'_>) -> Markup {
    let zone = &view.zone.zone;
    let (long, short): (Vec<&Maintenance>, Vec<&Maintenance>) =
        view.maintenances.iter().copied().partition(|it| is_bar(it, zone, view.now));
    let short = by_day(&short, &view.range, zone, view.now);
    let mut bars: Vec<Bar<'_>> = long
        .into_iter()
        .filter_map(|maintenance| {
            let (first, last) = first_and_last(maintenance, zone, view.now)?;
            Some(Bar { maintenance, first, last })
        })
        .filter(|bar| bar.first <= view.range.to && bar.last >= view.range.from)
        .collect();
    bars.sort_by_key(|bar| (bar.first, Reverse(bar.last)));
    let days: Vec<Date> = view.range.days().collect();
    html! {
        table.month {
            caption { "Maintenance in " (view.heading()) " (" (view.zone.name) ")" }
            thead {
                tr { @for (short, long) in WEEKDAYS { th scope="col" { abbr title=(long) { (short) } } } }
            }
            tbody { @for days in days.chunks(WEEKDAYS.len()) { (week(view, days, &bars, &short)) } }
        }
        @if short.is_empty() && bars.is_empty() { p.empty { "No maintenance on these days." } }
    }
}

/// A row of dates, one for each lane of bars, and one of cells. The cells say their dates to those who do not see.
fn week(view: &CalendarView<'_>, days: &[Date], bars: &[Bar<'_>], short: &BTreeMap<Date, Vec<&Maintenance>>) -> Markup {
    let (lanes, left) = lanes(days, bars);
    html! {
        tr.dates aria-hidden="true" {
            @for day in days {
                td class=(classes(view, *day, false)) {
                    span.number {
                        (day.strftime(if day.day() == 1 || *day == view.range.from { "%-d %b" } else { "%-d" }))
                    }
                    @if *day == view.today { " " span.tag { "today" } }
                }
            }
        }
        @for lane in &lanes { tr.lane { (lane_cells(view, days, lane)) } }
        tr {
            @for day in days {
                @let left = left.iter().filter(|bar| (bar.first..=bar.last).contains(day)).count();
                (cell(view, *day, short.get(day).map_or(&[], Vec::as_slice), left))
            }
        }
    }
}

/// The bars of a week, each in the first lane that is free on its days, and those for which there is none.
fn lanes<'a>(days: &[Date], bars: &'a [Bar<'a>]) -> (Vec<Vec<&'a Bar<'a>>>, Vec<&'a Bar<'a>>) {
    let (mut lanes, mut left): (Vec<Vec<&Bar<'_>>>, Vec<&Bar<'_>>) = (Vec::new(), Vec::new());
    let (Some(monday), Some(sunday)) = (days.first(), days.last()) else { return (lanes, left) };
    for bar in bars.iter().filter(|bar| bar.first <= *sunday && bar.last >= *monday) {
        let is_free = |lane: &Vec<&Bar<'_>>| lane.last().is_none_or(|before| before.last < bar.first);
        match lanes.iter().position(is_free) {
            Some(at) => lanes[at].push(bar),
            None if lanes.len() < MAX_LANES => lanes.push(vec![bar]),
            None => left.push(bar),
        }
    }
    (lanes, left)
}

fn lane_cells(view: &CalendarView<'_>, days: &[Date], lane: &[&Bar<'_>]) -> Markup {
    html! {
        @for (at, day) in days.iter().enumerate() {
            @match lane.iter().find(|bar| (bar.first..=bar.last).contains(day)) {
                None => td class=(classes(view, *day, false)) {},
                // Its other days of the week are in the same cell.
                Some(bar) if at > 0 && bar.first < *day => {},
                Some(it) => {
                    @let span = days[at..].iter().take_while(|day| **day <= it.last).count();
                    td.long colspan=(span) { (bar(view, it.maintenance)) }
                }
            }
        }
    }
}

fn classes(view: &CalendarView<'_>, day: Date, is_free: bool) -> String {
    let is_other = !view.range.is_present && day.month() != view.range.at.month();
    let classes = [(is_other, "other"), (is_free, "free"), (day == view.today, "today")];
    let classes: Vec<&str> = classes.into_iter().filter_map(|(holds, class)| holds.then_some(class)).collect();
    classes.join(" ")
}

/// `left`: how many bars of the day are not drawn.
fn cell(view: &CalendarView<'_>, day: Date, all: &[&Maintenance], left: usize) -> Markup {
    let is_today = day == view.today;
    let more = all.len().saturating_sub(MAX_PER_CELL) + left;
    html! {
        td class=(classes(view, day, all.is_empty() && more == 0)) aria-current=[is_today.then_some("date")] {
            span.spelt {
                time datetime=(day) { (day.strftime("%A, %-d %B")) }
                @if is_today { " " span.tag { "today" } }
            }
            @if !all.is_empty() {
                ul { @for it in all.iter().take(MAX_PER_CELL) { li { (brief(view, it, day)) } } }
            }
            @if more > 0 {
                a.more href=(view.url(ViewKind::List, day)) { (more) " more" span.hidden { " on " (day.strftime("%-d %B")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::maintenance::tests::maintenance;

    #[test]
    fn bars_share_a_lane_if_they_share_no_day() {
        let it = maintenance();
        let bar =
            |first: i8, last: i8| Bar { maintenance: &it, first: date(2026, 11, first), last: date(2026, 11, last) };
        let days: Vec<Date> = (9..=15).map(|day| date(2026, 11, day)).collect();
        let bars = [bar(1, 8), bar(3, 10), bar(9, 12), bar(10, 10), bar(11, 20), bar(12, 13), bar(12, 14), bar(16, 18)];
        let (lanes, left) = lanes(&days, &bars);
        let drawn = |bars: &[&Bar<'_>]| bars.iter().map(|bar| (bar.first.day(), bar.last.day())).collect::<Vec<_>>();
        let drawn_lanes: Vec<_> = lanes.iter().map(|lane| drawn(lane)).collect();
        assert_eq!(drawn_lanes, [vec![(3, 10), (11, 20)], vec![(9, 12)], vec![(10, 10), (12, 13)], vec![(12, 14)]]);
        assert_eq!(left.len(), 0);
        let crowd: Vec<Bar<'_>> = (0..6).map(|_| bar(9, 10)).collect();
        assert_eq!(super::lanes(&days, &crowd).1.len(), 2, "they are counted on their days");
    }
}

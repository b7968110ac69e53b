//! The month, week and list views.
use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::{
    days::{ViewKind, by_day, first_and_last},
    entry::{brief, full},
    view::CalendarView,
};
use crate::model::maintenance::{Maintenance, Status};

const MAX_PER_CELL: usize = 4;
const MAX_PER_DAY: usize = 100;
const WEEKDAYS: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];

pub(super) fn view(view: &CalendarView<'_>) -> Markup {
    let days = by_day(&view.maintenances, &view.range, &view.zone.zone, view.now);
    html! {
        @match view.range.view {
            ViewKind::Month => (month(view, &days)),
            ViewKind::Week => @for day in view.range.days() {
                (section(view, day, days.get(&day).map_or(&[], Vec::as_slice)))
            },
            ViewKind::List => {
                @for (day, all) in &days { (section(view, *day, all)) }
                @if days.is_empty() { p.empty { "No maintenance on these days." } }
            }
        }
        (later(view))
        (without_time(view))
    }
}

fn month(view: &CalendarView<'_>, days: &BTreeMap<Date, Vec<&Maintenance>>) -> Markup {
    let all: Vec<Date> = view.range.days().collect();
    html! {
        table.month {
            caption { "Maintenance in " (view.heading()) " (" (view.zone.name) ")" }
            thead {
                tr { @for (short, long) in WEEKDAYS { th scope="col" { abbr title=(long) { (short) } } } }
            }
            tbody {
                @for week in all.chunks(WEEKDAYS.len()) {
                    tr { @for day in week { (cell(view, *day, days.get(day).map_or(&[], Vec::as_slice))) } }
                }
            }
        }
        @if days.is_empty() { p.empty { "No maintenance on these days." } }
    }
}

fn cell(view: &CalendarView<'_>, day: Date, all: &[&Maintenance]) -> Markup {
    let is_today = day == view.today;
    let is_other = day.month() != view.range.at.month();
    let more = all.len().saturating_sub(MAX_PER_CELL);
    let classes = [(is_other, "other"), (all.is_empty(), "free"), (is_today, "today")];
    let classes: Vec<&str> = classes.into_iter().filter_map(|(holds, class)| holds.then_some(class)).collect();
    html! {
        td class=(classes.join(" ")) aria-current=[is_today.then_some("date")] {
            div.date {
                time datetime=(day) {
                    span.number aria-hidden="true" { (day.day()) }
                    span.spelt { (day.strftime("%A, %-d %B")) }
                }
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

fn section(view: &CalendarView<'_>, day: Date, all: &[&Maintenance]) -> Markup {
    let more = all.len().saturating_sub(MAX_PER_DAY);
    html! {
        section.day {
            h3 {
                time datetime=(day) { (day.strftime("%A, %-d %B %Y")) }
                @if day == view.today { " " span.tag { "today" } }
            }
            @if all.is_empty() {
                p.soft { "No maintenance." }
            } @else {
                div.panel { ul.rows { @for it in all.iter().take(MAX_PER_DAY) { li { (full(view, it, Some(day))) } } } }
            }
            @if more > 0 { p.soft { "and " (more) " more. Choose a provider to see them." } }
        }
    }
}

/// A link to maintenance that is scheduled after the days shown.
fn later(view: &CalendarView<'_>) -> Markup {
    let zone = &view.zone.zone;
    let scheduled = view.maintenances.iter().filter(|it| it.status(view.now) == Status::Scheduled);
    let firsts = scheduled.filter_map(|it| first_and_last(it, zone, view.now)).map(|(first, _)| first);
    let mut later: Vec<Date> = firsts.filter(|first| *first > view.range.to).collect();
    later.sort_unstable();
    html! {
        @if let Some(next) = later.first() {
            p.later {
                (later.len()) " more later. Next: "
                a href=(view.url(view.range.view, *next)) {
                    (next.strftime(if next.year() == view.today.year() { "%-d %B" } else { "%-d %B %Y" }))
                }
            }
        }
    }
}

/// Maintenance without a start: listed in the list view, counted in the others.
fn without_time(view: &CalendarView<'_>) -> Markup {
    let all: Vec<&Maintenance> = view.maintenances.iter().copied().filter(|it| it.starts_at().is_none()).collect();
    let more = all.len().saturating_sub(MAX_PER_DAY);
    html! {
        @if all.is_empty() {
        } @else if view.range.view == ViewKind::List {
            section.day #no-time {
                h3 { "No time given" }
                div.panel { ul.rows { @for it in all.iter().take(MAX_PER_DAY) { li { (full(view, it, None)) } } } }
                @if more > 0 { p.soft { "and " (more) " more. Choose a provider to see them." } }
            }
        } @else {
            p.later {
                a href={ (view.url(ViewKind::List, view.range.at)) "#no-time" } { (all.len()) " without a planned time" }
            }
        }
    }
}

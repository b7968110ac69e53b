//! Month, week and list.
use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::{
    Shown,
    days::{View, by_day, first_and_last},
    entry::{brief, full},
};
use crate::work::{Standing, Work};

const MOST_IN_CELL: usize = 4;
const MOST_IN_DAY: usize = 100;
const WEEKDAYS: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];

pub(super) fn view(shown: &Shown<'_>) -> Markup {
    let days = by_day(&shown.work, &shown.range, &shown.zone.zone, shown.now);
    html! {
        @match shown.range.view {
            View::Month => (month(shown, &days)),
            View::Week => @for day in shown.range.days() { (section(shown, day, days.get(&day))) },
            View::List => {
                @for (day, work) in &days { (section(shown, *day, Some(work))) }
                @if days.is_empty() { p.empty { "Nothing is planned for these days." } }
            }
        }
        (later(shown))
        (without_time(shown))
    }
}

fn month(shown: &Shown<'_>, days: &BTreeMap<Date, Vec<&Work>>) -> Markup {
    let all: Vec<Date> = shown.range.days().collect();
    html! {
        table.month {
            caption { "Planned work in " (shown.heading()) ", times in " (shown.zone.name) }
            thead {
                tr { @for (short, long) in WEEKDAYS { th scope="col" { abbr title=(long) { (short) } } } }
            }
            tbody {
                @for week in all.chunks(WEEKDAYS.len()) {
                    tr { @for day in week { (cell(shown, *day, days.get(day).map_or(&[], Vec::as_slice))) } }
                }
            }
        }
        @if days.is_empty() { p.empty { "Nothing is planned for these days." } }
    }
}

fn cell(shown: &Shown<'_>, day: Date, work: &[&Work]) -> Markup {
    let is_today = day == shown.today;
    let is_other = day.month() != shown.range.at.month();
    let more = work.len().saturating_sub(MOST_IN_CELL);
    let classes = [(is_other, "other"), (work.is_empty(), "free"), (is_today, "today")];
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
            @if !work.is_empty() {
                ul { @for work in work.iter().take(MOST_IN_CELL) { li { (brief(shown, work, day)) } } }
            }
            @if more > 0 {
                a.more href=(shown.address(View::List, day)) { (more) " more" span.hidden { " on " (day.strftime("%-d %B")) } }
            }
        }
    }
}

fn section(shown: &Shown<'_>, day: Date, work: Option<&Vec<&Work>>) -> Markup {
    let work = work.map_or(&[][..], Vec::as_slice);
    let more = work.len().saturating_sub(MOST_IN_DAY);
    html! {
        section.day {
            h3 {
                time datetime=(day) { (day.strftime("%A, %-d %B %Y")) }
                @if day == shown.today { " " span.tag { "today" } }
            }
            @if work.is_empty() {
                p.soft { "Nothing is planned." }
            } @else {
                div.panel { ul.rows { @for work in work.iter().take(MOST_IN_DAY) { li { (full(shown, work, Some(day))) } } } }
            }
            @if more > 0 { p.soft { "and " (more) " more: choose a provider to see them." } }
        }
    }
}

/// What is planned for after the days that are shown.
fn later(shown: &Shown<'_>) -> Markup {
    let zone = &shown.zone.zone;
    let is_planned = |work: &&&Work| matches!(work.standing(shown.now), Standing::Planned);
    let firsts = shown.work.iter().filter(is_planned).filter_map(|work| first_and_last(work, zone, shown.now));
    let mut later: Vec<Date> = firsts.map(|(first, _)| first).filter(|first| *first > shown.range.to).collect();
    later.sort_unstable();
    html! {
        @if let Some(next) = later.first() {
            p.later {
                (later.len()) " more planned for later; the next "
                a href=(shown.address(shown.range.view, *next)) { "on " (next.strftime("%-d %B %Y")) }
            }
        }
    }
}

/// In the list; elsewhere it is said that there is some.
fn without_time(shown: &Shown<'_>) -> Markup {
    let work: Vec<&Work> = shown.work.iter().copied().filter(|work| work.starts_at().is_none()).collect();
    let more = work.len().saturating_sub(MOST_IN_DAY);
    html! {
        @if work.is_empty() {
        } @else if shown.range.view == View::List {
            section.day #no-time {
                h3 { "No time given" }
                div.panel { ul.rows { @for work in work.iter().take(MOST_IN_DAY) { li { (full(shown, work, None)) } } } }
                @if more > 0 { p.soft { "and " (more) " more: choose a provider to see them." } }
            }
        } @else {
            p.later {
                a href={ (shown.address(View::List, shown.range.at)) "#no-time" } { (work.len()) " without a planned time" }
            }
        }
    }
}

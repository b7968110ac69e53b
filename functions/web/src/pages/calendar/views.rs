//! The week and list views, and what no view shows by day.
use jiff::civil::Date;
use maud::{Markup, html};

use super::{
    days::{ViewKind, by_day, first_and_last},
    entry::full,
    month::month,
    view::CalendarView,
};
use crate::model::maintenance::{Maintenance, Status};

const MAX_PER_DAY: usize = 100;
pub(super) fn view(view: &CalendarView<'_>) -> Markup {
    html! {
        @match view.range.view {
            ViewKind::Month => (month(view)),
            ViewKind::Week | ViewKind::List => (list(view)),
        }
        (later(view))
        (without_time(view))
    }
}

/// A week shows all its days, a list those with maintenance. Days of this week that are over are folded.
fn list(view: &CalendarView<'_>) -> Markup {
    let days = by_day(&view.maintenances, &view.range, &view.zone.zone, view.now);
    let (over, ahead): (Vec<Date>, Vec<Date>) =
        view.range.days().partition(|day| view.range.is_folded(*day, view.today));
    let of = |day: &Date| days.get(day).map_or(&[][..], Vec::as_slice);
    let is_listed = |day: &&Date| view.range.view == ViewKind::Week || !of(day).is_empty();
    let earlier: usize = over.iter().map(|day| of(day).len()).sum();
    html! {
        @if earlier > 0 {
            details.folded #earlier {
                summary { "Earlier this week (" (earlier) ")" }
                @for day in over.iter().filter(|day| !of(day).is_empty()) { (section(view, *day, of(day))) }
            }
        }
        @for day in ahead.iter().filter(is_listed) { (section(view, *day, of(day))) }
        @if days.is_empty() && view.range.view == ViewKind::List { p.empty { "No maintenance on these days." } }
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

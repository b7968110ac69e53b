//! One maintenance on one of its days.
use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};
use status::snapshot::{Kind, Window};

use super::{
    days::{date_in, first_and_last},
    view::CalendarView,
};
use crate::{
    layout::{durations::duration, names::comma_separated, times::datetime},
    model::maintenance::{Maintenance, Status},
    urls,
};

/// For a cell of the month: time, provider and title, and the status unless it is as planned.
pub(super) fn brief(view: &CalendarView<'_>, maintenance: &Maintenance, day: Date) -> Markup {
    html! {
        a href=(url(maintenance)) title=(maintenance.title) {
            span.soft { (part_of_day(view, maintenance, day)) }
            " " strong { (maintenance.provider_name) } ": " (maintenance.title)
        }
        (tags(view, maintenance))
        (former_start(view, maintenance))
    }
}

/// From when it was moved, behind the tag that says that it was; nothing if only its end was.
fn former_start(view: &CalendarView<'_>, maintenance: &Maintenance) -> Markup {
    let former = maintenance.rescheduled_from.and_then(|window| window.starts_at);
    html! {
        @if let Some(at) = former.filter(|at| Some(*at) != maintenance.starts_at()) {
            span.soft { " from " (time(view, at, "%-d %b, %H:%M")) }
        }
    }
}

/// For a bar over several days.
pub(super) fn bar(view: &CalendarView<'_>, maintenance: &Maintenance) -> Markup {
    html! {
        a href=(url(maintenance)) title=(maintenance.title) {
            strong { (maintenance.provider_name) } ": " (maintenance.title)
            @if let Some(window) = maintenance.window { span.spelt { ", " (times(view, window)) } }
        }
        (tags(view, maintenance))
        (former_start(view, maintenance))
    }
}

/// For a list. `day`: the day under which it is listed.
pub(super) fn full(view: &CalendarView<'_>, maintenance: &Maintenance, day: Option<Date>) -> Markup {
    let first = first_and_last(maintenance, &view.zone.zone, view.now).map(|(first, _)| first);
    let is_continued = day.is_some_and(|day| first.is_some_and(|first| first < day));
    html! {
        div.row {
            a.who href=(url(maintenance)) { (maintenance.title) }
            span { (tags(view, maintenance)) }
            div.what {
                a href=(urls::provider(&maintenance.provider)) { (maintenance.provider_name) }
                @if let Some(window) = maintenance.window { " · " (planned(view, window)) }
                @if is_continued { " · continues from an earlier day" }
            }
            @if let Some(remarks) = remarks(view, maintenance) { div.what { (remarks) } }
            @if !maintenance.components.is_empty() {
                div.what { "Affects: " (comma_separated(maintenance.components.iter().map(String::as_str))) }
            }
        }
    }
}

fn url(maintenance: &Maintenance) -> String {
    urls::incident(&maintenance.provider, Kind::Maintenance, &maintenance.id)
}

/// Nothing for what is as planned.
fn tags(view: &CalendarView<'_>, maintenance: &Maintenance) -> Markup {
    let status = maintenance.status(view.now);
    html! {
        @if status != Status::Scheduled { " " span class={ "tag status " (status.class()) } { (status.label()) } }
        @if maintenance.rescheduled_from.is_some() { " " span.tag.status.rescheduled { "Rescheduled" } }
    }
}

/// What did not go as planned.
fn remarks(view: &CalendarView<'_>, maintenance: &Maintenance) -> Option<Markup> {
    let previous = maintenance.rescheduled_from.filter(|window| window.starts_at.is_some());
    let status = status_remark(view, maintenance);
    (previous.is_some() || status.is_some()).then(|| {
        html! {
            @if let Some(status) = &status { (status) }
            @if previous.is_some() && status.is_some() { " · " }
            @if let Some(window) = previous { "Rescheduled from " (times(view, window)) }
        }
    })
}

fn status_remark(view: &CalendarView<'_>, maintenance: &Maintenance) -> Option<String> {
    match (maintenance.status(view.now), maintenance.late_by(), maintenance.ends_at()) {
        (Status::Cancelled, ..) => Some("Removed by the provider before it started".to_owned()),
        (Status::Overrunning, _, Some(ends_at)) => {
            Some(format!("Was due to end {} ago", duration(view.now.duration_since(ends_at).as_secs())))
        }
        (_, Some(late), _) => {
            let late = duration(i64::try_from(late.as_secs()).unwrap_or(i64::MAX));
            Some(format!("Ended {late} after its planned end"))
        }
        (Status::Due, ..) => Some("Scheduled for now; the provider has not confirmed a start".to_owned()),
        _ => None,
    }
}

/// `planned for 26 Nov, 10:00 to 12:00 UTC`.
fn planned(view: &CalendarView<'_>, window: Window) -> Markup {
    html! {
        @match (window.starts_at, window.ends_at) {
            (Some(_), _) => "planned for ",
            (None, Some(_)) => "planned ",
            (None, None) => "",
        }
        (times(view, window))
    }
}

/// `26 Nov, 10:00 to 12:00 UTC`.
fn times(view: &CalendarView<'_>, window: Window) -> Markup {
    let zone = &view.zone.zone;
    let ends_at = window.ends_at.filter(|ends_at| window.starts_at.is_none_or(|starts_at| starts_at < *ends_at));
    let is_same_day = |a: Timestamp, b: Timestamp| date_in(zone, a) == date_in(zone, b);
    html! {
        @match (window.starts_at, ends_at) {
            (Some(starts_at), Some(ends_at)) => {
                (time(view, starts_at, "%-d %b, %H:%M")) " to "
                (time(view, ends_at, if is_same_day(starts_at, ends_at) { "%H:%M" } else { "%-d %b, %H:%M" }))
            }
            (Some(starts_at), None) => { (time(view, starts_at, "%-d %b, %H:%M")) ", no end given" }
            (None, Some(ends_at)) => { "until " (time(view, ends_at, "%-d %b, %H:%M")) }
            (None, None) => "no time given",
        }
        @if window.starts_at.or(ends_at).is_some() { " " (view.zone.name) }
    }
}

/// A time in the chosen zone, which the script leaves as it is.
fn time(view: &CalendarView<'_>, at: Timestamp, format: &str) -> Markup {
    let local = view.zone.zone.to_datetime(at);
    html! { time datetime=(datetime(at)) data-as="given" { (local.strftime(format)) } }
}

/// When it starts on that day, or until when it lasts.
fn part_of_day(view: &CalendarView<'_>, maintenance: &Maintenance, day: Date) -> Markup {
    let days = first_and_last(maintenance, &view.zone.zone, view.now);
    html! {
        @match (days, maintenance.occupied(view.now)) {
            (Some((first, _)), Some((from, _))) if first == day => (time(view, from, "%H:%M")),
            (Some((_, last)), _) if last == day && maintenance.status(view.now) == Status::Overrunning => "ongoing",
            (Some((_, last)), Some((_, until))) if last == day => { "until " (time(view, until, "%H:%M")) }
            _ => "all day",
        }
    }
}

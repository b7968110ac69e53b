//! One piece of work on one of its days.
use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};
use status::snapshot::{Kind, Window};

use super::{
    Shown,
    days::{date_in, first_and_last},
};
use crate::{
    paths,
    shell::{duration, in_a_line},
    work::{Standing, Work},
};

/// In a cell of the month: when, who and what; how it stands where that is not "as planned".
pub(super) fn brief(shown: &Shown<'_>, work: &Work, day: Date) -> Markup {
    html! {
        a href=(link(work)) title=(work.title) {
            span.soft { (on_day(shown, work, day)) }
            " " strong { (work.provider_name) } ": " (work.title)
        }
        (tags(shown, work))
    }
}

/// In a list.
pub(super) fn full(shown: &Shown<'_>, work: &Work, day: Option<Date>) -> Markup {
    let first = first_and_last(work, &shown.zone.zone, shown.now).map(|(first, _)| first);
    let goes_on = day.is_some_and(|day| first.is_some_and(|first| first < day));
    html! {
        div.row {
            a.who href=(link(work)) { (work.title) }
            span { (tags(shown, work)) }
            div.what {
                a href=(paths::provider(&work.provider)) { (work.provider_name) }
                @if let Some(window) = work.window { " · " (planned(shown, window)) }
                @if let (Some(phase), None) = (work.phase, work.ended_at) { " · the vendor says " (phase.as_str()) }
                @if goes_on { " · continues from an earlier day" }
            }
            @if let Some(words) = remarks(shown, work) { div.what { (words) } }
            @if !work.components.is_empty() { div.what { "Concerns " (in_a_line(work.components.iter().map(String::as_str))) } }
        }
    }
}

fn link(work: &Work) -> String {
    paths::incident(&work.provider, Kind::Maintenance, &work.id)
}

/// States in words; what goes by its plan needs none.
fn tags(shown: &Shown<'_>, work: &Work) -> Markup {
    let standing = work.standing(shown.now);
    html! {
        @if standing != Standing::Planned { " " span class={ "tag standing " (standing.word()) } { (standing.label()) } }
        @if work.moved_from.is_some() { " " span.tag.standing.moved { "Moved" } }
    }
}

/// What did not go by the plan.
fn remarks(shown: &Shown<'_>, work: &Work) -> Option<Markup> {
    let moved = work.moved_from.filter(|window| window.starts_at.is_some());
    let standing = match (work.standing(shown.now), work.late_by(), work.ends_at(), work.ended_at) {
        (Standing::Cancelled, ..) => Some("The vendor took it off the page before it began".to_owned()),
        (Standing::Overran, _, Some(ends_at), _) => {
            let late = shown.now.duration_since(ends_at).as_secs();
            Some(format!("It should have ended {} ago", duration(late)))
        }
        (_, Some(late), ..) => {
            let late = duration(i64::try_from(late.as_secs()).unwrap_or(i64::MAX));
            Some(format!("It ended {late} after its planned end"))
        }
        (Standing::Due, ..) => Some("By the plan it is under way; the vendor does not say so".to_owned()),
        _ => None,
    };
    (moved.is_some() || standing.is_some()).then(|| {
        html! {
            @if let Some(words) = &standing { (words) }
            @if moved.is_some() && standing.is_some() { " · " }
            @if let Some(window) = moved { "Before it was " (planned(shown, window)) }
        }
    })
}

/// `planned 26 Nov 10:00 to 12:00`.
fn planned(shown: &Shown<'_>, window: Window) -> Markup {
    let zone = &shown.zone.zone;
    let ends_at = window.ends_at.filter(|ends_at| window.starts_at.is_none_or(|starts_at| starts_at < *ends_at));
    let same_day = |a: Timestamp, b: Timestamp| date_in(zone, a) == date_in(zone, b);
    html! {
        @match (window.starts_at, ends_at) {
            (Some(starts_at), Some(ends_at)) => {
                "planned for " (moment(shown, starts_at, "%-d %b, %H:%M")) " to "
                (moment(shown, ends_at, if same_day(starts_at, ends_at) { "%H:%M" } else { "%-d %b, %H:%M" }))
            }
            (Some(starts_at), None) => { "planned for " (moment(shown, starts_at, "%-d %b, %H:%M")) ", no end given" }
            (None, Some(ends_at)) => { "planned until " (moment(shown, ends_at, "%-d %b, %H:%M")) }
            (None, None) => "no time given",
        }
        @if window.starts_at.or(ends_at).is_some() { " " (shown.zone.name) }
    }
}

/// In the zone that was chosen, which the script leaves alone.
fn moment(shown: &Shown<'_>, at: Timestamp, form: &str) -> Markup {
    let there = shown.zone.zone.to_datetime(at);
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) data-as="given" { (there.strftime(form)) } }
}

/// The part of a day: when it begins that day, or until when it lasts.
fn on_day(shown: &Shown<'_>, work: &Work, day: Date) -> Markup {
    let days = first_and_last(work, &shown.zone.zone, shown.now);
    html! {
        @match (days, work.takes(shown.now)) {
            (Some((first, _)), Some((from, _))) if first == day => (moment(shown, from, "%H:%M")),
            (Some((_, last)), _) if last == day && work.standing(shown.now) == Standing::Overran => "still",
            (Some((_, last)), Some((_, until))) if last == day => { "until " (moment(shown, until, "%H:%M")) }
            _ => "all day",
        }
    }
}

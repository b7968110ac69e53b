//! Times in UTC. The script shows them in the zone of the browser, and keeps ages and durations up to date.
use jiff::Timestamp;
use maud::{Markup, html};
use status::snapshot::Window;

use crate::durations::duration;

/// `26 Nov 2026, 10:00 UTC`.
pub fn utc(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// The value of a `datetime` attribute.
pub fn datetime(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub fn time(at: Timestamp) -> Markup {
    html! { time datetime=(datetime(at)) { (utc(at)) } }
}

/// A time that the script shows as an age: `11 min ago`.
pub fn ago(at: Timestamp) -> Markup {
    html! { time datetime=(datetime(at)) data-as="ago" { (utc(at)) } }
}

/// How long something has lasted that still lasts: `31 min`. The script lets it grow.
pub fn lasting(from: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(datetime(from)) data-as="lasting" { (duration(now.duration_since(from).as_secs())) } }
}

/// The planned time of a maintenance.
pub fn window(window: Option<Window>) -> Markup {
    let (starts_at, ends_at) = window.map_or((None, None), |window| (window.starts_at, window.ends_at));
    html! {
        @match (starts_at, ends_at) {
            (Some(starts_at), Some(ends_at)) => { (time(starts_at)) " to " (time(ends_at)) },
            (Some(starts_at), None) => { "from " (time(starts_at)) },
            (None, Some(ends_at)) => { "until " (time(ends_at)) },
            (None, None) => "no time given",
        }
    }
}

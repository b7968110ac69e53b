//! How well the status page can be read, how fast the provider posts, and how fast we detect it.
use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};
use status::{
    health::{HealthState, SourceHealth},
    identity::Moved,
    incident_timeline::IncidentTimeline,
    page_state::Origin,
    snapshot::Kind,
};

use super::view::ProviderView;
use crate::{
    layout::{
        durations::duration,
        times::{ago, time},
    },
    provider_markdown::external_link,
};

/// Below this a median says nothing.
const MIN_INCIDENTS: usize = 3;
const MAX_PROBLEMS: usize = 10;

pub(super) fn section(view: &ProviderView<'_>) -> Markup {
    let row = view.row;
    let head = view.record.as_ref().map(|record| &record.head);
    let format = head.map(|head| head.format.as_str()).or(row.provider.format.as_deref());
    let is_failing = view.health.as_ref().is_some_and(|health| health.state != HealthState::Readable);
    let last_checked = view.last_polled.filter(|_| view.record.is_some() || view.health.is_some());
    html! {
        h2 #source { "Data source" }
        dl.facts {
            div { dt { "Connection" } dd { (connection(view)) } }
            div {
                dt { (if is_failing { "Last attempt" } else { "Last checked" }) }
                dd { @match last_checked { Some(at) => (ago(at)), None => "Not known" } }
            }
            div { dt { "Checked" } dd { "about every " (interval(view.interval)) } }
            div { dt { "Format" } dd { (format.unwrap_or("Not known yet")) } }
            (delays(&view.recent.timelines))
        }
        @if let Some(health) = &view.health { (remarks(view, health)) }
    }
}

fn connection(view: &ProviderView<'_>) -> Markup {
    html! {
        @match &view.health {
            // A page that never failed has no health record.
            None => (if view.record.is_some() { "OK" } else { "Not checked yet" }),
            Some(health) => {
                @match health.state {
                    HealthState::Readable => "OK since ",
                    HealthState::Failing => "Failing since ",
                    HealthState::Unreadable => "Unreachable since ",
                }
                (time(health.since))
            },
        }
    }
}

fn remarks(view: &ProviderView<'_>, health: &SourceHealth) -> Markup {
    let more = health.problems.len().saturating_sub(MAX_PROBLEMS);
    html! {
        ul.remarks {
            @if let (true, Some(reason)) = (health.state != HealthState::Readable, &health.reason) {
                li { (health.failures) " failed " (if health.failures == 1 { "check" } else { "checks" }) ": " (reason) }
            }
            @if let Some(moved) = &health.moved { li { (offer(view, moved)) } }
            @if let Some(not_before) = health.not_before {
                li { "The status page asked not to be checked again before " (ago(not_before)) }
            }
            @if let Some(url) = &health.moved_to { li { "The status page has moved to " (external_link(url, url)) } }
            @if let Some(url) = &health.read_at { li { "Data is read from " (external_link(url, url)) } }
            @for problem in health.problems.iter().take(MAX_PROBLEMS) { li { "Skipped (invalid data): " (problem) } }
            @if more > 0 { li { "and " (more) " more skipped" } }
        }
    }
}

/// How to follow a page to another one.
fn offer(view: &ProviderView<'_>, moved: &Moved) -> Markup {
    let id = view.row.provider.id.as_str();
    let is_own = view.row.category.is_empty() && catalogue::find(id).is_none();
    html! {
        "To follow it to " (external_link(&moved.to.url, &moved.to.url)) ", if that is the right page: "
        @if is_own && !moved.is_same_address() {
            "set " code { "url = \"" (moved.to.url) "\"" } " in " code { "[[page]]" } " " code { "id = \"" (id) "\"" }
            " of the configuration, or run "
        } @else {
            "run "
        }
        code { "statuswire follow " (id) } "."
    }
}

fn delays(timelines: &[IncidentTimeline]) -> Markup {
    let text = |median: Option<i64>| median.map_or_else(|| format!("Needs {MIN_INCIDENTS} incidents"), duration);
    html! {
        div { dt { "Provider's posting delay (median)" } dd { (text(posting_delay(timelines))) } }
        div { dt { "Our detection delay (median)" } dd { (text(detection_delay(timelines))) } }
    }
}

/// Incidents that the provider posted while we watched, with the time of the first post.
fn measured(timelines: &[IncidentTimeline]) -> impl Iterator<Item = (&IncidentTimeline, Timestamp)> {
    let is_measured =
        |it: &&IncidentTimeline| it.kind == Kind::Incident && it.origin == Origin::Provider && !it.backfilled;
    timelines.iter().filter(is_measured).filter_map(|timeline| Some((timeline, timeline.first_said_at?)))
}

/// Median seconds from the start of an incident, by the provider's clock, to its first post.
fn posting_delay(timelines: &[IncidentTimeline]) -> Option<i64> {
    // Without a start from the provider, the stored start is our detection, which measures nothing.
    let dated = measured(timelines).filter(|(timeline, _)| timeline.began_at != timeline.first_seen_at);
    median(dated.map(|(timeline, posted_at)| posted_at.duration_since(timeline.began_at).as_secs()))
}

/// Median seconds from the first post to our detection.
fn detection_delay(timelines: &[IncidentTimeline]) -> Option<i64> {
    median(measured(timelines).map(|(timeline, posted_at)| timeline.first_seen_at.duration_since(posted_at).as_secs()))
}

/// `None` for fewer than [`MIN_INCIDENTS`] values. Negative values count as zero.
fn median(seconds: impl Iterator<Item = i64>) -> Option<i64> {
    let mut seconds: Vec<i64> = seconds.map(|seconds| seconds.max(0)).collect();
    seconds.sort_unstable();
    let middle = seconds.len() / 2;
    match seconds.len() {
        few if few < MIN_INCIDENTS => None,
        even if even % 2 == 0 => Some((seconds[middle - 1] + seconds[middle]) / 2),
        _ => Some(seconds[middle]),
    }
}

fn interval(interval: Duration) -> String {
    match interval.as_secs() {
        3600 => "hour".to_owned(),
        60 => "minute".to_owned(),
        seconds => duration(i64::try_from(seconds).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_three_incidents_have_no_median() {
        assert_eq!(median([60, 120].into_iter()), None);
        assert_eq!(median([300, 60, 120].into_iter()), Some(120));
        assert_eq!(median([0, 60, -5, 120].into_iter()), Some(30));
    }
}

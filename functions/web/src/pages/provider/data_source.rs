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
    let failing = view.health.as_ref().filter(|health| health.state != HealthState::Readable);
    let is_read = view.record.is_some() || view.health.is_some();
    let as_of = row.as_of().or(view.last_polled.filter(|_| is_read && failing.is_none()));
    html! {
        h2 #source { "Data source" }
        dl.facts {
            div { dt { "Connection" } dd { (connection(view)) } }
            div { dt { "State as of" } dd { @match as_of { Some(at) => (ago(at)), None => "Not known" } } }
            @if let Some(at) = failing.and_then(|health| health.failed_at.or(view.last_polled)) {
                div { dt { "Last attempt" } dd { (ago(at)) } }
            }
            div {
                dt { "Checked" }
                dd { @if is_read { "about every " (interval(view.interval)) } @else { "Not yet" } }
            }
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
                    HealthState::Failing | HealthState::Unreadable if health.unrecognised => "Not readable since ",
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
    let of_incidents = |seconds: Vec<i64>| {
        let count = seconds.len();
        html! {
            @match median(seconds) {
                Some(median) => { (duration(median)) span.small.soft { " of " (count) " incidents" } },
                None => { "Needs " (MIN_INCIDENTS) " incidents" },
            }
        }
    };
    html! {
        div { dt { "Provider's posting delay (median)" } dd { (of_incidents(posting_delays(timelines))) } }
        div { dt { "Our detection delay (median)" } dd { (of_incidents(detection_delays(timelines))) } }
    }
}

/// Incidents that the provider posted while we watched, with the time of the first post.
fn measured(timelines: &[IncidentTimeline]) -> impl Iterator<Item = (&IncidentTimeline, Timestamp)> {
    let is_measured =
        |it: &&IncidentTimeline| it.kind == Kind::Incident && it.origin == Origin::Provider && !it.backfilled;
    timelines.iter().filter(is_measured).filter_map(|timeline| Some((timeline, timeline.first_said_at?)))
}

/// Seconds from the start of each incident, by the provider's clock, to its first post.
fn posting_delays(timelines: &[IncidentTimeline]) -> Vec<i64> {
    // Without a start from the provider, the stored start is our detection, which measures nothing.
    let dated = measured(timelines).filter(|(timeline, _)| timeline.began_at != timeline.first_seen_at);
    dated.map(|(timeline, posted_at)| posted_at.duration_since(timeline.began_at).as_secs()).collect()
}

/// Seconds from the first post of each incident to our detection.
fn detection_delays(timelines: &[IncidentTimeline]) -> Vec<i64> {
    measured(timelines)
        .map(|(timeline, posted_at)| timeline.first_seen_at.duration_since(posted_at).as_secs())
        .collect()
}

/// `None` for fewer than [`MIN_INCIDENTS`] values. Negative values count as zero.
fn median(mut seconds: Vec<i64>) -> Option<i64> {
    seconds.iter_mut().for_each(|seconds| *seconds = (*seconds).max(0));
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
        assert_eq!(median(vec![60, 120]), None);
        assert_eq!(median(vec![300, 60, 120]), Some(120));
        assert_eq!(median(vec![0, 60, -5, 120]), Some(30));
    }
}

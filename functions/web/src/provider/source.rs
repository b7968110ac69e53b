//! How well a page can be read, how fast its vendor says that something is wrong, and how fast we hear of it.
use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};
use status::{
    health::{HealthState, SourceHealth},
    incident_timeline::IncidentTimeline,
    page_state::Origin,
    snapshot::Kind,
};

use super::Known;
use crate::{
    said::outside,
    shell::{ago, duration, time},
};

/// Fewer say nothing of how fast somebody is.
const FEWEST: usize = 3;
const MOST_PROBLEMS: usize = 10;

pub(super) fn section(known: &Known<'_>) -> Markup {
    let row = known.row;
    let head = known.record.as_ref().map(|record| &record.head);
    let format = head.map(|head| head.format.as_str()).or(row.provider.format.as_deref());
    let is_failing = known.health.as_ref().is_some_and(|health| health.state != HealthState::Readable);
    html! {
        h2 #source { "How the page is read" }
        dl.facts {
            div { dt { "State of the source" } dd { (readable(known)) } }
            div { dt { (if is_failing { "Last tried" } else { "Last read" }) } dd { @match known.last_read.filter(|_| known.record.is_some() || known.health.is_some()) {
                Some(at) => (ago(at)), None => "Not known",
            } } }
            div { dt { "Read every" } dd { (every(row.interval())) } }
            div { dt { "Format" } dd { (format.unwrap_or("Not known yet")) } }
            (speeds(&known.recent.spans))
        }
        @if let Some(health) = &known.health { (remarks(health)) }
    }
}

fn readable(known: &Known<'_>) -> Markup {
    html! {
        @match &known.health {
            // What was always readable has no health of its own.
            None => (if known.record.is_some() { "Readable" } else { "Not read yet" }),
            Some(health) => {
                @match health.state {
                    HealthState::Readable => "Readable",
                    HealthState::Failing => "The newest reads failed",
                    HealthState::Unreadable => "Unreadable",
                }
                " since " (time(health.since))
            },
        }
    }
}

fn remarks(health: &SourceHealth) -> Markup {
    html! {
        ul.remarks {
            @if let (true, Some(reason)) = (health.state != HealthState::Readable, &health.reason) {
                li { (health.failures) " failed " (if health.failures == 1 { "read" } else { "reads" }) ": " (reason) }
            }
            @if let Some(not_before) = health.not_before { li { "The page asked not to be read again before " (ago(not_before)) } }
            @if let Some(url) = &health.moved_to { li { "The page has moved to " (outside(url, url)) } }
            @if let Some(url) = &health.read_at { li { "It is read at " (outside(url, url)) } }
            @for problem in health.problems.iter().take(MOST_PROBLEMS) { li { "Left out, since it was damaged: " (problem) } }
            @if health.problems.len() > MOST_PROBLEMS {
                li { "and " (health.problems.len() - MOST_PROBLEMS) " more that were damaged" }
            }
        }
    }
}

fn speeds(spans: &[IncidentTimeline]) -> Markup {
    let told = |speed: Option<i64>| speed.map_or_else(|| "Not enough incidents".to_owned(), duration);
    html! {
        div { dt { "Vendor, from start to first word" } dd { (told(vendor_lag(spans))) } }
        div { dt { "From first word to here" } dd { (told(our_lag(spans))) } }
    }
}

/// Those that say something of anybody's speed: seen as they happened.
fn measured(spans: &[IncidentTimeline]) -> impl Iterator<Item = (&IncidentTimeline, Timestamp)> {
    let measures =
        |span: &&IncidentTimeline| span.kind == Kind::Incident && span.origin == Origin::Provider && !span.backfilled;
    spans.iter().filter(measures).filter_map(|span| Some((span, span.first_said_at?)))
}

/// Median seconds between the start, as the vendor dates it, and the first that it said of it.
fn vendor_lag(spans: &[IncidentTimeline]) -> Option<i64> {
    // Where the vendor gives no start, an incident begins when it was first seen.
    let dated = measured(spans).filter(|(span, _)| span.began_at != span.first_seen_at);
    median(dated.map(|(span, said)| said.duration_since(span.began_at).as_secs()))
}

/// Median seconds between that and our first sight of it.
fn our_lag(spans: &[IncidentTimeline]) -> Option<i64> {
    median(measured(spans).map(|(span, said)| span.first_seen_at.duration_since(said).as_secs()))
}

fn median(seconds: impl Iterator<Item = i64>) -> Option<i64> {
    let mut seconds: Vec<i64> = seconds.map(|seconds| seconds.max(0)).collect();
    seconds.sort_unstable();
    let middle = seconds.len() / 2;
    match seconds.len() {
        few if few < FEWEST => None,
        even if even % 2 == 0 => Some((seconds[middle - 1] + seconds[middle]) / 2),
        _ => Some(seconds[middle]),
    }
}

fn every(interval: Duration) -> String {
    let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX);
    match seconds {
        3600 => "hour".to_owned(),
        60 => "minute".to_owned(),
        seconds => duration(seconds),
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

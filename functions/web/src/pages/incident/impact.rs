//! The impact of an incident: a lane for each component over the time of the incident, and the same as a table.
use jiff::Timestamp;
use maud::{Markup, html};
use status::{
    incident_timeline::{ComponentInterval, IncidentTimeline},
    page_summary::since,
    snapshot::Affected,
    words::ComponentStatus,
};

use super::{
    affected,
    intervals::{self, Intervals},
    view::IncidentView,
};
use crate::{
    layout::{durations::duration, states::component_status, times::time},
    model::provider_state::ProviderState,
};

/// More components are in the table only.
const MAX_LANES: usize = 24;
/// Units of a lane's drawing.
const WIDTH: f64 = 600.0;
/// Shorter states would not be seen.
const MIN_WIDTH: f64 = 3.0;

/// One component over the time of the incident.
struct Lane<'a> {
    name: &'a str,
    /// Of an open incident the present one, else the worst. `None`: the component was named without a state.
    status: Option<ComponentStatus>,
    intervals: &'a [&'a ComponentInterval],
}

pub(super) fn section(view: &IncidentView<'_>, timeline: &IncidentTimeline) -> Markup {
    let components = &view.incident_state.incident.components;
    let intervals = intervals::by_component(timeline);
    let more = components.len().saturating_sub(MAX_LANES);
    html! {
        h2 #components {
            @if view.is_ahead() { "Affects" } @else { "Impact" }
            @if !components.is_empty() { ": " (components.len()) @if components.len() == 1 { " component" } @else { " components" } }
        }
        @if components.is_empty() {
            p.soft { "No components listed." }
        } @else if intervals.is_empty() {
            (affected::table(view, &intervals))
        } @else {
            (drawing(view, &lanes(view, &intervals)))
            details #impact-table {
                summary { "As a table" @if more > 0 { ", with " (more) " more" } }
                (affected::table(view, &intervals))
            }
        }
    }
}

fn drawing(view: &IncidentView<'_>, lanes: &[Lane<'_>]) -> Markup {
    let (from, until) = (since(view.incident_state), view.until());
    html! {
        div.lanes {
            @for lane in lanes {
                span.lane-name { bdi { (lane.name) } }
                span.lane-state {
                    @match lane.status {
                        Some(status) => (component_status(status)),
                        None => span.soft { "Mentioned" },
                    }
                }
                svg viewBox={ "0 0 " (WIDTH) " 14" } preserveAspectRatio="none" role="img" aria-label=(label(view, lane)) {
                    rect.well width=(WIDTH) height="4" y="5" {}
                    @for interval in lane.intervals {
                        @let (x, width) = place(interval, from, until);
                        rect.(class(interval.status)) x=(x) width=(width) height="14" rx="2" {}
                    }
                }
            }
            p.axis {
                span { (time(from)) }
                span { @if view.incident_state.is_open() { "now" } @else { (time(until)) } }
            }
        }
    }
}

/// The worst first, then by name.
fn lanes<'a>(view: &'a IncidentView<'_>, intervals: &'a Intervals<'_>) -> Vec<Lane<'a>> {
    let is_open = view.incident_state.is_open();
    let lane = |affected: &'a Affected| {
        let intervals = intervals.get(&affected.id).map_or(&[][..], Vec::as_slice);
        let lasting = intervals.iter().find(|interval| interval.until.is_none());
        let status = match lasting {
            Some(interval) => interval.status,
            None if is_open => affected.status,
            None => intervals.iter().filter_map(|interval| interval.status).max(),
        };
        Lane { name: view.name(&affected.id), status, intervals }
    };
    let mut lanes: Vec<Lane<'_>> = view.incident_state.incident.components.iter().map(lane).collect();
    lanes.sort_by_cached_key(|lane| (std::cmp::Reverse(lane.status), lane.name.to_lowercase()));
    lanes.truncate(MAX_LANES);
    lanes
}

/// Where an interval begins, and its width, in units of the drawing with one decimal.
fn place(interval: &ComponentInterval, from: Timestamp, until: Timestamp) -> (f64, f64) {
    let seconds = |at: Timestamp| at.duration_since(from).as_secs_f64();
    let all = seconds(until).max(1.0);
    let at = |time: Timestamp| (seconds(time) / all * WIDTH).clamp(0.0, WIDTH);
    let (start, end) = (at(interval.from), at(interval.until.unwrap_or(until)));
    let width = (end - start).max(MIN_WIDTH);
    let round = |number: f64| (number * 10.0).round() / 10.0;
    (round(start.min(WIDTH - width)), round(width))
}

fn class(status: Option<ComponentStatus>) -> &'static str {
    status.and_then(ProviderState::of_component).unwrap_or(ProviderState::Unknown).as_str()
}

/// `API: major outage for 31 min, ongoing; then degraded performance for 5 min`.
fn label(view: &IncidentView<'_>, lane: &Lane<'_>) -> String {
    let told = lane.intervals.iter().map(|interval| {
        let seconds = interval.until.unwrap_or(view.until()).duration_since(interval.from).as_secs();
        let ongoing = if interval.until.is_none() && view.incident_state.is_open() { ", ongoing" } else { "" };
        let status = interval.status.map_or("affected", ComponentStatus::as_str);
        format!("{status} for {}{ongoing}", duration(seconds))
    });
    let told: Vec<String> = told.collect();
    format!("{}: {}", lane.name, if told.is_empty() { "mentioned".to_owned() } else { told.join("; then ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-03-10T{time}:00Z").parse().unwrap()
    }

    fn placed(from: &str, until: Option<&str>) -> (f64, f64) {
        let interval = ComponentInterval {
            component: "api".into(),
            status: Some(ComponentStatus::MajorOutage),
            from: at(from),
            until: until.map(at),
        };
        place(&interval, at("10:00"), at("12:00"))
    }

    #[test]
    fn lane_shows_each_state_at_its_time() {
        assert_eq!(placed("10:00", None), (0.0, 600.0));
        assert_eq!(placed("11:00", Some("11:30")), (300.0, 150.0));
        // Posted before the start, or after what is shown.
        assert_eq!(placed("09:00", Some("13:00")), (0.0, 600.0));
    }

    #[test]
    fn state_of_no_time_is_still_seen() {
        assert_eq!(placed("12:00", Some("12:00")), (597.0, 3.0));
        assert_eq!(placed("10:00", Some("10:00")), (0.0, 3.0));
    }
}

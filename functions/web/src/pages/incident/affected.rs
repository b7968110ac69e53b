//! The components of an incident: their states over time, when an update last mentioned them, and their state now. A
//! component that later updates omit keeps its state until the end, and is not shown as mentioned there.
use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use status::{ids::ComponentId, incident_timeline::ComponentInterval, snapshot::Affected, words::ComponentStatus};

use super::{intervals::Intervals, view::IncidentView};
use crate::layout::{durations::duration, states::component_status, times::time};

const MAX_COMPONENTS: usize = 500;
/// States of one component that are shown.
const MAX_INTERVALS: usize = 50;

/// When each component was last mentioned; `None` inside: only by undated updates.
type Mentions<'a> = HashMap<&'a ComponentId, Option<Timestamp>>;

pub(super) fn table(view: &IncidentView<'_>, intervals: &Intervals<'_>) -> Markup {
    let components = &view.incident_state.incident.components;
    let mentions = last_mentions(view);
    let mut sorted: Vec<&Affected> = components.iter().collect();
    sorted.sort_by_cached_key(|affected| view.name(&affected.id).to_lowercase());
    let more = sorted.len().saturating_sub(MAX_COMPONENTS);
    let now_label = if view.is_failing() { "Last known state" } else { "Now" };
    html! {
        div.panel.scroll { table.affected role="table" {
            thead role="rowgroup" { tr role="row" {
                th scope="col" role="columnheader" { "Component" }
                @if !view.is_ahead() { th scope="col" role="columnheader" { "Impact" } }
                @if !mentions.is_empty() { th scope="col" role="columnheader" { "Last mentioned" } }
                th scope="col" role="columnheader" { (now_label) }
            } }
            tbody role="rowgroup" {
                @for affected in sorted.into_iter().take(MAX_COMPONENTS) {
                    tr role="row" {
                        th scope="row" role="rowheader" { (view.name(&affected.id)) }
                        @if !view.is_ahead() {
                            @let intervals = intervals.get(&affected.id).map_or(&[][..], Vec::as_slice);
                            td role="cell" { (impact(view, affected, intervals)) }
                        }
                        @if !mentions.is_empty() {
                            td role="cell" data-label="Last mentioned" { (last_mentioned(&mentions, &affected.id)) }
                        }
                        td role="cell" data-label=(now_label) { (now(view, &affected.id)) }
                    }
                }
            }
        } }
        @if more > 0 { p.soft { "and " (more) " more" } }
    }
}

fn last_mentions<'a>(view: &IncidentView<'a>) -> Mentions<'a> {
    let mut mentions = HashMap::new();
    for update in &view.incident_state.incident.updates {
        for component in &update.components {
            let at = mentions.entry(&component.id).or_insert(update.posted_at);
            *at = (*at).max(update.posted_at);
        }
    }
    mentions
}

fn last_mentioned(mentions: &Mentions<'_>, id: &ComponentId) -> Markup {
    html! {
        @match mentions.get(id) {
            Some(Some(at)) => (time(*at)),
            Some(None) => "undated update",
            None => "not mentioned",
        }
    }
}

/// The states a component went through, each with its time.
fn impact(view: &IncidentView<'_>, affected: &Affected, intervals: &[&ComponentInterval]) -> Markup {
    html! {
        @for interval in intervals.iter().take(MAX_INTERVALS) {
            div.stretch {
                (component_status(interval.status.unwrap_or(ComponentStatus::Unknown)))
                @let until = interval.until.unwrap_or(view.now);
                " for " (duration(until.duration_since(interval.from).as_secs()))
                div.small.soft {
                    (time(interval.from))
                    " to " @match interval.until { Some(until) => (time(until)), None => "now" }
                }
            }
        }
        @if intervals.is_empty() {
            @match affected.status {
                Some(status) => (component_status(status)),
                None => "Mentioned, no state given",
            }
        }
    }
}

fn now(view: &IncidentView<'_>, id: &ComponentId) -> Markup {
    html! {
        @match view.components.get(id) {
            Some(component) => (component_status(component.status)),
            None => span.soft { "No longer listed" },
        }
    }
}

//! The components of an incident: how it held each, until when, when it was named last, and how it is now. One that later
//! updates leave out is held until the end, and is never said to have been named there.
use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use status::{
    ids::ComponentId,
    incident_timeline::{ComponentInterval, IncidentTimeline},
    snapshot::Affected,
    words::ComponentStatus,
};

use super::Known;
use crate::shell::{component_state, duration, time};

const MOST: usize = 500;

pub(super) fn table(known: &Known<'_>) -> Markup {
    let components = &known.incident_state.incident.components;
    let span = IncidentTimeline::of(known.incident_state);
    let mut held: HashMap<&ComponentId, Vec<&ComponentInterval>> = HashMap::new();
    for stretch in &span.intervals {
        held.entry(&stretch.component).or_default().push(stretch);
    }
    let named = last_named(known);
    let mut shown: Vec<&Affected> = components.iter().collect();
    shown.sort_by_cached_key(|affected| known.name(&affected.id).to_lowercase());
    let more = shown.len().saturating_sub(MOST);
    let now_is = if known.is_unreadable { "As read last" } else { "Now" };
    html! {
        h2 #components { "Components affected" @if !components.is_empty() { " (" (components.len()) ")" } }
        @if components.is_empty() {
            p.soft { "The vendor names none." }
        } @else {
            div.panel.scroll { table.affected role="table" {
                thead role="rowgroup" { tr role="row" {
                    th scope="col" role="columnheader" { "Component" }
                    th scope="col" role="columnheader" { "In this incident" }
                    @if !named.is_empty() { th scope="col" role="columnheader" { "Last named" } }
                    th scope="col" role="columnheader" { (now_is) }
                } }
                tbody role="rowgroup" {
                    @for affected in shown.into_iter().take(MOST) {
                        tr role="row" {
                            th scope="row" role="rowheader" { (known.name(&affected.id)) }
                            td role="cell" { (went(known, affected, held.get(&affected.id).map_or(&[], Vec::as_slice))) }
                            @if !named.is_empty() {
                                td role="cell" data-label="Last named" { @match named.get(&affected.id) {
                                    Some(Some(at)) => (time(*at)),
                                    Some(None) => "in an update without a time",
                                    None => "in no update",
                                } }
                            }
                            td role="cell" data-label=(now_is) { (now(known, &affected.id)) }
                        }
                    }
                }
            } }
            @if more > 0 { p.soft { "and " (more) " more" } }
        }
    }
}

/// When each was named by an update for the last time.
fn last_named<'a>(known: &Known<'a>) -> HashMap<&'a ComponentId, Option<Timestamp>> {
    let mut last = HashMap::new();
    for update in &known.incident_state.incident.updates {
        for named in &update.components {
            let at = last.entry(&named.id).or_insert(update.posted_at);
            *at = (*at).max(update.posted_at);
        }
    }
    last
}

fn went(known: &Known<'_>, affected: &Affected, held: &[&ComponentInterval]) -> Markup {
    html! {
        @for stretch in held {
            div.stretch {
                (component_state(stretch.status.unwrap_or(ComponentStatus::Unknown)))
                @let until = stretch.until.unwrap_or(known.now);
                " for " (duration(until.duration_since(stretch.from).as_secs()))
                div.small.soft {
                    (time(stretch.from))
                    " to " @match stretch.until { Some(until) => (time(until)), None => "now" }
                }
            }
        }
        @if held.is_empty() {
            @match affected.status {
                Some(status) => (component_state(status)),
                None => "Named without a state",
            }
        }
    }
}

fn now(known: &Known<'_>, id: &ComponentId) -> Markup {
    html! {
        @match known.page_state.and_then(|page_state| page_state.component(id)) {
            Some(component) => (component_state(component.status)),
            None => span.soft { "Not on the page" },
        }
    }
}

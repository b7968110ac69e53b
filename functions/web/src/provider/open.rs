//! What is open on a page: incidents with what the vendor said last, and maintenance that is planned or under way.
use std::cmp::Reverse;

use maud::{Markup, html};
use status::{
    page_state::{IncidentState, Origin, PageState},
    page_summary::since,
    snapshot::Kind,
    words::Phase,
};

use super::Known;
use crate::{
    paths,
    said::said,
    shell::{ago, component_name, in_a_line, planned},
};

/// More than that are counted.
const MOST: usize = 20;
const MOST_NAMES: usize = 12;
/// Of the newest update.
const LONGEST_TEXT: usize = 700;

pub(super) fn incidents(known: &Known<'_>, page_state: &PageState) -> Markup {
    let mut open: Vec<&IncidentState> = of_kind(page_state, Kind::Incident).collect();
    open.sort_by_key(|incident_state| Reverse(since(incident_state)));
    html! {
        @if !open.is_empty() {
            h2 #open { "Open incidents" }
            @for incident_state in open.iter().take(MOST) { (card(known, incident_state)) }
            (rest(open.len()))
        }
    }
}

/// Running ones first, then by their start.
pub(super) fn maintenances(known: &Known<'_>, page_state: &PageState) -> Markup {
    let mut open: Vec<&IncidentState> = of_kind(page_state, Kind::Maintenance).collect();
    open.sort_by_key(|incident_state| (!is_running(incident_state), since(incident_state)));
    html! {
        @if !open.is_empty() {
            h2 #maintenance { "Maintenance" }
            div.panel { ul.rows {
                @for incident_state in open.iter().take(MOST) {
                    li { div.row {
                        a.who href=(address(known, incident_state)) { (incident_state.incident.title) }
                        span.tag { (phase(incident_state).unwrap_or("planned")) }
                        div.what {
                            (planned(incident_state.incident.window))
                            @if let Some(names) = names(known, incident_state) { " · " (names) }
                        }
                    } }
                }
            } }
            (rest(open.len()))
        }
    }
}

fn of_kind(page_state: &PageState, kind: Kind) -> impl Iterator<Item = &IncidentState> {
    page_state
        .incidents
        .iter()
        .filter(move |incident_state| incident_state.is_open() && incident_state.incident.kind == kind)
}

fn is_running(incident_state: &IncidentState) -> bool {
    matches!(incident_state.incident.phase, Some(Phase::InProgress | Phase::Verifying))
}

fn card(known: &Known<'_>, incident_state: &IncidentState) -> Markup {
    let incident = &incident_state.incident;
    let newest = incident.updates.iter().max_by_key(|update| update.posted_at);
    html! {
        article.card {
            h3 { a href=(address(known, incident_state)) { (incident.title) } }
            p.small.soft {
                span.tag { (incident_state.severity.as_str()) }
                @if let Some(phase) = phase(incident_state) { " " (phase) }
                " · began " (ago(since(incident_state)))
                @if let Some(names) = names(known, incident_state) { " · " (names) }
                @if incident_state.origin == Origin::Components { " · the vendor posted no incident" }
            }
            @if let Some((update, body)) = newest.and_then(|update| Some((update, update.body.as_ref()?))) {
                (said(body, LONGEST_TEXT))
                @if let Some(posted_at) = update.posted_at { p.small.soft { "Said " (ago(posted_at)) } }
            }
        }
    }
}

fn address(known: &Known<'_>, incident_state: &IncidentState) -> String {
    paths::incident(&known.row.provider.id, incident_state.incident.kind, &incident_state.incident.id)
}

fn phase(incident_state: &IncidentState) -> Option<&'static str> {
    incident_state.incident.phase.map(Phase::as_str)
}

fn names(known: &Known<'_>, incident_state: &IncidentState) -> Option<Markup> {
    let all = &incident_state.incident.components;
    let named = all.iter().take(MOST_NAMES).map(|affected| component_name(known.page_state(), &affected.id));
    let more = all.len().saturating_sub(MOST_NAMES);
    (!all.is_empty()).then(|| html! { (in_a_line(named)) @if more > 0 { " and " (more) " more" } })
}

fn rest(all: usize) -> Markup {
    html! { @if all > MOST { p.soft { "and " (all - MOST) " more" } } }
}

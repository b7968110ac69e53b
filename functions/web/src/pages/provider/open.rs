//! Open incidents with their newest update, and maintenance that is scheduled or in progress.
use std::cmp::Reverse;

use maud::{Markup, html};
use status::{
    page_state::{IncidentState, Origin, PageState},
    page_summary::since,
    snapshot::{Kind, Window},
    words::Phase,
};

use super::view::ProviderView;
use crate::{
    layout::{
        names::{comma_separated, component_name},
        states,
        times::{ago, time, window},
    },
    model::maintenance::is_reschedule,
    provider_markdown, urls,
};

/// The rest is counted.
const MAX_LISTED: usize = 20;
const MAX_NAMES: usize = 6;
const MAX_TEXT_LENGTH: usize = 700;

/// The newest first, stale ones last.
pub(super) fn incidents(view: &ProviderView<'_>, page_state: &PageState) -> Markup {
    let mut open: Vec<&IncidentState> = of_kind(page_state, Kind::Incident).collect();
    open.sort_by_key(|incident_state| (incident_state.is_stale(), Reverse(since(incident_state))));
    html! {
        @if !open.is_empty() {
            h2 #open { "Open incidents" }
            @for incident_state in open.iter().take(MAX_LISTED) { (card(view, incident_state)) }
            (not_listed(open.len()))
        }
    }
}

/// Those in progress first, then by start.
pub(super) fn maintenances(view: &ProviderView<'_>, page_state: &PageState) -> Markup {
    let mut open: Vec<&IncidentState> = of_kind(page_state, Kind::Maintenance).collect();
    open.sort_by_key(|maintenance| (!is_in_progress(maintenance), since(maintenance)));
    html! {
        @if !open.is_empty() {
            h2 #maintenance { "Maintenance" }
            div.panel { ul.rows {
                @for maintenance in open.iter().take(MAX_LISTED) { li { (maintenance_row(view, maintenance)) } }
            } }
            (not_listed(open.len()))
        }
    }
}

fn maintenance_row(view: &ProviderView<'_>, maintenance: &IncidentState) -> Markup {
    html! {
        div.row {
            a.who href=(url(view, maintenance)) { (maintenance.incident.title) }
            span.tag { (phase(maintenance).unwrap_or("scheduled")) }
            div.what {
                (window(maintenance.incident.window))
                @if let Some(former) = former_window(maintenance) { " · rescheduled from " (window(Some(former))) }
                (no_news(maintenance))
                @if let Some(names) = names(view, maintenance) { " · " (names) }
            }
        }
    }
}

/// When it was planned for before it was rescheduled.
fn former_window(maintenance: &IncidentState) -> Option<Window> {
    let (former, present) = (maintenance.rescheduled.last()?.from, maintenance.incident.window?);
    is_reschedule(former, present).then_some(former)
}

fn of_kind(page_state: &PageState, kind: Kind) -> impl Iterator<Item = &IncidentState> {
    page_state
        .incidents
        .iter()
        .filter(move |incident_state| incident_state.is_open() && incident_state.incident.kind == kind)
}

fn is_in_progress(maintenance: &IncidentState) -> bool {
    matches!(maintenance.incident.phase, Some(Phase::InProgress | Phase::Verifying))
}

fn card(view: &ProviderView<'_>, incident_state: &IncidentState) -> Markup {
    let incident = &incident_state.incident;
    let newest = incident.updates.iter().max_by_key(|update| update.posted_at);
    html! {
        article.card {
            h3 { a href=(url(view, incident_state)) { (incident.title) } }
            p.small.soft {
                span.tag { (states::severity(incident_state.severity)) }
                @if let Some(phase) = phase(incident_state) { " " (phase) }
                " · started " (ago(since(incident_state)))
                @if let Some(names) = names(view, incident_state) { " · " (names) }
                @if incident_state.origin == Origin::Components { " · not posted by the provider" }
                (no_news(incident_state))
            }
            @if let Some((update, body)) = newest.and_then(|update| Some((update, update.body.as_ref()?))) {
                (provider_markdown::render(body, MAX_TEXT_LENGTH))
                @if let Some(posted_at) = update.posted_at { p.small.soft { "Updated " (ago(posted_at)) } }
            }
        }
    }
}

fn no_news(incident_state: &IncidentState) -> Markup {
    html! { @if let Some(since) = incident_state.no_news_since { " · no news since " (time(since)) } }
}

fn url(view: &ProviderView<'_>, incident_state: &IncidentState) -> String {
    urls::incident(&view.row.provider.id, incident_state.incident.kind, &incident_state.incident.id)
}

fn phase(incident_state: &IncidentState) -> Option<&'static str> {
    incident_state.incident.phase.map(Phase::as_str)
}

fn names(view: &ProviderView<'_>, incident_state: &IncidentState) -> Option<Markup> {
    let components = &incident_state.incident.components;
    let listed = components.iter().take(MAX_NAMES).map(|affected| component_name(view.page_state(), &affected.id));
    let more = components.len().saturating_sub(MAX_NAMES);
    (!components.is_empty()).then(|| html! { (comma_separated(listed)) @if more > 0 { " and " (more) " more" } })
}

fn not_listed(total: usize) -> Markup {
    html! { @if total > MAX_LISTED { p.soft { "and " (total - MAX_LISTED) " more" } } }
}

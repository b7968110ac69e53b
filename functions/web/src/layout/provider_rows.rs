//! Lists of providers, each with its state and what is open there.
use maud::{Markup, html};
use status::{page_summary::OpenItem, snapshot::Kind};

use super::{
    blindness::state_as_of,
    names::comma_separated,
    times::{ago, time},
};
use crate::{
    model::{overview::ProviderRow, provider_state::ProviderState},
    urls,
};

const MAX_INCIDENTS_PER_ROW: usize = 3;
const MAX_RUNNING_PER_ROW: usize = 2;

/// What the monitors of the configuration file have to do with a provider: its filters, and that nobody is alerted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfFile {
    Shown,
    /// On pages that other accounts give to people.
    LeftOut,
}

pub(crate) fn list(rows: &[&ProviderRow], label: &str, of_file: OfFile) -> Markup {
    html! {
        div.panel { ul.rows aria-label=(label) { @for row in rows { li { (line(row, of_file)) } } } }
    }
}

fn line(row: &ProviderRow, of_file: OfFile) -> Markup {
    let open = row.page_summary.as_ref().map_or(&[][..], |summary| &summary.open);
    let incidents = open.iter().filter(|item| item.kind == Kind::Incident);
    let more = incidents.clone().count().saturating_sub(MAX_INCIDENTS_PER_ROW);
    let running = open.iter().filter(|item| item.is_running_maintenance());
    let failure = row.failing.as_ref().and_then(|health| health.reason.as_ref());
    html! {
        div.row {
            span {
                a.who href=(urls::provider(&row.provider.id)) { (row.provider.name) }
                @if row.is_silent && of_file == OfFile::Shown { " " (no_alerts()) }
            }
            span { (state_as_of(row)) }
            @for item in incidents.take(MAX_INCIDENTS_PER_ROW) { div.what { (open_incident(row, item)) } }
            @if more > 0 { div.what { "and " (more) " more" } }
            @for item in running.take(MAX_RUNNING_PER_ROW) { div.what { (running_maintenance(row, item)) } }
            @if let Some(entry) = row.unmatched.first().filter(|_| of_file == OfFile::Shown) {
                div.what { (unmatched_filter(entry, row.unmatched.len() - 1)) }
            }
            @if let (ProviderState::Unreadable, Some(reason)) = (row.state(), failure) {
                div.what { (reason) }
            }
        }
    }
}

/// Of a provider that is listed as watched, and of which nobody is told.
fn no_alerts() -> Markup {
    html! { span.tag.silent title="No group with destinations covers a monitor of it." { "No alerts" } }
}

/// Also says how many other entries fit nothing.
fn unmatched_filter(entry: &str, others: usize) -> Markup {
    html! {
        "Filter “" (entry) "” fits nothing on this page"
        @if others > 0 { ", nor do " (others) @if others == 1 { " other" } @else { " others" } }
    }
}

fn running_maintenance(row: &ProviderRow, item: &OpenItem) -> Markup {
    html! {
        "Maintenance: " a href=(urls::incident(&row.provider.id, item.kind, &item.id)) { (item.title) }
        @if let Some(ends_at) = item.window.and_then(|window| window.ends_at) { " · until " (time(ends_at)) }
    }
}

fn open_incident(row: &ProviderRow, item: &OpenItem) -> Markup {
    html! {
        a href=(urls::incident(&row.provider.id, item.kind, &item.id)) { (item.title) }
        @if let Some(phase) = item.phase { " · " (phase.as_str()) }
        " · started " (ago(item.since))
        @if let Some(since) = item.no_news_since { " · no news since " (time(since)) }
        @if !item.components.is_empty() { " · " (comma_separated(item.components.iter())) }
        @if item.more_components > 0 { " +" (item.more_components) " more" }
    }
}

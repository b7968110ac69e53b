//! What is over on a page, newest first, some at a time.
use std::collections::BTreeSet;

use maud::{Markup, html};
use status::{
    ids::{ComponentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::PageState,
    snapshot::Kind,
};

use crate::{
    paths,
    shell::{component_name, duration, in_a_line, time},
};

pub(super) const AT_ONCE: u32 = 20;
const MOST_NAMES: usize = 6;

/// Those of the spans that are over.
pub(super) fn list(provider: &ProviderId, spans: &[IncidentTimeline], page_state: Option<&PageState>) -> Markup {
    let over: Vec<&IncidentTimeline> = spans.iter().filter(|span| span.ended_at.is_some()).collect();
    html! {
        @if over.is_empty() {
            p.soft { "None is known here." }
        } @else {
            div.panel { ul.rows {
                @for span in over { li { (line(provider, span, page_state)) } }
            } }
        }
    }
}

fn line(provider: &ProviderId, span: &IncidentTimeline, page_state: Option<&PageState>) -> Markup {
    let components: BTreeSet<&ComponentId> = span.intervals.iter().map(|held| &held.component).collect();
    let more = components.len().saturating_sub(MOST_NAMES);
    html! {
        div.row {
            a.who href=(paths::incident(provider, span.kind, &span.id)) { (span.title) }
            @if let Some(ended_at) = span.ended_at {
                span { (duration(ended_at.duration_since(span.began_at).as_secs())) }
            }
            div.what {
                (time(span.began_at)) " · "
                @match span.kind { Kind::Incident => (span.severity.as_str()), Kind::Maintenance => "maintenance" }
                @if !components.is_empty() { " · " }
                (in_a_line(components.into_iter().take(MOST_NAMES).map(|component| component_name(page_state, component))))
                @if more > 0 { " and " (more) " more" }
                @if span.backfilled { " · known from the page's history" }
            }
        }
    }
}

pub(super) fn turn(provider: &ProviderId, cursor: Option<&str>, is_back: bool) -> Markup {
    let older = cursor.and_then(|cursor| serde_html_form::to_string([("before", cursor)]).ok());
    html! {
        nav.pages aria-label="Pages of what is over" {
            @if is_back { a href=(paths::provider(provider)) { "Back to now" } }
            @if let Some(query) = older { a rel="next" href={ (paths::provider(provider)) "?" (query) "#past" } { "Older" } }
        }
    }
}

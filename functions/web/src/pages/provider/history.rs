//! Past incidents and maintenance, the newest first, a page at a time.
use std::collections::BTreeSet;

use maud::{Markup, html};
use status::{
    ids::{ComponentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::PageState,
    snapshot::Kind,
};

use crate::{
    layout::{
        durations::duration,
        names::{comma_separated, component_name},
        times::time,
    },
    urls,
};

pub(super) const PAGE_SIZE: u32 = 20;
const MAX_NAMES: usize = 6;

/// Those of the timelines that have ended.
pub(super) fn list(provider: &ProviderId, timelines: &[IncidentTimeline], page_state: Option<&PageState>) -> Markup {
    let past: Vec<&IncidentTimeline> = timelines.iter().filter(|timeline| timeline.ended_at.is_some()).collect();
    html! {
        @if past.is_empty() {
            p.soft { "No past incidents recorded." }
        } @else {
            div.panel { ul.rows {
                @for timeline in past { li { (line(provider, timeline, page_state)) } }
            } }
        }
    }
}

fn line(provider: &ProviderId, timeline: &IncidentTimeline, page_state: Option<&PageState>) -> Markup {
    let components: BTreeSet<&ComponentId> = timeline.intervals.iter().map(|interval| &interval.component).collect();
    let more = components.len().saturating_sub(MAX_NAMES);
    let kind = match timeline.kind {
        Kind::Incident => timeline.severity.as_str(),
        Kind::Maintenance => "maintenance",
    };
    html! {
        div.row {
            a.who href=(urls::incident(provider, timeline.kind, &timeline.id)) { (timeline.title) }
            @if let Some(ended_at) = timeline.ended_at {
                span { (duration(ended_at.duration_since(timeline.began_at).as_secs())) }
            }
            div.what {
                (time(timeline.began_at)) " · " (kind)
                @if !components.is_empty() { " · " }
                (comma_separated(components.into_iter().take(MAX_NAMES).map(|id| component_name(page_state, id))))
                @if more > 0 { " and " (more) " more" }
                @if timeline.backfilled { " · imported" }
            }
        }
    }
}

/// `is_continued`: this is not the first page.
pub(super) fn pagination(provider: &ProviderId, cursor: Option<&str>, is_continued: bool) -> Markup {
    let older = cursor.map(|cursor| urls::with_query(&urls::provider(provider), &[("before", cursor)]));
    html! {
        nav.pages aria-label="Pages of past incidents" {
            @if is_continued { a href=(urls::provider(provider)) { "Newest" } }
            @if let Some(path) = older { a rel="next" href={ (path) "#past" } { "Older" } }
        }
    }
}

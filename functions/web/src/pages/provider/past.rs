//! Past incidents and maintenance in lists, the newest first.
use std::collections::BTreeSet;

use maud::{Markup, html};
use status::{
    ids::{ComponentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::PageState,
    snapshot::Kind,
    words::Phase,
};

use crate::{
    layout::{
        durations::duration,
        names::{comma_separated, component_name},
        times::time,
    },
    urls,
};

/// More are in the history by month.
const MAX_LISTED: usize = 20;
const MAX_NAMES: usize = 6;

/// The newest of the timelines that have ended.
pub(super) fn list(provider: &ProviderId, timelines: &[IncidentTimeline], page_state: &PageState) -> Markup {
    let past = timelines.iter().filter(|timeline| timeline.ended_at.is_some()).take(MAX_LISTED);
    let past: Vec<&IncidentTimeline> = past.collect();
    html! {
        @if past.is_empty() {
            p.soft { "No past incidents recorded." }
        } @else {
            div.panel { ul.rows {
                @for timeline in past { li { (line(provider, timeline, Some(page_state))) } }
            } }
        }
    }
}

/// `page_state`: for the names of components.
pub(super) fn line(provider: &ProviderId, timeline: &IncidentTimeline, page_state: Option<&PageState>) -> Markup {
    let components: BTreeSet<&ComponentId> = timeline.intervals.iter().map(|interval| &interval.component).collect();
    let more = components.len().saturating_sub(MAX_NAMES);
    let kind = match timeline.kind {
        Kind::Incident => timeline.severity.as_str(),
        Kind::Maintenance => "maintenance",
    };
    html! {
        div.row {
            a.who href=(urls::incident(provider, timeline.kind, &timeline.id)) { (timeline.title) }
            @match timeline.ended_at {
                Some(ended_at) => span { (duration(ended_at.duration_since(timeline.began_at).as_secs())) },
                None => span.tag { (timeline.phase.map_or("open", Phase::as_str)) },
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

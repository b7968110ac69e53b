//! The incidents of the last 90 days without their texts: what the bars and the speeds are made of.
use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use status::{
    ids::{IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::PageState,
    snapshot::Kind,
};
use store::{Store, StoreError};

use super::bars::DAYS;

const AT_ONCE: u32 = 300;
/// The page with the most incidents has some 1,200 in 90 days.
const MOST: usize = 3_000;
/// What began earlier and ended within the days is read as well, unless it took longer than this.
const LONGEST: i64 = 30;

pub(super) struct Recent {
    /// Newest first.
    pub(super) spans: Vec<IncidentTimeline>,
    /// Of what was before, some may be missing.
    pub(super) all_since: Timestamp,
}

/// As many as cover the days.
pub(super) async fn read(store: &Store, provider: &ProviderId, now: Timestamp) -> Result<Recent, StoreError> {
    let from = now - SignedDuration::from_hours(24 * (DAYS as i64 + LONGEST));
    let mut spans: Vec<IncidentTimeline> = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.timelines_of(provider, AT_ONCE, cursor.as_deref()).await?;
        spans.extend(page.timelines);
        let reached = spans.last().map(placed_at);
        cursor = page.cursor;
        if cursor.is_none() || reached.is_some_and(|reached| reached < from) {
            return Ok(Recent { spans, all_since: Timestamp::MIN });
        }
        if spans.len() >= MOST {
            return Ok(Recent { spans, all_since: reached.unwrap_or(now) });
        }
    }
}

impl Recent {
    /// What is believed is newer than what lists say, and what is open is believed however long ago it began.
    pub(super) fn refresh(&mut self, page_state: &PageState) {
        let believed: HashSet<(Kind, &IncidentId)> = page_state
            .incidents
            .iter()
            .map(|incident_state| (incident_state.incident.kind, &incident_state.incident.id))
            .collect();
        self.spans.retain(|span| !believed.contains(&(span.kind, &span.id)));
        self.spans.extend(page_state.incidents.iter().map(IncidentTimeline::of));
        self.spans.sort_by_key(|span| std::cmp::Reverse(placed_at(span)));
    }
}

/// Where it stands in the order of the store.
fn placed_at(span: &IncidentTimeline) -> Timestamp {
    span.window.and_then(|window| window.starts_at).unwrap_or(span.began_at)
}

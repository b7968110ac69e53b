//! The incidents of the last 90 days without their texts, for the bars and the median delays.
use std::{cmp::Reverse, collections::HashSet};

use jiff::{SignedDuration, Timestamp};
use status::{
    ids::{IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::PageState,
    snapshot::Kind,
};
use store::{Store, StoreError};

/// Of the bars, and of uptime.
pub(crate) const DAYS: usize = 90;
const PAGE_SIZE: u32 = 100;
/// The busiest page of the catalogue has about 1,200 incidents in 90 days.
const MAX_TIMELINES: usize = 3_000;
/// Of all these timelines. Further ones count for the page as a whole; of its components, nothing is claimed before
/// them.
const MAX_INTERVALS: usize = 20_000;
/// An incident that started before the 90 days and ended within them is found if it lasted at most this long.
const MAX_DURATION_DAYS: i64 = 30;

pub(crate) struct Recent {
    /// The newest first.
    pub(crate) timelines: Vec<IncidentTimeline>,
    /// Incidents from before this time may be missing.
    pub(crate) complete_since: Timestamp,
    /// What incidents did to components before this time may be missing.
    pub(crate) components_complete_since: Timestamp,
}

/// Reads pages of timelines until the 90 days are covered or there are too many.
pub(crate) async fn read(store: &Store, provider: &ProviderId, now: Timestamp) -> Result<Recent, StoreError> {
    let from = now - SignedDuration::from_hours(24 * (DAYS as i64 + MAX_DURATION_DAYS));
    let mut timelines: Vec<IncidentTimeline> = Vec::new();
    let mut room = MAX_INTERVALS;
    let mut components_complete_since = Timestamp::MIN;
    let mut cursor = None;
    loop {
        let mut page = store.timelines_of(provider, PAGE_SIZE, cursor.as_deref()).await?;
        for timeline in &mut page.timelines {
            components_complete_since = components_complete_since.max(bound_intervals(timeline, &mut room, now));
        }
        timelines.append(&mut page.timelines);
        let oldest = timelines.last().map(sort_time);
        cursor = page.cursor;
        if cursor.is_none() || oldest.is_some_and(|oldest| oldest < from) {
            return Ok(Recent { timelines, complete_since: Timestamp::MIN, components_complete_since });
        }
        if timelines.len() >= MAX_TIMELINES {
            return Ok(Recent { timelines, complete_since: oldest.unwrap_or(now), components_complete_since });
        }
    }
}

impl Recent {
    /// Replaces timelines by those of the page state, which is newer and has every open incident however old.
    pub(crate) fn refresh(&mut self, page_state: &PageState, now: Timestamp) {
        let current: HashSet<(Kind, &IncidentId)> = page_state
            .incidents
            .iter()
            .map(|incident_state| (incident_state.incident.kind, &incident_state.incident.id))
            .collect();
        self.timelines.retain(|timeline| !current.contains(&(timeline.kind, &timeline.id)));
        let mut room = MAX_INTERVALS;
        for incident_state in &page_state.incidents {
            let mut timeline = IncidentTimeline::of(incident_state);
            let complete_since = bound_intervals(&mut timeline, &mut room, now);
            self.components_complete_since = self.components_complete_since.max(complete_since);
            self.timelines.push(timeline);
        }
        self.timelines.sort_by_key(|timeline| Reverse(sort_time(timeline)));
    }
}

/// `room`: how many intervals there is room for. Returns the time from which none of the timeline is missing.
fn bound_intervals(timeline: &mut IncidentTimeline, room: &mut usize, now: Timestamp) -> Timestamp {
    match room.checked_sub(timeline.intervals.len()) {
        Some(left) => *room = left,
        None => {
            timeline.intervals = Vec::new();
            timeline.has_more_intervals = true;
        }
    }
    if timeline.has_more_intervals { timeline.ended_at.unwrap_or(now) } else { Timestamp::MIN }
}

/// The time by which the store orders timelines.
fn sort_time(timeline: &IncidentTimeline) -> Timestamp {
    timeline.window.and_then(|window| window.starts_at).unwrap_or(timeline.began_at)
}

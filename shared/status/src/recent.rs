//! The incidents of the last 90 days without their texts, for the bars and the median delays.
use std::{cmp::Reverse, collections::HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::{ids::IncidentId, incident_timeline::IncidentTimeline, page_state::PageState, snapshot::Kind};

/// Of the bars, and of uptime.
pub const DAYS: usize = 90;
/// The busiest page of the catalogue has about 1,200 incidents in 90 days.
const MAX_TIMELINES: usize = 3_000;
/// Of all these timelines. Further ones count for the page as a whole; of its components, nothing is claimed before
/// them.
const MAX_INTERVALS: usize = 20_000;
/// An incident that started before the 90 days and ended within them is found if it lasted at most this long.
const MAX_DURATION_DAYS: i64 = 30;

pub struct Recent {
    /// The newest first.
    pub timelines: Vec<IncidentTimeline>,
    /// Incidents from before this time may be missing.
    pub complete_since: Timestamp,
    /// What incidents did to components before this time may be missing.
    pub components_complete_since: Timestamp,
    /// For how many intervals there is room.
    room: usize,
}

impl Default for Recent {
    fn default() -> Self {
        let (complete_since, components_complete_since) = (Timestamp::MIN, Timestamp::MIN);
        Self { timelines: Vec::new(), complete_since, components_complete_since, room: MAX_INTERVALS }
    }
}

impl Recent {
    /// Adds timelines that are older than those before, the newest first. Returns whether older ones are needed.
    pub fn add(&mut self, mut older: Vec<IncidentTimeline>, now: Timestamp) -> bool {
        let from = now - SignedDuration::from_hours(24 * (DAYS as i64 + MAX_DURATION_DAYS));
        for timeline in &mut older {
            let complete_since = bound_intervals(timeline, &mut self.room, now);
            self.components_complete_since = self.components_complete_since.max(complete_since);
        }
        self.timelines.append(&mut older);
        let oldest = self.timelines.last().map(sort_time);
        if oldest.is_some_and(|oldest| oldest < from) {
            return false;
        }
        let is_full = self.timelines.len() >= MAX_TIMELINES;
        if is_full {
            self.complete_since = oldest.unwrap_or(now);
        }
        !is_full
    }

    /// Replaces timelines by those of the page state, which is newer and has every open incident however old.
    pub fn refresh(&mut self, page_state: &PageState, now: Timestamp) {
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

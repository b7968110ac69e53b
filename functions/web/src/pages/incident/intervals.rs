//! The states of an incident's components over time, sorted out by component.
use std::collections::HashMap;

use status::{
    ids::ComponentId,
    incident_timeline::{ComponentInterval, IncidentTimeline},
};

/// Of each component that has any, in the order of time.
pub(super) type Intervals<'a> = HashMap<&'a ComponentId, Vec<&'a ComponentInterval>>;

pub(super) fn by_component(timeline: &IncidentTimeline) -> Intervals<'_> {
    let mut intervals = Intervals::new();
    for interval in &timeline.intervals {
        intervals.entry(&interval.component).or_default().push(interval);
    }
    intervals
}

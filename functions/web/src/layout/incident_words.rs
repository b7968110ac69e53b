//! The words for one incident, and the state that gives it its colour.
use status::{
    incident_timeline::IncidentTimeline,
    page_state::IncidentState,
    snapshot::Kind,
    words::{ComponentStatus, Severity},
};

use super::states::{capitalized, severity};
use crate::model::provider_state::ProviderState;

/// `Major incident`, `Maintenance`.
pub(crate) fn kind(incident_state: &IncidentState) -> String {
    match incident_state.severity {
        Severity::Maintenance => "Maintenance".to_owned(),
        rated => format!("{} incident", severity(rated)),
    }
}

/// `Identified`; how it ended, if its last phase does not say that it did.
pub(crate) fn phase(incident_state: &IncidentState) -> String {
    let phase = incident_state.incident.phase;
    match phase.filter(|phase| phase.is_over() || incident_state.is_open()) {
        Some(phase) => capitalized(phase.as_str()),
        None if incident_state.is_open() => "Open".to_owned(),
        None => "Ended".to_owned(),
    }
}

/// The worst state that lasts, or how it ended.
pub(crate) fn state(incident_state: &IncidentState, timeline: &IncidentTimeline) -> ProviderState {
    if !incident_state.is_open() {
        return ProviderState::Operational;
    }
    if incident_state.is_stale() {
        return ProviderState::Unknown;
    }
    if incident_state.incident.kind == Kind::Maintenance {
        return ProviderState::UnderMaintenance;
    }
    let lasting = timeline.intervals.iter().filter(|interval| interval.until.is_none());
    let worst = lasting.filter_map(|interval| interval.status).max();
    let rated = match incident_state.severity {
        Severity::Major => ComponentStatus::PartialOutage,
        Severity::Minor | Severity::Maintenance => ComponentStatus::DegradedPerformance,
    };
    ProviderState::of_component(worst.unwrap_or(rated).max(rated)).unwrap_or(ProviderState::DegradedPerformance)
}

//! What changed between two states of a page: the incidents for the history, and a log line per alert.
use status::{
    alert::Alert,
    page_state::{IncidentState, PageState},
    provider::Provider,
};

/// Incidents that are new or different in `after`.
pub(crate) fn changed_incidents(before: &PageState, after: &PageState) -> Vec<IncidentState> {
    let is_new = |incident: &&IncidentState| before.find(&incident.incident.id) != Some(*incident);
    after.incidents.iter().filter(is_new).cloned().collect()
}

pub(crate) fn log_alerts(page: &Provider, alerts: &[Alert]) {
    for alert in alerts {
        let phase = alert.incident.phase.map_or("", |phase| phase.as_str());
        tracing::info!(alert.id = %alert.id, phase, "{}: {} - {}", page.name, alert.event.as_str(), alert.incident.title);
    }
}

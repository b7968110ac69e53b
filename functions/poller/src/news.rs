//! What a commit brings: the incidents it changes, for the history, and a line per alert, for the log.
use status::{
    alert::Alert,
    page_state::{IncidentState, PageState},
    provider::Provider,
};

/// New or different in `after`.
pub(crate) fn changed(before: &PageState, after: &PageState) -> Vec<IncidentState> {
    let is_new = |incident_state: &&IncidentState| before.find(&incident_state.incident.id) != Some(*incident_state);
    after.incidents.iter().filter(is_new).cloned().collect()
}

pub(crate) fn tell(page: &Provider, alerts: &[Alert], is_baseline: bool) {
    if is_baseline {
        tracing::debug!(provider.id = %page.id, "first read of {}", page.name);
    }
    for alert in alerts {
        let phase = alert.incident.phase.map_or("", |phase| phase.as_str());
        tracing::info!(alert.id = %alert.id, phase, "{}: {} - {}", page.name, alert.event.as_str(), alert.incident.title);
    }
}

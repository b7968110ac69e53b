//! What changed between two states of a page: the incidents for the history, and a log line per alert.
use status::{
    alert::Alert,
    ids::IncidentId,
    page_state::{IncidentState, PageState},
    provider::Provider,
    snapshot::Kind,
};

/// Incidents that are new or different in `after`.
pub(crate) fn changed_incidents(before: &PageState, after: &PageState) -> Vec<IncidentState> {
    let is_new = |incident: &&IncidentState| before.find(&incident.incident.id) != Some(*incident);
    after.incidents.iter().filter(is_new).cloned().collect()
}

/// The former kind of each incident that is of another kind now.
pub(crate) fn former_kinds(before: &PageState, after: &PageState) -> Vec<(Kind, IncidentId)> {
    let former_kind = |now: &IncidentState| {
        let known = &before.find(&now.incident.id)?.incident;
        (known.kind != now.incident.kind).then(|| (known.kind, known.id.clone()))
    };
    after.incidents.iter().filter_map(former_kind).collect()
}

pub(crate) fn log_alerts(page: &Provider, alerts: &[Alert]) {
    for alert in alerts {
        let phase = alert.incident.phase.map_or("", |phase| phase.as_str());
        tracing::info!(alert.id = %alert.id, phase, "{}: {} - {}", page.name, alert.event.as_str(), alert.incident.title);
    }
}

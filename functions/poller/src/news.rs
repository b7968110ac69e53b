//! What a commit brings: the incidents it changes, for the history, and a line per alert, for the log.
use status::{
    alert::Alert,
    belief::{Belief, Tracked},
    provider::Provider,
};

/// New or different in `after`.
pub(crate) fn changed(before: &Belief, after: &Belief) -> Vec<Tracked> {
    let is_new = |tracked: &&Tracked| before.find(tracked.incident.kind, &tracked.incident.id) != Some(*tracked);
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

//! A log line per alert.
use status::{alert::Alert, provider::Provider};

pub(crate) fn log_alerts(page: &Provider, alerts: &[Alert]) {
    for alert in alerts {
        let phase = alert.incident.phase.map_or("", |phase| phase.as_str());
        tracing::info!(alert.id = %alert.id, phase, "{}: {} - {}", page.name, alert.event.as_str(), alert.incident.title);
    }
}

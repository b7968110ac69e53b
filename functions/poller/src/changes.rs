//! A log line and a measurement per alert.
use startup::metrics::Metrics;
use status::{alert::Alert, provider::Provider};

use crate::counted::measure_detection;

pub(crate) fn log_alerts(page: &Provider, alerts: &[Alert], metrics: &Metrics) {
    for alert in alerts {
        measure_detection(metrics, alert);
        let phase = alert.incident.phase.map_or("", |phase| phase.as_str());
        tracing::info!(alert.id = %alert.id, phase, "{}: {} - {}", page.name, alert.event.as_str(), alert.incident.title);
    }
}

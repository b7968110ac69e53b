//! What is open on a page that was quiet before is told: none of it passes for history.
use jiff::{Timestamp, ToSpan};
use status::{
    diff::{ChangeKind, diff},
    page_state::PageState,
    snapshot::{Incident, Listing},
    words::ComponentStatus,
};

use super::{case::cases, failures::Failures};

/// Posts of feeds that are older than this are taken for history.
const NEWS_OF_FEEDS: i64 = 24;

#[test]
fn every_open_incident_is_announced() {
    let mut failures = Failures::default();
    let quiet_at: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
    for case in cases() {
        for parsed in [&case.first, &case.parsed] {
            let said = parsed.snapshot.incidents.iter().filter_map(Incident::newest_update_at).max();
            let now = said.unwrap_or("2026-01-01T00:00:00Z".parse().unwrap()) + 1.minute();
            let mut quiet = parsed.snapshot.clone();
            quiet.incidents.clear();
            quiet.components.iter_mut().for_each(|component| component.status = ComponentStatus::Operational);
            let before = PageState::baseline(&quiet, quiet_at);
            let changes = diff(&before, &before.apply(&parsed.snapshot, now));
            let is_late = |incident: &Incident| {
                let newest = incident.newest_update_at();
                parsed.snapshot.coverage.incidents == Listing::Window
                    && incident.phase.is_none()
                    && newest.is_none_or(|at| at < now - NEWS_OF_FEEDS.hours())
            };
            for incident in parsed.snapshot.incidents.iter().filter(|it| !it.is_over() && !is_late(it)) {
                let is_told = |change: &status::diff::Change| change.kind == ChangeKind::Opened;
                if !changes.iter().any(|change| change.incident == incident.id && is_told(change)) {
                    failures.add(&case.name, &format!("{:?} {} is not told", incident.kind, incident.id));
                }
            }
        }
    }
    failures.report();
}

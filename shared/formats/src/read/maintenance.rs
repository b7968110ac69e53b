//! Maintenance of pages that give its times and no word for where it stands.
use jiff::Timestamp;
use status::{
    snapshot::{Incident, Kind, Window},
    words::Phase,
};

use crate::read::updates::began_at;

/// Makes maintenance of what the page posted as an incident with the impact `maintenance`: it is planned work, and its
/// phases are those of planned work.
pub(crate) fn as_maintenance(incident: Incident) -> Incident {
    let mut work = Incident { kind: Kind::Maintenance, impact: None, ..incident };
    work.phase = work.phase.map(planned);
    for update in &mut work.updates {
        update.phase = update.phase.map(planned);
    }
    let has_begun = work.phase != Some(Phase::Scheduled);
    work.started_at = began_at(&work.updates).or(work.started_at.filter(|_| has_begun));
    work
}

/// The phase of planned work that a phase of an incident stands for.
pub(crate) fn planned(phase: Phase) -> Phase {
    match phase {
        Phase::Investigating | Phase::Identified => Phase::InProgress,
        Phase::Monitoring => Phase::Verifying,
        Phase::Resolved | Phase::Postmortem => Phase::Completed,
        phase => phase,
    }
}

/// The phase at `now` of a maintenance with this window. `None` if its start is not known.
pub(crate) fn phase_at(now: Timestamp, window: Window) -> Option<Phase> {
    let starts_at = window.starts_at?;
    Some(match window.ends_at {
        _ if now < starts_at => Phase::Scheduled,
        Some(ends_at) if ends_at <= now => Phase::Completed,
        _ => Phase::InProgress,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_has_its_like_in_planned_work() {
        let phases = [Phase::Investigating, Phase::Identified, Phase::Monitoring, Phase::Resolved, Phase::Postmortem];
        let like = [Phase::InProgress, Phase::InProgress, Phase::Verifying, Phase::Completed, Phase::Completed];
        assert_eq!(phases.map(planned), like);
        assert_eq!(planned(Phase::Scheduled), Phase::Scheduled);
    }

    #[test]
    fn a_maintenance_is_scheduled_then_in_progress_then_completed() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let window = |end: Option<&str>| Window { starts_at: Some(at("2026-05-04T10:00:00Z")), ends_at: end.map(at) };
        let planned = window(Some("2026-05-04T11:00:00Z"));
        assert_eq!(phase_at(at("2026-05-04T09:59:59Z"), planned), Some(Phase::Scheduled));
        assert_eq!(phase_at(at("2026-05-04T10:00:00Z"), planned), Some(Phase::InProgress));
        assert_eq!(phase_at(at("2026-05-04T11:00:00Z"), planned), Some(Phase::Completed));
        assert_eq!(phase_at(at("2026-06-04T11:00:00Z"), window(None)), Some(Phase::InProgress));
        assert_eq!(phase_at(at("2026-05-04T11:00:00Z"), Window { starts_at: None, ends_at: None }), None);
    }
}

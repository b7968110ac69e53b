//! History from before our first read that is found after it. What is imported is shown and nothing else: it is no
//! news, it is not counted as seen, and the state does not need it, since it is over.
use jiff::Timestamp;

use super::{IncidentState, Origin, PageState};
use crate::{ids::IncidentId, page_summary::since, snapshot::Incident, words::ComponentStatus};

impl PageState {
    /// The provider's incidents in this state, each with the time at which it began.
    pub fn known(&self) -> impl Iterator<Item = (&IncidentState, Timestamp)> {
        self.incidents.iter().filter(|known| known.origin == Origin::Provider).map(|known| (known, since(known)))
    }

    /// Those of these incidents that were over before the first read and are not in this state, as far as their times
    /// say so. `after`: what ended before is left out. What is open is left to the next read.
    pub fn import(&self, past: Vec<Incident>, after: Timestamp, now: Timestamp) -> Vec<IncidentState> {
        let is_known =
            |id: &IncidentId| self.incidents.iter().any(|known| known.incident.id == *id || known.id_on_page() == id);
        past.into_iter().filter(|seen| !is_known(&seen.id)).filter_map(|seen| self.imported(seen, after, now)).collect()
    }

    fn imported(&self, mut seen: Incident, after: Timestamp, now: Timestamp) -> Option<IncidentState> {
        let ended_at = seen.resolved_at.or(seen.newest_update_at()).filter(|_| seen.is_over())?;
        let planned = seen.window.and_then(|window| window.starts_at);
        let posted = seen.updates.iter().filter_map(|update| update.posted_at).min();
        seen.started_at = seen.started_at.or(posted.filter(|_| planned.is_none()));
        let began_at = seen.started_at.or(planned)?;
        if ended_at < after || ended_at > self.baseline_at || began_at > ended_at {
            return None;
        }
        // Its end has released them (truth rule 5).
        seen.components.iter_mut().for_each(|affected| affected.status = Some(ComponentStatus::Operational));
        Some(IncidentState::of_history(&seen, now))
    }
}

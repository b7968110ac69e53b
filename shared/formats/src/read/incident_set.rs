//! The incidents that the documents of one read add up to.
use std::collections::BTreeMap;

use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Listing},
};

/// The incidents of all documents, each once.
#[derive(Default)]
pub(crate) struct IncidentSet {
    /// With the time of their last change.
    found: BTreeMap<(Kind, IncidentId), (Option<Timestamp>, Incident)>,
    /// Something was left out: what is missing may be it.
    pub(crate) damaged: bool,
}

impl IncidentSet {
    /// Of an incident that is there already the one changed later is kept (documents are cached one by one), and of two
    /// changed at the same time the first.
    pub(crate) fn add(&mut self, changed_at: Option<Timestamp>, incident: Incident) {
        let key = (incident.kind, incident.id.clone());
        let outdated = |(kept_at, _): &(Option<Timestamp>, Incident)| changed_at > *kept_at;
        if self.found.get(&key).is_none_or(outdated) {
            self.found.insert(key, (changed_at, incident));
        }
    }

    pub(crate) fn holds(&self, incident: &(Kind, IncidentId)) -> bool {
        self.found.contains_key(incident)
    }

    /// Of those believed to be open the ones that are not here.
    pub(crate) fn missing(&self, open: &[(Kind, IncidentId)]) -> Vec<(Kind, IncidentId)> {
        open.iter().filter(|open| !self.holds(open)).cloned().collect()
    }

    /// What absence from here means. `looked_up`: everything that the page lists no longer was looked for in its history.
    pub(crate) fn listing(&self, open: &[(Kind, IncidentId)], looked_up: bool) -> Listing {
        let all_known = looked_up || open.iter().all(|open| self.holds(open));
        if self.damaged || !all_known { Listing::Partial } else { Listing::Complete }
    }

    /// Forgets all but the last of those that ended, on a page that lists everything it ever had.
    pub(crate) fn keep_recent(&mut self, open: &[(Kind, IncidentId)]) {
        const KEPT: usize = 50;
        let ended_at = |incident: &Incident| incident.resolved_at.max(incident.newest_update_at());
        let over = self.found.values().filter(|(_, incident)| incident.is_over());
        let mut ends: Vec<_> = over.map(|(_, incident)| ended_at(incident)).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        let Some(oldest) = ends.get(KEPT - 1).copied() else { return };
        self.found
            .retain(|key, (_, incident)| !incident.is_over() || ended_at(incident) >= oldest || open.contains(key));
    }

    pub(crate) fn into_incidents(self) -> Vec<Incident> {
        self.found.into_values().map(|(_, incident)| incident).collect()
    }
}

//! The incidents that the documents of one read add up to. An incident is known by its id alone.
use std::collections::BTreeMap;

use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Listing},
};

/// Components that the incidents of a page name together. A name of a group or a service may stand for thousands.
const MAX_NAMED: usize = 50_000;

/// The incidents of all documents, each once.
#[derive(Default)]
pub(crate) struct IncidentSet {
    /// With the time of their last change.
    found: BTreeMap<IncidentId, (Option<Timestamp>, Incident)>,
    /// How many components they name together.
    named: usize,
    /// Something was left out: it may be what is missing.
    pub(crate) damaged: bool,
}

impl IncidentSet {
    /// Of an incident that is there already the one changed later is kept (documents are cached one by one), and of two
    /// changed at the same time the first.
    pub(crate) fn add(&mut self, changed_at: Option<Timestamp>, mut incident: Incident) {
        let named = |incident: &Incident| -> usize {
            incident.components.len() + incident.updates.iter().map(|update| update.components.len()).sum::<usize>()
        };
        if self.named + named(&incident) > MAX_NAMED {
            incident.components = Vec::new();
            incident.updates.iter_mut().for_each(|update| update.components = Vec::new());
            self.damaged = true;
        }
        self.named += named(&incident);
        let outdated = |(kept_at, _): &(Option<Timestamp>, Incident)| changed_at > *kept_at;
        if self.found.get(&incident.id).is_none_or(outdated) {
            self.found.insert(incident.id.clone(), (changed_at, incident));
        }
    }

    pub(crate) fn holds(&self, id: &IncidentId) -> bool {
        self.found.contains_key(id)
    }

    pub(crate) fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.found.values().map(|(_, incident)| incident)
    }

    /// The incidents that are known to be open and are not in this set.
    pub(crate) fn missing(&self, open: &[(Kind, IncidentId)]) -> Vec<(Kind, IncidentId)> {
        open.iter().filter(|(_, id)| !self.holds(id)).cloned().collect()
    }

    /// What absence from here means. `looked_up`: everything that the page lists no longer was looked for in its
    /// history.
    pub(crate) fn listing(&self, open: &[(Kind, IncidentId)], looked_up: bool) -> Listing {
        let all_known = looked_up || open.iter().all(|(_, id)| self.holds(id));
        if self.damaged || !all_known { Listing::Partial } else { Listing::Complete }
    }

    /// Forgets all but the last of those that ended, on a page that lists everything it ever had.
    pub(crate) fn keep_recent(&mut self, open: &[(Kind, IncidentId)]) {
        const MAX_ENDED: usize = 50;
        let ended_at = |incident: &Incident| incident.resolved_at.max(incident.newest_update_at());
        let over = self.found.values().filter(|(_, incident)| incident.is_over());
        let mut ends: Vec<_> = over.map(|(_, incident)| ended_at(incident)).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        let Some(oldest) = ends.get(MAX_ENDED - 1).copied() else { return };
        self.found.retain(|id, (_, incident)| {
            !incident.is_over() || ended_at(incident) >= oldest || open.iter().any(|(_, open)| open == id)
        });
    }

    /// By kind, then id.
    pub(crate) fn into_incidents(self) -> Vec<Incident> {
        let mut incidents: Vec<Incident> = self.found.into_values().map(|(_, incident)| incident).collect();
        incidents.sort_by_key(|incident| incident.kind);
        incidents
    }
}

/// The ids of open incidents.
pub(crate) fn ids_of(open: Vec<(Kind, IncidentId)>) -> Vec<IncidentId> {
    open.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_incident_whatever_its_kind() {
        let at = |text: &str| -> Option<Timestamp> { Some(text.parse().unwrap()) };
        let incident = |kind: Kind| Incident {
            id: "7".into(),
            kind,
            title: "Slow".into(),
            phase: None,
            impact: None,
            url: None,
            started_at: None,
            resolved_at: None,
            window: None,
            components: Vec::new(),
            updates: Vec::new(),
        };
        let mut set = IncidentSet::default();
        set.add(at("2026-05-04T10:00:00Z"), incident(Kind::Maintenance));
        set.add(at("2026-05-04T11:00:00Z"), incident(Kind::Incident));
        set.add(at("2026-05-04T11:00:00Z"), incident(Kind::Maintenance));
        let open = [(Kind::Maintenance, IncidentId::from("7"))];
        assert!(set.missing(&open).is_empty());
        let kinds: Vec<Kind> = set.into_incidents().iter().map(|incident| incident.kind).collect();
        assert_eq!(kinds, [Kind::Incident]);
    }
}

//! Components in trouble that no incident explains (truth rule 6): one incident of our own per page keeps them, so that
//! what was opened is also ended.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Belief, Ended, FORGET_ENDED_AFTER, HowEnded, Origin, Tracked, is_older, merge::merge_affected};
use crate::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Incident, Kind},
    words::{ComponentStatus, Impact, Severity},
};

/// Which components an incident speaks for, so that their changes are not news of their own (truth rule 6).
pub(super) struct Explained {
    named: BTreeSet<ComponentId>,
    /// An open incident names no component at all: it may be about any.
    everything: bool,
}

impl Explained {
    /// By incidents that are open or ended with this very read.
    pub(super) fn by(before: &[Tracked], after: &[Tracked]) -> Self {
        let mut explained = Self { named: BTreeSet::new(), everything: false };
        for tracked in after {
            let incident = &tracked.incident;
            let was_open = before
                .iter()
                .find(|known| known.incident.kind == incident.kind && known.incident.id == incident.id)
                .is_some_and(Tracked::is_open);
            let is_announced_only = incident.phase == Some(crate::words::Phase::Scheduled);
            if is_announced_only || !(tracked.is_open() || was_open) {
                continue;
            }
            explained.everything |= incident.components.is_empty() && incident.phase.is_some();
            explained.named.extend(incident.components.iter().map(|affected| affected.id.clone()));
        }
        explained
    }

    pub(super) fn covers(&self, component: &ComponentId) -> bool {
        self.everything || self.named.contains(component)
    }
}

impl Belief {
    /// Our own incident for components in trouble that nothing explains: kept, opened or ended.
    pub(super) fn trouble_after(
        &self,
        components: &[Component],
        explained: &Explained,
        now: Timestamp,
    ) -> Vec<Tracked> {
        let affected: Vec<&Component> = components
            .iter()
            .filter(|component| component.status > ComponentStatus::Operational && !explained.covers(&component.id))
            .collect();
        let mut ours: Vec<Tracked> = self
            .incidents
            .iter()
            .filter(|tracked| tracked.origin == Origin::Components)
            .filter(|tracked| tracked.ended.is_none_or(|ended| !is_older(ended.at, now, FORGET_ENDED_AFTER)))
            .cloned()
            .collect();
        let open = ours.iter_mut().find(|tracked| tracked.is_open());
        match open {
            None if affected.is_empty() => {}
            None => ours.push(Tracked::of_components(&affected, now)),
            Some(known) => known.follow_components(&affected, components, now),
        }
        ours
    }
}

impl Tracked {
    fn of_components(affected: &[&Component], now: Timestamp) -> Self {
        let incident = Incident {
            id: IncidentId::new(format!("components@{}", now.as_second())),
            kind: Kind::Incident,
            title: trouble_title(affected),
            phase: None,
            impact: Some(trouble_impact(affected)),
            url: None,
            started_at: None,
            resolved_at: None,
            window: None,
            components: affected.iter().map(|component| affected_by(component)).collect(),
            updates: Vec::new(),
        };
        Self {
            origin: Origin::Components,
            severity: trouble_severity(affected),
            first_seen_at: now,
            backfilled: false,
            episode: 1,
            revision: 0,
            missing_reads: 0,
            ended: None,
            edited: BTreeMap::new(),
            incident,
        }
    }

    fn follow_components(&mut self, affected: &[&Component], components: &[Component], now: Timestamp) {
        let before = self.incident.components.clone();
        for known in &mut self.incident.components {
            if let Some(component) = components.iter().find(|component| component.id == known.id) {
                known.status = Some(component.status);
            }
        }
        let now_affected: Vec<Affected> = affected.iter().map(|component| affected_by(component)).collect();
        merge_affected(&mut self.incident.components, &now_affected);
        if affected.is_empty() {
            let still_in_trouble =
                self.incident.components.iter().any(|known| {
                    components.iter().any(|c| c.id == known.id && c.status > ComponentStatus::Operational)
                });
            let how = if still_in_trouble { HowEnded::Explained } else { HowEnded::Recovered };
            self.ended = Some(Ended { at: now, how });
            self.incident.resolved_at = Some(now);
        } else if self.incident.components != before {
            self.incident.title = trouble_title(affected);
            self.incident.impact = Some(trouble_impact(affected));
            self.severity = self.severity.max(trouble_severity(affected));
            self.revision += 1;
        }
    }
}

fn affected_by(component: &Component) -> Affected {
    Affected { id: component.id.clone(), status: Some(component.status) }
}

fn worst_of(affected: &[&Component]) -> ComponentStatus {
    affected.iter().map(|component| component.status).max().unwrap_or(ComponentStatus::Unknown)
}

fn trouble_impact(affected: &[&Component]) -> Impact {
    match worst_of(affected) {
        ComponentStatus::MajorOutage | ComponentStatus::PartialOutage => Impact::Major,
        ComponentStatus::DegradedPerformance => Impact::Minor,
        _ => Impact::None,
    }
}

fn trouble_severity(affected: &[&Component]) -> Severity {
    match worst_of(affected) {
        ComponentStatus::MajorOutage | ComponentStatus::PartialOutage => Severity::Major,
        ComponentStatus::DegradedPerformance => Severity::Minor,
        _ => Severity::Maintenance,
    }
}

fn trouble_title(affected: &[&Component]) -> String {
    let worst = worst_of(affected);
    match affected {
        [only] => format!("{}: {}", only.name, worst.as_str()),
        many => {
            let first = many.iter().find(|component| component.status == worst).map_or("", |c| c.name.as_str());
            format!("{first} and {} more: {}", many.len() - 1, worst.as_str())
        }
    }
}

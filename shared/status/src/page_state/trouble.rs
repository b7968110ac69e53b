//! Components in trouble that no incident explains (truth rule 6): one incident of our own per page keeps them, so that
//! what was opened is also ended.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Ended, FORGET_ENDED_AFTER, HowEnded, IncidentState, Origin, PageState, is_older, merge::merge_affected};
use crate::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Incident, Kind},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// Which components an incident speaks for, so that their changes are not news of their own (truth rule 6).
pub(super) struct Attribution {
    named: BTreeSet<ComponentId>,
    /// Work that names no component is in progress: any may be under maintenance.
    any_maintenance: bool,
}

impl Attribution {
    /// By incidents that are open or ended with this very read.
    pub(super) fn by(before: &[IncidentState], after: &[IncidentState]) -> Self {
        let mut attribution = Self { named: BTreeSet::new(), any_maintenance: false };
        for incident_state in after {
            let incident = &incident_state.incident;
            let was_open =
                before.iter().find(|known| known.incident.id == incident.id).is_some_and(IncidentState::is_open);
            let is_announced_only = incident.phase == Some(Phase::Scheduled);
            if is_announced_only || !(incident_state.is_open() || was_open) {
                continue;
            }
            attribution.any_maintenance |= incident.components.is_empty() && incident.kind == Kind::Maintenance;
            attribution.named.extend(incident.components.iter().map(|affected| affected.id.clone()));
            attribution.named.extend(incident_state.attributed.iter().cloned());
        }
        attribution
    }

    pub(super) fn covers(&self, component: &Component) -> bool {
        let is_planned = self.any_maintenance && component.status == ComponentStatus::UnderMaintenance;
        is_planned || self.named.contains(&component.id)
    }
}

/// An incident that names no component may be about any. It is taken to be about those that come into trouble in a read
/// that brings news of it, and about no others, or one that is left open would silence them all.
pub(super) fn attribute(before: &PageState, after: &mut [IncidentState], seen: &[Component]) {
    let turned: Vec<&ComponentId> = seen
        .iter()
        .filter(|component| component.status.is_trouble())
        .filter(|component| before.component(&component.id).is_none_or(|known| known.status < component.status))
        .map(|component| &component.id)
        .collect();
    for incident_state in after
        .iter_mut()
        .filter(|incident_state| incident_state.is_open() && incident_state.incident.components.is_empty())
    {
        let known = before.find(&incident_state.incident.id);
        let has_news = known.is_none_or(|known| known.incident.updates.len() < incident_state.incident.updates.len());
        if incident_state.incident.kind == Kind::Incident && has_news {
            incident_state.attributed.extend(turned.iter().map(|id| (*id).clone()));
        }
    }
}

impl PageState {
    /// Our own incident for components in trouble that nothing explains: kept, opened or ended.
    pub(super) fn trouble_after(
        &self,
        components: &[Component],
        attribution: &Attribution,
        now: Timestamp,
    ) -> Vec<IncidentState> {
        let affected: Vec<&Component> = components
            .iter()
            .filter(|component| component.status > ComponentStatus::Operational && !attribution.covers(component))
            .collect();
        let mut ours: Vec<IncidentState> = self
            .incidents
            .iter()
            .filter(|incident_state| incident_state.origin == Origin::Components)
            .filter(|incident_state| {
                incident_state.ended.is_none_or(|ended| !is_older(ended.at, now, FORGET_ENDED_AFTER))
            })
            .cloned()
            .collect();
        let open = ours.iter_mut().find(|incident_state| incident_state.is_open());
        match open {
            None if affected.is_empty() => {}
            None => ours.push(IncidentState::of_components(&affected, now)),
            Some(known) => known.follow_components(&affected, components, now),
        }
        ours
    }
}

impl IncidentState {
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
            page_id: None,
            origin: Origin::Components,
            severity: trouble_severity(affected),
            first_seen_at: now,
            backfilled: false,
            episode: 1,
            revision: 0,
            missing_reads: 0,
            ended: None,
            newest: None,
            attributed: BTreeSet::new(),
            edited: BTreeMap::new(),
            reminded: None,
            overran: None,
            suspected_redate: false,
            rescheduled: Vec::new(),
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
            let status_of = |known: &Affected| components.iter().find(|c| c.id == known.id).map(|c| c.status);
            let now_is: Vec<Option<ComponentStatus>> = self.incident.components.iter().map(status_of).collect();
            let how = if now_is.iter().flatten().any(|status| *status > ComponentStatus::Operational) {
                HowEnded::Merged
            } else if now_is.contains(&None) {
                HowEnded::NoLongerListed
            } else {
                HowEnded::Recovered
            };
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

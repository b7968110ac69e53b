//! Components in trouble that no incident explains (truth rule 6): they form one incident of our own per page, so that
//! what was opened is also ended.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Ended, FORGET_ENDED_AFTER, HowEnded, IncidentState, Origin, PageState, is_older, merge::merge_affected};
use crate::{
    by_id::first_by,
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Incident, Kind},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// Components attributed to all incidents of a page together. Many incidents may name none while much gets worse.
const MAX_ATTRIBUTED: usize = 10_000;

/// Components whose changes an incident explains, so that they are not news of their own (truth rule 6).
pub(super) struct Attribution {
    named: BTreeSet<ComponentId>,
    /// A maintenance in progress names no component: any may be under maintenance.
    any_maintenance: bool,
}

impl Attribution {
    /// By incidents that are open or ended in this read.
    pub(super) fn by(before: &[IncidentState], after: &[IncidentState]) -> Self {
        let mut attribution = Self { named: BTreeSet::new(), any_maintenance: false };
        let before = first_by(before, |known| &known.incident.id);
        for state in after {
            let incident = &state.incident;
            let was_open = before.get(&incident.id).is_some_and(|known| known.is_open());
            let is_announced_only = incident.phase == Some(Phase::Scheduled);
            if is_announced_only || !(state.is_open() || was_open) {
                continue;
            }
            attribution.any_maintenance |= incident.components.is_empty() && incident.kind == Kind::Maintenance;
            attribution.named.extend(incident.components.iter().map(|affected| affected.id.clone()));
            attribution.named.extend(state.attributed.iter().cloned());
        }
        attribution
    }

    pub(super) fn covers(&self, component: &Component) -> bool {
        let is_planned = self.any_maintenance && component.status == ComponentStatus::UnderMaintenance;
        is_planned || self.named.contains(&component.id)
    }
}

/// An incident that names no component may concern any. It is attributed those that get worse in a read that brings
/// news of it, and no others: otherwise an incident that is left open would silence all components.
pub(super) fn attribute(before: &PageState, after: &mut [IncidentState], seen: &[Component]) {
    let known_components = before.components_by_id();
    let known_incidents = before.incidents_by_id();
    let worsened: Vec<&ComponentId> = seen
        .iter()
        .filter(|component| component.status.is_trouble())
        .filter(|component| known_components.get(&component.id).is_none_or(|known| known.status < component.status))
        .map(|component| &component.id)
        .collect();
    let mut room = MAX_ATTRIBUTED.saturating_sub(after.iter().map(|state| state.attributed.len()).sum());
    for state in after.iter_mut().filter(|state| state.is_open() && state.incident.components.is_empty()) {
        let known = known_incidents.get(&state.incident.id);
        let has_news = known.is_none_or(|known| known.incident.updates.len() < state.incident.updates.len());
        if state.incident.kind == Kind::Incident && has_news {
            let before = state.attributed.len();
            state.attributed.extend(worsened.iter().take(room).map(|id| (*id).clone()));
            room -= state.attributed.len() - before;
        }
    }
}

impl PageState {
    /// Our own incidents after a read: the open one is kept, opened or ended.
    pub(super) fn component_incidents(
        &self,
        components: &[Component],
        attribution: &Attribution,
        now: Timestamp,
    ) -> Vec<IncidentState> {
        let affected: Vec<&Component> = components
            .iter()
            .filter(|component| component.status > ComponentStatus::Operational && !attribution.covers(component))
            .collect();
        let mut own: Vec<IncidentState> = self
            .incidents
            .iter()
            .filter(|state| state.origin == Origin::Components)
            .filter(|state| state.ended.is_none_or(|ended| !is_older(ended.at, now, FORGET_ENDED_AFTER)))
            .cloned()
            .collect();
        let open = own.iter_mut().find(|state| state.is_open());
        match open {
            None if affected.is_empty() => {}
            None => own.push(IncidentState::of_components(&affected, now)),
            Some(known) => known.follow_components(&affected, components, now),
        }
        own
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
            retitled: 0,
            rescheduled: Vec::new(),
            news_at: None,
            no_news_since: None,
            opened_in: None,
            left_out_through: None,
            incident,
        }
    }

    fn follow_components(&mut self, affected: &[&Component], components: &[Component], now: Timestamp) {
        let before = self.incident.components.clone();
        let listed = first_by(components, |component| &component.id);
        for known in &mut self.incident.components {
            if let Some(component) = listed.get(&known.id) {
                known.status = Some(component.status);
            }
        }
        let now_affected: Vec<Affected> = affected.iter().map(|component| affected_by(component)).collect();
        merge_affected(&mut self.incident.components, &now_affected);
        if affected.is_empty() {
            let status_of = |known: &Affected| listed.get(&known.id).map(|component| component.status);
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

//! What both versions of the API have: lists, their items (incidents and maintenances) and components.
use std::collections::BTreeMap;

use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Component, Incident, Kind, Update},
    words::{ComponentStatus, Phase},
};

use crate::text::values::{Word, plain_text};

#[derive(Clone, Copy)]
pub(super) enum List {
    Incidents,
    Schedules,
    Components,
    /// Of components.
    Groups,
}

/// What a list holds.
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    /// None was damaged.
    pub(super) whole: bool,
    /// There is another page.
    pub(super) has_more: bool,
}

/// A component before its group has a name.
pub(super) struct RawComponent {
    pub(super) component: Component,
    pub(super) group_id: Option<String>,
}

pub(super) struct Item {
    pub(super) id: IncidentId,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) phase: Option<Phase>,
    pub(super) url: Option<String>,
    /// What it was opened with.
    pub(super) message: Option<String>,
    pub(super) updates: Vec<Posted>,
    pub(super) components: Vec<ComponentId>,
}

pub(super) struct Posted {
    pub(super) id: String,
    pub(super) phase: Option<Phase>,
    pub(super) message: Option<String>,
}

const SCHEDULE: &str = "schedule-";

/// Incidents and schedules are counted apart, so the number alone would name two.
pub(super) fn schedule_id(number: &str) -> IncidentId {
    IncidentId::new(format!("{SCHEDULE}{number}"))
}

pub(super) fn schedule_number(id: &IncidentId) -> Option<&str> {
    id.as_str().strip_prefix(SCHEDULE)
}

impl Item {
    /// While it is open its components are as the page shows them now.
    pub(super) fn incident(self, components: &[Component]) -> Incident {
        let is_over = self.phase.is_some_and(Phase::is_over);
        let shows_states = !is_over && self.kind == Kind::Incident && !self.components.is_empty();
        let states: BTreeMap<&ComponentId, ComponentStatus> = match shows_states {
            true => components.iter().map(|component| (&component.id, component.status)).collect(),
            false => BTreeMap::new(),
        };
        let status = |id: &ComponentId| states.get(id).copied();
        let mut affected: Vec<Affected> =
            self.components.iter().map(|id| Affected { id: id.clone(), status: status(id) }).collect();
        affected.sort();
        affected.dedup_by(|a, b| a.id == b.id);
        Incident {
            id: self.id,
            kind: self.kind,
            title: self.title,
            phase: self.phase,
            impact: None,
            url: self.url,
            started_at: None,
            resolved_at: None,
            window: None,
            components: affected,
            updates: updates(self.message, self.updates),
        }
    }
}

/// They have no times: their numbers are their ids and their order. The opening message has none; what phase it was
/// posted in is not kept, for an update also changes the incident's own.
fn updates(message: Option<String>, mut posted: Vec<Posted>) -> Vec<Update> {
    posted.sort_by_key(|post| post.id.parse::<u64>().unwrap_or(u64::MAX));
    posted.dedup_by(|a, b| a.id == b.id);
    let opening = message.filter(|message| !message.trim().is_empty()).map(|message| Posted {
        id: "opening".into(),
        phase: None,
        message: Some(message),
    });
    opening
        .into_iter()
        .chain(posted)
        .map(|post| Update {
            id: UpdateId::new(&post.id),
            phase: post.phase,
            posted_at: None,
            body: post.message.as_deref().map(plain_text),
            components: Vec::new(),
        })
        .collect()
}

/// Of incidents and their updates. 0 is maintenance in the first versions and says nothing in the third.
pub(super) fn phase(code: Option<&Word>) -> Option<Phase> {
    Some(match code?.as_str() {
        "1" => Phase::Investigating,
        "2" => Phase::Identified,
        "3" => Phase::Monitoring,
        "4" => Phase::Resolved,
        _ => return None,
    })
}

pub(super) fn schedule_phase(code: Option<&Word>) -> Option<Phase> {
    Some(match code?.as_str() {
        "0" => Phase::Scheduled,
        "1" => Phase::InProgress,
        "2" => Phase::Completed,
        _ => return None,
    })
}

pub(super) fn component_status(code: Option<&Word>) -> Option<ComponentStatus> {
    Some(match code?.as_str() {
        "0" | "5" => ComponentStatus::Unknown,
        "1" => ComponentStatus::Operational,
        "2" => ComponentStatus::DegradedPerformance,
        "3" => ComponentStatus::PartialOutage,
        "4" => ComponentStatus::MajorOutage,
        "6" => ComponentStatus::UnderMaintenance,
        _ => return None,
    })
}

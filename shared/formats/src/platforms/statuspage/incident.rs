//! From the incidents and maintenances of Statuspage to ours. What is damaged beyond identity is left out and makes the
//! whole list partial: an incident that cannot be recognised must not pass for one that is gone.
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update},
    words::{ComponentStatus, Impact, Phase},
};

use super::document;
use crate::{
    read::{
        incident_reader::IncidentReader,
        incident_set::IncidentSet,
        lenient_list::elements,
        maintenance::as_maintenance,
        problems::Problems,
        updates::{began_at, derived_update_id},
    },
    text::{urls::web_address, values::plain_text, words::is_planned},
};

/// Adds the incidents of one list.
pub(super) fn gather(incident_set: &mut IncidentSet, kind: Kind, items: &[&RawValue], problems: &mut Problems) {
    let (items, whole) = elements::<document::Incident<'_>>(items, "an incident", problems);
    incident_set.damaged |= !whole;
    for raw in items {
        match raw.id.as_ref().filter(|id| !id.0.is_empty()).map(|id| id.0.to_string()) {
            Some(id) => {
                let mut reader = IncidentReader::new(&id, problems);
                let changed_at = reader.time("updated_at", raw.updated_at.as_ref());
                incident_set.add(changed_at, incident(&id, kind, raw, &mut reader));
            }
            None => {
                incident_set.damaged = true;
                problems.add("an incident without id was left out".into());
            }
        }
    }
}

fn incident(id: &str, listed_as: Kind, raw: document::Incident<'_>, reader: &mut IncidentReader<'_>) -> Incident {
    let phase = reader.known("status", raw.status.as_ref(), phase);
    let kind = if phase.is_some_and(is_planned) { Kind::Maintenance } else { listed_as };
    let resolved_at = reader.time("resolved_at", raw.resolved_at.as_ref());
    let over = phase.map_or(resolved_at.is_some(), Phase::is_over);
    let updates = updates(raw.incident_updates, reader);
    // Some pages list maintenance among the incidents: its words are its own, its impact says so, or it has none and
    // never put a component into another state.
    let is_work = match raw.impact.as_ref().map(|impact| &*impact.0) {
        Some(MAINTENANCE) => true,
        Some("none") => is_work_only(&updates),
        _ => false,
    };
    let incident = Incident {
        id: IncidentId::new(id),
        kind,
        title: reader.title(raw.name.as_ref()),
        phase,
        impact: reader.known("impact", raw.impact.as_ref(), impact).flatten(),
        url: raw.shortlink.as_ref().and_then(|link| web_address(&link.0)),
        started_at: match kind {
            Kind::Incident => {
                let started_at = reader.time("started_at", raw.started_at.as_ref());
                let posted = updates.iter().filter_map(|update| update.posted_at).min();
                started_at.or_else(|| {
                    [reader.time("created_at", raw.created_at.as_ref()), posted].into_iter().flatten().min()
                })
            }
            // `started_at` is when it was announced
            Kind::Maintenance => began_at(&updates),
        },
        // a reopened incident may still carry the time of its first end
        resolved_at: resolved_at.filter(|_| over),
        window: if kind == Kind::Maintenance || is_work {
            reader.window(
                ("scheduled_for", raw.scheduled_for.as_ref()),
                ("scheduled_until", raw.scheduled_until.as_ref()),
            )
        } else {
            None
        },
        components: components(over, raw.components.as_deref().unwrap_or_default(), &updates, reader),
        updates,
    };
    if is_work { as_maintenance(incident) } else { incident }
}

/// Its updates put components under maintenance, and none into trouble.
fn is_work_only(updates: &[Update]) -> bool {
    let named = updates.iter().flat_map(|update| &update.components).map(|affected| affected.status);
    let mut named = named.filter(|status| *status != Some(ComponentStatus::Operational)).peekable();
    named.peek().is_some() && named.all(|status| status == Some(ComponentStatus::UnderMaintenance))
}

/// Oldest first by the time the page shows, then by the time of posting.
fn updates(raw: Option<Vec<document::Update<'_>>>, reader: &mut IncidentReader<'_>) -> Vec<Update> {
    let Some(raw) = raw else {
        reader.problem("has no list of updates");
        return Vec::new();
    };
    let mut timed: Vec<(Option<Timestamp>, Option<Timestamp>, Update)> = raw
        .into_iter()
        .rev()
        .map(|update| {
            let created_at = reader.time("created_at", update.created_at.as_ref());
            let posted_at = match &update.display_at {
                Some(shown) => reader.time("display_at", Some(shown)),
                None => created_at,
            };
            let phase = reader.known("status", update.status.as_ref(), phase);
            let id = match update.id.filter(|id| !id.0.is_empty()) {
                Some(id) => UpdateId::new(&id.0),
                None => derived_update_id(posted_at, phase.map_or("", Phase::as_str)),
            };
            let affected = update.affected_components.unwrap_or_default();
            let update = Update {
                id,
                phase,
                posted_at,
                body: update.body.map(|body| plain_text(&body.0)),
                components: affected.iter().filter_map(|affected| read_affected(affected, reader)).collect(),
            };
            (posted_at, created_at, update)
        })
        .collect();
    timed.sort_by_key(|(posted_at, created_at, _)| (*posted_at, *created_at));
    let mut seen = HashSet::new();
    timed.into_iter().map(|(_, _, update)| update).filter(|update| seen.insert(update.id.clone())).collect()
}

fn read_affected(raw: &document::Affected<'_>, reader: &mut IncidentReader<'_>) -> Option<Affected> {
    let Some(code) = &raw.code else {
        reader.problem("names a component without id");
        return None;
    };
    let status = reader.known("component status", raw.new_status.as_ref(), component_status);
    Some(Affected { id: ComponentId::new(&code.0), status })
}

/// Every component the incident ever named: as its updates left it, and while it is open as the page shows it now.
fn components(
    over: bool,
    attached: &[document::Component<'_>],
    updates: &[Update],
    reader: &mut IncidentReader<'_>,
) -> Vec<Affected> {
    let mut named: BTreeMap<ComponentId, Option<ComponentStatus>> = BTreeMap::new();
    for Affected { id, status } in updates.iter().flat_map(|update| &update.components) {
        let kept = named.entry(id.clone()).or_default();
        *kept = status.or(*kept);
    }
    for component in attached.iter().filter(|component| !component.is_heading()) {
        let Some(id) = &component.id else {
            reader.problem("names a component without id");
            continue;
        };
        let kept = named.entry(ComponentId::new(&id.0)).or_default();
        if !over {
            *kept = reader.known("component status", component.status.as_ref(), component_status).or(*kept);
        }
    }
    named.into_iter().map(|(id, status)| Affected { id, status }).collect()
}

/// The impact that says what it is, not how bad.
pub(super) const MAINTENANCE: &str = "maintenance";

fn phase(word: &str) -> Option<Phase> {
    Some(match word {
        "investigating" => Phase::Investigating,
        "identified" => Phase::Identified,
        "monitoring" => Phase::Monitoring,
        "resolved" => Phase::Resolved,
        "postmortem" => Phase::Postmortem,
        "scheduled" => Phase::Scheduled,
        "in_progress" => Phase::InProgress,
        "verifying" => Phase::Verifying,
        "completed" => Phase::Completed,
        _ => return None,
    })
}

/// The outer is whether the word is known: [`MAINTENANCE`] is, and is no degree of impact.
pub(super) fn impact(word: &str) -> Option<Option<Impact>> {
    Some(match word {
        "none" => Some(Impact::None),
        "minor" => Some(Impact::Minor),
        "major" => Some(Impact::Major),
        "critical" => Some(Impact::Critical),
        MAINTENANCE => None,
        _ => return None,
    })
}

/// The state of the page as a whole.
pub(crate) fn overall_status(indicator: &str) -> Option<ComponentStatus> {
    Some(match indicator {
        "none" => ComponentStatus::Operational,
        "minor" => ComponentStatus::DegradedPerformance,
        "major" => ComponentStatus::PartialOutage,
        "critical" => ComponentStatus::MajorOutage,
        "maintenance" => ComponentStatus::UnderMaintenance,
        _ => return None,
    })
}

pub(super) fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "operational" => ComponentStatus::Operational,
        "under_maintenance" => ComponentStatus::UnderMaintenance,
        "degraded_performance" => ComponentStatus::DegradedPerformance,
        "partial_outage" => ComponentStatus::PartialOutage,
        "major_outage" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

//! From Heroku's incidents and maintenance to ours.
use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update},
    words::{ComponentStatus, Phase},
};

use crate::{
    read::{
        incident_reader::IncidentReader,
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::Problems,
        updates::{began_at, derived_update_id, named_last, over_since},
    },
    text::{
        urls::web_address,
        values::{Text, Word, plain_text},
    },
};

#[derive(Deserialize)]
struct Raw<'a> {
    id: Option<Word>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    state: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    resolved_at: Option<Text<'a>>,
    #[serde(borrow)]
    full_url: Option<Text<'a>>,
    #[serde(borrow)]
    systems: Option<Vec<System<'a>>>,
    /// Newest first.
    #[serde(borrow)]
    updates: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct System<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Post<'a> {
    id: Option<Word>,
    #[serde(borrow)]
    update_type: Option<Text<'a>>,
    #[serde(borrow)]
    contents: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
    /// The time the page shows.
    #[serde(borrow)]
    display_at: Option<Text<'a>>,
}

/// Adds the incidents of one list. `kind`: that of all in it; `None` for the history, which has incidents and
/// maintenance in one.
pub(super) fn gather(incident_set: &mut IncidentSet, items: &[&RawValue], kind: Option<Kind>, problems: &mut Problems) {
    let (items, whole) = elements::<Raw<'_>>(items, "an incident", problems);
    incident_set.damaged |= !whole;
    for raw in &items {
        let Some(id) = raw.id.as_ref().filter(|id| !id.as_str().is_empty()) else {
            incident_set.damaged = true;
            problems.add("an incident without id was left out".into());
            continue;
        };
        let kind = kind.unwrap_or_else(|| kind_of(raw));
        let (changed_at, incident) = incident(IncidentId::new(id.as_str()), kind, raw, problems);
        incident_set.add(changed_at, incident);
    }
}

fn kind_of(raw: &Raw<'_>) -> Kind {
    let is_planned = raw.state.as_ref().is_some_and(|state| matches!(&*state.0, "upcoming" | "scheduled"))
        || raw.updates.iter().flatten().any(|update| {
            let update = serde_json::from_str::<Post<'_>>(update.get());
            update.is_ok_and(|update| update.update_type.is_some_and(|word| word.0 == "scheduled"))
        });
    if is_planned { Kind::Maintenance } else { Kind::Incident }
}

fn phase(word: &str, kind: Kind) -> Option<Phase> {
    Some(match (word, kind) {
        ("open" | "issue" | "investigating", Kind::Incident) => Phase::Investigating,
        ("identified", _) => Phase::Identified,
        ("monitoring", _) => Phase::Monitoring,
        ("resolved", Kind::Incident) => Phase::Resolved,
        ("upcoming" | "scheduled", _) => Phase::Scheduled,
        ("maintenance" | "in_progress", _) => Phase::InProgress,
        ("resolved" | "completed", _) => Phase::Completed,
        _ => return None,
    })
}

fn incident(id: IncidentId, kind: Kind, raw: &Raw<'_>, problems: &mut Problems) -> (Option<Timestamp>, Incident) {
    let mut reader = IncidentReader::new(id.as_str(), problems);
    let updates = updates(raw.updates.as_deref(), kind, &mut reader);
    let phase = reader.known("state", raw.state.as_ref(), |word| phase(word, kind));
    let phase = phase.or_else(|| updates.iter().rev().find_map(|update| update.phase).filter(|phase| !phase.is_over()));
    let over = phase.is_some_and(Phase::is_over);
    let systems = raw.systems.iter().flatten().filter_map(|system| {
        let Some(name) = &system.name else {
            reader.problem("names a system without name");
            return None;
        };
        let status = match phase {
            Some(Phase::Scheduled) => None,
            _ if over => None,
            _ => reader.known("system status", system.status.as_ref(), component_status),
        };
        Some(Affected { id: (&*name.0).into(), status })
    });
    let mut components = named_last(systems);
    components.sort();
    let created_at = reader.time("created_at", raw.created_at.as_ref());
    let changed_at = reader.time("updated_at", raw.updated_at.as_ref());
    let resolved_at = reader.time("resolved_at", raw.resolved_at.as_ref());
    let incident = Incident {
        kind,
        title: reader.title(raw.title.as_ref()),
        phase,
        impact: None,
        url: raw.full_url.as_ref().and_then(|url| web_address(&url.0)),
        started_at: match kind {
            Kind::Incident => created_at,
            // that is when it was announced
            Kind::Maintenance => began_at(&updates),
        },
        resolved_at: resolved_at.or_else(|| over_since(phase, &updates)).filter(|_| over),
        window: None,
        components,
        updates,
        id: id.clone(),
    };
    (changed_at, incident)
}

/// Oldest first.
fn updates(raw: Option<&[&RawValue]>, kind: Kind, reader: &mut IncidentReader<'_>) -> Vec<Update> {
    let Some(raw) = raw else {
        reader.problem("has no list of updates");
        return Vec::new();
    };
    let (posts, whole) = elements::<Post<'_>>(raw, "an update", &mut Problems::default());
    if !whole {
        reader.problem("has an update of another shape, which was left out");
    }
    let mut updates: Vec<(bool, Update)> = posts
        .iter()
        .map(|post| {
            let word = post.update_type.as_ref().map_or("", |word| &*word.0);
            let posted_at = reader.time("update time", post.display_at.as_ref().or(post.created_at.as_ref()));
            let leaves_phase = word == "update";
            let update = Update {
                id: match post.id.as_ref().filter(|id| !id.as_str().is_empty()) {
                    Some(id) => UpdateId::new(id.as_str()),
                    None => derived_update_id(posted_at, word),
                },
                phase: match leaves_phase {
                    true => None,
                    false => reader.known("update type", post.update_type.as_ref(), |word| phase(word, kind)),
                },
                posted_at,
                body: post.contents.as_ref().map(|contents| plain_text(&contents.0)),
                components: Vec::new(),
            };
            (leaves_phase, update)
        })
        .collect();
    updates.sort_by(|(_, a), (_, b)| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    let (mut before, mut seen) = (None, HashSet::new());
    updates.retain_mut(|(leaves_phase, update)| {
        if *leaves_phase {
            update.phase = before;
        }
        before = update.phase.or(before);
        seen.insert(update.id.clone())
    });
    updates.into_iter().map(|(_, update)| update).collect()
}

pub(super) fn component_status(color: &str) -> Option<ComponentStatus> {
    Some(match color {
        "green" => ComponentStatus::Operational,
        "blue" => ComponentStatus::UnderMaintenance,
        "yellow" => ComponentStatus::DegradedPerformance,
        "red" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

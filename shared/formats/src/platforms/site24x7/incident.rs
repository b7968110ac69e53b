//! Incidents and maintenance, which one list holds.
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{self, Affected, Component, Kind, Window},
    words::{Impact, Phase},
};

use crate::{
    read::{
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::{Problems, quoted},
        updates::{derived_update_id, over_since},
    },
    text::{
        dates::rfc3339,
        values::{Text, Word, plain_text},
        words::is_planned,
    },
};

#[derive(Deserialize)]
pub(super) struct Incident<'a> {
    #[serde(borrow)]
    enc_inc_id: Text<'a>,
    #[serde(borrow)]
    incident_title: Text<'a>,
    #[serde(borrow)]
    incident_desc: Option<Text<'a>>,
    incident_severity_id: Option<Word>,
    #[serde(borrow)]
    incident_began_at: Option<Text<'a>>,
    #[serde(borrow)]
    incident_ended_at: Option<Text<'a>>,
    #[serde(borrow)]
    incident_status_updates: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    incident_affected_components: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Update<'a> {
    enc_inc_state_progress_id: Option<Word>,
    incident_status_id: Option<Word>,
    #[serde(borrow)]
    incident_status_desc: Option<Text<'a>>,
    #[serde(borrow)]
    status_updated_at: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    display_name: Text<'a>,
}

/// Adds an incident. `ended`: it is in the list of those that are over.
pub(super) fn gather(
    incident_set: &mut IncidentSet,
    raw: &Incident<'_>,
    ended: bool,
    components: &BTreeMap<ComponentId, Component>,
    problems: &mut Problems,
) {
    let id = &raw.enc_inc_id.0;
    let (updates, whole) = updates(raw, problems);
    incident_set.damaged |= !whole;
    let severity = raw.incident_severity_id.as_ref().map_or("", Word::as_str);
    let planned = severity == PLANNED || updates.iter().filter_map(|update| update.phase).any(is_planned);
    let stated = updates.iter().rev().find_map(|update| update.phase);
    let phase = match stated {
        // Among those that are over, whatever its last message says.
        stated if ended && !stated.is_some_and(Phase::is_over) => {
            Some(if planned { Phase::Completed } else { Phase::Resolved })
        }
        stated => stated,
    };
    let mut time = |text: &Option<Text<'_>>| {
        let text = text.as_ref().map(|text| text.0.trim()).filter(|text| !text.is_empty())?;
        let time = rfc3339(text);
        if time.is_none() {
            problems.add(format!("incident {}: {} is no time with a zone", quoted(id), quoted(text)));
        }
        time
    };
    let (began_at, ended_at) = (time(&raw.incident_began_at), time(&raw.incident_ended_at));
    let is_over = phase.is_some_and(Phase::is_over);
    let changed_at = updates.iter().filter_map(|update| update.posted_at).max();
    let incident = snapshot::Incident {
        id: IncidentId::new(id),
        kind: if planned { Kind::Maintenance } else { Kind::Incident },
        title: plain_text(&raw.incident_title.0),
        phase,
        impact: impact(severity),
        url: None,
        started_at: began_at.filter(|_| !planned),
        resolved_at: over_since(phase, &updates).or(ended_at).filter(|_| is_over),
        window: planned.then_some(Window { starts_at: began_at, ends_at: ended_at }),
        components: affected(raw, components, problems),
        updates,
    };
    incident_set.add(changed_at, incident);
}

/// Oldest first, and whether all could be read. Without any, the description is the one there is.
fn updates(raw: &Incident<'_>, problems: &mut Problems) -> (Vec<snapshot::Update>, bool) {
    let list = raw.incident_status_updates.as_deref().unwrap_or_default();
    let (read, whole) = elements::<Update<'_>>(list, "an update", problems);
    let mut updates: Vec<snapshot::Update> = Vec::new();
    let mut seen = BTreeSet::new();
    for update in &read {
        let code = update.incident_status_id.as_ref().map_or("", Word::as_str);
        let known = phase(code);
        if known.is_none() {
            problems.add(format!("incident {}: unknown status {}", quoted(&raw.enc_inc_id.0), quoted(code)));
        }
        let posted_at = update.status_updated_at.as_ref().and_then(|text| rfc3339(&text.0));
        let id = update.enc_inc_state_progress_id.as_ref().map(Word::as_str).filter(|id| !id.is_empty());
        let id = id.map_or_else(|| derived_update_id(posted_at, code), UpdateId::from);
        if seen.insert(id.clone()) {
            let body = update.incident_status_desc.as_ref().map(|text| plain_text(&text.0));
            updates.push(snapshot::Update { id, phase: known, posted_at, body, components: Vec::new() });
        }
    }
    if list.is_empty()
        && let Some(text) = &raw.incident_desc
    {
        let posted_at = raw.incident_began_at.as_ref().and_then(|text| rfc3339(&text.0));
        let (id, body) = (UpdateId::from("description"), Some(plain_text(&text.0)));
        updates.push(snapshot::Update { id, phase: None, posted_at, body, components: Vec::new() });
    }
    updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    (updates, whole)
}

/// Every component of a name that the incident gives, since it does not say of which group.
fn affected(
    raw: &Incident<'_>,
    components: &BTreeMap<ComponentId, Component>,
    problems: &mut Problems,
) -> Vec<Affected> {
    let list = raw.incident_affected_components.as_deref().unwrap_or_default();
    let mut affected: Vec<Affected> = Vec::new();
    for named in elements::<Named<'_>>(list, "the name of a component", problems).0 {
        let name = &*named.display_name.0;
        let called_so = components.values().filter(|known| known.name == name).map(|known| known.id.clone());
        let mut ids: Vec<ComponentId> = called_so.collect();
        if ids.is_empty() {
            ids.push(ComponentId::new(name));
        }
        affected.extend(ids.into_iter().map(|id| Affected { id, status: None }));
    }
    affected.sort();
    affected.dedup();
    affected
}

/// The severity of an incident is one of the codes of components.
const PLANNED: &str = "4";

fn impact(severity: &str) -> Option<Impact> {
    Some(match severity {
        "1" | "2" => Impact::None,
        "3" => Impact::Minor,
        "5" => Impact::Major,
        "6" => Impact::Critical,
        _ => return None,
    })
}

/// 1x are those of incidents, 2x those of maintenance. 10 is that it was acknowledged, no more.
fn phase(code: &str) -> Option<Phase> {
    Some(match code {
        "10" | "11" => Phase::Investigating,
        "12" => Phase::Identified,
        "13" => Phase::Monitoring,
        "14" => Phase::Resolved,
        "21" => Phase::Scheduled,
        "22" => Phase::InProgress,
        "23" => Phase::Verifying,
        "24" => Phase::Completed,
        _ => return None,
    })
}

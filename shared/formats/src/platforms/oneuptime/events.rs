//! What is open and planned on a page of OneUptime, with its notes.
use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update},
    words::{Impact, Phase},
};

use super::document::{
    IncidentState, Monitor, Named, Note, Overview, RawIncident, RawMaintenance, StateChange, Wrapped, text,
};
use crate::{
    contract::ReadContext,
    read::{
        incident_reader::IncidentReader,
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::Problems,
        updates::{in_order, update_id},
    },
    text::{
        values::{Text, plain_text},
        words,
    },
};

pub(super) fn gather(
    overview: &Overview<'_>,
    context: &ReadContext<'_>,
    set: &mut IncidentSet,
    problems: &mut Problems,
) {
    let incidents = listed(&overview.active_incidents, set);
    let (incidents, is_whole) = elements::<RawIncident<'_>>(incidents, "an incident", problems);
    let notes = notes(listed(&overview.incident_public_notes, set), problems);
    let changes = listed(&overview.incident_state_timelines, set);
    let (changes, _) = elements::<StateChange<'_>>(changes, "a change of state", problems);
    let planned = listed(&overview.scheduled_maintenance_events, set);
    let (planned, all_planned) = elements::<RawMaintenance<'_>>(planned, "a maintenance", problems);
    let planned_notes = self::notes(listed(&overview.scheduled_maintenance_events_public_notes, set), problems);
    set.damaged |= !is_whole || !all_planned;
    for raw in &incidents {
        match incident(raw, &notes, &changes, problems) {
            Some(incident) => set.add(incident.newest_update_at(), incident),
            None => set.damaged = true,
        }
    }
    for raw in &planned {
        match maintenance(raw, &planned_notes, context.now, problems) {
            Some(incident) => set.add(incident.newest_update_at(), incident),
            None => set.damaged = true,
        }
    }
}

/// A list; nothing is concluded from one that is missing.
fn listed<'l, 'a>(list: &'l Option<Vec<&'a RawValue>>, set: &mut IncidentSet) -> &'l [&'a RawValue] {
    set.damaged |= list.is_none();
    list.as_deref().unwrap_or_default()
}

/// Adds those of the unlisted that the history bar still has: they ended.
pub(super) fn look_up(
    overview: &Overview<'_>,
    unlisted: &[(Kind, IncidentId)],
    set: &mut IncidentSet,
    problems: &mut Problems,
) {
    // One that could not be read from the list may be here, and goes on.
    if set.damaged {
        return;
    }
    let history = overview.timeline_incidents.as_deref().unwrap_or_default();
    let (history, _) = elements::<RawIncident<'_>>(history, "an incident of the history", problems);
    for raw in &history {
        let Some(id) = text(Some(&raw.id)) else { continue };
        if !unlisted.iter().any(|(kind, open)| *kind == Kind::Incident && open.as_str() == id) {
            continue;
        }
        if let Some(ended) = incident(raw, &HashMap::new(), &[], problems) {
            let components = ended.components.into_iter().map(|affected| Affected { status: None, ..affected });
            let components = components.collect();
            set.add(None, Incident { phase: Some(Phase::Resolved), components, ..ended });
        }
    }
}

/// Notes by what they are of.
fn notes<'a>(raw: &[&'a RawValue], problems: &mut Problems) -> HashMap<String, Vec<Note<'a>>> {
    let (notes, _) = elements::<Note<'a>>(raw, "a note", problems);
    let mut by_event: HashMap<String, Vec<Note<'a>>> = HashMap::new();
    for note in notes {
        if let Some(id) = text(note.incident_id.as_ref()) {
            by_event.entry(id.to_owned()).or_default().push(note);
        }
    }
    by_event
}

fn time(id: &str, what: &str, wrapped: Option<&Wrapped<'_>>, problems: &mut Problems) -> Option<Timestamp> {
    IncidentReader::new(id, problems).time(what, text(wrapped))
}

fn incident(
    raw: &RawIncident<'_>,
    notes: &HashMap<String, Vec<Note<'_>>>,
    changes: &[StateChange<'_>],
    problems: &mut Problems,
) -> Option<Incident> {
    let id = text(Some(&raw.id))?;
    let declared_at = time(id, "time", raw.declared_at.as_ref().or(raw.created_at.as_ref()), problems);
    let mut updates = Vec::new();
    let mut last: Option<(Option<Timestamp>, &str, Option<Phase>)> = None;
    for change in changes.iter().filter(|change| text(change.incident_id.as_ref()) == Some(id)) {
        let (Some(change_id), Some(state)) = (text(Some(&change.id)), &change.incident_state) else { continue };
        let posted_at = time(id, "time of a state", change.starts_at.as_ref(), problems);
        let phase = phase(state);
        last = last.max(Some((posted_at, change_id, phase)));
        let update = Update { id: UpdateId::new(change_id), phase, posted_at, body: None, components: Vec::new() };
        updates.push(update);
    }
    let said = raw.current_incident_state.as_ref().and_then(|state| words::phase(&state.name.as_ref()?.0));
    let phase = last.and_then(|(_, _, phase)| phase).or(said);
    updates.extend(description(raw.description.as_ref(), declared_at));
    updates.extend(texts(id, notes, problems));
    let title = IncidentReader::new(id, problems).title(raw.title.as_ref());
    Some(Incident {
        id: IncidentId::new(id),
        kind: Kind::Incident,
        title,
        // The list has what is open.
        phase: phase.filter(|phase| !phase.is_over()),
        impact: raw.incident_severity.as_ref().and_then(impact),
        url: None,
        started_at: declared_at,
        resolved_at: None,
        window: None,
        components: affected(raw.monitors.as_deref()),
        updates: in_order(updates),
    })
}

fn maintenance(
    raw: &RawMaintenance<'_>,
    notes: &HashMap<String, Vec<Note<'_>>>,
    now: Timestamp,
    problems: &mut Problems,
) -> Option<Incident> {
    let id = text(Some(&raw.id))?;
    let state = raw.current_scheduled_maintenance_state.as_ref();
    let phase = state.and_then(|state| match state {
        state if state.is_resolved_state == Some(true) => Some(Phase::Completed),
        state if state.is_ongoing_state == Some(true) => Some(Phase::InProgress),
        state if state.is_scheduled_state == Some(true) => Some(Phase::Scheduled),
        _ => None,
    });
    let created_at = time(id, "creation time", raw.created_at.as_ref(), problems);
    let mut updates: Vec<Update> = description(raw.description.as_ref(), created_at).into_iter().collect();
    updates.extend(texts(id, notes, problems));
    let mut reader = IncidentReader::new(id, problems);
    let (start, end) = (text(raw.starts_at.as_ref()), text(raw.ends_at.as_ref()));
    let window = reader.window(("startsAt", start), ("endsAt", end));
    let starts_at = window.and_then(|window| window.starts_at);
    Some(Incident {
        id: IncidentId::new(id),
        kind: Kind::Maintenance,
        title: reader.title(raw.title.as_ref()),
        phase,
        impact: None,
        url: None,
        started_at: starts_at.filter(|at| *at <= now && phase != Some(Phase::Scheduled)),
        resolved_at: None,
        window,
        components: affected(raw.monitors.as_deref()),
        updates: in_order(updates),
    })
}

/// The first message, which is edited in place.
fn description(text: Option<&Text<'_>>, posted_at: Option<Timestamp>) -> Option<Update> {
    let body = text.map(|text| plain_text(text.0.trim())).filter(|text| !text.is_empty())?;
    Some(Update { id: "description".into(), phase: None, posted_at, body: Some(body), components: Vec::new() })
}

fn texts(id: &str, notes: &HashMap<String, Vec<Note<'_>>>, problems: &mut Problems) -> Vec<Update> {
    let mut found = Vec::new();
    for note in notes.get(id).into_iter().flatten() {
        let at = time(id, "time of a note", note.posted_at.as_ref(), problems);
        found.push((at, note.note.as_ref().map(|text| plain_text(text.0.trim())).unwrap_or_default()));
    }
    found.sort();
    let mut used = HashSet::new();
    let updates = found.into_iter().filter_map(|(posted_at, body)| {
        let id = update_id(posted_at, "", &body, &mut used)?;
        Some(Update { id, phase: None, posted_at, body: Some(body), components: Vec::new() })
    });
    updates.collect()
}

fn affected(monitors: Option<&[Monitor<'_>]>) -> Vec<Affected> {
    let ids: BTreeSet<ComponentId> =
        monitors.into_iter().flatten().filter_map(|monitor| text(monitor.id.as_ref())).map(ComponentId::new).collect();
    ids.into_iter().map(|id| Affected { id, status: None }).collect()
}

/// By its name where that is usual, otherwise by what the state is for. The one in which every incident begins is
/// called `Identified` at first, which says that there is an incident and not that its cause is known.
fn phase(state: &IncidentState<'_>) -> Option<Phase> {
    if state.is_resolved_state == Some(true) {
        return Some(Phase::Resolved);
    }
    if state.is_created_state == Some(true) {
        return Some(Phase::Investigating);
    }
    let named = state.name.as_ref().and_then(|name| words::phase(&name.0)).filter(|phase| !phase.is_over());
    named.or((state.is_acknowledged_state == Some(true)).then_some(Phase::Investigating))
}

/// The severities that a project begins with; others are its own.
fn impact(severity: &Named<'_>) -> Option<Impact> {
    match &*severity.name.as_ref()?.0 {
        "Critical Incident" => Some(Impact::Critical),
        "Major Incident" => Some(Impact::Major),
        "Minor Incident" => Some(Impact::Minor),
        _ => None,
    }
}

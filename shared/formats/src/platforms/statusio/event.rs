//! From the incidents and maintenances of Status.io to ours.
use std::collections::HashSet;

use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update},
    words::{ComponentStatus, Phase},
};

use super::{
    components::{Components, component_status},
    document::{Event, Message, Reference, Stage},
};
use crate::{
    read::{
        incident_reader::IncidentReader, incident_set::IncidentSet, lenient_list::elements,
        maintenance::as_maintenance, problems::Problems,
    },
    text::values::{Word, plain_text},
};

/// Adds the events of one list.
pub(super) fn gather(
    incident_set: &mut IncidentSet,
    stage: Stage,
    list: &[&RawValue],
    components: &Components,
    problems: &mut Problems,
) {
    let (events, whole) = elements::<Event<'_>>(list, "an incident", problems);
    incident_set.damaged |= !whole;
    for event in events {
        match incident(stage, &event, components, problems) {
            Some(incident) => incident_set.add(incident.newest_update_at(), incident),
            None => {
                incident_set.damaged = true;
                problems.add("an incident without id was left out".into());
            }
        }
    }
}

fn incident(stage: Stage, event: &Event<'_>, components: &Components, problems: &mut Problems) -> Option<Incident> {
    let id = event.id()?;
    let mut reader = IncidentReader::new(id, problems);
    let messages = messages(stage, event, &mut reader);
    let (phase, kind) = match stage {
        Stage::Incident => (messages.last().and_then(|(_, update)| update.phase), Kind::Incident),
        Stage::Active => (Some(Phase::InProgress), Kind::Maintenance),
        Stage::Upcoming => (Some(Phase::Scheduled), Kind::Maintenance),
    };
    let said = messages.iter().filter_map(|(status, _)| *status);
    let said: Vec<_> = said.filter(|status| *status != ComponentStatus::Operational).collect();
    let is_work = kind == Kind::Incident
        && !said.is_empty()
        && said.iter().all(|status| *status == ComponentStatus::UnderMaintenance);
    // Of maintenance the code says from the start what it will be.
    let status = messages.last().and_then(|(status, _)| *status).filter(|_| kind == Kind::Incident);
    let services = references(event.components_affected.as_deref(), &mut reader);
    let containers = references(event.containers_affected.as_deref(), &mut reader);
    let updates: Vec<Update> = messages.into_iter().map(|(_, update)| update).collect();
    let over = phase.is_some_and(Phase::is_over);
    let incident = Incident {
        id: IncidentId::new(id),
        kind,
        title: reader.title(event.name.as_deref()),
        phase,
        impact: None,
        url: None,
        // A maintenance is opened when it is announced.
        started_at: match kind {
            Kind::Incident => reader.time("datetime_open", event.datetime_open.as_deref()),
            Kind::Maintenance => None,
        },
        resolved_at: reader
            .time("datetime_resolved", event.datetime_resolved.as_deref())
            .or_else(|| updates.last()?.posted_at)
            .filter(|_| over),
        window: match kind {
            Kind::Incident => None,
            Kind::Maintenance => reader.window(
                ("datetime_planned_start", event.datetime_planned_start.as_deref()),
                ("datetime_planned_end", event.datetime_planned_end.as_deref()),
            ),
        },
        components: components.pairs(&services, &containers).into_iter().map(|id| Affected { id, status }).collect(),
        updates,
    };
    Some(if is_work { as_maintenance(incident) } else { incident })
}

/// Oldest first, each with the state its components are in since. Messages have no ids.
fn messages(
    stage: Stage,
    event: &Event<'_>,
    reader: &mut IncidentReader<'_>,
) -> Vec<(Option<ComponentStatus>, Update)> {
    let Some(raw) = event.messages.as_deref() else {
        reader.problem("has no list of messages");
        return Vec::new();
    };
    let (raw, _) = elements::<Message>(raw, "a message", reader.problems);
    let mut messages: Vec<_> = raw
        .into_iter()
        .map(|message| {
            let posted_at = reader.time("datetime", message.datetime.as_deref());
            let state = message.state.as_ref().map_or("", Word::as_str);
            let phase = match stage {
                Stage::Incident => reader.known("state", Some(state), phase),
                // What the codes mean for maintenance is not documented; the list says how far it is.
                Stage::Active | Stage::Upcoming => None,
            };
            let status = message.status.as_ref().and_then(|code| component_status(code.as_str()));
            let time = posted_at.map_or(String::new(), |time| time.to_string());
            let update = Update {
                id: UpdateId::from(digest(&[&time, state])),
                phase,
                posted_at,
                body: message.details.as_deref().map(plain_text),
                components: Vec::new(),
            };
            (status, update)
        })
        .collect();
    messages.sort_by(|(_, a), (_, b)| (a.posted_at, &a.id, &a.body).cmp(&(b.posted_at, &b.id, &b.body)));
    messages.dedup_by(|(_, a), (_, b)| a.id == b.id && a.body == b.body);
    // Of several at one time, all but the first have their text in the id.
    let mut seen = HashSet::new();
    for (_, update) in &mut messages {
        if !seen.insert(update.id.clone()) {
            update.id = UpdateId::from(digest(&[update.id.as_str(), update.body.as_deref().unwrap_or_default()]));
        }
    }
    messages
}

/// The ids of what an incident names.
fn references(list: Option<&[&RawValue]>, reader: &mut IncidentReader<'_>) -> Vec<String> {
    let (named, _) = elements::<Reference>(list.unwrap_or_default(), "a component of an incident", reader.problems);
    named.iter().filter_map(|named| named.id().map(str::to_owned)).collect()
}

fn phase(state: &str) -> Option<Phase> {
    Some(match state {
        "100" => Phase::Investigating,
        "200" => Phase::Identified,
        "300" => Phase::Monitoring,
        "400" => Phase::Resolved,
        _ => return None,
    })
}

//! From the vendor's incidents and maintenances to ours.
use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Phase},
};

use super::{
    components::{Components, component_status},
    document::{Event, Message, Reference},
};
use crate::{
    read::{
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        values::{Word, plain_text},
    },
};

/// Which list it is in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stage {
    Incident,
    Active,
    Upcoming,
}

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
    let mut notes = Notes { of: id, problems };
    let messages = messages(stage, event, &mut notes);
    let (phase, kind) = match stage {
        Stage::Incident => (messages.last().and_then(|(_, update)| update.phase), Kind::Incident),
        Stage::Active => (Some(Phase::InProgress), Kind::Maintenance),
        Stage::Upcoming => (Some(Phase::Scheduled), Kind::Maintenance),
    };
    // Of planned work the code says from the start what it will be.
    let status = messages.last().and_then(|(status, _)| *status).filter(|_| kind == Kind::Incident);
    let services = references(event.components_affected.as_deref(), &mut notes);
    let containers = references(event.containers_affected.as_deref(), &mut notes);
    let updates: Vec<Update> = messages.into_iter().map(|(_, update)| update).collect();
    let over = phase.is_some_and(Phase::is_over);
    Some(Incident {
        id: IncidentId::new(id),
        kind,
        title: notes.title(event.name.as_deref()),
        phase,
        impact: None,
        url: None,
        // A maintenance is opened when it is announced.
        started_at: match kind {
            Kind::Incident => notes.time("datetime_open", event.datetime_open.as_deref()),
            Kind::Maintenance => None,
        },
        resolved_at: notes
            .time("datetime_resolved", event.datetime_resolved.as_deref())
            .or_else(|| updates.last()?.posted_at)
            .filter(|_| over),
        window: match kind {
            Kind::Incident => None,
            Kind::Maintenance => Some(Window {
                starts_at: notes.time("datetime_planned_start", event.datetime_planned_start.as_deref()),
                ends_at: notes.time("datetime_planned_end", event.datetime_planned_end.as_deref()),
            })
            .filter(|window| window.starts_at.is_some() || window.ends_at.is_some()),
        },
        components: components.pairs(&services, &containers).into_iter().map(|id| Affected { id, status }).collect(),
        updates,
    })
}

/// Oldest first, each with the state its components are in since. Messages have no ids.
fn messages(stage: Stage, event: &Event<'_>, notes: &mut Notes<'_>) -> Vec<(Option<ComponentStatus>, Update)> {
    let Some(raw) = event.messages.as_deref() else {
        notes.problem("has no list of messages");
        return Vec::new();
    };
    let (raw, _) = elements::<Message>(raw, "a message", notes.problems);
    let mut messages: Vec<_> = raw
        .into_iter()
        .map(|message| {
            let posted_at = notes.time("datetime", message.datetime.as_deref());
            let state = message.state.as_ref().map_or("", Word::as_str);
            let phase = match stage {
                Stage::Incident => notes.known("state", state, phase),
                // What the codes mean for planned work is not documented; the list says how far it is.
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
    // Of several at one time all but the first are told apart by their text.
    let mut seen = HashSet::new();
    for (_, update) in &mut messages {
        if !seen.insert(update.id.clone()) {
            update.id = UpdateId::from(digest(&[update.id.as_str(), update.body.as_deref().unwrap_or_default()]));
        }
    }
    messages
}

/// The ids of what an incident names.
fn references(list: Option<&[&RawValue]>, notes: &mut Notes<'_>) -> Vec<String> {
    let (named, _) = elements::<Reference>(list.unwrap_or_default(), "a component of an incident", notes.problems);
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

/// Notes what is wrong with one incident.
struct Notes<'p> {
    /// The incident's id.
    of: &'p str,
    problems: &'p mut Problems,
}

impl Notes<'_> {
    fn problem(&mut self, what: &str) {
        self.problems.add(format!("incident {} {what}", quoted(self.of)));
    }

    fn known<T>(&mut self, what: &str, word: &str, translate: impl Fn(&str) -> Option<T>) -> Option<T> {
        let known = translate(word);
        if known.is_none() {
            self.problem(&format!("has the unknown {what} {}", quoted(word)));
        }
        known
    }

    fn title(&mut self, name: Option<&str>) -> String {
        if name.is_none() {
            self.problem("has no name");
        }
        name.unwrap_or("(no title)").to_owned()
    }

    fn time(&mut self, what: &str, text: Option<&str>) -> Option<Timestamp> {
        let text = text?;
        let time = rfc3339(text);
        if time.is_none() {
            self.problem(&format!("has the {what} {}, which is no time with a zone", quoted(text)));
        }
        time
    }
}

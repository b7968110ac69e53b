//! Translates Sorry's notices.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update},
    words::Phase,
};

use super::{
    components::Components,
    document::{self, NoticeList},
};
use crate::{
    read::{
        incident_reader::IncidentReader,
        lenient_list::elements,
        problems::{Problems, quoted},
        updates::{derived_update_id, in_order},
    },
    text::{
        urls::web_address,
        values::{Word, plain_text},
        words::is_planned,
    },
};

/// Where a notice stands in time.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum TimelineState {
    Future,
    Present,
    Past,
}

/// The notices of all documents, each once.
#[derive(Default)]
pub(super) struct Notices {
    by_id: BTreeMap<IncidentId, ReadNotice>,
    /// Something was left out: it may be what is missing.
    pub(super) damaged: bool,
}

struct ReadNotice {
    changed_at: Option<Timestamp>,
    timeline_state: Option<TimelineState>,
    /// `None`: an announcement or cancelled maintenance, which are left out.
    incident: Option<Incident>,
}

impl Notices {
    pub(super) fn add_list(&mut self, list: &NoticeList<'_>, problems: &mut Problems) {
        let (notices, whole) = elements::<document::Notice<'_>>(list.items(), "a notice", problems);
        self.damaged |= !whole;
        for notice in &notices {
            match read(notice, None, problems) {
                Some((id, notice)) => self.add(id, notice, false),
                None => self.damaged = true,
            }
        }
    }

    /// Whether the document was the one of this notice.
    pub(super) fn add_detail(
        &mut self,
        id: &IncidentId,
        raw: &RawValue,
        components: &Components,
        problems: &mut Problems,
    ) -> bool {
        let (notices, _) = elements::<document::Notice<'_>>(&[raw], "a notice", problems);
        match notices.first().and_then(|notice| read(notice, Some(components), problems)) {
            Some((own_id, notice)) if own_id == *id => {
                self.add(own_id, notice, true);
                true
            }
            _ => false,
        }
    }

    /// Of two versions of a notice the newer counts; of the same version the document with all its updates.
    fn add(&mut self, id: IncidentId, notice: ReadNotice, has_all: bool) {
        let is_older = |known: &ReadNotice| {
            notice.changed_at > known.changed_at || (has_all && notice.changed_at == known.changed_at)
        };
        if self.by_id.get(&id).is_none_or(is_older) {
            self.by_id.insert(id, notice);
        }
    }

    /// Whether a list has it.
    pub(super) fn names(&self, id: &IncidentId) -> bool {
        self.by_id.contains_key(id)
    }

    /// Whether a list has it as an incident or a maintenance, not as an announcement or cancelled.
    pub(super) fn holds(&self, id: &IncidentId) -> bool {
        self.by_id.get(id).is_some_and(|notice| notice.incident.is_some())
    }

    pub(super) fn in_state(&self, state: TimelineState) -> impl Iterator<Item = &IncidentId> {
        let is_in = move |notice: &ReadNotice| notice.timeline_state == Some(state) && notice.incident.is_some();
        self.by_id.iter().filter(move |(_, notice)| is_in(notice)).map(|(id, _)| id)
    }

    pub(super) fn into_incidents(self) -> Vec<Incident> {
        self.by_id.into_values().filter_map(|notice| notice.incident).collect()
    }
}

fn read(
    raw: &document::Notice<'_>,
    components: Option<&Components>,
    problems: &mut Problems,
) -> Option<(IncidentId, ReadNotice)> {
    let Some(id) = raw.id.as_ref().map(Word::as_str).filter(|id| !id.is_empty()) else {
        problems.add("a notice without id was left out".into());
        return None;
    };
    let mut reader = IncidentReader::new(id, problems);
    let timeline_state = match raw.timeline_state.as_deref().unwrap_or_default() {
        "future" => Some(TimelineState::Future),
        "present" => Some(TimelineState::Present),
        "past_recent" | "past_distant" | "past" => Some(TimelineState::Past),
        other => {
            reader.problem(&format!("has the unknown timeline state {}", quoted(other)));
            None
        }
    };
    let changed_at = reader.time("updated_at", raw.updated_at.as_deref());
    let is_silent = raw.kind.as_deref() == Some("general") || raw.state.as_deref() == Some("cancelled");
    let incident = (!is_silent).then(|| incident(id, raw, components, &mut reader));
    Some((IncidentId::new(id), ReadNotice { changed_at, timeline_state, incident }))
}

fn incident(
    id: &str,
    raw: &document::Notice<'_>,
    components: Option<&Components>,
    reader: &mut IncidentReader<'_>,
) -> Incident {
    let phase = reader.known("state", raw.state.as_deref(), phase);
    let kind = match raw.kind.as_deref() {
        Some("planned") => Kind::Maintenance,
        Some("unplanned") => Kind::Incident,
        other => {
            reader.problem(&format!("has the unknown type {}", quoted(other.unwrap_or_default())));
            if phase.is_some_and(is_planned) { Kind::Maintenance } else { Kind::Incident }
        }
    };
    let ended_at = reader.time("ended_at", raw.ended_at.as_deref());
    let is_over = phase.map_or(ended_at.is_some(), Phase::is_over);
    Incident {
        id: IncidentId::new(id),
        kind,
        title: reader.title(raw.subject.as_deref()),
        phase,
        impact: None,
        url: raw.url.as_deref().and_then(web_address),
        started_at: reader.time("began_at", raw.began_at.as_deref()),
        resolved_at: ended_at.filter(|_| is_over),
        window: match kind {
            Kind::Incident => None,
            Kind::Maintenance => {
                reader.window(("begins_at", raw.begins_at.as_deref()), ("ends_at", raw.ends_at.as_deref()))
            }
        },
        components: components.map_or_else(Vec::<Affected>::new, |components| {
            components.named(raw.components.as_deref().unwrap_or_default(), is_over, reader.problems)
        }),
        updates: updates(raw, reader),
    }
}

/// Oldest first. A list gives only the newest.
fn updates(raw: &document::Notice<'_>, reader: &mut IncidentReader<'_>) -> Vec<Update> {
    let latest: Vec<&RawValue> = raw.latest_update.into_iter().collect();
    let list = raw.updates.as_deref().unwrap_or(&latest);
    let (list, _) = elements::<document::Update>(list, "an update", reader.problems);
    let updates = list
        .iter()
        .map(|update| {
            let posted_at = reader.time("created_at", update.created_at.as_deref());
            let phase = reader.known_if_given("state", update.state.as_deref(), phase);
            let id = match &update.id {
                Some(id) => UpdateId::new(id.as_str()),
                None => derived_update_id(posted_at, update.state.as_deref().unwrap_or_default()),
            };
            let body = update.content.as_deref().map(plain_text);
            Update { id, phase, posted_at, body, components: Vec::new() }
        })
        .collect();
    in_order(updates)
}

fn phase(word: &str) -> Option<Phase> {
    Some(match word {
        "investigating" => Phase::Investigating,
        "identified" => Phase::Identified,
        "recovering" => Phase::Monitoring,
        "resolved" | "false_alarm" => Phase::Resolved,
        "scheduled" => Phase::Scheduled,
        "underway" | "in_progress" => Phase::InProgress,
        "complete" | "completed" => Phase::Completed,
        _ => return None,
    })
}

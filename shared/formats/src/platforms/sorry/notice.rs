//! From the vendor's notices to our incidents.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::Phase,
};

use super::{
    components::Components,
    document::{self, NoticeList},
};
use crate::{
    platforms::feed::{derived_update_id, is_planned},
    read::{
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        values::{Word, plain_text, web_address},
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
    found: BTreeMap<IncidentId, Found>,
    /// Something was left out: what is missing may be it.
    pub(super) damaged: bool,
}

struct Found {
    changed_at: Option<Timestamp>,
    timeline_state: Option<TimelineState>,
    /// `None`: an announcement, or work that was called off, of which nothing is shown.
    incident: Option<Incident>,
}

impl Notices {
    pub(super) fn add_list(&mut self, list: &NoticeList<'_>, problems: &mut Problems) {
        let (notices, whole) = elements::<document::Notice<'_>>(list.items(), "a notice", problems);
        self.damaged |= !whole;
        for notice in &notices {
            match read(notice, None, problems) {
                Some((id, found)) => self.add(id, found, false),
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
            Some((found_id, found)) if found_id == *id => {
                self.add(found_id, found, true);
                true
            }
            _ => false,
        }
    }

    /// Of two pictures of one notice the newer counts, and of the same the one with more in it.
    fn add(&mut self, id: IncidentId, found: Found, has_all: bool) {
        let is_older =
            |known: &Found| found.changed_at > known.changed_at || (has_all && found.changed_at == known.changed_at);
        if self.found.get(&id).is_none_or(is_older) {
            self.found.insert(id, found);
        }
    }

    /// A list has it.
    pub(super) fn names(&self, id: &IncidentId) -> bool {
        self.found.contains_key(id)
    }

    /// A list has it as what it is believed to be.
    pub(super) fn holds(&self, (kind, id): &(Kind, IncidentId)) -> bool {
        self.found.get(id).and_then(|found| found.incident.as_ref()).is_some_and(|incident| incident.kind == *kind)
    }

    pub(super) fn in_state(&self, state: TimelineState) -> impl Iterator<Item = &IncidentId> {
        let is_in = move |found: &Found| found.timeline_state == Some(state) && found.incident.is_some();
        self.found.iter().filter(move |(_, found)| is_in(found)).map(|(id, _)| id)
    }

    pub(super) fn into_incidents(self) -> Vec<Incident> {
        self.found.into_values().filter_map(|found| found.incident).collect()
    }
}

fn read(
    raw: &document::Notice<'_>,
    components: Option<&Components>,
    problems: &mut Problems,
) -> Option<(IncidentId, Found)> {
    let Some(id) = raw.id.as_ref().map(Word::as_str).filter(|id| !id.is_empty()) else {
        problems.add("a notice without id was left out".into());
        return None;
    };
    let mut notes = Notes { of: id, problems };
    let timeline_state = match raw.timeline_state.as_deref().unwrap_or_default() {
        "future" => Some(TimelineState::Future),
        "present" => Some(TimelineState::Present),
        "past_recent" | "past_distant" | "past" => Some(TimelineState::Past),
        other => {
            notes.problem(&format!("has the unknown timeline state {}", quoted(other)));
            None
        }
    };
    let changed_at = notes.time("updated_at", raw.updated_at.as_deref());
    let is_silent = raw.kind.as_deref() == Some("general") || raw.state.as_deref() == Some("cancelled");
    let incident = (!is_silent).then(|| incident(raw, components, &mut notes));
    Some((IncidentId::new(id), Found { changed_at, timeline_state, incident }))
}

fn incident(raw: &document::Notice<'_>, components: Option<&Components>, notes: &mut Notes<'_>) -> Incident {
    let phase = notes.phase(raw.state.as_deref());
    let kind = match raw.kind.as_deref() {
        Some("planned") => Kind::Maintenance,
        Some("unplanned") => Kind::Incident,
        other => {
            notes.problem(&format!("has the unknown type {}", quoted(other.unwrap_or_default())));
            if phase.is_some_and(is_planned) { Kind::Maintenance } else { Kind::Incident }
        }
    };
    let ended_at = notes.time("ended_at", raw.ended_at.as_deref());
    let is_over = phase.map_or(ended_at.is_some(), Phase::is_over);
    Incident {
        id: IncidentId::new(notes.of),
        kind,
        title: notes.title(raw.subject.as_deref()),
        phase,
        impact: None,
        url: raw.url.as_deref().and_then(web_address),
        started_at: notes.time("began_at", raw.began_at.as_deref()),
        resolved_at: ended_at.filter(|_| is_over),
        window: match kind {
            Kind::Incident => None,
            Kind::Maintenance => Some(Window {
                starts_at: notes.time("begins_at", raw.begins_at.as_deref()),
                ends_at: notes.time("ends_at", raw.ends_at.as_deref()),
            })
            .filter(|window| window.starts_at.is_some() || window.ends_at.is_some()),
        },
        components: components.map_or_else(Vec::<Affected>::new, |components| {
            components.named(raw.components.as_deref().unwrap_or_default(), is_over, notes.problems)
        }),
        updates: updates(raw, notes),
    }
}

/// Oldest first. A list gives only the newest.
fn updates(raw: &document::Notice<'_>, notes: &mut Notes<'_>) -> Vec<Update> {
    let latest: Vec<&RawValue> = raw.latest_update.into_iter().collect();
    let list = raw.updates.as_deref().unwrap_or(&latest);
    let (list, _) = elements::<document::Update>(list, "an update", notes.problems);
    let mut updates: Vec<Update> = list
        .iter()
        .map(|update| {
            let posted_at = notes.time("created_at", update.created_at.as_deref());
            let phase = update.state.as_deref().and_then(|state| notes.phase(Some(state)));
            let id = match &update.id {
                Some(id) => UpdateId::new(id.as_str()),
                None => derived_update_id(posted_at, update.state.as_deref().unwrap_or_default()),
            };
            let body = update.content.as_deref().map(plain_text);
            Update { id, phase, posted_at, body, components: Vec::new() }
        })
        .collect();
    updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    updates.dedup_by(|a, b| a.id == b.id);
    updates
}

/// Notes what is wrong with one notice.
struct Notes<'p> {
    /// The notice's id.
    of: &'p str,
    problems: &'p mut Problems,
}

impl Notes<'_> {
    fn problem(&mut self, what: &str) {
        self.problems.add(format!("notice {} {what}", quoted(self.of)));
    }

    fn title(&mut self, subject: Option<&str>) -> String {
        if subject.is_none() {
            self.problem("has no subject");
        }
        subject.unwrap_or("(no title)").to_owned()
    }

    fn phase(&mut self, word: Option<&str>) -> Option<Phase> {
        let word = word.unwrap_or_default();
        let phase = match word {
            "investigating" => Phase::Investigating,
            "identified" => Phase::Identified,
            "recovering" => Phase::Monitoring,
            "resolved" | "false_alarm" => Phase::Resolved,
            "scheduled" => Phase::Scheduled,
            "underway" | "in_progress" => Phase::InProgress,
            "complete" | "completed" => Phase::Completed,
            _ => {
                self.problem(&format!("has the unknown state {}", quoted(word)));
                return None;
            }
        };
        Some(phase)
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

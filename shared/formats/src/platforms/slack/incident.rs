//! From Slack's incidents to ours.
use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update},
    words::{ComponentStatus, Phase},
};

use crate::{
    contract::ReadContext,
    read::{
        incident_reader::IncidentReader, incident_set::IncidentSet, lenient_list::elements, problems::Problems,
        updates::derived_update_id,
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
    #[serde(borrow, rename = "type")]
    sort: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    date_created: Option<Text<'a>>,
    #[serde(borrow)]
    date_updated: Option<Text<'a>>,
    /// By name: they have no ids.
    #[serde(borrow)]
    services: Option<Vec<Text<'a>>>,
    /// Newest first.
    #[serde(borrow)]
    notes: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Note<'a> {
    #[serde(borrow)]
    date_created: Option<Text<'a>>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
}

/// Adds the incidents of one list.
pub(super) fn gather(
    context: &ReadContext<'_>,
    incident_set: &mut IncidentSet,
    items: &[&RawValue],
    problems: &mut Problems,
) {
    let (items, whole) = elements::<Raw<'_>>(items, "an incident", problems);
    incident_set.damaged |= !whole;
    for raw in &items {
        match raw.id.as_ref().filter(|id| !id.as_str().is_empty()) {
            // Cancelled maintenance is left out.
            Some(_) if is_word(raw.status.as_ref(), &["cancelled"]) => {}
            // Information is no incident, unless it was one: then it is followed to its end.
            Some(id) if raw.is_information() && !context.is_open(&IncidentId::new(id.as_str())) => {}
            Some(id) => {
                let (changed_at, incident) = incident(id.as_str(), raw, problems);
                incident_set.add(changed_at, incident);
            }
            None => {
                incident_set.damaged = true;
                problems.add("an incident without id was left out".into());
            }
        }
    }
}

impl Raw<'_> {
    fn is_planned(&self) -> bool {
        is_word(self.sort.as_ref(), &["maintenance"]) || is_word(self.status.as_ref(), &["scheduled", "completed"])
    }

    fn is_information(&self) -> bool {
        is_word(self.sort.as_ref(), &["notice"]) && !self.is_planned()
    }
}

fn is_word(word: Option<&Text<'_>>, words: &[&str]) -> bool {
    word.is_some_and(|word| words.contains(&&*word.0))
}

fn incident(id: &str, raw: &Raw<'_>, problems: &mut Problems) -> (Option<Timestamp>, Incident) {
    let id = IncidentId::new(id);
    let mut reader = IncidentReader::new(id.as_str(), problems);
    let kind = if raw.is_planned() { Kind::Maintenance } else { Kind::Incident };
    let phase = reader.known("status", raw.status.as_ref(), |word| {
        Some(match (word, kind) {
            ("active", Kind::Incident) => Phase::Investigating,
            ("active", Kind::Maintenance) => Phase::InProgress,
            ("scheduled", _) => Phase::Scheduled,
            ("resolved" | "completed", Kind::Incident) => Phase::Resolved,
            ("resolved" | "completed", Kind::Maintenance) => Phase::Completed,
            _ => return None,
        })
    });
    let status = reader.known("type", raw.sort.as_ref(), |word| {
        Some(match word {
            "outage" => ComponentStatus::MajorOutage,
            "incident" => ComponentStatus::DegradedPerformance,
            "notice" => ComponentStatus::Operational,
            "maintenance" => ComponentStatus::UnderMaintenance,
            _ => return None,
        })
    });
    let status = match (kind, phase) {
        (_, Some(Phase::Scheduled)) => None,
        (_, Some(phase)) if phase.is_over() => None,
        (Kind::Maintenance, _) => Some(ComponentStatus::UnderMaintenance),
        (Kind::Incident, _) => status,
    };
    let names: BTreeSet<&str> = raw.services.iter().flatten().map(|name| &*name.0).collect();
    let created_at = reader.time("date_created", raw.date_created.as_ref());
    let changed_at = reader.time("date_updated", raw.date_updated.as_ref());
    let updates = updates(raw.notes.as_deref(), &mut reader);
    let incident = Incident {
        kind,
        title: reader.title(raw.title.as_ref()),
        phase,
        impact: None,
        url: raw.url.as_ref().and_then(|url| web_address(&url.0)),
        started_at: created_at.filter(|_| phase != Some(Phase::Scheduled)),
        // The page gives no end, and `date_updated` may be that of a later edit.
        resolved_at: None,
        window: None,
        components: names.iter().map(|name| Affected { id: (*name).into(), status }).collect(),
        updates,
        id: id.clone(),
    };
    (changed_at, incident)
}

/// Oldest first. Their id is their time; of several at one time, all but the first have their text in it.
fn updates(raw: Option<&[&RawValue]>, reader: &mut IncidentReader<'_>) -> Vec<Update> {
    let Some(raw) = raw else {
        reader.problem("has no list of notes");
        return Vec::new();
    };
    let mut unread = Problems::default();
    let (notes, whole) = elements::<Note<'_>>(raw, "a note", &mut unread);
    if !whole {
        reader.problem("has a note of another shape, which was left out");
    }
    let mut notes: Vec<(Option<Timestamp>, Option<String>)> = notes
        .iter()
        .map(|note| {
            let body = note.body.as_ref().map(|body| plain_text(&body.0));
            (reader.time("note time", note.date_created.as_ref()), body)
        })
        .collect();
    notes.sort();
    notes.dedup();
    let mut used = HashSet::new();
    notes
        .into_iter()
        .map(|(posted_at, body)| {
            let plain = derived_update_id(posted_at, "");
            let id = if used.insert(plain.clone()) {
                plain
            } else {
                UpdateId::from(digest(&[plain.as_str(), body.as_deref().unwrap_or_default()]))
            };
            Update { id, phase: None, posted_at, body, components: Vec::new() }
        })
        .collect()
}

//! An incident or maintenance of Uptime.com, which have one shape.
use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update},
    words::Phase,
};

use super::status;
use crate::{
    read::{
        incident_reader::IncidentReader,
        maintenance::{phase_at, planned},
        problems::{Problems, quoted},
        updates::{in_order, named_last},
    },
    text::{
        values::{Text, Word, plain_text},
        words,
    },
};

#[derive(Deserialize)]
pub(super) struct RawIncident<'a> {
    id: Word,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    incident_type: Option<Text<'a>>,
    #[serde(borrow)]
    starts_at: Option<Text<'a>>,
    #[serde(borrow)]
    ends_at: Option<Text<'a>>,
    /// Where it is said without its updates.
    #[serde(borrow)]
    latest_update_incident_state: Option<Text<'a>>,
    #[serde(borrow)]
    affected_components: Option<Vec<RawAffected<'a>>>,
    #[serde(borrow)]
    updates: Option<Vec<RawUpdate<'a>>>,
}

#[derive(Deserialize)]
struct RawAffected<'a> {
    id: Word,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawUpdate<'a> {
    id: Word,
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    incident_state: Option<Text<'a>>,
}

impl RawIncident<'_> {
    /// `kind`: of the list it is in, where that tells.
    pub(super) fn read(&self, kind: Option<Kind>, now: Timestamp, problems: &mut Problems) -> Incident {
        let mut reader = IncidentReader::new(self.id.as_str(), problems);
        let of_type = reader.known("type", self.incident_type.as_ref(), |word| match word {
            "INCIDENT" => Some(Kind::Incident),
            "SCHEDULED_MAINTENANCE" => Some(Kind::Maintenance),
            _ => None,
        });
        let kind = of_type.or(kind).unwrap_or(Kind::Incident);
        let title = reader.title(self.name.as_ref());
        let starts_at = reader.time("start", self.starts_at.as_ref());
        let ends_at = reader.time("end", self.ends_at.as_ref());
        let updates = self.updates(kind, reader.problems);
        let said = match &self.latest_update_incident_state {
            Some(word) => phase(kind, &word.0, self.id.as_str(), problems),
            None => updates.last().and_then(|update| update.phase),
        };
        let window = match kind {
            Kind::Incident => None,
            Kind::Maintenance => {
                let mut reader = IncidentReader::new(self.id.as_str(), problems);
                reader.window(("starts_at", self.starts_at.as_ref()), ("ends_at", self.ends_at.as_ref()))
            }
        };
        let phase = match kind {
            _ if said.is_some_and(Phase::is_over) => said,
            // A closed incident has an end, an open one none.
            Kind::Incident if ends_at.is_some_and(|at| at <= now) => Some(Phase::Resolved),
            Kind::Incident => said,
            Kind::Maintenance => window.and_then(|window| phase_at(now, window)).or(said),
        };
        let is_over = phase.is_some_and(Phase::is_over);
        let last_update = updates.iter().filter_map(|update| update.posted_at).max();
        Incident {
            id: IncidentId::new(self.id.as_str()),
            kind,
            title,
            phase,
            impact: None,
            url: None,
            started_at: starts_at.filter(|at| kind == Kind::Incident || *at <= now),
            resolved_at: ends_at.or(last_update).filter(|_| is_over),
            window,
            components: self.components(is_over, problems),
            updates,
        }
    }

    fn components(&self, is_over: bool, problems: &mut Problems) -> Vec<Affected> {
        let affected = self.affected_components.iter().flatten().map(|raw| {
            let word = raw.status.as_ref().map(|word| &*word.0).filter(|_| !is_over);
            let status =
                word.map(|word| status(word).unwrap_or_else(|| problems.unknown_status(raw.id.as_str(), word)));
            Affected { id: ComponentId::new(raw.id.as_str()), status }
        });
        let mut affected = named_last(affected);
        affected.sort();
        affected
    }

    fn updates(&self, kind: Kind, problems: &mut Problems) -> Vec<Update> {
        let id = self.id.as_str();
        let updates = self.updates.iter().flatten().map(|raw| Update {
            id: UpdateId::new(raw.id.as_str()),
            phase: raw.incident_state.as_ref().and_then(|word| phase(kind, &word.0, id, problems)),
            posted_at: IncidentReader::new(id, problems).time("time of an update", raw.updated_at.as_ref()),
            body: raw.description.as_ref().map(|body| plain_text(body.0.trim())),
            components: Vec::new(),
        });
        in_order(updates.collect())
    }
}

/// Planned work is only said to be that.
fn phase(kind: Kind, word: &str, id: &str, problems: &mut Problems) -> Option<Phase> {
    if matches!(word, "" | "maintenance") {
        return None;
    }
    let known = words::phase(word);
    if known.is_none() {
        problems.add(format!("incident {} has the unknown state {}", quoted(id), quoted(word)));
    }
    known.map(|phase| if kind == Kind::Maintenance { planned(phase) } else { phase })
}

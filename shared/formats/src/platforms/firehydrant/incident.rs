//! An incident or maintenance of FireHydrant, by the times it passed.
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use crate::{
    read::{
        incident_reader::IncidentReader,
        maintenance::phase_at,
        problems::{Problems, quoted},
        updates::{in_order, update_id},
    },
    text::values::{Text, plain_text},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawIncident<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    severity_slug: Option<Text<'a>>,
    /// Of milestones. They have no fixed order.
    #[serde(borrow)]
    timestamps: BTreeMap<String, Option<Text<'a>>>,
    #[serde(borrow)]
    components: Option<Vec<RawAffected<'a>>>,
    #[serde(borrow)]
    timeline: Option<Vec<Entry<'a>>>,
}

#[derive(Deserialize)]
struct RawAffected<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    condition: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    details: Option<Details<'a>>,
    /// `time` is that of the writing.
    #[serde(borrow)]
    occurred_at: Option<Text<'a>>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    note: Option<Note<'a>>,
}

/// A change of impact has its note one level deeper, or none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Note<'a> {
    Plain(#[serde(borrow)] Text<'a>),
    Nested {
        #[serde(borrow)]
        note: Option<Text<'a>>,
    },
}

impl Note<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(&text.0),
            Self::Nested { note } => Some(&note.as_ref()?.0),
        }
    }
}

/// What a milestone says of where an incident is, the furthest first.
const MILESTONES: [(&str, Phase); 5] = [
    ("mitigated", Phase::Monitoring),
    ("identified", Phase::Identified),
    ("investigating", Phase::Investigating),
    ("acknowledged", Phase::Investigating),
    ("detected", Phase::Investigating),
];

impl RawIncident<'_> {
    pub(super) fn read(
        &self,
        now: Timestamp,
        conditions: &HashMap<String, String>,
        problems: &mut Problems,
    ) -> Incident {
        let severity = self.severity_slug.as_ref().map_or("", |severity| &*severity.0);
        let kind = if severity == "MAINTENANCE" { Kind::Maintenance } else { Kind::Incident };
        let resolved_at = self.time("resolved", problems);
        let started_at = self.time("started", problems).or_else(|| self.time("detected", problems));
        let window = (kind == Kind::Maintenance).then_some(Window { starts_at: started_at, ends_at: None });
        let phase = match (kind, self.passed("resolved")) {
            (Kind::Incident, true) => Some(Phase::Resolved),
            (Kind::Maintenance, true) => Some(Phase::Completed),
            (Kind::Incident, false) => self.milestone(),
            (Kind::Maintenance, false) => window.and_then(|window| phase_at(now, window)),
        };
        let components = self.components(kind, phase, conditions, problems);
        let mut reader = IncidentReader::new(&self.id.0, problems);
        Incident {
            kind,
            title: reader.title(self.title.as_ref()),
            phase,
            impact: impact(severity).filter(|_| kind == Kind::Incident),
            url: None,
            started_at: started_at.filter(|at| kind == Kind::Incident || *at <= now),
            resolved_at,
            window: window.filter(|window| window.starts_at.is_some()),
            components,
            updates: self.updates(problems),
            id: IncidentId::new(&*self.id.0),
        }
    }

    fn time(&self, milestone: &str, problems: &mut Problems) -> Option<Timestamp> {
        let text = self.timestamps.get(milestone)?.as_ref();
        IncidentReader::new(&self.id.0, problems).time(milestone, text)
    }

    /// Whether it has this time, be it one that cannot be read.
    fn passed(&self, milestone: &str) -> bool {
        let time = self.timestamps.get(milestone).and_then(Option::as_ref);
        time.is_some_and(|time| !time.0.trim().is_empty())
    }

    fn milestone(&self) -> Option<Phase> {
        MILESTONES.iter().find(|(name, _)| self.passed(name)).map(|(_, phase)| *phase)
    }

    /// The condition of a component is told as long as it lasts.
    fn components(
        &self,
        kind: Kind,
        phase: Option<Phase>,
        conditions: &HashMap<String, String>,
        problems: &mut Problems,
    ) -> Vec<Affected> {
        let mut affected = BTreeMap::new();
        let severity = self.severity_slug.as_ref().map_or("", |severity| &*severity.0);
        // One that the organisation made up may be planned work, in which a component is well until it is not.
        let is_own_severity = severity != "UNSET" && impact(severity).is_none();
        for raw in self.components.iter().flatten() {
            let word = raw.condition.as_ref().map_or("", |word| &*word.0);
            let status = match (kind, phase) {
                (_, Some(Phase::Resolved | Phase::Completed | Phase::Scheduled)) => None,
                (Kind::Maintenance, _) => Some(ComponentStatus::UnderMaintenance),
                (Kind::Incident, _) => match condition(word, conditions) {
                    Some(ComponentStatus::Operational) if is_own_severity => Some(ComponentStatus::Unknown),
                    Some(status) => Some(status),
                    None => {
                        problems.add(format!("component {}: unknown condition {}", quoted(&raw.id.0), quoted(word)));
                        Some(ComponentStatus::Unknown)
                    }
                },
            };
            let id = ComponentId::new(&*raw.id.0);
            let worst = affected.entry(id.clone()).or_insert(Affected { id, status });
            worst.status = worst.status.max(status);
        }
        affected.into_values().collect()
    }

    fn updates(&self, problems: &mut Problems) -> Vec<Update> {
        let mut reader = IncidentReader::new(&self.id.0, problems);
        let mut notes = Vec::new();
        for entry in self.timeline.iter().flatten() {
            let note = entry.details.as_ref().and_then(|details| details.note.as_ref()?.text());
            let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) else { continue };
            let at = reader.time("time of a note", entry.occurred_at.as_ref().or(entry.time.as_ref()));
            notes.push((at, plain_text(note)));
        }
        notes.sort();
        let mut used = HashSet::new();
        let updates = notes.into_iter().filter_map(|(posted_at, body)| {
            let id = update_id(posted_at, "", &body, &mut used)?;
            Some(Update { id, phase: None, posted_at, body: Some(body), components: Vec::new() })
        });
        in_order(updates.collect())
    }
}

/// The severities are the organisation's to name; these are the ones that it begins with.
fn impact(severity: &str) -> Option<Impact> {
    match severity {
        "SEV1" => Some(Impact::Critical),
        "SEV2" => Some(Impact::Major),
        "SEV3" | "SEV4" => Some(Impact::Minor),
        _ => None,
    }
}

fn condition(word: &str, conditions: &HashMap<String, String>) -> Option<ComponentStatus> {
    Some(match conditions.get(word).map_or(word, String::as_str) {
        "OPERATIONAL" => ComponentStatus::Operational,
        "DEGRADED" => ComponentStatus::DegradedPerformance,
        "OFFLINE" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

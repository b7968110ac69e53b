//! What Flashduty calls a change: an incident or maintenance, with its updates.
use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Phase},
};

use crate::{
    read::{
        incident_reader::IncidentReader,
        lenient_list::elements,
        maintenance::planned,
        problems::{Problems, quoted},
        updates::{began_at, in_order, named_last, over_since, update_id},
    },
    text::{
        values::{Text, Word, plain_text},
        words::{self, component_status, normal},
    },
};

#[derive(Deserialize)]
pub(super) struct Change<'a> {
    change_id: Word,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    affected_components: Option<Vec<RawAffected<'a>>>,
    start_at_seconds: Option<Word>,
    /// Of an incident when it ended, of maintenance when it is to end.
    #[serde(alias = "end_at_seconds")]
    close_at_seconds: Option<Word>,
    #[serde(borrow)]
    updates: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct RawAffected<'a> {
    component_id: Word,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawUpdate<'a> {
    update_id: Option<Word>,
    at_seconds: Option<Word>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    component_changes: Option<Vec<RawAffected<'a>>>,
}

impl Change<'_> {
    pub(super) fn id(&self) -> &str {
        self.change_id.as_str()
    }

    /// Whatever it may affect.
    pub(super) fn is_without_components(&self) -> bool {
        self.affected_components.is_none()
    }

    /// `None`: cancelled maintenance, which never took place.
    pub(super) fn incident(&self, now: Timestamp, problems: &mut Problems) -> Option<Incident> {
        let id = self.id();
        let kind = self.kind(problems);
        let word = self.status.as_ref().map_or("", |word| &*word.0);
        if kind == Kind::Maintenance && matches!(normal(word).as_str(), "cancelled" | "canceled") {
            return None;
        }
        let updates = self.updates(kind, problems);
        let components = affected(id, self.affected_components.as_deref(), problems);
        let mut reader = IncidentReader::new(id, problems);
        let phase = reader.known("status", Some(word), |word| phase(word, kind));
        let title = reader.title(self.title.as_ref());
        let [start, end] = [("start", &self.start_at_seconds), ("end", &self.close_at_seconds)]
            .map(|(what, seconds)| time(&mut reader, what, seconds.as_ref()));
        let window = Window { starts_at: start, ends_at: end };
        let is_over = phase.is_some_and(Phase::is_over);
        let has_begun = !matches!(phase, Some(Phase::Scheduled) | None);
        Some(Incident {
            id: IncidentId::new(id),
            kind,
            title,
            phase,
            impact: None,
            url: None,
            started_at: match kind {
                Kind::Incident => start,
                Kind::Maintenance => began_at(&updates).or(start.filter(|at| has_begun && *at <= now)),
            },
            resolved_at: match kind {
                Kind::Incident => end,
                Kind::Maintenance => over_since(phase, &updates).or(end),
            }
            .filter(|at| is_over && *at <= now),
            window: Some(window).filter(|_| kind == Kind::Maintenance && (start.is_some() || end.is_some())),
            components,
            updates,
        })
    }

    fn kind(&self, problems: &mut Problems) -> Kind {
        match self.kind.as_ref().map_or("", |kind| &*kind.0) {
            "maintenance" => Kind::Maintenance,
            "incident" => Kind::Incident,
            other => {
                problems.add(format!("event {} has the unknown type {}", quoted(self.id()), quoted(other)));
                Kind::Incident
            }
        }
    }

    /// The description is the first of them, if there is no other: it repeats the newest.
    fn updates(&self, kind: Kind, problems: &mut Problems) -> Vec<Update> {
        let id = self.id();
        let (raw, _) = elements::<RawUpdate<'_>>(self.updates.as_deref().unwrap_or_default(), "an update", problems);
        let text = |text: Option<&Text<'_>>| text.map(|text| plain_text(text.0.trim())).filter(|text| !text.is_empty());
        let mut found: Vec<_> = raw.iter().map(|raw| (text(raw.description.as_ref()), raw)).collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut used = HashSet::new();
        let mut updates = Vec::new();
        for (body, raw) in found {
            let mut reader = IncidentReader::new(id, problems);
            let posted_at = time(&mut reader, "time of an update", raw.at_seconds.as_ref());
            let word = raw.status.as_ref().map(|word| &*word.0).filter(|word| !word.is_empty());
            let phase = reader.known_if_given("status of an update", word, |word| phase(word, kind));
            let own = raw.update_id.as_ref().filter(|id| !id.as_str().is_empty());
            let id_of_update = match own {
                Some(own) => Some(UpdateId::new(own.as_str())),
                None => update_id(posted_at, word.unwrap_or_default(), body.as_deref().unwrap_or_default(), &mut used),
            };
            let components = affected(id, raw.component_changes.as_deref(), problems);
            updates.extend(id_of_update.map(|id| Update { id, phase, posted_at, body, components }));
        }
        let description = text(self.description.as_ref()).filter(|_| updates.is_empty());
        updates.extend(description.map(|body| Update {
            id: "description".into(),
            phase: None,
            posted_at: None,
            body: Some(body),
            components: Vec::new(),
        }));
        in_order(updates)
    }
}

fn affected(id: &str, raw: Option<&[RawAffected<'_>]>, problems: &mut Problems) -> Vec<Affected> {
    let named = raw.unwrap_or_default().iter().map(|raw| {
        let word = raw.status.as_ref().map_or("", |word| &*word.0);
        let status = status(word);
        if status.is_none() {
            let component = raw.component_id.as_str();
            IncidentReader::new(id, problems).problem(&format!(
                "gives component {} the unknown status {}",
                quoted(component),
                quoted(word)
            ));
        }
        Affected { id: ComponentId::new(raw.component_id.as_str()), status: status.or(Some(ComponentStatus::Unknown)) }
    });
    let mut named = named_last(named.collect::<Vec<_>>().into_iter());
    named.sort();
    named
}

/// Seconds since 1970; 0 and none are the same.
fn time(reader: &mut IncidentReader<'_>, what: &str, seconds: Option<&Word>) -> Option<Timestamp> {
    let seconds = seconds.map(Word::as_str).filter(|seconds| !matches!(*seconds, "" | "0"))?;
    let time = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    if time.is_none() {
        reader.problem(&format!("has the {what} {}, which is no time", quoted(seconds)));
    }
    time
}

fn phase(word: &str, kind: Kind) -> Option<Phase> {
    let phase = match normal(word).as_str() {
        "ongoing" => Phase::InProgress,
        _ => words::phase(word)?,
    };
    Some(if kind == Kind::Maintenance { planned(phase) } else { phase })
}

fn status(word: &str) -> Option<ComponentStatus> {
    match normal(word).as_str() {
        "degraded" => Some(ComponentStatus::DegradedPerformance),
        "maintenance" => Some(ComponentStatus::UnderMaintenance),
        _ => component_status(word),
    }
}

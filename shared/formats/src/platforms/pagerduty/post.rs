//! Translates a post. Its status, its severity and its impact on services are ids of the page's own enums.
use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{ComponentId, IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use crate::{
    read::{
        incident_reader::NO_TITLE,
        problems::{Problems, quoted},
        updates::{began_at, derived_update_id, over_since},
    },
    text::{
        dates::rfc3339,
        values::{Word, plain_text},
        words::{component_status, is_planned, phase},
    },
};

#[derive(Deserialize)]
pub(super) struct RawEnum {
    id: Option<Word>,
    name: Option<Word>,
    layout_settings: Option<Key>,
}

/// `incident/status/in_progress`: what the word was before the owner of the page put it in other words.
#[derive(Deserialize)]
struct Key {
    key: Option<Word>,
}

/// The page's words by id, each with the one it goes by in the product.
pub(super) struct Enums(BTreeMap<String, [String; 2]>);

impl Enums {
    pub(super) fn new(raw: Vec<RawEnum>) -> Self {
        let words = raw.into_iter().filter_map(|raw| {
            let name = raw.name.map(|name| name.0).unwrap_or_default();
            let key = raw.layout_settings.and_then(|settings| settings.key).map(|key| key.0).unwrap_or_default();
            let own = key.rsplit('/').next().unwrap_or_default().to_owned();
            Some((raw.id?.0, [own, name].map(|word| word.trim().to_lowercase().replace('_', " "))))
        });
        Self(words.collect())
    }

    fn find<T>(&self, id: &Option<Word>, translate: impl Fn(&str) -> Option<T>) -> Option<T> {
        let words = self.0.get(id.as_ref()?.as_str())?;
        words.iter().find_map(|word| translate(word))
    }
}

#[derive(Deserialize)]
pub(super) struct Post {
    id: Option<Word>,
    title: Option<Word>,
    post_type: Option<Word>,
    starts_at: Option<Word>,
    ends_at: Option<Word>,
    first_update_at: Option<Word>,
    latest_update: Option<RawUpdate>,
    /// Only where the post was asked for by itself.
    updates: Option<Vec<RawUpdate>>,
}

#[derive(Deserialize)]
struct RawUpdate {
    id: Option<Word>,
    reported_at: Option<Word>,
    message: Option<Word>,
    status_id: Option<Word>,
    severity_id: Option<Word>,
    impacts: Option<Vec<RawImpact>>,
}

#[derive(Deserialize)]
struct RawImpact {
    service_id: Option<Word>,
    severity_id: Option<Word>,
}

impl Post {
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_ref().map(Word::as_str).filter(|id| !id.is_empty())
    }

    /// With the time of its last change; `None` for one that cannot be recognised again.
    pub(super) fn read(self, enums: &Enums, problems: &mut Problems) -> Option<(Option<Timestamp>, Incident)> {
        let id = IncidentId::new(self.id()?);
        let mut problem = |what: &str| problems.add(format!("post {} {what}", quoted(id.as_str())));
        let mut raw = self.updates.unwrap_or_default();
        raw.extend(self.latest_update);
        raw.sort_by_key(|update| time(&update.reported_at));
        let Some(newest) = raw.last() else {
            problem("has no update");
            return Some((None, untold(id, self.post_type, self.title)));
        };
        let changed_at = time(&newest.reported_at);
        let phase = newest.phase(enums);
        if phase.is_none() {
            problem("has a status of an unknown meaning");
        }
        let kind = kind(&self.post_type, phase);
        let impact = enums.find(&newest.severity_id, severity);
        if impact.is_none() && kind == Kind::Incident {
            problem("has a severity of an unknown meaning");
        }
        let begun = phase != Some(Phase::Scheduled);
        let mut touched: BTreeMap<ComponentId, Option<ComponentStatus>> =
            raw.iter().flat_map(|update| update.impacts(enums).into_keys()).map(|id| (id, None)).collect();
        if begun {
            touched.extend(newest.impacts(enums));
        }

        let updates = updates(&raw, enums);
        let window = Window { starts_at: time(&self.starts_at), ends_at: time(&self.ends_at) };
        let is_maintenance = kind == Kind::Maintenance;
        let over = phase.is_some_and(Phase::is_over);
        let incident = Incident {
            id,
            kind,
            title: title(self.title),
            phase,
            impact: impact.filter(|_| !is_maintenance),
            url: None,
            started_at: match is_maintenance {
                true => began_at(&updates),
                false => window.starts_at.or(time(&self.first_update_at)).or(updates[0].posted_at),
            },
            resolved_at: over_since(phase, &updates).or(window.ends_at).filter(|_| over),
            window: Some(window).filter(|window| is_maintenance && window.starts_at.or(window.ends_at).is_some()),
            components: touched.into_iter().map(|(id, status)| Affected { id, status }).collect(),
            updates,
        };
        Some((changed_at, incident))
    }
}

impl RawUpdate {
    fn phase(&self, enums: &Enums) -> Option<Phase> {
        enums.find(&self.status_id, status)
    }

    /// The services that it names, with their states.
    fn impacts(&self, enums: &Enums) -> BTreeMap<ComponentId, Option<ComponentStatus>> {
        let named = self.impacts.iter().flatten().filter_map(|named| {
            let service = named.service_id.as_ref().filter(|id| !id.0.is_empty())?;
            let status = enums.find(&named.severity_id, impact_on).unwrap_or(ComponentStatus::Unknown);
            Some((ComponentId::new(service.as_str()), Some(status)))
        });
        named.collect()
    }
}

/// In the order of `raw`, each once.
fn updates(raw: &[RawUpdate], enums: &Enums) -> Vec<Update> {
    let mut updates = Vec::new();
    let mut seen = HashSet::new();
    for update in raw {
        let posted_at = time(&update.reported_at);
        let phase = update.phase(enums);
        let body = update.message.as_ref().map(|message| plain_text(&message.0));
        let word = phase.map_or("", Phase::as_str);
        let own = update.id.as_ref().filter(|id| !id.0.is_empty()).map(|id| UpdateId::new(id.as_str()));
        let id = match (own, posted_at) {
            (Some(own), _) => own,
            (None, Some(_)) => derived_update_id(posted_at, word),
            (None, None) => UpdateId::from(digest(&[word, body.as_deref().unwrap_or_default()])),
        };
        if seen.insert(id.clone()) {
            let named = update.impacts(enums).into_iter().map(|(id, status)| Affected { id, status });
            updates.push(Update { id, phase, posted_at, body, components: named.collect() });
        }
    }
    updates
}

/// A post that nothing was written to yet.
fn untold(id: IncidentId, post_type: Option<Word>, name: Option<Word>) -> Incident {
    Incident {
        id,
        kind: kind(&post_type, None),
        title: title(name),
        phase: None,
        impact: None,
        url: None,
        started_at: None,
        resolved_at: None,
        window: None,
        components: Vec::new(),
        updates: Vec::new(),
    }
}

fn kind(post_type: &Option<Word>, phase: Option<Phase>) -> Kind {
    let is_maintenance = match post_type.as_ref().map(Word::as_str) {
        Some("maintenance") => true,
        Some("incident") => false,
        _ => phase.is_some_and(is_planned),
    };
    if is_maintenance { Kind::Maintenance } else { Kind::Incident }
}

pub(super) fn title(title: Option<Word>) -> String {
    title.map_or_else(|| NO_TITLE.into(), |title| plain_text(title.0.trim()).replace('\n', " "))
}

pub(super) fn status(word: &str) -> Option<Phase> {
    match word {
        "detected" => Some(Phase::Investigating),
        word => phase(word),
    }
}

/// Of an incident; maintenance has none.
pub(super) fn severity(word: &str) -> Option<Impact> {
    Some(match word {
        "all good" | "none" => Impact::None,
        "minor" => Impact::Minor,
        "major" => Impact::Major,
        "critical" => Impact::Critical,
        _ => return None,
    })
}

fn impact_on(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "all good" => ComponentStatus::Operational,
        "maintenance" => ComponentStatus::UnderMaintenance,
        "minor" | "degraded" => ComponentStatus::DegradedPerformance,
        "major" => ComponentStatus::PartialOutage,
        "outage" => ComponentStatus::MajorOutage,
        word => return component_status(word),
    })
}

/// Milliseconds since 1970, or text.
pub(super) fn time(word: &Option<Word>) -> Option<Timestamp> {
    let text = word.as_ref()?.as_str();
    match text.parse() {
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok().filter(|_| milliseconds > 0),
        Err(_) => rfc3339(text),
    }
}

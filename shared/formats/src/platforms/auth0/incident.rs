//! Translates an incident of a region, and puts together those of several regions.
use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{ComponentId, IncidentId, UpdateId, digest},
    snapshot::{Affected, Component, Incident, Kind, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use crate::{
    read::{
        incident_reader::NO_TITLE,
        maintenance::planned,
        problems::{Problems, quoted},
        updates::{derived_update_id, named_last, over_since},
    },
    text::{
        dates::rfc3339,
        values::{Word, plain_text, short_name},
        words::{component_status, is_planned, phase},
    },
};

#[derive(Deserialize)]
pub(super) struct Raw {
    id: Option<Word>,
    name: Option<Word>,
    status: Option<Word>,
    impact: Option<Word>,
    created_at: Option<Word>,
    started_at: Option<Word>,
    resolved_at: Option<Word>,
    scheduled_for: Option<Word>,
    scheduled_until: Option<Word>,
    incident_updates: Option<Vec<RawUpdate>>,
}

#[derive(Deserialize)]
struct RawUpdate {
    id: Option<Word>,
    status: Option<Word>,
    body: Option<Word>,
    created_at: Option<Word>,
    display_at: Option<Word>,
    affected_components: Option<Vec<Part>>,
}

/// A part of a region that an update names.
#[derive(Deserialize)]
struct Part {
    name: Option<Word>,
    new_status: Option<Word>,
}

/// A region: a component, and the group of its parts.
pub(super) struct Region(String);

impl Region {
    pub(super) fn new(label: String) -> Self {
        Self(short_name(&label))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    pub(super) fn component(&self, status: ComponentStatus) -> Component {
        let name = self.0.clone();
        Component { id: ComponentId::new(&name), group: Some(name.clone()), name, status }
    }

    /// A part of this region as a component.
    pub(super) fn part(&self, affected: &Affected) -> Option<Component> {
        let name = affected.id.as_str().strip_prefix(&self.0)?.strip_prefix(SEPARATOR)?;
        Some(Component {
            id: affected.id.clone(),
            name: name.to_owned(),
            group: Some(self.0.clone()),
            status: affected.status.unwrap_or(ComponentStatus::Unknown),
        })
    }

    fn part_id(&self, name: &str) -> ComponentId {
        ComponentId::new(format!("{}{SEPARATOR}{name}", self.0))
    }
}

const SEPARATOR: &str = ": ";

/// An incident, and the state of its region because of it; `None` where the page does not give it.
pub(super) struct Read {
    pub(super) incident: Incident,
    pub(super) state: Option<ComponentStatus>,
}

impl Read {
    /// How bad it is for its region cannot be told, since its words are not known.
    pub(super) fn is_open_in_no_known_state(&self) -> bool {
        self.state.is_none() && self.incident.kind == Kind::Incident && !self.incident.is_over()
    }
}

impl Raw {
    /// `Ok(None)`: it stands for all being well. The error is one that cannot be recognised again.
    pub(super) fn read(self, region: Option<&Region>, problems: &mut Problems) -> Result<Option<Read>, ()> {
        let status = text(&self.status);
        let stated = component_status(&status);
        if stated == Some(ComponentStatus::Operational) {
            return Ok(None);
        }
        let Some(id) = self.id.filter(|id| !id.0.is_empty()) else {
            problems.add("an incident without id was left out".into());
            return Err(());
        };
        let phase = phase(&status);
        if phase.is_none() && stated.is_none() {
            problems.add(format!("incident {} has the unknown status {}", quoted(id.as_str()), quoted(&status)));
        }
        let window = Window { starts_at: time(&self.scheduled_for), ends_at: time(&self.scheduled_until) };
        let window = Some(window).filter(|window| window.starts_at.or(window.ends_at).is_some());
        let word = text(&self.impact);
        let is_maintenance = window.is_some() || phase.is_some_and(is_planned) || word == "maintenance";
        let phase = if is_maintenance { phase.map(planned) } else { phase };
        let impact = impact(&word);
        if impact.is_none() && !is_maintenance {
            problems.add(format!("incident {} has the unknown impact {}", quoted(id.as_str()), quoted(&word)));
        }
        let over = phase.is_some_and(Phase::is_over);
        let state = state_now(phase, stated, is_maintenance, impact);
        let mut updates = updates(self.incident_updates.unwrap_or_default(), region, state);
        if is_maintenance {
            updates.iter_mut().for_each(|update| update.phase = update.phase.map(planned));
        }
        let of_region = region.map(|region| Affected { id: ComponentId::new(region.name()), status: state });
        let named = named_last(updates.iter().flat_map(|update| update.components.iter().cloned()));
        let began = || updates.iter().find(|update| update.phase == Some(Phase::InProgress))?.posted_at;
        let incident = Incident {
            id: IncidentId::new(id.as_str()),
            kind: if is_maintenance { Kind::Maintenance } else { Kind::Incident },
            title: self.name.map_or_else(|| NO_TITLE.into(), |name| plain_text(&name.0).replace('\n', " ")),
            phase,
            impact: impact.filter(|_| !is_maintenance),
            url: None,
            started_at: match is_maintenance {
                true => began(),
                false => time(&self.started_at).or(time(&self.created_at)),
            },
            resolved_at: time(&self.resolved_at).or_else(|| over_since(phase, &updates)).filter(|_| over),
            window: window.filter(|_| is_maintenance),
            components: of_region.into_iter().chain(named).collect(),
            updates,
        };
        Ok(Some(Read { incident, state }))
    }
}

/// What an incident means for its region now: its status may be the state of a component, else its impact tells.
fn state_now(
    phase: Option<Phase>,
    stated: Option<ComponentStatus>,
    is_maintenance: bool,
    impact: Option<Impact>,
) -> Option<ComponentStatus> {
    match phase {
        Some(phase) if phase.is_over() => None,
        _ if stated.is_some() => stated,
        Some(Phase::InProgress | Phase::Verifying) => Some(ComponentStatus::UnderMaintenance),
        _ if is_maintenance => None,
        _ => impact.map(state_of),
    }
}

/// Oldest first. An update without an id gets one made of its time and status, or of its text where these are the same.
fn updates(raw: Vec<RawUpdate>, region: Option<&Region>, state: Option<ComponentStatus>) -> Vec<Update> {
    let mut raw: Vec<_> =
        raw.into_iter().map(|raw| (time(&raw.display_at).or(time(&raw.created_at)), text(&raw.body), raw)).collect();
    raw.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let newest = raw.last().and_then(|(posted_at, ..)| *posted_at);
    let mut seen = HashSet::new();
    let mut updates = Vec::new();
    for (posted_at, body, raw) in raw {
        let word = text(&raw.status);
        let with_text = UpdateId::from(digest(&[derived_update_id(posted_at, &word).as_str(), &body]));
        if !seen.insert(with_text.clone()) {
            continue;
        }
        let plain = match raw.id.filter(|id| !id.0.is_empty()) {
            Some(id) => UpdateId::from(id.0),
            None => derived_update_id(posted_at, &word),
        };
        let id = if seen.insert(plain.clone()) { plain } else { with_text };
        // How a part is now the newest update says, if only by naming it.
        let now = state.filter(|_| posted_at == newest);
        let components = raw.affected_components.unwrap_or_default().into_iter().filter_map(|part| {
            let id = region?.part_id(&part.name?.0);
            Some(Affected { id, status: part.new_status.and_then(|word| component_status(&word.0)).or(now) })
        });
        updates.push(Update {
            id,
            phase: phase(&word),
            posted_at,
            body: raw.body.map(|body| plain_text(&body.0)),
            components: components.collect(),
        });
    }
    updates
}

/// One incident as two regions tell it: it is open where it is open in one of them.
pub(super) fn merge(known: Incident, other: Incident) -> Incident {
    let (mut main, added) = if known.is_over() && !other.is_over() { (other, known) } else { (known, other) };
    for affected in added.components {
        match main.components.iter_mut().find(|known| known.id == affected.id) {
            Some(known) => known.status = known.status.max(affected.status),
            None => main.components.push(affected),
        }
    }
    for update in added.updates {
        match main.updates.iter_mut().find(|known| known.id == update.id) {
            Some(known) => {
                let new =
                    update.components.into_iter().filter(|part| !known.components.iter().any(|k| k.id == part.id));
                let new: Vec<_> = new.collect();
                known.components.extend(new);
            }
            None => main.updates.push(update),
        }
    }
    main.updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    main
}

fn impact(word: &str) -> Option<Impact> {
    Some(match word {
        "none" => Impact::None,
        "minor" => Impact::Minor,
        "major" => Impact::Major,
        "critical" => Impact::Critical,
        _ => return None,
    })
}

/// The page shows a region as bad as its worst incident.
fn state_of(impact: Impact) -> ComponentStatus {
    match impact {
        Impact::None => ComponentStatus::Operational,
        Impact::Minor => ComponentStatus::DegradedPerformance,
        Impact::Major => ComponentStatus::PartialOutage,
        Impact::Critical => ComponentStatus::MajorOutage,
    }
}

fn text(word: &Option<Word>) -> String {
    word.as_ref().map_or("", |word| word.as_str()).trim().to_lowercase()
}

fn time(word: &Option<Word>) -> Option<Timestamp> {
    rfc3339(word.as_ref()?.as_str())
}

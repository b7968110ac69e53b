//! From the vendor's incidents and maintenances to ours. What is damaged beyond identity is left out and makes the
//! whole list partial: an incident that cannot be recognised must not pass for one that is gone.
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use super::document;
use crate::{
    read::{
        incident_set::IncidentSet,
        problems::{Problems, quoted},
    },
    text::values::{Text, plain_text, web_address},
};

/// Adds the incidents of one list.
pub(super) fn gather(incident_set: &mut IncidentSet, kind: Kind, items: &[&RawValue], problems: &mut Problems) {
    for item in items {
        match incident(kind, item, problems) {
            Some((changed_at, incident)) => incident_set.add(changed_at, incident),
            None => incident_set.damaged = true,
        }
    }
}

fn incident(kind: Kind, item: &RawValue, problems: &mut Problems) -> Option<(Option<Timestamp>, Incident)> {
    let Ok(raw) = serde_json::from_str::<document::Incident<'_>>(item.get()) else {
        problems.add("an incident of another shape was left out".into());
        return None;
    };
    let Some(id) = raw.id.as_ref().filter(|id| !id.0.is_empty()) else {
        problems.add("an incident without id was left out".into());
        return None;
    };
    let mut words = Words { of: &id.0, problems };
    let phase = words.phase(raw.status.as_ref());
    let kind = if phase.is_some_and(is_planned) { Kind::Maintenance } else { kind };
    let resolved_at = words.time("resolved_at", raw.resolved_at.as_ref());
    let over = phase.map_or(resolved_at.is_some(), Phase::is_over);
    let updates = updates(raw.incident_updates, &mut words);
    let incident = Incident {
        id: IncidentId::new(&id.0),
        kind,
        title: words.title(raw.name.as_ref()),
        phase,
        impact: words.impact(raw.impact.as_ref()),
        url: raw.shortlink.as_ref().and_then(|link| web_address(&link.0)),
        started_at: match kind {
            Kind::Incident => words.time("started_at", raw.started_at.as_ref()),
            // `started_at` is when it was announced
            Kind::Maintenance => began(&updates),
        },
        // a reopened incident may still carry the time of its first end
        resolved_at: resolved_at.filter(|_| over),
        window: match kind {
            Kind::Incident => None,
            Kind::Maintenance => Some(Window {
                starts_at: words.time("scheduled_for", raw.scheduled_for.as_ref()),
                ends_at: words.time("scheduled_until", raw.scheduled_until.as_ref()),
            })
            .filter(|window| window.starts_at.is_some() || window.ends_at.is_some()),
        },
        components: components(over, raw.components.as_deref().unwrap_or_default(), &updates, &mut words),
        updates,
    };
    let changed_at = words.time("updated_at", raw.updated_at.as_ref());
    Some((changed_at, incident))
}

/// Planned work has words of its own, and some pages list it among the incidents.
fn is_planned(phase: Phase) -> bool {
    matches!(phase, Phase::Scheduled | Phase::InProgress | Phase::Verifying | Phase::Completed)
}

fn began(updates: &[Update]) -> Option<Timestamp> {
    updates.iter().find(|update| update.phase == Some(Phase::InProgress))?.posted_at
}

/// Oldest first by the time the page shows, then by the time of posting.
fn updates(raw: Option<Vec<document::Update<'_>>>, words: &mut Words<'_>) -> Vec<Update> {
    let Some(raw) = raw else {
        words.problem("has no list of updates");
        return Vec::new();
    };
    let mut timed: Vec<(Option<Timestamp>, Option<Timestamp>, Update)> = raw
        .into_iter()
        .rev()
        .map(|update| {
            let created_at = words.time("created_at", update.created_at.as_ref());
            let posted_at = match &update.display_at {
                Some(shown) => words.time("display_at", Some(shown)),
                None => created_at,
            };
            let phase = words.phase(update.status.as_ref());
            let id = match update.id.filter(|id| !id.0.is_empty()) {
                Some(id) => UpdateId::new(&id.0),
                None => {
                    let time = posted_at.map(|time| time.to_string()).unwrap_or_default();
                    UpdateId::from(digest(&[&time, phase.map_or("", Phase::as_str)]))
                }
            };
            let components = update.affected_components.unwrap_or_default();
            let update = Update {
                id,
                phase,
                posted_at,
                body: update.body.map(|body| plain_text(&body.0)),
                components: components.iter().filter_map(|touched| words.touched(touched)).collect(),
            };
            (posted_at, created_at, update)
        })
        .collect();
    timed.sort_by_key(|(posted_at, created_at, _)| (*posted_at, *created_at));
    let mut seen = HashSet::new();
    timed.into_iter().map(|(_, _, update)| update).filter(|update| seen.insert(update.id.clone())).collect()
}

/// Every component the incident ever named: as its updates left it, and while it is open as the page shows it now.
fn components(
    over: bool,
    attached: &[document::Component<'_>],
    updates: &[Update],
    words: &mut Words<'_>,
) -> Vec<Affected> {
    let mut named: BTreeMap<ComponentId, Option<ComponentStatus>> = BTreeMap::new();
    for Affected { id, status } in updates.iter().flat_map(|update| &update.components) {
        let kept = named.entry(id.clone()).or_default();
        *kept = status.or(*kept);
    }
    for component in attached.iter().filter(|component| !component.is_heading()) {
        let Some(id) = &component.id else {
            words.problem("names a component without id");
            continue;
        };
        let kept = named.entry(ComponentId::new(&id.0)).or_default();
        if !over {
            *kept = words.component_status(component.status.as_ref()).or(*kept);
        }
    }
    named.into_iter().map(|(id, status)| Affected { id, status }).collect()
}

/// Translates the words of one incident and notes those it does not know.
struct Words<'p> {
    /// The incident's id.
    of: &'p str,
    problems: &'p mut Problems,
}

impl Words<'_> {
    fn problem(&mut self, what: &str) {
        self.problems.add(format!("incident {} {what}", quoted(self.of)));
    }

    fn known<T>(&mut self, what: &str, word: Option<&Text<'_>>, translate: impl Fn(&str) -> Option<T>) -> Option<T> {
        let word = word.map_or("", |word| &*word.0);
        let known = translate(word);
        if known.is_none() {
            self.problem(&format!("has the unknown {what} {}", quoted(word)));
        }
        known
    }

    fn title(&mut self, name: Option<&Text<'_>>) -> String {
        if name.is_none() {
            self.problem("has no name");
        }
        name.map_or_else(|| "(no title)".into(), |name| name.0.to_string())
    }

    fn phase(&mut self, word: Option<&Text<'_>>) -> Option<Phase> {
        self.known("status", word, |word| {
            Some(match word {
                "investigating" => Phase::Investigating,
                "identified" => Phase::Identified,
                "monitoring" => Phase::Monitoring,
                "resolved" => Phase::Resolved,
                "postmortem" => Phase::Postmortem,
                "scheduled" => Phase::Scheduled,
                "in_progress" => Phase::InProgress,
                "verifying" => Phase::Verifying,
                "completed" => Phase::Completed,
                _ => return None,
            })
        })
    }

    /// `maintenance` is no degree of impact.
    fn impact(&mut self, word: Option<&Text<'_>>) -> Option<Impact> {
        let impact = self.known("impact", word, |word| {
            Some(match word {
                "none" => Some(Impact::None),
                "minor" => Some(Impact::Minor),
                "major" => Some(Impact::Major),
                "critical" => Some(Impact::Critical),
                "maintenance" => None,
                _ => return None,
            })
        });
        impact.flatten()
    }

    fn component_status(&mut self, word: Option<&Text<'_>>) -> Option<ComponentStatus> {
        self.known("component status", word, component_status)
    }

    fn touched(&mut self, touched: &document::Touched<'_>) -> Option<Affected> {
        let Some(code) = &touched.code else {
            self.problem("names a component without id");
            return None;
        };
        Some(Affected { id: ComponentId::new(&code.0), status: self.component_status(touched.new_status.as_ref()) })
    }

    /// A time without a zone is none: it is not guessed.
    fn time(&mut self, what: &str, text: Option<&Text<'_>>) -> Option<Timestamp> {
        let text = &*text?.0;
        let time = text.parse().ok();
        if time.is_none() {
            self.problem(&format!("has the {what} {}, which is no time with a zone", quoted(text)));
        }
        time
    }
}

pub(super) fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "operational" => ComponentStatus::Operational,
        "under_maintenance" => ComponentStatus::UnderMaintenance,
        "degraded_performance" => ComponentStatus::DegradedPerformance,
        "partial_outage" => ComponentStatus::PartialOutage,
        "major_outage" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

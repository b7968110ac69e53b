//! OnlineOrNot, by the public summary of its API, which is asked for by the name below `onlineornot.com` or by the host
//! of one's own. A page is recognised by naming `onlineornot.com`.
//!
//! This rests on the code of two clients, one with an answer for `status.openrouter.ai` in its tests; nothing was
//! recorded here. The summary has what is open and nothing of what ended, and no texts. So what left it ended, at a
//! time that is not known. The window of planned work is not known either.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::{ComponentStatus, Impact, Phase},
};
use url::Url;

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_reader::IncidentReader,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::{
        urls::fixed_url,
        values::{Text, Word, short_name},
        words::component_status,
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "onlineornot",
    fingerprint: Fingerprint { hosts: &["onlineornot.com"], markers: &["onlineornot.com"], blind_probes: 0 },
    read,
};

const API: &str = "https://api.onlineornot.com/v1/status_pages";
const HOST: &str = ".onlineornot.com";

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    result: Option<Summary<'a>>,
}

#[derive(Deserialize)]
struct Summary<'a> {
    #[serde(borrow)]
    status_page: Option<StatusPage<'a>>,
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    active_incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    scheduled_maintenance: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct StatusPage<'a> {
    id: Option<Word>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawComponent<'a> {
    id: Word,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawIncident<'a> {
    id: Word,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    impact: Option<Text<'a>>,
    #[serde(borrow)]
    started: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
    #[serde(borrow)]
    ended: Option<Text<'a>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = summary_url(context.page)?;
    let document: Document<'_> = answers.require(&url)?.json()?;
    let missing = |key: &str| ReadError::NotThisFormat(format!("{} has no `{key}`", url.path()));
    let summary = document.result.as_ref().ok_or_else(|| missing("result"))?;
    let page = summary.status_page.as_ref().ok_or_else(|| missing("status_page"))?;
    let components = summary.components.as_ref().ok_or_else(|| missing("components"))?;
    let active = summary.active_incidents.as_ref().ok_or_else(|| missing("active_incidents"))?;

    let mut problems = Problems::default();
    let (components, all_components) = self::components(components, &mut problems);
    let mut set = IncidentSet::default();
    set.damaged = summary.scheduled_maintenance.is_none();
    let planned = summary.scheduled_maintenance.as_deref().unwrap_or_default();
    for (kind, list) in [(Kind::Incident, active.as_slice()), (Kind::Maintenance, planned)] {
        let (list, is_whole) = elements::<RawIncident<'_>>(list, "an incident", &mut problems);
        set.damaged |= !is_whole;
        for raw in &list {
            set.add(None, raw.read(kind, &mut problems));
        }
    }
    let unlisted = set.missing(context.open);
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page {
                id: page.id.as_ref().map(|id| id.as_str().to_owned()),
                name: page.name.as_ref().map(|name| name.0.trim().to_owned()),
                url: Some(context.page.to_string()),
            },
            components,
            coverage: Coverage {
                components: if all_components { Listing::Complete } else { Listing::Partial },
                // There is no history to look in.
                incidents: set.listing(context.open, true),
            },
            incidents: set.into_incidents(),
        },
        source: "summary".into(),
        problems: problems.into_vec(),
    })
}

fn summary_url(page: &Url) -> Result<Url, ReadError> {
    let host = page.host_str().unwrap_or_default();
    let key = host.strip_suffix(HOST).unwrap_or(host);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    if key.is_empty() || !key.chars().all(is_name) || matches!(key, "www" | "api" | "onlineornot.com") {
        return Err(ReadError::NotThisFormat(format!("{host} is no page of OnlineOrNot")));
    }
    Ok(endpoint(&fixed_url(API), &format!("{key}/summary")))
}

/// Each component once.
fn components(raw: &[&RawValue], problems: &mut Problems) -> (Vec<Component>, bool) {
    let (raw, is_whole) = elements::<RawComponent<'_>>(raw, "a component", problems);
    let mut found = BTreeMap::new();
    for raw in &raw {
        let word = raw.status.as_ref().map_or("", |word| &*word.0);
        let status = status(word).unwrap_or_else(|| problems.unknown_status(raw.id.as_str(), word));
        let id = ComponentId::new(raw.id.as_str());
        let name = short_name(raw.name.0.trim());
        found.entry(id.clone()).or_insert(Component { id, name, group: None, status });
    }
    (found.into_values().collect(), is_whole)
}

fn status(word: &str) -> Option<ComponentStatus> {
    match word {
        "NO_IMPACT" => Some(ComponentStatus::Operational),
        "MAINTENANCE" => Some(ComponentStatus::UnderMaintenance),
        word => component_status(word),
    }
}

impl RawIncident<'_> {
    fn read(&self, kind: Kind, problems: &mut Problems) -> Incident {
        let mut reader = IncidentReader::new(self.id.as_str(), problems);
        let started_at = reader.time("start", self.started.as_ref().or(self.created_at.as_ref()));
        let resolved_at = reader.time("end", self.ended.as_ref()).filter(|_| kind == Kind::Incident);
        let impact = reader.known_if_given("impact", self.impact.as_ref(), impact).flatten();
        Incident {
            id: IncidentId::new(self.id.as_str()),
            kind,
            title: reader.title(self.title.as_ref()),
            phase: resolved_at.map(|_| Phase::Resolved),
            impact: impact.filter(|_| kind == Kind::Incident),
            url: None,
            // That of planned work may be the plan's.
            started_at: started_at.filter(|_| kind == Kind::Incident),
            resolved_at,
            window: None,
            components: Vec::new(),
            updates: Vec::new(),
        }
    }
}

/// `None`: an unknown word; `Some(None)`: planned work, which has none.
fn impact(word: &str) -> Option<Option<Impact>> {
    Some(Some(match word {
        "NO_IMPACT" | "OPERATIONAL" => Impact::None,
        "MINOR" | "DEGRADED_PERFORMANCE" => Impact::Minor,
        "MAJOR" | "PARTIAL_OUTAGE" => Impact::Major,
        "CRITICAL" | "MAJOR_OUTAGE" => Impact::Critical,
        "MAINTENANCE" | "UNDER_MAINTENANCE" => return Some(None),
        _ => return None,
    }))
}

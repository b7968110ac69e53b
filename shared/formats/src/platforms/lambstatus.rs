//! LambStatus, by its API: the components, the incidents and the maintenances, each a list of all there ever were. The
//! updates of an incident are in a document of its own.
//!
//! This rests on the server's public source (<https://github.com/ks888/LambStatus>), whose last version is of 2019,
//! and on one client; nothing but a feed was recorded. A page is recognised by the style sheet of its HTML; where its
//! API is on another host, which the author may choose, it is not found.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::Phase,
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
        updates::{began_at, in_order},
    },
    text::{
        dates::rfc3339,
        urls::is_plain_id,
        values::{Text, plain_text, short_name},
        words::{self, component_status},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "lambstatus",
    fingerprint: Fingerprint { hosts: &[], markers: &["material.blue_grey-amber.min.css"], blind_probes: 0 },
    read,
};

const COMPONENTS: &str = "api/components";
const INCIDENTS: &str = "api/incidents";
const MAINTENANCES: &str = "api/maintenances";
const SOURCE: &str = "api";
/// Open incidents whose updates are read.
const MAX_DETAILS: usize = 4;

#[derive(Deserialize)]
struct RawComponent<'a> {
    #[serde(borrow, rename = "componentID")]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

/// An incident or maintenance, in a list or with its updates.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, rename = "incidentID", alias = "maintenanceID")]
    id: Text<'a>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    start_at: Option<Text<'a>>,
    #[serde(borrow)]
    end_at: Option<Text<'a>>,
    #[serde(borrow, alias = "incidentUpdates", alias = "maintenanceUpdates")]
    updates: Option<Vec<RawUpdate<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawUpdate<'a> {
    #[serde(borrow, rename = "incidentUpdateID", alias = "maintenanceUpdateID")]
    id: Text<'a>,
    #[serde(borrow, rename = "incidentStatus", alias = "maintenanceStatus")]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let urls = [COMPONENTS, INCIDENTS, MAINTENANCES].map(|path| endpoint(context.page, path));
    if context.source == Some(SOURCE) {
        answers.require_all(&urls)?;
    }
    let [components, incidents, maintenances] = &urls;
    let raw = answers.require(components)?.json_list()?;
    let mut problems = Problems::default();
    let (components, all_components) = self::components(&raw, &mut problems);
    if components.is_empty() && !raw.is_empty() {
        return Err(ReadError::NotThisFormat(format!("{COMPONENTS} lists no component of LambStatus")).into());
    }
    answers.require_all(&[incidents.clone(), maintenances.clone()])?;
    let mut set = IncidentSet::default();
    let lists = [(Kind::Incident, INCIDENTS, incidents), (Kind::Maintenance, MAINTENANCES, maintenances)];
    let mut open = Vec::new();
    let mut is_told = true;
    for (kind, path, url) in lists {
        let list = answers.require(url)?.json_list()?;
        // It has all there ever were: one that had something and is empty tells nothing.
        is_told &= !list.is_empty() || context.open.iter().all(|(of, _)| *of != kind);
        let (events, is_whole) = elements::<Event<'_>>(&list, "an incident", &mut problems);
        set.damaged |= !is_whole;
        for event in &events {
            let incident = event.incident(kind, &mut problems);
            if !incident.is_over() && is_plain_id(incident.id.as_str()) {
                open.push(endpoint(context.page, &format!("{path}/{}", incident.id)));
            }
            set.add(event.changed_at(), incident);
        }
    }
    open.sort();
    open.dedup();
    open.truncate(MAX_DETAILS);
    let mut set = with_updates(set, &open, answers, &mut problems)?;
    let unlisted = set.missing(context.open);
    set.keep_recent(context.open);
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components,
            coverage: Coverage {
                components: if all_components { Listing::Complete } else { Listing::Partial },
                incidents: set.listing(context.open, is_told),
            },
            incidents: set.into_incidents(),
        },
        source: SOURCE.into(),
        problems: problems.into_vec(),
    })
}

/// The same with the updates of those that are open, as far as their documents come.
fn with_updates(
    set: IncidentSet,
    open: &[Url],
    answers: &Answers,
    problems: &mut Problems,
) -> Result<IncidentSet, Stop> {
    answers.require_all(open)?;
    let mut updates: BTreeMap<IncidentId, Vec<Update>> = BTreeMap::new();
    for url in open {
        let Some(answer) = answers.get(url) else { continue };
        match answer.json::<Event<'_>>() {
            Ok(event) => _ = updates.insert(IncidentId::new(&*event.id.0), event.updates(problems)),
            Err(error) => problems.add(format!("the updates of an incident could not be read: {error}")),
        }
    }
    let mut with = IncidentSet::default();
    with.damaged = set.damaged;
    for incident in set.into_incidents() {
        let updates = updates.remove(&incident.id).unwrap_or_default();
        let began = began_at(&updates).filter(|_| incident.kind == Kind::Maintenance);
        with.add(None, Incident { started_at: began.or(incident.started_at), updates, ..incident });
    }
    Ok(with)
}

fn components(raw: &[&RawValue], problems: &mut Problems) -> (Vec<Component>, bool) {
    let (raw, is_whole) = elements::<RawComponent<'_>>(raw, "a component", problems);
    let mut found = BTreeMap::new();
    for raw in &raw {
        let word = raw.status.as_ref().map_or("", |word| &*word.0);
        let status = component_status(word).unwrap_or_else(|| problems.unknown_status(&raw.id.0, word));
        let id = ComponentId::new(&*raw.id.0);
        let name = short_name(raw.name.0.trim());
        found.entry(id.clone()).or_insert(Component { id, name, group: None, status });
    }
    (found.into_values().collect(), is_whole)
}

impl Event<'_> {
    fn changed_at(&self) -> Option<Timestamp> {
        rfc3339(&self.updated_at.as_ref()?.0)
    }

    fn incident(&self, kind: Kind, problems: &mut Problems) -> Incident {
        let mut reader = IncidentReader::new(&self.id.0, problems);
        let phase = reader.known("status", self.status.as_ref(), words::phase);
        let created_at = reader.time("creation time", self.created_at.as_ref());
        let updated_at = reader.time("time of change", self.updated_at.as_ref());
        let window = match kind {
            Kind::Incident => None,
            Kind::Maintenance => reader.window(("startAt", self.start_at.as_ref()), ("endAt", self.end_at.as_ref())),
        };
        let is_over = phase.is_some_and(Phase::is_over);
        let has_begun = !matches!(phase, Some(Phase::Scheduled) | None);
        Incident {
            kind,
            title: reader.title(self.name.as_ref()),
            phase,
            impact: None,
            url: None,
            started_at: match kind {
                Kind::Incident => created_at,
                Kind::Maintenance => window.and_then(|window| window.starts_at).filter(|_| has_begun),
            },
            resolved_at: updated_at.filter(|_| is_over),
            window,
            components: Vec::new(),
            updates: Vec::new(),
            id: IncidentId::new(&*self.id.0),
        }
    }

    fn updates(&self, problems: &mut Problems) -> Vec<Update> {
        let mut reader = IncidentReader::new(&self.id.0, problems);
        let updates = self.updates.iter().flatten().map(|raw| Update {
            id: UpdateId::new(&*raw.id.0),
            phase: reader.known_if_given("status of an update", raw.status.as_ref(), words::phase),
            posted_at: reader.time("time of an update", raw.created_at.as_ref()),
            body: raw.message.as_ref().map(|message| plain_text(message.0.trim())),
            components: Vec::new(),
        });
        in_order(updates.collect())
    }
}

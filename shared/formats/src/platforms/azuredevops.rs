//! Azure DevOps, status.dev.azure.com: how each service is in each geography, by a JSON document, and a feed of events.
//! The feed shows a window of what there was, and what it says of the end of an event is prose; so an event that is
//! known to be open is over when its entry says so, or when the document calls everything healthy.
//!
//! Rests on client code and on the provider's documentation of the document; of the feed no entry was ever seen, but
//! that events have addresses like `/_event/123`.
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Incident, Listing, Page, Snapshot},
    words::ComponentStatus,
};

use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::{self, Document, Entry},
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{urls::fixed_url, values::Text},
};

pub(crate) const FORMAT: Format = Format {
    name: "azuredevops",
    fingerprint: Fingerprint { hosts: &["status.dev.azure.com"], markers: &[], blind_probes: 0 },
    read,
};

const PAGE: &str = "https://status.dev.azure.com/";
const HEALTH: &str = "https://status.dev.azure.com/_apis/status/health?api-version=7.1-preview.1";
const FEED: &str = "https://status.dev.azure.com/_rss";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let urls = [HEALTH, FEED].map(fixed_url);
    let first = if context.source.is_some() { &urls[..] } else { &urls[..1] };
    answers.require_all(first)?;
    let mut problems = Problems::default();
    let health = Matrix::read(answers.require(&urls[0])?, &mut problems)?;
    let answer = answers.require(&urls[1])?;

    let mut incident_set = IncidentSet::default();
    match Document::read(answer) {
        Ok(document) => {
            // What does not say where it stands is left out, and so given up, when nothing is wrong any more.
            let is_past =
                |incident: &Incident| health.is_well && incident.phase.is_none() && context.is_open(&incident.id);
            for incident in events(document).into_iter().filter(|incident| !is_past(incident)) {
                incident_set.add(incident.newest_update_at(), incident);
            }
        }
        Err(error) => {
            incident_set.damaged = true;
            problems.add(error.to_string());
        }
    }
    let unlisted = incident_set.missing(context.open);
    // A feed is a window, so only the health document can vouch for what is not in it.
    let incidents = if health.is_well && !incident_set.damaged { Listing::Complete } else { Listing::Partial };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Azure DevOps".into()), url: Some(PAGE.into()) },
            components: health.components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: health.listing, incidents },
        },
        source: "health".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The health document, read.
struct Matrix {
    components: Vec<Component>,
    listing: Listing,
    /// All of it could be read, and all of it is healthy.
    is_well: bool,
}

#[derive(Deserialize)]
struct Health<'a> {
    #[serde(borrow)]
    status: Option<Overall<'a>>,
    #[serde(borrow)]
    services: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Overall<'a> {
    #[serde(borrow)]
    health: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Service<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    geographies: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Geography<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    health: Option<Text<'a>>,
}

impl Matrix {
    fn read(answer: &Answer, problems: &mut Problems) -> Result<Self, ReadError> {
        let path = answer.url.path();
        let health: Health<'_> = answer.json()?;
        let missing = |key: &str| ReadError::NotThisFormat(format!("{path} is no health document: no `{key}`"));
        let overall = health.status.and_then(|status| status.health).ok_or_else(|| missing("status.health"))?;
        let services = health.services.ok_or_else(|| missing("services"))?;
        let (services, mut whole) = elements::<Service<'_>>(&services, "a service", problems);
        let mut components: Vec<Component> = Vec::new();
        let mut used = HashSet::new();
        let mut is_well = is_healthy(&overall.0);
        for Service { id, geographies } in &services {
            let (Some(service), Some(geographies)) = (named(id), geographies) else {
                whole = false;
                problems.add("a service without id or geographies was left out".into());
                continue;
            };
            let (geographies, all) = elements::<Geography<'_>>(geographies, "a geography", problems);
            whole &= all;
            for Geography { id, name, health } in &geographies {
                let Some(geography) = named(id).or(named(name)) else {
                    whole = false;
                    problems.add(format!("service {} has a geography without id", quoted(service)));
                    continue;
                };
                let word = named(health).unwrap_or_default();
                is_well &= is_healthy(word);
                let status = component_status(word).unwrap_or_else(|| {
                    problems.add(format!(
                        "{} in {}: unknown health {}",
                        quoted(service),
                        quoted(geography),
                        quoted(word)
                    ));
                    ComponentStatus::Unknown
                });
                let id = ComponentId::new(format!("{service}/{geography}"));
                if used.insert(id.clone()) {
                    let group = named(name).unwrap_or(geography).to_owned();
                    components.push(Component { id, name: service.to_owned(), group: Some(group), status });
                }
            }
        }
        if components.is_empty() {
            return Err(ReadError::NotThisFormat(format!("{path} lists no service")));
        }
        let listing = if whole { Listing::Complete } else { Listing::Partial };
        Ok(Self { components, listing, is_well: is_well && whole })
    }
}

fn named<'t>(text: &'t Option<Text<'_>>) -> Option<&'t str> {
    text.as_ref().map(|text| &*text.0).filter(|text| !text.is_empty())
}

fn is_healthy(word: &str) -> bool {
    word.eq_ignore_ascii_case("healthy")
}

/// An advisory is about what may come.
fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word.to_ascii_lowercase().as_str() {
        "healthy" | "advisory" => ComponentStatus::Operational,
        "degraded" => ComponentStatus::DegradedPerformance,
        "unhealthy" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

/// Entries that link to one event are of one incident.
fn events(mut document: Document) -> Vec<Incident> {
    for entry in &mut document.entries {
        entry.id = event_id(entry).or(entry.id.take());
    }
    let mut incidents = feed::incidents(&fixed_url(PAGE), &document);
    incidents.iter_mut().for_each(feed::name_updates_by_text);
    incidents
}

fn event_id(entry: &Entry) -> Option<String> {
    let addresses = [entry.link.as_deref(), entry.id.as_deref()];
    addresses.into_iter().flatten().find_map(|address| {
        let (_, id) = address.split_once("/_event/")?;
        let end = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
        Some(id[..end].to_owned()).filter(|id| !id.is_empty())
    })
}

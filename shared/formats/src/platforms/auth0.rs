//! Auth0's own status page, `status.auth0.com`: a Next.js page with its data in `script#__NEXT_DATA__`, below
//! `props.pageProps.activeIncidents` a list of regions with the active incidents of each. Recognised by its host and
//! that.
//!
//! What is known rests on client code and its tests only (four readers of the page, of 2025 and 2026), on no recording;
//! they agree on the nesting, on `id`, `name`, `status`, `impact` and the times, and disagree on whether `status` may
//! be the state of a component. A region that is fine may hold one "incident" of the status `operational`.
//!
//! The page forgets what is over. What left it is looked up at its own address, whose data is not documented (only an
//! object with the same id counts), and in the feed, which the provider documents: by the domain of a tenant,
//! so that of a tenant in the US is all there is to ask for. Where neither knows, nothing is concluded.
mod incident;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::incident::{Raw, Region, merge};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::{self, Document},
    read::{
        answers::endpoint,
        embedded::next_data,
        incident_set::ids_of,
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{urls::is_plain_id, values::Word},
};

pub(crate) const FORMAT: Format = Format {
    name: "auth0",
    fingerprint: Fingerprint { hosts: &["status.auth0.com"], markers: &[], blind_probes: 0 },
    read,
};

/// At most so many missing incidents are requested one by one. More leave a page at once only when it is broken.
const MAX_LOOKED_UP: usize = 5;
/// Regions, and what incidents name of each. The page names some ten regions.
const MAX_COMPONENTS: usize = 5_000;
/// The page of one incident is not deeper.
const MAX_DEPTH: usize = 8;

#[derive(Deserialize)]
struct Front<'a> {
    #[serde(borrow, rename = "activeIncidents")]
    regions: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    region: Option<Word>,
    environment: Option<Word>,
    #[serde(borrow)]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
}

/// What the regions of the page add up to.
#[derive(Default)]
struct IncidentSet {
    incidents: BTreeMap<IncidentId, Incident>,
    components: BTreeMap<ComponentId, Component>,
    /// Something was left out.
    damaged: bool,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let answer = answers.require(context.page)?;
    let front: Front<'_> = next_data(answer)?;
    let Some(regions) = front.regions else {
        return Err(ReadError::NotThisFormat("the page's data names no active incidents".into()).into());
    };
    let mut problems = Problems::default();
    let mut incident_set = gather(context.page, &regions, &mut problems);

    let unlisted: Vec<(Kind, IncidentId)> =
        context.open.iter().filter(|(_, id)| !incident_set.incidents.contains_key(id)).cloned().collect();
    let missing: Vec<&IncidentId> = unlisted.iter().map(|(_, id)| id).filter(|id| is_plain_id(id.as_str())).collect();
    let by_id: Vec<(&IncidentId, Url)> =
        missing.iter().take(MAX_LOOKED_UP).map(|id| (*id, incident_url(context.page, id.as_str()))).collect();
    if !by_id.is_empty() {
        let urls: Vec<Url> = by_id.iter().map(|(_, url)| url.clone()).chain([feed_url(context.page)]).collect();
        answers.require_all(&urls)?;
    }
    let mut all_known = by_id.len() == unlisted.len();
    let mut feed = from_feed(context.page, answers);
    for (id, url) in &by_id {
        let found = answers.get(url).and_then(|answer| look_up(context.page, id, answer, &mut problems));
        let found = found.or_else(|| feed.remove(*id));
        match found {
            Some(incident) => _ = incident_set.incidents.insert((*id).clone(), incident),
            None if answers.get(url).is_some_and(|answer| matches!(answer.status, 404 | 410)) => {}
            None => {
                all_known = false;
                problems
                    .add(format!("incident {} is listed no longer and could not be looked up", quoted(id.as_str())));
            }
        }
    }
    let incidents = if all_known && !incident_set.damaged { Listing::Complete } else { Listing::Partial };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Auth0".into()), url: Some(context.page.to_string()) },
            components: incident_set.components.into_values().collect(),
            incidents: incident_set.incidents.into_values().collect(),
            // What a region consists of is named only while an incident affects it.
            coverage: Coverage { components: Listing::Partial, incidents },
        },
        source: "page".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

fn gather(page: &Url, regions: &[&RawValue], problems: &mut Problems) -> IncidentSet {
    let (regions, whole) = elements::<Listed<'_>>(regions, "a region", problems);
    let mut incident_set = IncidentSet { damaged: !whole || regions.is_empty(), ..IncidentSet::default() };
    if regions.is_empty() {
        problems.add("the page lists no region, so nothing is concluded from what is missing".into());
    }
    let mut named: Vec<(String, Option<Vec<&RawValue>>)> = Vec::new();
    for listed in regions {
        let Some(region) = listed.region.filter(|region| !region.0.is_empty()) else {
            incident_set.damaged = true;
            problems.add("a region without name was left out".into());
            continue;
        };
        // There are environments for trying things out besides the one that counts.
        let label = match listed.environment {
            Some(kind) if !kind.0.eq_ignore_ascii_case("production") => format!("{} ({})", region.0, kind.0),
            _ => region.0,
        };
        named.push((label, listed.response.and_then(|response| response.incidents)));
    }
    // So that the order on the page does not decide which of an incident's regions tells its title.
    named.sort_by(|a, b| a.0.cmp(&b.0));
    for (label, incidents) in named {
        let region = Region::new(label);
        let mut state = ComponentStatus::Operational;
        let mut unsaid = false;
        match incidents {
            Some(incidents) => {
                let (incidents, whole) = elements::<Raw>(&incidents, "an incident", problems);
                incident_set.damaged |= !whole;
                for raw in incidents {
                    match raw.read(Some(&region), problems) {
                        Ok(None) => {}
                        Ok(Some(read)) => {
                            state = state.max(read.state.unwrap_or(state));
                            unsaid |= read.is_open_in_no_known_state();
                            incident_set.add(page, &region, read);
                        }
                        Err(()) => incident_set.damaged = true,
                    }
                }
            }
            None => {
                state = ComponentStatus::Unknown;
                incident_set.damaged = true;
                problems.add(format!("region {} has no list of incidents", quoted(region.name())));
            }
        }
        if unsaid && state == ComponentStatus::Operational {
            state = ComponentStatus::Unknown;
        }
        incident_set.put(region.component(state));
    }
    incident_set
}

impl IncidentSet {
    fn add(&mut self, page: &Url, region: &Region, read: incident::Read) {
        let mut incident = read.incident;
        if is_plain_id(incident.id.as_str()) {
            incident.url = Some(incident_url(page, incident.id.as_str()).to_string());
        }
        if !incident.is_over() {
            for affected in &incident.components {
                if let Some(part) = region.part(affected) {
                    self.put(part);
                }
            }
        }
        match self.incidents.remove(&incident.id) {
            Some(known) => _ = self.incidents.insert(incident.id.clone(), merge(known, incident)),
            None => _ = self.incidents.insert(incident.id.clone(), incident),
        }
    }

    /// Of two that are named the same the worse. Beyond all bounds nothing is added.
    fn put(&mut self, component: Component) {
        if self.components.len() >= MAX_COMPONENTS && !self.components.contains_key(&component.id) {
            self.damaged = true;
            return;
        }
        let kept = self.components.entry(component.id.clone()).or_insert_with(|| component.clone());
        kept.status = kept.status.max(component.status);
    }
}

fn incident_url(page: &Url, id: &str) -> Url {
    endpoint(page, &format!("incidents/{id}"))
}

fn feed_url(page: &Url) -> Url {
    let mut url = endpoint(page, "feed");
    url.set_query(Some("domain=samples.auth0.com"));
    url
}

/// The incident out of the data of its own page.
fn look_up(page: &Url, id: &IncidentId, answer: &Answer, problems: &mut Problems) -> Option<Incident> {
    let properties: Value = next_data(answer).ok()?;
    let found = find(&properties, id.as_str(), MAX_DEPTH)?;
    let raw: Raw = serde_json::from_value(found.clone()).ok()?;
    let mut incident = raw.read(None, problems).ok()??.incident;
    incident.url = Some(incident_url(page, id.as_str()).to_string());
    Some(incident)
}

/// The object of this id that has a status, at most so deep.
fn find<'a>(value: &'a Value, id: &str, depth: usize) -> Option<&'a Value> {
    let deeper = depth.checked_sub(1)?;
    match value {
        Value::Object(map) if map.get("id").and_then(Value::as_str) == Some(id) && map.contains_key("status") => {
            Some(value)
        }
        Value::Object(map) => map.values().find_map(|value| find(value, id, deeper)),
        Value::Array(list) => list.iter().find_map(|value| find(value, id, deeper)),
        _ => None,
    }
}

/// How those incidents ended that the feed knows. Their earlier updates are known from the page, by other ids.
fn from_feed(page: &Url, answers: &Answers) -> BTreeMap<IncidentId, Incident> {
    let document = answers.get(&feed_url(page)).and_then(|answer| Document::read(answer).ok());
    let entries = document.map(|document| feed::incidents(page, &document)).unwrap_or_default();
    let ended = entries.into_iter().filter(Incident::is_over).map(|mut incident| {
        incident.components.clear();
        incident.updates.drain(..incident.updates.len().saturating_sub(1));
        incident.updates.iter_mut().for_each(|update| update.components.clear());
        (incident.id.clone(), incident)
    });
    ended.collect()
}

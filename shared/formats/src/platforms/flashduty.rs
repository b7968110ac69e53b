//! Flashduty (Flashcat), by the API that a page's own script reads: `summary/active` has the components, and what is
//! open or planned, and `change/info` one of these by its number. The API knows a page by its number, which is in the
//! page's HTML, among the data of a Next.js application.
//!
//! This rests on the code of seven clients of 2026, which read `status.deepseek.com`, two of them with answers in their
//! tests; nothing was recorded. One of them found that an address that is nobody's answers with Flashduty's own page,
//! so a page has to name the address it is read at. A component has no state of its own: it has the worst that
//! something open gives it.
mod change;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::change::Change;
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        html::scripts,
        urls::{is_number, is_plain_id},
        values::{Text, Word, short_name},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "flashduty",
    fingerprint: Fingerprint {
        hosts: &["statuspage.flashduty.com", "statuspage.flashcat.cloud", "status.flashcat.cloud"],
        markers: &["\\\"active_changes\\\"", "static.flashcat.cloud"],
        blind_probes: 0,
    },
    read,
};

/// A source is this and the page's number.
const SOURCE_PREFIX: &str = "page ";
/// Incidents that the page lists no longer and that are asked for.
const MAX_LOOK_UPS: usize = 6;

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
}

#[derive(Deserialize)]
struct Summary<'a> {
    #[serde(borrow)]
    page: Option<RawPage<'a>>,
    #[serde(borrow)]
    active_changes: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct RawPage<'a> {
    page_id: Option<Word>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    url_name: Option<Text<'a>>,
    #[serde(borrow)]
    custom_domain: Option<Text<'a>>,
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    sections: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct RawComponent<'a> {
    component_id: Word,
    section_id: Option<Word>,
    #[serde(borrow)]
    name: Text<'a>,
    hide_all: Option<bool>,
}

#[derive(Deserialize)]
struct Section<'a> {
    section_id: Word,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    hide_all: Option<bool>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = context.source.and_then(|source| source.strip_prefix(SOURCE_PREFIX)).filter(|id| is_number(id));
    let id = match known {
        Some(id) => id.to_owned(),
        None => page_number(answers.require(context.page)?)?,
    };
    let url = api(context.page, &id, "summary/active");
    let summary: Envelope<Summary<'_>> = answers.require(&url)?.json()?;
    let missing = |key: &str| ReadError::NotThisFormat(format!("{} has no `{key}`", url.path()));
    let summary = summary.data.ok_or_else(|| missing("data"))?;
    let page = summary.page.as_ref().ok_or_else(|| missing("page"))?;
    let raw = page.components.as_ref().ok_or_else(|| missing("components"))?;
    let changes = summary.active_changes.as_ref().ok_or_else(|| missing("active_changes"))?;
    if !page.is_at(context.page) {
        return Err(ReadError::NotThisFormat(format!("{} is the page of another address", url.path())).into());
    }

    let mut problems = Problems::default();
    let (changes, is_whole) = elements::<Change<'_>>(changes, "an event", &mut problems);
    let mut set = IncidentSet::default();
    set.damaged = !is_whole || changes.iter().any(Change::is_without_components);
    let incidents = changes.iter().filter_map(|change| change.incident(context.now, &mut problems));
    incidents.collect::<Vec<_>>().into_iter().for_each(|incident| set.add(incident.newest_update_at(), incident));
    let (components, all_components) = page.components(raw, &set, &mut problems);
    let unlisted = set.missing(context.open);
    let looked_up = look_up(context, answers, &id, &unlisted, &mut set, &mut problems)?;
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page {
                id: page.page_id.as_ref().map(|id| id.as_str().to_owned()),
                name: page.name.as_ref().map(|name| name.0.trim().to_owned()),
                url: Some(context.page.to_string()),
            },
            components,
            coverage: Coverage {
                components: if all_components { Listing::Complete } else { Listing::Partial },
                incidents: set.listing(context.open, looked_up),
            },
            incidents: set.into_incidents(),
        },
        source: format!("{SOURCE_PREFIX}{id}").into(),
        problems: problems.into_vec(),
    })
}

/// The API is at the root of the host, also where the page is not.
fn api(page: &Url, id: &str, path: &str) -> Url {
    let mut url = page.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("/api/status-page/{id}/{path}"));
    url
}

/// The number of the page in its HTML: the data of Next.js comes in pieces, each a string in a script, that may be cut
/// anywhere.
fn page_number(answer: &Answer) -> Result<String, ReadError> {
    const PIECE: &str = "self.__next_f.push(";
    const KEY: &str = "\"page_id\":";
    let html = answer.decoded()?;
    let mut data = String::new();
    for (_, script) in scripts(&html) {
        let piece = script.trim().strip_prefix(PIECE).and_then(|rest| rest.trim_end_matches(';').strip_suffix(')'));
        let piece: Option<Vec<Value>> = piece.and_then(|piece| serde_json::from_str(piece).ok());
        if let Some(Value::String(text)) = piece.as_ref().and_then(|piece| piece.get(1)) {
            data.push_str(text);
        }
    }
    let number = data.split_once(KEY).map(|(_, rest)| {
        let rest = rest.trim_start().trim_start_matches('"');
        &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())]
    });
    let number = number.filter(|number| is_number(number));
    number.map(str::to_owned).ok_or_else(|| {
        ReadError::NotThisFormat(format!("no number of a status page in the data of {}", answer.url.path()))
    })
}

/// Adds what the API still has of the unlisted. Whether it was asked for all.
fn look_up(
    context: &ReadContext<'_>,
    answers: &Answers,
    page: &str,
    unlisted: &[(Kind, IncidentId)],
    set: &mut IncidentSet,
    problems: &mut Problems,
) -> Result<bool, Stop> {
    let info = |id: &IncidentId| {
        let mut url = api(context.page, page, "change/info");
        url.set_query(Some(&format!("change_id={id}")));
        url
    };
    let asked = unlisted.iter().map(|(_, id)| id).filter(|id| is_plain_id(id.as_str())).take(MAX_LOOK_UPS);
    let asked: Vec<&IncidentId> = asked.collect();
    answers.require_all(&asked.iter().map(|id| info(id)).collect::<Vec<_>>())?;
    let mut all = asked.len() == unlisted.len();
    for id in asked {
        let answer = answers.require(&info(id))?;
        if matches!(answer.status, 404 | 410) {
            continue;
        }
        let change = answer.json::<Envelope<Change<'_>>>().ok().and_then(|envelope| envelope.data);
        match change.filter(|change| change.id() == id.as_str()) {
            Some(change) => change.incident(context.now, problems).into_iter().for_each(|it| set.add(None, it)),
            None => {
                all = false;
                problems.add(format!("event {} is listed no longer and could not be looked up", quoted(id.as_str())));
            }
        }
    }
    Ok(all)
}

impl RawPage<'_> {
    /// On a host of its own, or below the name that Flashduty gives it.
    fn is_at(&self, page: &Url) -> bool {
        let host = page.host_str().unwrap_or_default();
        let is_own = self.custom_domain.as_ref().is_some_and(|domain| domain.0.trim().eq_ignore_ascii_case(host));
        let name = self.url_name.as_ref().map(|name| name.0.trim()).filter(|name| !name.is_empty());
        let mut segments = page.path_segments().into_iter().flatten();
        is_own || name.is_some_and(|name| segments.any(|segment| segment == name))
    }

    /// Each once, in the worst state that something under way gives it; without those that the page hides.
    fn components(&self, raw: &[&RawValue], set: &IncidentSet, problems: &mut Problems) -> (Vec<Component>, bool) {
        let sections = self.sections.as_deref().unwrap_or_default();
        let (sections, all_sections) = elements::<Section<'_>>(sections, "a section", problems);
        let sections: HashMap<&str, &Section<'_>> =
            sections.iter().map(|section| (section.section_id.as_str(), section)).collect();
        let (raw, all_components) = elements::<RawComponent<'_>>(raw, "a component", problems);
        let hit = hit(set);
        // An event that could not be read may be what a component suffers from.
        let quiet = if set.damaged { ComponentStatus::Unknown } else { ComponentStatus::Operational };
        let mut found = BTreeMap::new();
        for raw in &raw {
            let section = raw.section_id.as_ref().and_then(|id| sections.get(id.as_str()));
            if raw.hide_all == Some(true) || section.is_some_and(|section| section.hide_all == Some(true)) {
                continue;
            }
            let id = ComponentId::new(raw.component_id.as_str());
            let group = section.and_then(|section| section.name.as_ref());
            let status = hit.get(&id).copied().unwrap_or(quiet);
            found.entry(id.clone()).or_insert(Component {
                id,
                name: short_name(raw.name.0.trim()),
                group: group.map(|name| short_name(name.0.trim())).filter(|name| !name.is_empty()),
                status,
            });
        }
        (found.into_values().collect(), all_sections && all_components)
    }
}

/// The states that what is under way gives to components.
fn hit(set: &IncidentSet) -> HashMap<ComponentId, ComponentStatus> {
    let mut hit: HashMap<ComponentId, ComponentStatus> = HashMap::new();
    for affected in set.incidents().filter(|incident| is_under_way(incident)).flat_map(|one| &one.components) {
        let status = affected.status.unwrap_or(ComponentStatus::Unknown);
        let worst = hit.entry(affected.id.clone()).or_insert(status);
        // What is not known may be worse than operational, and proves nothing against trouble.
        *worst = match (*worst).max(status) {
            ComponentStatus::Operational if *worst != status => ComponentStatus::Unknown,
            worst => worst,
        };
    }
    hit
}

fn is_under_way(incident: &Incident) -> bool {
    !incident.is_over() && incident.phase != Some(status::words::Phase::Scheduled)
}

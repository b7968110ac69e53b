//! Cachet, which its users host themselves, by its public API: version 1 of it (Cachet 1 and 2, `/api/v1`) or that of
//! Cachet 3 (`/api`, JSON:API). Both list all incidents, ended or not, newest first if asked so, and have a document of
//! each. Where the API is switched off there is still a feed, of which absence proves nothing. A page that nobody has
//! written anything to yet is quiet, not broken: its lists, or its feed, are empty.
//!
//! A page is recognised by naming `cachethq.io` in its footer. From the source of the server
//! (<https://github.com/cachethq/core>, <https://github.com/cachethq/cachet>); no answer of a real page was seen. Its
//! times have no zone (it is a setting of the page, or of the server), so there are none here.
mod item;
#[cfg(test)]
mod tests;
mod v1;
mod v3;

use std::collections::{BTreeMap, BTreeSet};

use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Kind, Listing, Page, Snapshot},
};
use url::Url;

use self::item::{Item, List, Listed, RawComponent, schedule_number};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed,
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        problems::{Problems, quoted},
    },
    text::urls::is_number,
};

pub(crate) const FORMAT: Format = Format {
    name: "cachet",
    fingerprint: Fingerprint { hosts: &[], markers: &["cachethq.io"], blind_probes: 0 },
    read,
};

/// At most so many incidents are looked up in one read.
const MAX_LOOKED_UP: usize = 10;

#[derive(Clone, Copy, PartialEq)]
enum Api {
    V1,
    V3,
}

impl Api {
    const ALL: [Self; 2] = [Self::V1, Self::V3];

    fn name(self) -> &'static str {
        match self {
            Self::V1 => "api-v1",
            Self::V3 => "api-v3",
        }
    }

    fn url(self, page: &Url, list: List) -> Url {
        let (path, query) = match (self, list) {
            (Self::V1, List::Incidents) => ("api/v1/incidents", "sort=id&order=desc&per_page=50"),
            (Self::V1, List::Schedules) => ("api/v1/schedules", "sort=id&order=desc&per_page=50"),
            (Self::V1, List::Components) => ("api/v1/components", "per_page=200"),
            (Self::V1, List::Groups) => ("api/v1/components/groups", "per_page=100"),
            (Self::V3, List::Incidents) => ("api/incidents", "include=updates,components&per_page=50"),
            (Self::V3, List::Schedules) => ("api/schedules", "include=updates,components&sort=-id&per_page=50"),
            (Self::V3, List::Components | List::Groups) => ("api/components", "include=group&per_page=100"),
        };
        let mut url = endpoint(page, path);
        url.set_query(Some(query));
        url
    }

    /// The document of one incident or maintenance.
    fn item_url(self, page: &Url, kind: Kind, id: &IncidentId) -> Option<Url> {
        let (list, number) = match kind {
            Kind::Maintenance if schedule_number(id).is_some() => ("schedules", schedule_number(id)?),
            _ => ("incidents", id.as_str()),
        };
        let base = if self == Self::V1 { "api/v1" } else { "api" };
        let mut url = endpoint(page, &format!("{base}/{list}/{number}"));
        if self == Self::V3 {
            url.set_query(Some("include=updates,components"));
        }
        is_number(number).then_some(url)
    }

    fn items(
        self,
        page: &Url,
        list: List,
        answer: &Answer,
        problems: &mut Problems,
    ) -> Result<Listed<Item>, ReadError> {
        match self {
            Self::V1 => v1::items(list, answer, problems),
            Self::V3 => v3::items(page, list, answer, problems),
        }
    }

    /// The one item of a document of its own.
    fn item(self, page: &Url, list: List, answer: &Answer, problems: &mut Problems) -> Result<Item, ReadError> {
        match self {
            Self::V1 => v1::item(list, answer, problems),
            Self::V3 => v3::item(page, list, answer, problems),
        }
    }

    fn components(self, answer: &Answer, problems: &mut Problems) -> Result<Listed<RawComponent>, ReadError> {
        match self {
            Self::V1 => v1::components(answer, problems),
            Self::V3 => v3::components(answer, problems),
        }
    }
}

/// What is left where the API is off.
const FEEDS: [&str; 2] = ["rss", "atom"];

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    if FEEDS.iter().any(|feed| context.source == Some(feed)) {
        return read_feed(context, answers);
    }
    let known = Api::ALL.iter().find(|api| context.source == Some(api.name()));
    let mut reason = None;
    for api in known.map_or(&Api::ALL[..], std::slice::from_ref) {
        let lists = [List::Incidents, List::Components, List::Schedules].map(|list| api.url(context.page, list));
        if known.is_some() {
            answers.require_all(&lists)?;
        }
        let answer = answers.require(&lists[0])?;
        let mut problems = Problems::default();
        match api.items(context.page, List::Incidents, answer, &mut problems) {
            Ok(incidents) => return complete(context, answers, *api, incidents, problems),
            Err(error @ ReadError::NotThisFormat(_)) => _ = reason.get_or_insert(error),
            Err(error) => return Err(error.into()),
        }
    }
    match reason {
        Some(reason) if known.is_some() => Err(reason.into()),
        _ => read_feed(context, answers),
    }
}

fn read_feed(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = FEEDS.iter().find(|feed| context.source == Some(feed));
    let mut reason = None;
    for feed in known.map_or(&FEEDS[..], std::slice::from_ref) {
        let url = endpoint(context.page, feed);
        let answer = answers.require(&url)?;
        match own_feed(answer) {
            Ok(document) => {
                let (snapshot, source) = (feed::snapshot(context, &document), (*feed).into());
                return Ok(ParsedPage { snapshot, source, unlisted: Vec::new(), problems: Vec::new() });
            }
            Err(error @ ReadError::NotThisFormat(_)) => _ = reason.get_or_insert(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(reason.unwrap_or_else(|| ReadError::NotThisFormat("no feed".into())).into())
}

/// Any site has a feed; that of Cachet has nothing but incidents. Before the first of them it is empty, and its first
/// one must be told.
fn own_feed(answer: &Answer) -> Result<feed::Document, ReadError> {
    let document = feed::Document::read(answer)?;
    let of_incident = |link: &Option<String>| link.as_deref().is_some_and(|link| link.contains("/incidents/"));
    if document.entries.iter().all(|entry| of_incident(&entry.link)) {
        return Ok(document);
    }
    Err(ReadError::NotThisFormat(format!("the feed at {} is not of incidents", answer.url.path())))
}

fn complete(
    context: &ReadContext<'_>,
    answers: &Answers,
    api: Api,
    incidents: Listed<Item>,
    mut problems: Problems,
) -> Result<ParsedPage, Stop> {
    let url = |list| api.url(context.page, list);
    let mut urls = vec![url(List::Components), url(List::Schedules)];
    if api == Api::V1 {
        urls.push(url(List::Groups));
    }
    answers.require_all(&urls)?;
    let listed = api.components(answers.require(&urls[0])?, &mut problems)?;
    let listing = if listed.whole && !listed.has_more { Listing::Complete } else { Listing::Partial };
    if listed.has_more {
        problems.add(format!("only the first {} components were read", listed.items.len()));
    }
    let groups = match urls.get(2).and_then(|url| answers.get(url)) {
        Some(answer) => v1::group_names(answer, &mut problems),
        None => BTreeMap::new(),
    };
    let components = named(listed.items, &groups);

    let mut incident_set = IncidentSet::default();
    incident_set.damaged = !incidents.whole;
    if incidents.has_more && is_oldest_first(&incidents.items) {
        incident_set.damaged = true;
        problems.add("the list of incidents begins with the oldest, so the newest are not in it".into());
    }
    let schedules = answers.require(&urls[1])?;
    let schedules = read_schedules(context.page, api, schedules, &mut incident_set, &mut problems);
    let has_schedules = schedules.is_some();
    let items = incidents.items.into_iter().chain(schedules.unwrap_or_default());
    items.for_each(|item| incident_set.add(None, item.incident(&components)));

    let unlisted = incident_set.missing(context.open);
    let found = look_up(context.page, answers, api, &unlisted, has_schedules, &mut problems)?;
    found.items.into_iter().for_each(|item| incident_set.add(None, item.incident(&components)));
    let looked_up = unlisted.iter().all(|(_, id)| found.known.contains(id));
    let coverage = Coverage { components: listing, incidents: incident_set.listing(context.open, looked_up) };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components,
            incidents: incident_set.into_incidents(),
            coverage,
        },
        source: api.name().into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// `None`: there is no such list, or none that can be read.
fn read_schedules(
    page: &Url,
    api: Api,
    answer: &Answer,
    incident_set: &mut IncidentSet,
    problems: &mut Problems,
) -> Option<Vec<Item>> {
    match api.items(page, List::Schedules, answer, problems) {
        Ok(listed) => {
            incident_set.damaged |= !listed.whole;
            return Some(listed.items);
        }
        // The first versions have none.
        Err(_) if matches!(answer.status, 404 | 410) => {}
        Err(error) => {
            incident_set.damaged = true;
            problems.add(format!("the schedules could not be read: {error}"));
        }
    }
    None
}

/// What became of the incidents that are listed no longer.
#[derive(Default)]
struct LookedUp {
    items: Vec<Item>,
    /// The ids of `items`, and of those that were withdrawn.
    known: BTreeSet<IncidentId>,
}

/// Asks for the documents of single incidents.
fn look_up(
    page: &Url,
    answers: &Answers,
    api: Api,
    unlisted: &[(Kind, IncidentId)],
    has_schedules: bool,
    problems: &mut Problems,
) -> Result<LookedUp, Stop> {
    let by_id: Vec<(&IncidentId, Url)> = unlisted
        .iter()
        .filter_map(|(kind, id)| Some((id, api.item_url(page, *kind, id)?)))
        .take(MAX_LOOKED_UP)
        .collect();
    let urls: Vec<Url> = by_id.iter().map(|(_, url)| url.clone()).collect();
    answers.require_all(&urls)?;
    let mut found = LookedUp::default();
    for (id, answer) in by_id.iter().filter_map(|(id, url)| Some((*id, answers.get(url)?))) {
        let is_schedule = schedule_number(id).is_some();
        let list = if is_schedule { List::Schedules } else { List::Incidents };
        match api.item(page, list, answer, problems) {
            Ok(item) if item.id == *id => {
                found.known.insert(id.clone());
                found.items.push(item);
            }
            // It was withdrawn, where what lists its like is there.
            Err(_) if matches!(answer.status, 404 | 410) && (has_schedules || !is_schedule) => {
                found.known.insert(id.clone());
            }
            Ok(_) | Err(_) => problems.add(format!("incident {} could not be looked up", quoted(id.as_str()))),
        }
    }
    Ok(found)
}

/// Each component once, with the name of its group.
fn named(raw: Vec<RawComponent>, groups: &BTreeMap<String, String>) -> Vec<Component> {
    let mut seen: BTreeSet<ComponentId> = BTreeSet::new();
    raw.into_iter()
        .filter(|raw| seen.insert(raw.component.id.clone()))
        .map(|RawComponent { mut component, group_id }| {
            let name = group_id.and_then(|id| groups.get(&id).cloned());
            component.group = component.group.or(name);
            component
        })
        .collect()
}

/// Whether the server ignores the requested order.
fn is_oldest_first(items: &[Item]) -> bool {
    let number = |item: Option<&Item>| item.and_then(|item| item.id.as_str().parse::<u64>().ok());
    number(items.first()) < number(items.last())
}

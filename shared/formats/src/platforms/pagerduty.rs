//! PagerDuty's own status-page product: `status.pagerduty.com`, `*.trust.pagerduty.com` and customers' own domains,
//! which are known by the settings in their HTML. Recognised by the documents its pages read, without a key:
//! `/api/services`, `/api/posts` (incidents and maintenance alike), `/api/post_enums` (what the ids in posts mean) and
//! `/api/data` (the name of the page, and under which headings services stand).
//!
//! The addresses and keys rest on client code only (eight clients of 2026, which agree; some of them read times as
//! milliseconds, some as text). The words of the enums and the headings rest on a recorded page of December 2023, which
//! still carried the documents inside. There every status is marked `is_featured` unless it is an end, so the featured
//! posts are those that are not over. One that left them is asked for by its id, which also gives every update.
//! Pages without the documents have what is open in their HTML only ([`html`]).
mod html;
mod post;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::{ComponentStatus, Phase},
};
use url::Url;

use self::post::{Enums, Post, RawEnum};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        urls::is_plain_id,
        values::{Word, short_name},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "pagerduty",
    fingerprint: Fingerprint {
        hosts: &["status.pagerduty.com", "trust.pagerduty.com"],
        markers: &["globalstatusheadline", "open_incidents"],
        blind_probes: 0,
    },
    read,
};

/// At most so many posts are requested one by one: for their earlier updates, or because they left the list.
const MAX_DETAILS: usize = 10;
/// The same while nothing is known of the page: detection has only so many requests.
const MAX_DETAILS_AT_FIRST: usize = 2;

#[derive(Deserialize)]
struct Services<'a> {
    #[serde(borrow)]
    services: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Service {
    id: Option<Word>,
    name: Option<Word>,
    display_name: Option<Word>,
    is_active: Option<bool>,
    business_service_id: Option<Word>,
}

#[derive(Deserialize)]
struct Posts<'a> {
    #[serde(borrow)]
    posts: Option<Vec<&'a RawValue>>,
    #[serde(rename = "continuationToken")]
    more: Option<Word>,
}

#[derive(Deserialize)]
struct Detail {
    post: Option<Post>,
}

#[derive(Deserialize)]
struct PostEnums<'a> {
    #[serde(borrow)]
    post_enums: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    layout: Option<Layout<'a>>,
}

#[derive(Deserialize)]
struct Layout<'a> {
    #[serde(borrow)]
    layout_settings: Option<Settings<'a>>,
}

#[derive(Default, Deserialize)]
struct Settings<'a> {
    name: Option<Word>,
    #[serde(borrow)]
    business_services: Option<Vec<&'a RawValue>>,
    #[serde(rename = "statusPage")]
    status_page: Option<Headline>,
}

/// Of the page as a whole.
#[derive(Deserialize)]
struct Headline {
    #[serde(rename = "globalStatusHeadline")]
    text: Option<Word>,
    #[serde(rename = "globalStatusHeadlineHasError")]
    has_error: Option<bool>,
}

/// A service as the page lays it out, or a heading over some.
#[derive(Deserialize)]
struct Placed {
    id: Option<Word>,
    status_page_service_id: Option<Word>,
    grouping_element: Option<bool>,
    #[serde(rename = "displayName")]
    display_name: Option<Word>,
    name: Option<Word>,
    /// Of the heading; -1 without one.
    #[serde(rename = "Head_ID")]
    head: Option<Word>,
    child_business_services: Option<Vec<Word>>,
}

/// What the four documents of a page hold.
struct Documents<'a> {
    services: Vec<&'a RawValue>,
    posts: Vec<&'a RawValue>,
    /// There are more posts than these.
    has_more: bool,
    enums: Enums,
    settings: Settings<'a>,
}

impl<'a> Documents<'a> {
    /// The first of the URLs shows whether the page is one of PagerDuty's, so the others are asked for after it.
    fn read(urls: &[Url; 4], answers: &'a Answers, problems: &mut Problems) -> Result<Self, Stop> {
        let list: Services<'_> = answers.require(&urls[0])?.json()?;
        let services = known(list.services, "services", &urls[0])?;
        answers.require_all(urls)?;
        let [_, posts, enums, data] = urls.each_ref().map(|url| answers.require(url));
        let (posts, enums, data) = (posts?, enums?, data?);
        let list = posts.json::<Posts<'_>>()?;
        let posts = known(list.posts, "posts", &urls[1])?;
        let enums = known(enums.json::<PostEnums<'_>>()?.post_enums, "post_enums", &urls[2])?;
        let enums = Enums::new(elements::<RawEnum>(&enums, "a word of the page", problems).0);
        let settings = match data.status {
            404 | 410 => Settings::default(),
            _ => data.json::<Data<'_>>()?.layout.and_then(|layout| layout.layout_settings).unwrap_or_default(),
        };
        let has_more = list.more.is_some_and(|token| !token.0.is_empty());
        Ok(Self { services, posts, has_more, enums, settings })
    }
}

/// The source of pages without the documents.
const PAGE: &str = "page";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    if context.source == Some(PAGE) {
        return Ok(html::read(context, answers.require(context.page)?)?);
    }
    match read_documents(context, answers) {
        Err(Stop::Unusable(error @ ReadError::NotThisFormat(_))) if context.source.is_none() => {
            html::read(context, answers.require(context.page)?).map_err(|_| error.into())
        }
        other => other,
    }
}

fn read_documents(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let root = root(context.page);
    let [services_url, enums_url, data_url] = ["services", "post_enums", "data"].map(|name| api(&root, name));
    let posts_url = posts_url(&root);
    let first: &[Url] = &[services_url.clone(), posts_url.clone()];
    answers.require_all(if context.source.is_none() { &first[..1] } else { first })?;
    let documents = [services_url, posts_url, enums_url, data_url];
    let mut problems = Problems::default();
    let Documents { services, posts, has_more, enums, settings } = Documents::read(&documents, answers, &mut problems)?;

    let mut incident_set = IncidentSet::default();
    let (posts, whole) = elements::<Post>(&posts, "a post", &mut problems);
    incident_set.damaged = !whole;
    if has_more {
        incident_set.damaged = true;
        problems.add(format!("only the first {} posts were read", posts.len()));
    }
    let unlisted: Vec<(Kind, IncidentId)> = context
        .open
        .iter()
        .filter(|(_, id)| !posts.iter().any(|post| post.id() == Some(id.as_str())))
        .cloned()
        .collect();
    let most = if context.source.is_none() { MAX_DETAILS_AT_FIRST } else { MAX_DETAILS };
    let gone = unlisted.iter().map(|(_, id)| id.as_str());
    let wanted = wanted(gone.chain(posts.iter().filter_map(Post::id)), most);
    let details: Vec<Url> = wanted.iter().map(|id| api(&root, &format!("posts/{id}"))).collect();
    answers.require_all(&details)?;
    let mut known_to_be_gone = HashSet::new();
    for (id, answer) in wanted.iter().zip(details.iter().filter_map(|url| answers.get(url))) {
        let detail = answer.json::<Detail>().ok().and_then(|detail| detail.post);
        match detail.filter(|post| post.id() == Some(*id)) {
            Some(post) => add(&mut incident_set, &root, post, &enums, &mut problems),
            None if matches!(answer.status, 404 | 410) => _ = known_to_be_gone.insert((*id).to_owned()),
            None => problems.add(format!("post {} could not be looked up", quoted(id))),
        }
    }
    for post in posts {
        add(&mut incident_set, &root, post, &enums, &mut problems);
    }
    let is_known = |id: &IncidentId| incident_set.holds(id) || known_to_be_gone.contains(id.as_str());
    let looked_up = unlisted.iter().all(|(_, id)| is_known(id));
    let incidents_listing = incident_set.listing(context.open, looked_up);
    let incidents = incident_set.into_incidents();
    let (components, listing) = components(&services, &settings, &incidents, incidents_listing, &mut problems);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: settings.name.map(|name| name.0), url: Some(root.to_string()) },
            components,
            incidents,
            coverage: Coverage { components: listing, incidents: incidents_listing },
        },
        source: "api".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The ids to ask for one by one: each once, so many at most.
fn wanted<'a>(ids: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    ids.filter(|id| is_plain_id(id) && seen.insert(*id)).take(most).collect()
}

/// People give the address that they see, which is below `/posts`.
fn root(page: &Url) -> Url {
    let mut root = page.clone();
    root.set_query(None);
    root.set_fragment(None);
    if let Some(at) = page.path().find("/posts") {
        root.set_path(&page.path()[..at]);
    }
    root
}

fn api(root: &Url, name: &str) -> Url {
    endpoint(root, &format!("api/{name}"))
}

fn posts_url(root: &Url) -> Url {
    let mut url = api(root, "posts");
    url.set_query(Some("is_featured=true&limit=500"));
    url
}

fn known<T>(list: Option<T>, key: &str, url: &Url) -> Result<T, ReadError> {
    list.ok_or_else(|| ReadError::NotThisFormat(format!("no status page of PagerDuty at {}: no `{key}`", url.path())))
}

fn add(incident_set: &mut IncidentSet, root: &Url, post: Post, enums: &Enums, problems: &mut Problems) {
    match post.read(enums, problems) {
        Some((changed_at, mut incident)) => {
            let id = incident.id.as_str();
            incident.url = is_plain_id(id).then(|| endpoint(root, &format!("posts/details/{id}")).to_string());
            incident_set.add(changed_at, incident);
        }
        None => {
            incident_set.damaged = true;
            problems.add("a post without id was left out".into());
        }
    }
}

/// A service is as bad as the open posts say, and fine where they do not name it.
fn components(
    services: &[&RawValue],
    settings: &Settings<'_>,
    incidents: &[Incident],
    posts: Listing,
    problems: &mut Problems,
) -> (Vec<Component>, Listing) {
    let mut states: BTreeMap<&str, ComponentStatus> = BTreeMap::new();
    let begun = incidents.iter().filter(|incident| !incident.is_over() && incident.phase != Some(Phase::Scheduled));
    for affected in begun.flat_map(|incident| &incident.components) {
        // Named by an earlier update, and not by the newest.
        let Some(status) = affected.status else { continue };
        let worst = states.entry(affected.id.as_str()).or_insert(status);
        *worst = status.max(*worst);
    }
    let otherwise = if posts == Listing::Complete { ComponentStatus::Operational } else { ComponentStatus::Unknown };
    let headings = Headings::new(settings, problems);
    let (services, mut whole) = elements::<Service>(services, "a service", problems);
    let mut components: BTreeMap<ComponentId, Component> = BTreeMap::new();
    for service in services.into_iter().filter(|service| service.is_active != Some(false)) {
        let group = headings.over(&service);
        let name = service.display_name.filter(|name| !name.0.is_empty()).or(service.name);
        let (Some(id), Some(name)) = (service.id.filter(|id| !id.0.is_empty()), name) else {
            whole = false;
            problems.add("a service without id or name was left out".into());
            continue;
        };
        let status = states.get(id.as_str()).copied().unwrap_or(otherwise);
        let id = ComponentId::from(id.0);
        components.insert(id.clone(), Component { id, name: name.0.trim().to_owned(), group, status });
    }
    let listing = if whole && !components.is_empty() { Listing::Complete } else { Listing::Partial };
    (components.into_values().collect(), listing)
}

/// Under which heading of the page a service stands.
struct Headings {
    /// Heading by id, and by the services below it.
    names: BTreeMap<String, String>,
    /// The heading's id by that of the service, in either of its two numberings.
    heads: BTreeMap<String, String>,
}

impl Headings {
    fn new(settings: &Settings<'_>, problems: &mut Problems) -> Self {
        let placed = settings.business_services.as_deref().unwrap_or_default();
        let (placed, _) = elements::<Placed>(placed, "a service's place on the page", problems);
        let mut headings = Self { names: BTreeMap::new(), heads: BTreeMap::new() };
        for entry in placed {
            let Some(id) = entry.id else { continue };
            if entry.grouping_element == Some(true) {
                let name = entry.display_name.filter(|name| !name.0.is_empty()).or(entry.name);
                for child in entry.child_business_services.unwrap_or_default() {
                    headings.heads.insert(child.0, id.0.clone());
                }
                headings.names.extend(name.map(|name| (id.0, name.0)));
            } else if let Some(head) = entry.head {
                headings.heads.extend(entry.status_page_service_id.map(|own| (own.0, head.0.clone())));
                headings.heads.entry(id.0).or_insert(head.0);
            }
        }
        headings
    }

    fn over(&self, service: &Service) -> Option<String> {
        let ids = [&service.id, &service.business_service_id];
        let head = ids.into_iter().flatten().find_map(|id| self.names.get(self.heads.get(id.as_str())?));
        head.map(|name| short_name(name))
    }
}

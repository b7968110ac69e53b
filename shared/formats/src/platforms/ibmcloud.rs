//! IBM Cloud, by the feed of its notifications. An entry ends with lines of labels: `Type`, `Regions`, `Resources`, and
//! of an outage `Outage Start` and `Outage End`. Known by its address alone.
//!
//! This rests on the provider's documentation (<https://cloud.ibm.com/docs/account?topic=account-viewing-cloud-status>)
//! of where the feed is, and on the code of three clients, which agree on the labels; nothing was recorded here. Of the
//! types only `incident` and `maintenance` are read: the others are news. An incident ended when it has an end. As of
//! any feed, what it no longer has proves nothing.
//!
//! An entry names resources and regions, these by their codes (`Regions: us-south, eu-de`). A component is a resource
//! in a region, `iam/eu-de` in the group `eu-de`; where no code stands, it is the resource alone. The feed does not say
//! which resource is hit in which region, so all pairs are named. The state of a component is not told.
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::{ComponentStatus, Phase},
};
use url::Url;

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, Stop},
    platforms::feed::{Document, Entry},
    read::{
        incident_reader::title_or_default,
        maintenance::phase_at,
        problems::{Problems, quoted},
    },
    text::{dates::feed_time, html::to_text, urls::web_address, values::short_name},
};

pub(crate) const FORMAT: Format = Format {
    name: "ibmcloud",
    fingerprint: Fingerprint { hosts: &["cloud.ibm.com/status"], markers: &[], blind_probes: 0 },
    read,
};

const FEED: &str = "/status/api/notifications/feed.rss";
/// The components of an incident are listed so long after its end, while its end may still be unknown to a reader.
const LISTED_AFTER_END: SignedDuration = SignedDuration::from_hours(48);
/// More pairs of one incident are not named one by one: its alert has to fit into a message.
const MAX_PAIRS: usize = 500;
const LABELS: [&str; 7] = ["ID:", "Type:", "Regions:", "Resources:", "Outage Start:", "Outage End:", "Update Time:"];

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = feed_url(context.page);
    let document = Document::read(answers.require(&url)?)?;
    let mut problems = Problems::default();
    if document.is_cut {
        problems.add("only the newest entries of the feed were read".into());
    }
    let mut found: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    let mut components: BTreeMap<ComponentId, Component> = BTreeMap::new();
    for entry in &document.entries {
        let Some((incident, named)) = incident(context, entry, &mut problems) else { continue };
        if incident.resolved_at.is_none_or(|end| context.now.duration_since(end) < LISTED_AFTER_END) {
            components.extend(named.into_iter().map(|component| (component.id.clone(), component)));
        }
        // Of entries of one id the newest counts.
        let is_newer = |known: &Incident| incident.newest_update_at() > known.newest_update_at();
        if found.get(&incident.id).is_none_or(is_newer) {
            found.insert(incident.id.clone(), incident);
        }
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: document.title, url: Some(context.page.to_string()) },
            components: components.into_values().collect(),
            incidents: found.into_values().collect(),
            coverage: Coverage { components: Listing::Partial, incidents: Listing::Window },
        },
        source: "feed".into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
}

fn feed_url(page: &Url) -> Url {
    let mut url = page.clone();
    url.set_path(FEED);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// With the components that it names. `None`: news, or what cannot be told from news.
fn incident(context: &ReadContext<'_>, entry: &Entry, problems: &mut Problems) -> Option<(Incident, Vec<Component>)> {
    let body = to_text(&entry.body);
    let kind = match labelled(&body, "Type:")?.split_whitespace().next()?.to_ascii_lowercase().as_str() {
        "incident" => Kind::Incident,
        "maintenance" => Kind::Maintenance,
        _ => return None,
    };
    let id = entry.id.as_deref().or(entry.link.as_deref())?.trim();
    let mut time = |label: &str| {
        let text = labelled(&body, label)?;
        let time = feed_time(text);
        if time.is_none() {
            problems.add(format!("{} has the time {}, which is none", quoted(id), quoted(text)));
        }
        time
    };
    let (start, end) = (time("Outage Start:"), time("Outage End:"));
    let posted_at = time("Update Time:").or(entry.updated).or(entry.published);
    let window = Some(Window { starts_at: start, ends_at: end })
        .filter(|window| kind == Kind::Maintenance && window.starts_at.is_some());
    let has_ended = end.is_some_and(|at| at <= context.now);
    let phase = match kind {
        Kind::Incident => has_ended.then_some(Phase::Resolved),
        Kind::Maintenance => window.and_then(|window| phase_at(context.now, window)),
    };
    let named =
        components(labelled(&body, "Resources:").unwrap_or_default(), labelled(&body, "Regions:").unwrap_or_default());
    let incident = Incident {
        id: IncidentId::new(id),
        kind,
        title: title_or_default(Some(&to_text(&entry.title).replace('\n', " "))),
        phase,
        impact: None,
        url: entry.link.as_deref().and_then(web_address),
        started_at: match kind {
            Kind::Incident => start.or(entry.published),
            Kind::Maintenance => start.filter(|at| *at <= context.now),
        },
        resolved_at: end.filter(|_| has_ended),
        window,
        components: named.iter().map(|component| Affected { id: component.id.clone(), status: None }).collect(),
        // There is one text, which is edited in place.
        updates: vec![Update {
            id: UpdateId::new("text"),
            phase: None,
            posted_at,
            body: Some(text_of(&body).to_owned()),
            components: Vec::new(),
        }],
    };
    Some((incident, named))
}

/// Every resource in every region, each once.
fn components(resources: &str, regions: &str) -> Vec<Component> {
    let resources = words(resources);
    // What is no code says nothing of where it is.
    let mut codes: BTreeSet<Option<&str>> =
        words(regions).into_iter().map(|word| Some(word).filter(|word| is_region(word))).collect();
    if codes.is_empty() {
        codes.insert(None);
    }
    let is_one_by_one = resources.len() * codes.len() <= MAX_PAIRS;
    let mut found = Vec::new();
    for name in &resources {
        if is_one_by_one {
            found.extend(codes.iter().map(|code| component(name, *code)));
        } else {
            found.push(component(name, None));
        }
    }
    if resources.is_empty() || !is_one_by_one {
        let alone = |code: &str| Component { id: ComponentId::new(code), ..component(code, Some(code)) };
        found.extend(codes.iter().flatten().map(|code| alone(code)));
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split([',', ' ', '\n']).filter(|word| !word.is_empty()).collect()
}

fn component(name: &str, region: Option<&str>) -> Component {
    let name = short_name(name);
    let id = region.map_or_else(|| name.clone(), |region| format!("{name}/{region}"));
    Component { id: ComponentId::new(id), name, group: region.map(str::to_owned), status: ComponentStatus::Unknown }
}

/// `us-south`, `eu-de`.
fn is_region(word: &str) -> bool {
    let is_lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    word.len() <= 20
        && word
            .split_once('-')
            .is_some_and(|(land, place)| land.len() == 2 && is_lower(land) && !place.is_empty() && is_lower(place))
}

/// The text without the labels at its end.
fn text_of(body: &str) -> &str {
    let labels = ["ID:", "Type:"].iter().filter_map(|label| body.rfind(label));
    body[..labels.min().unwrap_or(body.len())].trim_end()
}

/// What stands behind a label, up to the next one or the end of its line.
fn labelled<'t>(body: &'t str, label: &str) -> Option<&'t str> {
    let (_, rest) = body.rsplit_once(label)?;
    let next = LABELS.iter().filter_map(|other| rest.find(other));
    let end = next.chain(rest.find('\n')).min().unwrap_or(rest.len());
    Some(rest[..end].trim()).filter(|value| !value.is_empty())
}

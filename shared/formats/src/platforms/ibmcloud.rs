//! IBM Cloud, by the feed of its notifications. An entry ends with lines of labels: `Type`, `Regions`, `Resources`, and
//! of an outage `Outage Start` and `Outage End`. Known by its address alone.
//!
//! This rests on the provider's documentation (<https://cloud.ibm.com/docs/account?topic=account-viewing-cloud-status>)
//! of where the feed is, and on the code of three clients, which agree on the labels; nothing was recorded here. Of the
//! types only `incident` and `maintenance` are read: the others are news. An incident ended when it has an end. As of
//! any feed, what it no longer has proves nothing. A component is a resource, and its state is not told.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::Phase,
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
const LABELS: [&str; 7] = ["ID:", "Type:", "Regions:", "Resources:", "Outage Start:", "Outage End:", "Update Time:"];

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = feed_url(context.page);
    let document = Document::read(answers.require(&url)?)?;
    let mut problems = Problems::default();
    if document.is_cut {
        problems.add("only the newest entries of the feed were read".into());
    }
    let mut found: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    for entry in &document.entries {
        let Some(incident) = incident(context, entry, &mut problems) else { continue };
        // Of entries of one id the newest counts.
        let is_newer = |known: &Incident| incident.newest_update_at() > known.newest_update_at();
        if found.get(&incident.id).is_none_or(is_newer) {
            found.insert(incident.id.clone(), incident);
        }
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: document.title, url: Some(context.page.to_string()) },
            components: Vec::new(),
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

/// `None`: news, or what cannot be told from news.
fn incident(context: &ReadContext<'_>, entry: &Entry, problems: &mut Problems) -> Option<Incident> {
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
    let resources = labelled(&body, "Resources:").unwrap_or_default();
    let resources = resources.split([',', ' ', '\n']).map(str::trim).filter(|name| !name.is_empty());
    let mut components: Vec<Affected> =
        resources.map(|name| Affected { id: ComponentId::new(short_name(name)), status: None }).collect();
    components.sort();
    components.dedup();
    Some(Incident {
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
        components,
        // There is one text, which is edited in place.
        updates: vec![Update {
            id: UpdateId::new("text"),
            phase: None,
            posted_at,
            body: Some(text_of(&body).to_owned()),
            components: Vec::new(),
        }],
    })
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

//! Apple's two dashboards, general and for developers, by the document their pages read. Known by their addresses
//! alone.
//!
//! This rests on client code, on one real event others wrote down, and on feeds a third party makes of the documents.
//! Services have no ids and events no titles. An event is copied to every service it touches and stays for a day or two
//! after its end, so the document is its own history.
mod event;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::{endpoint, json, what_came},
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::{urls::fixed_url, values::Text},
};

pub(crate) const FORMAT: Format = Format {
    name: "apple",
    fingerprint: Fingerprint {
        hosts: &["www.apple.com/support/systemstatus", "developer.apple.com/system-status"],
        markers: &[],
        blind_probes: 0,
    },
    read,
};

const GENERAL: &str = "data/system_status_en_US.js";
/// The page for developers is on a host of its own, its document is not.
const DEVELOPERS: (&str, &str) =
    ("developer.apple.com", "https://www.apple.com/support/systemstatus/data/developer/system_status_en_US.js");

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    services: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Service<'a> {
    #[serde(borrow, rename = "serviceName")]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
}

fn document_url(page: &Url) -> Url {
    let (host, document) = DEVELOPERS;
    if page.host_str() == Some(host) { fixed_url(document) } else { endpoint(page, GENERAL) }
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = document_url(context.page);
    let answer = answers.require(&url)?;
    let path = url.path();
    let document: Document<'_> = json(path, object(path, answer.text()?)?)?;
    let not_this = |what: &str| ReadError::NotThisFormat(format!("{path} is not Apple's system status: {what}"));
    let listed = document.services.ok_or_else(|| not_this("no `services`"))?;
    let mut problems = Problems::default();
    let (services, mut whole) = elements::<Service<'_>>(&listed, "a service", &mut problems);
    let mut components: BTreeMap<&str, ComponentStatus> = BTreeMap::new();
    let mut events = event::Events::default();
    let mut incident_set = IncidentSet::default();
    for service in &services {
        let (Some(name), Some(listed)) = (&service.name, &service.events) else {
            whole = false;
            problems.add("a service without name or list of events was left out".into());
            continue;
        };
        if name.0.is_empty() {
            whole = false;
            continue;
        }
        let (status, events_whole) = events.add(&name.0, listed, &mut problems);
        incident_set.damaged |= !events_whole;
        // Listed twice it is as bad as the worse, and unknown if nothing worse is known.
        components
            .entry(&name.0)
            .and_modify(|known| {
                let worst = status.max(*known);
                *known = if worst.is_trouble() { worst } else { status.min(*known) };
            })
            .or_insert(status);
    }
    if components.is_empty() {
        return Err(not_this("it lists no service with its events").into());
    }
    incident_set.damaged |= !whole;
    events.gather(&mut incident_set, &mut problems);
    let component = |(name, status): (&str, ComponentStatus)| Component {
        id: ComponentId::new(name),
        name: name.to_owned(),
        group: None,
        status,
    };
    let unlisted = incident_set.missing(context.open);
    let incidents = incident_set.listing(context.open, true);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: components.into_iter().map(component).collect(),
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: if whole { Listing::Complete } else { Listing::Partial }, incidents },
        },
        source: "system-status".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The object by itself: it may be the argument of a call, `jsonCallback({…});`.
fn object<'a>(path: &str, text: &'a str) -> Result<&'a str, ReadError> {
    let text = text.trim();
    let is_call = |front: &str| {
        front.is_empty() || front.trim_end().strip_suffix('(').is_some_and(|name| name.trim().bytes().all(is_name))
    };
    let start = text.find('{').filter(|start| is_call(&text[..*start]));
    let end = text.rfind('}');
    match (start, end) {
        (Some(start), Some(end)) if start < end => Ok(&text[start..=end]),
        (Some(_), _) => Err(ReadError::Malformed(format!("{path} is cut off after {} bytes", text.len()))),
        (None, _) => {
            Err(ReadError::NotThisFormat(format!("expected a JSON object at {path}, got {}", what_came(text))))
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || byte == b'$'
}

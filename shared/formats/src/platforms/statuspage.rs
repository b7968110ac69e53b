//! Atlassian Statuspage, by its public JSON documents below `/api/v2`. The summary has the components and what is open
//! or planned. The history of the last 50 incidents has the end of what left the summary, and what began and ended
//! between two reads.
//!
//! Rests on recordings of many pages in all states (summaries, both histories), and on the public documentation of the
//! API. A page is recognised by the header `x-statuspage-version`, by its HTML, or by the summary itself.
mod document;
mod history;
mod incident;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Kind, Listing, Page, Snapshot},
    words::ComponentStatus,
};

use self::{
    document::{History, Summary},
    incident::{component_status, gather},
};
pub(crate) use self::{history::HISTORY, incident::overall_status};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        overall::{Overall, is_ours},
        problems::{Problems, quoted},
    },
    text::{urls::web_address, values::short_name},
};

pub(crate) const FORMAT: Format = Format {
    name: "statuspage",
    fingerprint: Fingerprint {
        hosts: &["statuspage.io", "status.atlassian.com"],
        markers: &["x-statuspage-version:", "statuspage.io", "dka575ofm4ao0.cloudfront.net"],
        blind_probes: 1,
    },
    read,
};

const SUMMARY: &str = "api/v2/summary.json";
const INCIDENTS: &str = "api/v2/incidents.json";
const MAINTENANCES: &str = "api/v2/scheduled-maintenances.json";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, SUMMARY);
    let answer = answers.require(&url)?;
    let summary: Summary<'_> = answer.json()?;
    let listed = summary.checked(url.path())?;
    let mut problems = Problems::default();
    // There are pages without components. But a page that lost them may have lost more.
    let is_bare = listed.components.iter().all(document::Component::is_heading);
    if is_bare {
        problems.add(format!("{} lists no component, so nothing is concluded from what is missing", url.path()));
    }
    let mut incident_set = IncidentSet::default();
    gather(&mut incident_set, Kind::Incident, listed.incidents, &mut problems);
    gather(&mut incident_set, Kind::Maintenance, listed.maintenances, &mut problems);
    let (components, listing) = components(listed.components, &mut problems);

    let mut unlisted = incident_set.missing(context.open);
    unlisted.retain(|(_, id)| !is_ours(id));
    let mut histories = vec![(Kind::Incident, endpoint(context.page, INCIDENTS))];
    if unlisted.iter().any(|(kind, _)| *kind == Kind::Maintenance) {
        histories.push((Kind::Maintenance, endpoint(context.page, MAINTENANCES)));
    }
    answers.require_all(&histories.iter().map(|(_, url)| url.clone()).collect::<Vec<_>>())?;

    let mut looked_up = true;
    for (kind, url) in histories {
        let answer = answers.require(&url)?;
        let history = answer.json().and_then(|history: History<'_>| {
            let items = history.items(kind, answer.url.path())?;
            gather(&mut incident_set, kind, items, &mut problems);
            Ok(())
        });
        if let Err(error) = history {
            looked_up = false;
            problems.add(format!("the history could not be read: {error}"));
        }
    }
    // What the history would explain must not pass for new.
    let overall = overall(context, &listed, looked_up, &mut problems);
    let whole = !is_bare && !incident_set.damaged;
    let lone = overall.incidents(context, &components, incident_set.incidents(), whole);
    lone.into_iter().for_each(|incident| incident_set.add(None, incident));
    let incidents = if is_bare { Listing::Partial } else { incident_set.listing(context.open, looked_up) };
    let listing = if is_bare { Listing::Partial } else { listing };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page {
                id: listed.page.id.as_ref().map(|id| id.0.to_string()),
                name: listed.page.name.as_ref().map(|name| name.0.to_string()),
                url: listed.page.url.as_ref().and_then(|url| web_address(&url.0)),
            },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing, incidents },
        },
        source: "api-v2".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// What the page says of itself as a whole; nothing if the history cannot be read.
fn overall<'a>(
    context: &ReadContext<'_>,
    listed: &'a document::Listed<'_, '_>,
    looked_up: bool,
    problems: &mut Problems,
) -> Overall<'a> {
    let word = listed.overall.indicator.as_ref().map_or("", |indicator| &*indicator.0);
    let status = overall_status(word);
    if status.is_none() {
        problems.add(format!("the page as a whole: unknown indicator {}", quoted(word)));
    }
    Overall {
        status: status.filter(|_| looked_up).unwrap_or(ComponentStatus::Unknown),
        said: listed.overall.description.as_ref().map_or("", |said| &*said.0),
        url: Some(context.page.to_string()),
    }
}

/// The incidents or maintenances of one history document by itself, and the problems met.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn incidents(
    document: &[u8],
) -> Result<(Vec<status::snapshot::Incident>, Vec<String>), crate::contract::ReadError> {
    use crate::read::answers::{json, utf8};

    const NAME: &str = "the document";
    let history: History<'_> = json(NAME, utf8(NAME, document)?)?;
    let (kind, items) = match history.items(Kind::Incident, NAME) {
        Ok(items) => (Kind::Incident, items),
        Err(_) => (Kind::Maintenance, history.items(Kind::Maintenance, NAME)?),
    };
    let mut problems = Problems::default();
    let mut incident_set = IncidentSet::default();
    gather(&mut incident_set, kind, items, &mut problems);
    Ok((incident_set.into_incidents(), problems.into_vec()))
}

/// The components that are no headings: an entry marked `group` is a heading over others, and Statuspage computes its
/// status from theirs.
fn components(raw: &[document::Component<'_>], problems: &mut Problems) -> (Vec<Component>, Listing) {
    let headings: BTreeMap<&str, &str> = raw
        .iter()
        .filter(|entry| entry.is_heading())
        .filter_map(|entry| Some((&*entry.id.as_ref()?.0, &*entry.name.as_ref()?.0)))
        .collect();
    let mut listing = Listing::Complete;
    let mut seen = HashSet::new();
    let mut components = Vec::with_capacity(raw.len());
    for entry in raw.iter().filter(|entry| !entry.is_heading()) {
        let id = entry.id.as_ref().filter(|id| !id.0.is_empty());
        let (Some(id), Some(name)) = (id, &entry.name) else {
            listing = Listing::Partial;
            problems.add("a component without id or name was left out".into());
            continue;
        };
        if !seen.insert(&*id.0) {
            problems.add(format!("component {} is listed more than once", quoted(&id.0)));
            continue;
        }
        let word = entry.status.as_ref().map_or("", |status| &*status.0);
        let status = component_status(word).unwrap_or_else(|| problems.unknown_status(&id.0, word));
        let group = entry.group_id.as_ref().and_then(|group| headings.get(&*group.0));
        components.push(Component {
            id: ComponentId::new(&id.0),
            name: name.0.to_string(),
            group: group.map(|name| short_name(name)),
            status,
        });
    }
    (components, listing)
}

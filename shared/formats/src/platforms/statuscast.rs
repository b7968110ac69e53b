//! `StatusCast` pages: `*.statuscast.com`, `*.status.page`, Fastly's `www.fastlystatus.com` and customers' own domains,
//! which are known by the classes in their HTML. The page shows what is current, the feed at `/rss` what was written
//! about it. That `status.page` is theirs: Fastly has a page there too, and two clients of 2026 read those of 8x8 and
//! Quickbase.
//!
//! What is known rests on one recorded page, Fastly's of 20 January 2023 (<https://web.archive.org/web/20230120001406/>
//! `www.fastlystatus.com`), and on client code and its tests:
//! - the rows of incidents (`incident-body incident-type-… incident-status-… incident-mostsevere-status-…` with
//!   a link to `/incident/<number>`) and the feed, one entry for each update with the same link: two clients of 2026;
//! - on the recorded page, rows of what ended (`incident-status-closed`) with the names of the components and the
//!   newest update of each, whose words are `closed`, `inprogress` and `upcoming`;
//! - Fastly's grid, `tr[data-path]` with the state of today in the third cell: on the recorded page with the id of the
//!   component in `data-id` and that of the row above it in `data-pid`, by one client below tabs and without ids;
//! - lists with `status-list-component-status-text component-<state>`: three clients, none of which says where the name
//!   of a component is. So such a list is read as one component that is as bad as its worst.
//!
//! The feed has no words for states: it adds the updates to the rows and says nothing of what is not among them. Where
//! there is none, the newest update on the page stands for them; where it only failed, nothing does, since its times
//! are more exact than those of the page and the same update must not be told twice. A row that went is only no longer
//! listed. Many of these pages refuse every client that does not send the headers of a browser.
mod classes;
mod grid;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Coverage, Incident, Listing, Page, Snapshot},
};

use self::rows::Found;
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::{self, Document},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        problems::Problems,
    },
    text::html::is_whole,
};

pub(crate) const FORMAT: Format = Format {
    name: "statuscast",
    fingerprint: Fingerprint {
        hosts: &["statuscast.com", "status.page", "fastlystatus.com"],
        markers: &[
            "status-list-component-status-text",
            "incident-mostsevere-status-",
            "incident-partial-title-url",
            "historygridnav",
            "statuscast.com",
        ],
        blind_probes: 0,
    },
    read,
};

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let urls = [context.page.clone(), endpoint(context.page, "rss")];
    answers.require_all(if context.source.is_none() { &urls[..1] } else { &urls })?;
    let html = answers.require(&urls[0])?.text()?;
    let mut problems = Problems::default();
    let rows = rows::read(context.page, html, &mut problems);
    let components = grid::read(html, &mut problems);
    if !rows.is_known && components.is_empty() {
        return Err(
            ReadError::NotThisFormat("the page has neither incidents nor components of StatusCast".into()).into()
        );
    }
    let document = Document::read(answers.require(&urls[1])?);
    let mut written: BTreeMap<IncidentId, Incident> = match &document {
        Ok(document) => feed::incidents(context, document).into_iter().map(|entry| (entry.id.clone(), entry)).collect(),
        Err(error) => {
            problems.add(format!("the feed could not be read: {error}"));
            BTreeMap::new()
        }
    };
    let whole = is_whole(html);
    if !whole {
        problems.add(format!("the page is cut off after {} bytes", html.len()));
    }
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = rows.damaged || !whole;
    let has_no_feed = matches!(document, Err(ReadError::NotThisFormat(_)));
    let ids = ids_by_name(&components);
    for Found { mut incident, names } in rows.found {
        match written.remove(&incident.id) {
            Some(entry) => {
                incident.updates = entry.updates;
                incident.updates.iter_mut().for_each(|update| update.components.clear());
            }
            None if has_no_feed => {}
            None => incident.updates.clear(),
        }
        let named = names.iter().filter_map(|name| ids.get(name.as_str()).copied().flatten());
        incident.components = named.map(|id| Affected { id: id.clone(), status: None }).collect();
        incident_set.add(None, incident);
    }
    let unlisted = incident_set.missing(context.open);
    let incidents = incident_set.listing(context.open, document.is_ok());
    let listing = if whole { Listing::Complete } else { Listing::Partial };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page {
                id: None,
                name: document.ok().and_then(|document| document.title),
                url: Some(context.page.to_string()),
            },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing, incidents },
        },
        source: "page".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// Rows name components without ids; a name that two have is nobody's.
fn ids_by_name(components: &[Component]) -> BTreeMap<&str, Option<&ComponentId>> {
    let mut ids: BTreeMap<&str, Option<&ComponentId>> = BTreeMap::new();
    for component in components {
        ids.entry(component.name.trim()).and_modify(|id| *id = None).or_insert(Some(&component.id));
    }
    ids
}

//! `StatusCast` pages: `*.statuscast.com`, Fastly's `www.fastlystatus.com` and customers' own domains, which are known
//! by the classes in their HTML. The page shows what is current, the feed at `/rss` what was written about it.
//!
//! What is known rests on client code and its tests only, on no recording:
//! - the rows of current incidents (`incident-body incident-type-… incident-status-… incident-mostsevere-status-…` with
//!   a link to `/incident/<number>`) and the feed, one entry for each update with the same link: two clients of 2026;
//! - Fastly's grid, `tr[data-path]` with the state of today in the third cell, below tabs: one client;
//! - lists with `status-list-component-status-text component-<state>`: three clients, none of which says where the name
//!   of a component is. So such a list is read as one component that is as bad as its worst.
//!
//! The feed has no words for states: it adds the updates to the rows and says nothing of what is not among them. A row
//! that went is only no longer listed. Many of these pages refuse every client that does not send the headers of a
//! browser.
mod classes;
mod grid;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use status::{
    ids::IncidentId,
    snapshot::{Coverage, Incident, Listing, Page, Snapshot},
};

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
        hosts: &["statuscast.com", "fastlystatus.com"],
        markers: &["status-list-component-status-text", "incident-mostsevere-status-", "statuscast.com"],
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
        Ok(document) => {
            feed::incidents(context.page, document).into_iter().map(|entry| (entry.id.clone(), entry)).collect()
        }
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
    for mut incident in rows.incidents {
        if let Some(entry) = written.remove(&incident.id) {
            incident.updates = entry.updates;
            incident.updates.iter_mut().for_each(|update| update.components.clear());
        }
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

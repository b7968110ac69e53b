//! Status.io. Everything about a page is in one public document of `api.status.io`, found by the page's id, which its
//! HTML names wherever it links to itself (`/pages/history/<id>`). A service stands in containers (regions, clouds), so
//! what has a state is the pair of both.
//!
//! What ended leaves the document at once. Its end is looked up in the feed of the page, and that it was withdrawn in
//! its own page, which then is gone.
//!
//! Recorded: the document with a planned maintenance. From client code: incidents with messages, other codes, the
//! page's addresses; of the feed only that an item links to the incident's page and tells of its end as
//! `<strong>Resolved</strong>` or `<strong>Completed</strong>`.
mod components;
mod document;
mod event;
mod lookup;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use status::snapshot::{Coverage, Page, Snapshot};
use url::Url;

use self::{
    components::Components,
    document::{Document, is_id},
    event::gather,
    lookup::{LookedUp, event_url, look_up},
};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        problems::Problems,
    },
    text::urls::fixed_url,
};

pub(crate) const FORMAT: Format = Format {
    name: "statusio",
    fingerprint: Fingerprint { hosts: &["status.io", "dockerstatus.com"], markers: &["status.io"], blind_probes: 0 },
    read,
};

const API: &str = "https://api.status.io";
/// The source is this and the page's id.
const SOURCE_PREFIX: &str = "id ";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = context.source.and_then(|source| source.strip_prefix(SOURCE_PREFIX)).filter(|id| is_id(id));
    let id = match known.or_else(|| page_id(context.page.path())) {
        Some(id) => id,
        None => {
            let answer = answers.require(context.page)?;
            page_id(answer.text()?)
                .ok_or_else(|| ReadError::NotThisFormat(format!("{} names no Status.io page id", answer.url.path())))?
        }
    };
    let url = document_url(id);
    let answer = answers.require(&url)?;
    let document: Document<'_> = answer.json()?;
    let listed = document.checked(url.path())?;
    let mut problems = Problems::default();
    let components = Components::read(&listed, &mut problems);
    let mut incident_set = IncidentSet::default();
    for (list, stage) in &listed.events {
        gather(&mut incident_set, *stage, list, &components, &mut problems);
    }

    let unlisted = incident_set.missing(context.open);
    let LookedUp { ended, all } = look_up(context.page, id, &unlisted, answers, &mut problems)?;
    ended.into_iter().for_each(|incident| incident_set.add(incident.newest_update_at(), incident));
    let listing = incident_set.listing(context.open, all);
    let mut incidents = incident_set.into_incidents();
    for incident in &mut incidents {
        incident.url = event_url(context.page, incident.kind, id, &incident.id).map(Into::into);
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: Some(id.to_owned()), name: None, url: Some(context.page.to_string()) },
            coverage: Coverage { components: components.listing, incidents: listing },
            components: components.list,
            incidents,
        },
        source: format!("{SOURCE_PREFIX}{id}").into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The id that stands where pages of Status.io name theirs; where another page's is named as well, that which is named
/// most.
fn page_id(text: &str) -> Option<&str> {
    const IN_FRONT: [&str; 3] = ["pages/", "statuspage", "1.0/status/"];
    /// Characters in front of an id in which the word is looked for.
    const NEAR: usize = 24;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut end_of_last = 0;
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_id(word)) {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let before = text.as_bytes().get(end_of_last.max(start.saturating_sub(NEAR))..start).unwrap_or_default();
        let before = String::from_utf8_lossy(before).to_ascii_lowercase();
        if IN_FRONT.iter().any(|word| before.contains(word)) {
            *counts.entry(word).or_default() += 1;
        }
        end_of_last = start + word.len();
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(id, _)| id)
}

fn document_url(id: &str) -> Url {
    endpoint(&fixed_url(API), &format!("1.0/status/{id}"))
}

//! Generic RSS 2.0, RSS 1.0 (RDF), Atom and JSON Feed, read for what they say about incidents. A feed shows a window of
//! its history, so an entry that is gone proves nothing, and neither does a component that no entry names.
//!
//! Which incident an entry is of: `identity`. Amazon's items have a guid for each update, a series of which is cut into
//! incidents by what ends them: `episodes`. Where an incident is: a label, the newest block of its log, its title, a
//! category, or at last its sentences, which are believed least: `entry`, `title`, `log`, `prose`. Planned work:
//! `planned`.
//!
//! Rests on the specifications (<https://www.rssboard.org/rss-specification>, RFC 4287) and on recordings of feeds of
//! many platforms (Statuspage, incident.io, Instatus, xAI, Better Stack, StatusCast, AWS, Apple's by a third party); of
//! JSON Feed on its specification alone. What Amazon puts in front of its titles, and that an item may be retitled
//! `[RESOLVED]` later, is as of a feed of 2015 to 2019 that others published.
mod document;
mod entry;
mod episodes;
mod identity;
mod incident;
mod json;
mod labels;
mod log;
mod planned;
mod post;
mod prose;
mod reading;
mod title;
mod words;

use std::collections::HashSet;

use status::{
    snapshot::{Component, Coverage, Incident, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

pub(crate) use document::{Document, Entry};
pub(crate) use incident::{incidents, name_updates_by_text};
pub(crate) use reading::Reading;

use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{answers::endpoint, problems::Problems},
    text::{
        html::{Token, Tokens, attribute},
        urls::http_url,
    },
};

pub(crate) const FORMAT: Format =
    Format { name: "feed", fingerprint: Fingerprint { hosts: &[], markers: &[], blind_probes: usize::MAX }, read };

/// Where feeds are: at the page's URL itself, or at one of these paths below it.
const SOURCES: [&str; 11] = [
    "self",
    "history.atom",
    "history.rss",
    "rss",
    "feed",
    "feed.json",
    "feed.atom",
    "feed.rss",
    "atom.xml",
    "rss.xml",
    "feed.xml",
];
/// At most so many are requested; the others are used where the page links to them.
const MAX_TRIED: usize = 6;
/// So many links are looked at: blogs link to a feed for every tag.
const MAX_LINKED: usize = 20;

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = SOURCES.iter().copied().find(|source| context.source == Some(source));
    let Some(source) = known else {
        return find(context, answers);
    };
    let url = source_url(context.page, source);
    let (document, problems) = document(answers.require(&url)?)?;
    Ok(parsed(context, &document, problems, source))
}

/// A feed of any kind, with what was left out of it.
fn document(answer: &Answer) -> Result<(Document, Problems), ReadError> {
    let mut problems = Problems::default();
    let (path, text) = (answer.url.path(), answer.decoded()?);
    let document = match json::read(path, &text, &mut problems) {
        Some(document) => document?,
        None => Document::parse(path, &text)?,
    };
    if document.is_cut {
        problems.add(format!("only the newest {} entries of the feed were read", document::MAX_ENTRIES));
    }
    Ok((document, problems))
}

/// Asks the page, then the paths, beginning with one that the page links to.
fn find(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let mut sources = SOURCES.to_vec();
    let mut linked = None;
    let mut reason = None;
    for position in 0..MAX_TRIED {
        let source = sources[position];
        let url = source_url(context.page, source);
        let answer = answers.require(&url)?;
        match document(answer) {
            Ok((document, problems)) => return Ok(parsed(context, &document, problems, source)),
            Err(error @ (ReadError::Malformed(_) | ReadError::ParentPage { .. })) => return Err(error.into()),
            Err(error @ ReadError::Status { .. }) if source == "self" => return Err(error.into()),
            // Trouble at a path that was only guessed says little, but more than that another does not exist.
            Err(error @ ReadError::Status { .. }) => reason = Some(error),
            Err(error @ ReadError::NotThisFormat(_)) => {
                reason.get_or_insert(error);
            }
        }
        if source == "self" {
            let links = linked_feeds(answer);
            let listed = links.iter().find_map(|link| {
                let listed = sources.iter().position(|source| source_url(context.page, source) == *link);
                listed.filter(|listed| *listed > 0)
            });
            match listed {
                Some(listed) => {
                    let source = sources.remove(listed);
                    sources.insert(1, source);
                }
                None => linked = links.into_iter().next(),
            }
        }
    }
    Err(match (linked, reason) {
        // A feed elsewhere cannot be remembered as a source, but it can be a page of its own.
        (Some(url), _) => {
            ReadError::NotThisFormat(format!("not a feed, but it links to one: give {url} as the page instead"))
        }
        (None, Some(reason)) => reason,
        (None, None) => ReadError::NotThisFormat("no feed".into()),
    }
    .into())
}

fn source_url(page: &Url, source: &str) -> Url {
    match source {
        "self" => page.clone(),
        path => endpoint(page, path),
    }
}

/// The feeds of the same host that an HTML page names in its head, those in XML first: most readers use them, so they
/// are kept in order best.
fn linked_feeds(answer: &Answer) -> Vec<Url> {
    let Ok(text) = answer.decoded() else { return Vec::new() };
    let tags = Tokens::new(&text).filter_map(|token| match token {
        Token::Open { name, attributes } if name.eq_ignore_ascii_case("link") => Some(attributes),
        _ => None,
    });
    let feeds = tags.filter_map(|attributes| {
        let value = |name: &str| attribute(attributes, name).map(|value| value.trim().to_ascii_lowercase());
        let is_json = match value("type")?.as_str() {
            "application/rss+xml" | "application/atom+xml" => false,
            "application/feed+json" => true,
            _ => return None,
        };
        let url = answer.final_url.join(attribute(attributes, "href")?.trim()).ok()?;
        let is_other = url.host_str() == answer.url.host_str() && url != answer.url;
        (value("rel")? == "alternate" && is_other).then_some((is_json, url))
    });
    let mut feeds: Vec<(bool, Url)> = feeds.take(MAX_LINKED).collect();
    feeds.sort_by_key(|(is_json, _)| *is_json);
    feeds.into_iter().map(|(_, url)| url).collect()
}

fn parsed(context: &ReadContext<'_>, document: &Document, problems: Problems, source: &'static str) -> ParsedPage {
    // Absence from a feed says nothing, and there is nowhere else to look.
    ParsedPage {
        snapshot: snapshot(context, document),
        source: source.into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    }
}

pub(crate) fn snapshot<'a>(reading: impl Into<Reading<'a>>, document: &Document) -> Snapshot {
    let reading = reading.into();
    let page = reading.page;
    let incidents = incidents(reading, document);
    Snapshot {
        page: Page {
            id: None,
            name: document.title.clone(),
            url: document.link.as_deref().and_then(|link| http_url(page, link)).or_else(|| Some(page.to_string())),
        },
        components: components(&incidents),
        incidents,
        coverage: Coverage { components: Listing::Partial, incidents: Listing::Window },
    }
}

/// What the entries say of components now. An ended incident says how its components were at its end, which is no
/// news of those that an open one has hit since: they count only while nothing is open.
fn components(incidents: &[Incident]) -> Vec<Component> {
    let nothing_open = incidents.iter().all(Incident::is_over);
    let mut newest_first: Vec<_> = incidents.iter().filter(|incident| nothing_open || !incident.is_over()).collect();
    newest_first.sort_by_key(|incident| std::cmp::Reverse(incident.newest_update_at()));
    let mut seen = HashSet::new();
    newest_first
        .iter()
        .flat_map(|incident| &incident.components)
        .filter(|named| seen.insert(&named.id))
        .map(|named| Component {
            id: named.id.clone(),
            name: named.id.to_string(),
            group: None,
            // How bad it was when its incident ended is no trouble of today.
            status: match named.status {
                Some(status) if !nothing_open || !status.is_trouble() => status,
                _ => ComponentStatus::Unknown,
            },
        })
        .collect()
}

#[cfg(test)]
mod tests;

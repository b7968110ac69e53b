//! Uptime Kuma: a page of monitors, at `/status/<slug>` or on a domain of its own, of which one document has the
//! monitors and what was posted, and another the newest checks of each monitor.
//!
//! A page is recognised by the address of its manifest, which names the slug. This rests on the source code of versions
//! 1 and 2; nothing was recorded. What follows from it:
//! - times have no zone and are UTC, since the server writes them so;
//! - a check that failed and is tried again (`pending`) says nothing yet, so the one before it counts;
//! - a page may show days in place of checks. A day with an outage then does not tell how things are now;
//! - a post has a colour and no severity: yellow and red ones tell of trouble, the others are information;
//! - what ended is in a history since version 2.1; before, it is gone once it is no longer shown.
mod checks;
mod posts;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
};
use url::Url;

use self::{
    checks::{Checks, state},
    posts::{Posts, look_up},
};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::{
        urls::is_plain_id,
        values::{Text, Word, short_name},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "uptimekuma",
    fingerprint: Fingerprint { hosts: &[], markers: &["/api/status-page/"], blind_probes: 0 },
    read,
};

/// The source is this and the slug.
const SOURCE_PREFIX: &str = "slug ";
const STATUS: &str = "/status/";
const MANIFEST: (&str, &str) = ("/api/status-page/", "/manifest.json");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    config: Option<Config<'a>>,
    #[serde(borrow)]
    public_group_list: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    monitor_list: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Monitor<'a> {
    id: Word,
    #[serde(borrow)]
    name: Text<'a>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = context.source.and_then(|source| source.strip_prefix(SOURCE_PREFIX)).filter(|slug| is_plain_id(slug));
    let (base, in_path) = below(context.page);
    let slug = match known.or(in_path.as_deref()) {
        Some(slug) => slug.to_owned(),
        None => {
            let answer = answers.require(context.page)?;
            slug_in(&answer.decoded()?)
                .ok_or_else(|| ReadError::NotThisFormat(format!("{} names no page", answer.url.path())))?
        }
    };
    let page_url = endpoint(&base, &format!("api/status-page/{slug}"));
    let checks_url = endpoint(&base, &format!("api/status-page/heartbeat/{slug}"));
    if known.is_some() {
        answers.require_all(&[page_url.clone(), checks_url.clone()])?;
    }
    let document: Document<'_> = answers.require(&page_url)?.json()?;
    let Some(groups) = &document.public_group_list else {
        return Err(ReadError::NotThisFormat(format!("{} has no `publicGroupList`", page_url.path())).into());
    };
    let checks: Checks<'_> = answers.require(&checks_url)?.json()?;
    let mut problems = Problems::default();
    let (components, components_listed) = components(groups, &checks, context, &mut problems);

    let mut set = IncidentSet::default();
    let posts: Posts<'_> = answers.require(&page_url)?.json()?;
    posts.gather(context.now, &mut set, &mut problems);
    let missing = set.missing(context.open);
    // A server without a history answers its address with its own page, as any other.
    let all_found = !posts.has_history() || look_up(&base, &slug, &missing, answers, &mut set, &mut problems)?;
    Ok(ParsedPage {
        unlisted: ids_of(missing),
        snapshot: Snapshot {
            page: Page {
                id: None,
                name: document.config.and_then(|config| config.title).map(|title| title.0.into_owned()),
                url: Some(context.page.to_string()),
            },
            components,
            coverage: Coverage { components: components_listed, incidents: set.listing(context.open, all_found) },
            incidents: set.into_incidents(),
        },
        source: format!("{SOURCE_PREFIX}{slug}").into(),
        problems: problems.into_vec(),
    })
}

/// What the paths of the API are below, and the slug if the page's path has it.
fn below(page: &Url) -> (Url, Option<String>) {
    let path = page.path();
    let Some((before, slug)) = path.rsplit_once(STATUS) else { return (page.clone(), None) };
    let slug = slug.trim_end_matches('/').to_ascii_lowercase();
    let mut base = page.clone();
    base.set_path(before);
    (base, Some(slug).filter(|slug| is_plain_id(slug)))
}

fn slug_in(html: &str) -> Option<String> {
    let (before, after) = MANIFEST;
    let mut candidates = html.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0));
    candidates.find(|slug| is_plain_id(slug)).map(str::to_owned)
}

/// A monitor that stands in two groups is one component.
fn components(
    groups: &[&RawValue],
    checks: &Checks<'_>,
    context: &ReadContext<'_>,
    problems: &mut Problems,
) -> (Vec<Component>, Listing) {
    let (groups, mut is_whole) = elements::<Group<'_>>(groups, "a group", problems);
    let mut found: BTreeMap<ComponentId, Component> = BTreeMap::new();
    for group in &groups {
        let (monitors, all) = elements::<Monitor<'_>>(&group.monitor_list, "a monitor", problems);
        is_whole &= all;
        for monitor in monitors {
            let id = ComponentId::new(monitor.id.as_str());
            found.entry(id.clone()).or_insert_with(|| Component {
                status: state(monitor.id.as_str(), checks, context.now, problems),
                name: short_name(monitor.name.0.trim()),
                group: group.name.as_ref().map(|name| short_name(name.0.trim())).filter(|name| !name.is_empty()),
                id,
            });
        }
    }
    (found.into_values().collect(), if is_whole { Listing::Complete } else { Listing::Partial })
}

//! Instatus. A page is recognised by its summary: a `page` without id, with a status in capitals (`UP`, `HASISSUES`)
//! or, in newer builds, with a status of `text` and `type` beside it. Lists that are empty are left out. The summary
//! says what is open, another document how the components are, and the feed, alone, what was posted and how what left
//! the summary ended. It rests on client code, its tests and documentation (<https://instatus.com/help/api>); no page
//! was recorded. The page's own word counts where nothing else tells of trouble: `UP`, `HASISSUES`, `UNDERMAINTENANCE`,
//! or a state of a component with how many have it (`SOMEMAJOROUTAGE`; words of a client of the pages).
mod document;
mod history;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::{
    document::{Components, Listed, Summary, page_status, unknown},
    history::FeedEntry,
};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::Document,
    read::fingerprint::PageText,
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        maintenance::as_maintenance,
        overall::Overall,
        problems::Problems,
        updates::over_since,
    },
    text::urls::web_address,
};

pub(crate) const FORMAT: Format = Format {
    name: "instatus",
    fingerprint: Fingerprint {
        hosts: &["instatus.com", "instat.us"],
        markers: &["instatus.com", "instat.us"],
        blind_probes: 1,
    },
    read,
};

/// Best first. Detection requests the second for Statuspage as well, so it costs no further request.
const SUMMARIES: [(&str, &str); 3] =
    [("v3", "v3/summary.json"), ("api-v2", "api/v2/summary.json"), ("v1", "summary.json")];
const COMPONENTS: [(&str, &str); 2] = [("v3", "v3/components.json"), ("v2", "v2/components.json")];
const HISTORY: &str = "history.atom";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let sources = context.source.and_then(sources_of);
    if let Some((summary, components)) = sources {
        let mut urls = vec![endpoint(context.page, summary.1)];
        urls.extend(components.map(|(_, path)| endpoint(context.page, path)));
        // Of what is open there may be a new post, and the summary need not change by it.
        if !context.open.is_empty() {
            urls.push(endpoint(context.page, HISTORY));
        }
        answers.require_all(&urls)?;
    }
    let (summary_source, summary) = match sources {
        Some((source, _)) => (source, Summary::read(answers.require(&endpoint(context.page, source.1))?)?),
        None => find_summary(context.page, answers)?,
    };

    let history_url = endpoint(context.page, HISTORY);
    let mut urls = vec![history_url.clone()];
    let known = sources.map(|(_, components)| components);
    let first_try = known.unwrap_or(Some(COMPONENTS[0]));
    urls.extend(first_try.map(|(_, path)| endpoint(context.page, path)));
    answers.require_all(&urls)?;
    let mut components_source = first_try;
    if known.is_none() && answers.get(&endpoint(context.page, COMPONENTS[0].1)).is_some_and(is_absent) {
        let url = endpoint(context.page, COMPONENTS[1].1);
        let answer = answers.require(&url)?;
        components_source = Some(COMPONENTS[1]).filter(|_| !is_absent(answer));
    }

    let mut problems = Problems::default();
    let answer = components_source.and_then(|(_, path)| answers.get(&endpoint(context.page, path)));
    let (components, listing) = components(answer, &mut problems);
    let history = answers.get(&history_url).map(Document::read);
    let (snapshot, unlisted) = snapshot(context, &summary, components, listing, history, &mut problems);
    let components_name = components_source.map_or("none", |(name, _)| name);
    Ok(ParsedPage {
        snapshot,
        source: format!("{} {components_name}", summary_source.0).into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

type Source = (&'static str, &'static str);

/// Summary and components of a page, as [`ParsedPage::source`] remembers them.
fn sources_of(source: &str) -> Option<(Source, Option<Source>)> {
    let (summary, components) = source.split_once(' ')?;
    let summary = SUMMARIES.into_iter().find(|(name, _)| *name == summary)?;
    match components {
        "none" => Some((summary, None)),
        name => Some((summary, Some(COMPONENTS.into_iter().find(|(known, _)| *known == name)?))),
    }
}

/// The first summary that is one.
fn find_summary(page: &Url, answers: &Answers) -> Result<(Source, Summary), Stop> {
    // The oldest is not worth a request where nothing speaks for Instatus.
    let seen = answers.get(page);
    let speaks_for_it = seen.is_none_or(|answer| FORMAT.fingerprint.matches(&PageText::new(answer)));
    let mut reason = None;
    for source in SUMMARIES.into_iter().filter(|(name, _)| *name != "v1" || speaks_for_it) {
        let url = endpoint(page, source.1);
        match Summary::read(answers.require(&url)?) {
            Ok(summary) => return Ok((source, summary)),
            Err(error @ ReadError::NotThisFormat(_)) => _ = reason.get_or_insert(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(reason.unwrap_or_else(|| ReadError::NotThisFormat("no summary".into())).into())
}

/// The page has no such document, as opposed to trouble with it.
fn is_absent(answer: &Answer) -> bool {
    matches!(Components::read(answer), Err(ReadError::NotThisFormat(_)))
}

fn components(answer: Option<&Answer>, problems: &mut Problems) -> (Vec<Component>, Listing) {
    match answer.map(Components::read) {
        Some(Ok(components)) => components.flat(problems),
        Some(Err(error)) => {
            problems.add(format!("the components could not be read: {error}"));
            (Vec::new(), Listing::Partial)
        }
        None => (Vec::new(), Listing::Partial),
    }
}

fn snapshot(
    context: &ReadContext<'_>,
    summary: &Summary,
    components: Vec<Component>,
    listing: Listing,
    history: Option<Result<Document, ReadError>>,
    problems: &mut Problems,
) -> (Snapshot, Vec<(Kind, IncidentId)>) {
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = summary.is_damaged;
    if summary.is_damaged {
        problems.add("the summary has a list of another shape".into());
    }
    let mut looked_up = false;
    let mut from_feed: BTreeMap<IncidentId, FeedEntry> = BTreeMap::new();
    match history {
        Some(Ok(document)) => {
            // A page that has something to look up has a history.
            looked_up = !document.entries.is_empty() && !document.is_cut;
            let named = by_name(&components);
            for entry in document.entries.iter().filter_map(|entry| FeedEntry::read(context.page, entry, &named)) {
                from_feed.entry(entry.id.clone()).or_insert(entry);
            }
        }
        Some(Err(error)) => problems.add(format!("the history could not be read: {error}")),
        None => {}
    }
    for listed in summary.listed(problems) {
        let Some(listed) = listed else {
            incident_set.damaged = true;
            continue;
        };
        let from_feed = from_feed.remove(&listed.id);
        incident_set.add(listed.updated_at, merged(listed, from_feed));
    }
    for incident in lone_trouble(context, summary, &components, listing, &incident_set, problems) {
        incident_set.add(None, incident);
    }
    let unlisted = incident_set.missing(context.open);
    for (id, from_feed) in from_feed {
        let incident = from_feed.into_incident();
        // The last post of a maintenance that ended long ago may still say that it is in progress.
        if incident.is_over() || unlisted.iter().any(|(_, open)| *open == id) {
            incident_set.add(None, incident);
        }
    }
    let page = Page { id: None, name: summary.name.clone(), url: summary.url.as_deref().and_then(web_address) };
    let coverage = Coverage { components: listing, incidents: incident_set.listing(context.open, looked_up) };
    (Snapshot { page, components, incidents: incident_set.into_incidents(), coverage }, unlisted)
}

/// Of the page as a whole, where no component and no incident explains it.
fn lone_trouble(
    context: &ReadContext<'_>,
    summary: &Summary,
    components: &[Component],
    listing: Listing,
    incident_set: &IncidentSet,
    problems: &mut Problems,
) -> Vec<Incident> {
    let word = summary.state.as_deref().unwrap_or_default();
    let status = page_status(word);
    if status.is_none() {
        unknown(problems, "the page as a whole", "status", word);
    }
    let overall = Overall {
        status: status.unwrap_or(ComponentStatus::Unknown),
        said: summary.said.as_deref().unwrap_or_default(),
        url: Some(context.page.to_string()),
    };
    // Without the components, the page's own word is all there is.
    let whole = !incident_set.damaged && (listing == Listing::Complete || components.is_empty());
    overall.incidents(context, components, incident_set.incidents(), whole)
}

/// Ids of components whose name no other has: the feed names them only.
fn by_name(components: &[Component]) -> BTreeMap<&str, Option<&ComponentId>> {
    let mut named: BTreeMap<&str, Option<&ComponentId>> = BTreeMap::new();
    for component in components {
        named.entry(&component.name).and_modify(|id| *id = None).or_insert(Some(&component.id));
    }
    named
}

/// What the summary says of an incident, with what the feed tells of it. The feed counts where it is newer.
fn merged(listed: Listed, from_feed: Option<FeedEntry>) -> Incident {
    let (updates, affected, feed_url) = match from_feed {
        Some(from_feed) => (from_feed.updates, from_feed.components, from_feed.url),
        None => (Vec::new(), Vec::new(), None),
    };
    let newest = updates.iter().max_by_key(|update| update.posted_at);
    let is_newer = |at| listed.updated_at.is_some_and(|listed_at| at > listed_at);
    let phase = match newest {
        Some(update) if update.posted_at.is_some_and(is_newer) && update.phase.is_some() => update.phase,
        _ => listed.phase,
    };
    let is_work = listed.is_work;
    let began =
        updates.iter().find(|update| update.phase.is_some_and(|phase| phase != status::words::Phase::Scheduled));
    let incident = Incident {
        id: listed.id,
        kind: listed.kind,
        title: listed.title,
        phase,
        impact: listed.impact,
        url: listed.url.or(feed_url),
        started_at: match listed.kind {
            Kind::Incident => listed.started_at,
            Kind::Maintenance => began.and_then(|update| update.posted_at),
        },
        resolved_at: over_since(phase, &updates),
        window: listed.window,
        components: affected.into_iter().map(|id| Affected { id, status: None }).collect(),
        updates,
    };
    if is_work { as_maintenance(incident) } else { incident }
}

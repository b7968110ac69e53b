//! Incidents out of entries. Some feeds have one entry per incident and rewrite it, some one per update, so entries
//! are put together by what they are about.
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use status::{
    ids::{IncidentId, UpdateId, digest},
    snapshot::{Incident, Kind, Update, Window},
    words::Phase,
};
use url::Url;

use super::{
    document::{Document, Entry},
    post::{Post, blocks, current, opening_word},
    words::{all_is_well, announces_maintenance, is_update},
};
use crate::{
    read::{
        incident_reader::NO_TITLE,
        updates::{named_last, over_since, time_text, update_id},
    },
    text::{
        html::to_text,
        urls::http_url,
        words::{is_planned, phase},
    },
};

pub(crate) fn incidents(page: &Url, document: &Document) -> Vec<Incident> {
    let mut order: Vec<(IncidentId, Vec<EntryFacts>)> = Vec::new();
    let mut positions: HashMap<IncidentId, usize> = HashMap::new();
    let homes = Homes::new(page, document);
    for facts in document.entries.iter().filter_map(|entry| entry_facts(page, &homes, entry)) {
        let position = *positions.entry(facts.id.clone()).or_insert(order.len());
        match order.get_mut(position) {
            Some((_, same)) => same.push(facts),
            None => order.push((facts.id.clone(), vec![facts])),
        }
    }
    order.into_iter().map(|(id, entries)| incident(id, entries)).collect()
}

/// The facts of one entry.
struct EntryFacts {
    id: IncidentId,
    /// Nothing but the title identifies it.
    by_title: bool,
    title: String,
    url: Option<String>,
    /// The newest time the entry carries.
    at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    window: Option<Window>,
    is_maintenance: bool,
    /// Newest first, never empty.
    posts: Vec<Post>,
}

/// `None` for an entry that reports no trouble.
fn entry_facts(page: &Url, homes: &Homes, entry: &Entry) -> Option<EntryFacts> {
    let whole_title = to_text(&entry.title).replace('\n', " ");
    let (title_word, title) = split_title(&whole_title);
    if all_is_well(title, entry.state.as_deref()) {
        return None;
    }
    let url = entry.link.as_deref().or(entry.id.as_deref());
    let url = url.and_then(|link| http_url(page, link));
    let anchors: Vec<Timestamp> = entry.published.into_iter().chain(entry.updated).collect();
    let at = entry.updated.or(entry.published);

    let blocks = blocks(&entry.body, &anchors);
    let (posts, started_at) = if blocks.posts.is_empty() {
        match current(&entry.body, at) {
            Some(post) => (vec![post], None),
            None => {
                let text = to_text(&entry.body);
                let word = title_word.or_else(|| opening_word(&text)).unwrap_or_default();
                (vec![Post::new(at, word, &entry.body)], entry.published)
            }
        }
    } else {
        let oldest = blocks.posts.iter().filter_map(|post| post.at).min();
        (blocks.posts, oldest)
    };
    let own_url = url.as_deref().filter(|url| !homes.contains(url));
    let (id, by_title) = match identity(entry, own_url) {
        Some(id) => (id, false),
        None => (title_id(entry, title), true),
    };
    Some(EntryFacts {
        id,
        by_title,
        is_maintenance: blocks.is_scheduled
            || posts.iter().filter_map(|post| post.phase).any(is_planned)
            || url.as_deref().is_some_and(|url| url.contains("/maintenances/"))
            || announces_maintenance(title),
        title: if title.is_empty() { NO_TITLE.into() } else { title.to_owned() },
        url,
        at,
        started_at,
        window: blocks.window,
        posts,
    })
}

fn incident(id: IncidentId, mut entries: Vec<EntryFacts>) -> Incident {
    // Stable, so that of entries without a time the first is the newest, as in every feed.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let is_maintenance = entries.iter().any(|entry| entry.is_maintenance);
    let by_title = entries.iter().any(|entry| entry.by_title);
    let started_at = entries.iter().filter_map(|entry| entry.started_at).min();
    let window = entries.iter().find_map(|entry| entry.window);
    let mut title = String::new();
    let mut url = None;
    let mut posts = Vec::new();
    for entry in entries.into_iter().rev() {
        posts.extend(entry.posts.into_iter().rev());
        (title, url) = (entry.title, entry.url);
    }
    posts.sort_by_key(|post| post.at);

    let mut phase = None;
    let mut began_at = None;
    let mut used = HashSet::new();
    let mut updates = Vec::new();
    for post in posts {
        if !is_update(&post.word) {
            phase = match post.phase {
                Some(Phase::Resolved) if is_maintenance => Some(Phase::Completed),
                // A post under the title of an ended incident begins a new one, which has not ended yet.
                None if by_title && phase.is_some_and(Phase::is_over) => {
                    Some(if is_maintenance { Phase::Scheduled } else { Phase::Investigating })
                }
                other => other,
            };
        }
        if phase == Some(Phase::InProgress) {
            began_at = began_at.or(post.at);
        }
        let body = post.body.as_deref().unwrap_or_default();
        if let Some(id) = update_id(post.at, &post.word, body, &mut used) {
            updates.push(Update { id, phase, posted_at: post.at, body: post.body, components: post.components });
        }
    }
    let kind = if is_maintenance { Kind::Maintenance } else { Kind::Incident };
    Incident {
        id,
        kind,
        title,
        phase,
        impact: None,
        url,
        // A maintenance starts when it begins, not when it is announced.
        started_at: if is_maintenance { began_at } else { started_at },
        resolved_at: over_since(phase, &updates),
        window,
        components: named_last(updates.iter().flat_map(|update| update.components.iter().cloned())),
        updates,
    }
}

/// Names the updates of an incident by what they say: for feeds with one entry per incident that is written anew, whose
/// time may be that of the incident, of the newest text or of the answer.
pub(crate) fn name_updates_by_text(incident: &mut Incident) {
    let mut used = HashSet::new();
    incident.updates.retain_mut(|update| {
        let phase = update.phase.map_or("", Phase::as_str);
        update.id = UpdateId::from(digest(&[phase, update.body.as_deref().unwrap_or_default()]));
        used.insert(update.id.clone())
    });
}

/// Addresses that all entries may link to, so they identify no entry.
struct Homes([Option<Url>; 2]);

impl Homes {
    fn new(page: &Url, document: &Document) -> Self {
        let link = document.link.as_deref().and_then(|link| http_url(page, link));
        Self([Some(page.clone()), link.and_then(|link| link.parse().ok())])
    }

    /// The page's or the feed's own, or the root of any host.
    fn contains(&self, url: &str) -> bool {
        let Ok(url) = url.parse::<Url>() else { return false };
        if url.fragment().is_some() || url.query().is_some() {
            return false;
        }
        let place = |url: &Url| (url.host_str().map(str::to_owned), url.path().trim_end_matches('/').to_owned());
        url.path() == "/" || self.0.iter().flatten().any(|home| place(home) == place(&url))
    }
}

/// The id in an incident's address, which is that of the page's other sources too (Statuspage's Atom ids are not);
/// else the entry's own id, or its link. `url`: unless others may link to it too.
fn identity(entry: &Entry, url: Option<&str>) -> Option<IncidentId> {
    let in_address = url.and_then(|url| {
        let path = url.split(['?', '#']).next()?;
        let (front, last) = path.trim_end_matches('/').rsplit_once('/')?;
        let folder = front.rsplit('/').next()?;
        ["incidents", "incident", "maintenances", "maintenance"].contains(&folder).then_some(last)
    });
    let own = entry.id.as_deref().map(|id| match (id.split_once('#'), entry.link.as_deref()) {
        // Better Stack numbers the updates of an incident behind its link.
        (Some((front, _)), Some(link)) if front == link => link,
        _ => id,
    });
    in_address.or(own).or(url).map(IncidentId::new)
}

/// By its title, whatever the time: its updates have the same title and other times, and where it comes again later it
/// is opened again. Only without a title its time must do.
fn title_id(entry: &Entry, title: &str) -> IncidentId {
    let at = if title.is_empty() { time_text(entry.published.or(entry.updated)) } else { String::new() };
    IncidentId::new(digest(&[title, &at]))
}

/// A title without the phase in front of it or in brackets behind it: `[Resolved] Slow logins`, `RESOLVED: Slow
/// logins`, `Slow logins (resolved)`.
fn split_title(title: &str) -> (Option<&str>, &str) {
    let title = title.trim();
    // Amazon puts what is well now in front of what was not.
    let title = title.strip_prefix("Service is operating normally: ").unwrap_or(title);
    let prefix = match title.strip_prefix('[') {
        Some(inside) => inside.split_once(']'),
        None => title.split_once(':'),
    };
    match prefix {
        Some((word, rest)) if phase(word).is_some() && !rest.trim().is_empty() => return (Some(word), rest.trim()),
        _ => {}
    }
    match title.strip_suffix(')').and_then(|inside| inside.rsplit_once('(')) {
        Some((rest, word)) if phase(word).is_some() && !rest.trim().is_empty() => (Some(word), rest.trim()),
        _ => (None, title),
    }
}

//! Which incident an entry is of. Different incidents never become one: what several may have in common, such as a link
//! to the page, identifies none.
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use status::ids::{IncidentId, digest};
use url::Url;

use super::{
    document::{Document, Entry},
    reading::Reading,
    title::Title,
};
use crate::{
    read::updates::time_text,
    text::{html::to_text, urls::http_url},
};

pub(super) enum Key {
    /// The incident's own.
    Own(IncidentId),
    /// Nothing but the title identifies it.
    Title(IncidentId),
    /// The entry has an id of its own and is one of a series, of which some make up one incident: see
    /// [`super::episodes`].
    Series { series: String, id: IncidentId },
}

impl Key {
    /// The same for all entries that belong together.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Own(id) => format!("id {id}"),
            Self::Title(id) => format!("title {id}"),
            Self::Series { series, .. } => format!("series {series}"),
        }
    }
}

/// Addresses that several incidents may link to.
pub(super) struct Homes {
    own: [Option<Url>; 2],
    /// Entries of different titles link to these.
    shared: HashSet<String>,
    /// How often an id occurs.
    ids: HashMap<String, usize>,
}

impl Homes {
    pub(super) fn new(page: &Url, document: &Document) -> Self {
        let link = document.link.as_deref().and_then(|link| http_url(page, link));
        let mut subjects: HashMap<String, HashSet<String>> = HashMap::new();
        let mut ids: HashMap<String, usize> = HashMap::new();
        for entry in &document.entries {
            let title = Title::read(&to_text(&entry.title));
            let subject = title.monitor.map_or(title.text.to_lowercase(), |monitor| monitor.name);
            if let Some(link) = entry.link.as_deref().and_then(|link| http_url(page, link)) {
                subjects.entry(link).or_default().insert(subject);
            }
            if let Some(id) = &entry.id {
                *ids.entry(id.clone()).or_default() += 1;
            }
        }
        let shared = subjects.into_iter().filter(|(_, subjects)| subjects.len() > 1).map(|(link, _)| link).collect();
        Self { own: [Some(page.clone()), link.and_then(|link| link.parse().ok())], shared, ids }
    }

    /// The page's or the feed's own, the root of any host, or a path of which no word tells one incident from another.
    fn contains(&self, url: &str) -> bool {
        let Ok(url) = url.parse::<Url>() else { return false };
        if url.fragment().is_some_and(|fragment| !fragment.is_empty())
            || url.query_pairs().any(|(key, _)| !is_of_reader(&key))
        {
            return false;
        }
        let place = |url: &Url| (url.host_str().map(str::to_owned), url.path().trim_end_matches('/').to_owned());
        is_general(url.path()) || self.own.iter().flatten().any(|home| place(home) == place(&url))
    }
}

/// A parameter that says where a reader came from.
fn is_of_reader(key: &str) -> bool {
    key.starts_with("utm_") || ["ref", "source", "src"].contains(&key)
}

/// `/`, `/status`, `/en/service-health/history.rss`: a page of all incidents, by its words.
fn is_general(path: &str) -> bool {
    const WORDS: [&str; 32] = [
        "",
        "status",
        "statuspage",
        "page",
        "pages",
        "system",
        "systems",
        "service",
        "services",
        "network",
        "health",
        "dashboard",
        "history",
        "incident",
        "incidents",
        "maintenance",
        "maintenances",
        "events",
        "all",
        "current",
        "past",
        "list",
        "news",
        "updates",
        "support",
        "help",
        "index",
        "html",
        "rss",
        "feed",
        "atom",
        "xml",
    ];
    let words = path.split(['/', '-', '_', '.']);
    // A language or a country is a folder of two letters.
    let is_code = |word: &str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.map(str::to_ascii_lowercase).all(|word| is_code(&word) || WORDS.contains(&word.as_str()))
}

pub(super) fn key(reading: &Reading<'_>, homes: &Homes, entry: &Entry, title: &Title) -> Key {
    let link = entry.link.as_deref().or(entry.id.as_deref());
    let url = link.and_then(|link| http_url(reading.page, link)).filter(|url| !homes.contains(url));
    if let Some(id) = url.as_deref().and_then(in_address) {
        return Key::Own(IncidentId::new(id));
    }
    let own = entry.id.as_deref().filter(|id| !homes.contains(id));
    if let Some((series, id)) = own.and_then(numbered_series) {
        return Key::Series { series: series.to_owned(), id: IncidentId::new(id) };
    }
    let is_shared =
        |link: &str| http_url(reading.page, link).is_none_or(|url| homes.shared.contains(&url) || homes.contains(&url));
    let own = own.map(|id| match (id.split_once('#'), entry.link.as_deref()) {
        // Better Stack numbers the updates of an incident behind its link.
        (Some((front, _)), Some(link)) if front == link && names_one(link) && !is_shared(link) => link,
        _ => id,
    });
    let by_link = url.as_deref().filter(|url| !homes.shared.contains(*url));
    match own.or(by_link) {
        Some(id) => match &title.monitor {
            // Each report of a monitor has an id of its own, unless they repeat that of the incident.
            Some(monitor) if entry.id.as_ref().is_none_or(|id| homes.ids.get(id) == Some(&1)) => {
                Key::Series { series: format!("monitor {}", monitor.name), id: IncidentId::new(id) }
            }
            _ => Key::Own(IncidentId::new(id)),
        },
        None => Key::Title(title_id(entry.published.or(entry.updated), &title.text)),
    }
}

/// The id in an incident's address, which is that of the page's other sources too (Statuspage's Atom ids are not).
fn in_address(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    let (front, last) = path.trim_end_matches('/').rsplit_once('/')?;
    let folder = front.rsplit('/').next()?;
    let is_one = ["incidents", "incident", "maintenances", "maintenance"].contains(&folder) && !is_general(last);
    is_one.then_some(last)
}

/// Its last part has a number or several words, as the address of a page of its own has.
fn names_one(link: &str) -> bool {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    !is_general(last) && last.contains(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'))
}

/// Amazon's ids end in the service, the region and the second of the update:
/// `https://status.aws.amazon.com/#ec2-us-east-1_1777533954`.
fn numbered_series(id: &str) -> Option<(&str, &str)> {
    let (_, id) = id.split_once('#')?;
    let (series, second) = id.rsplit_once('_')?;
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_second = (10..=13).contains(&second.len()) && second.bytes().all(|byte| byte.is_ascii_digit());
    (!series.is_empty() && is_name(series) && is_second).then_some((series, id))
}

/// By its title, whatever the time: its updates have the same title and other times, and where it comes again later it
/// is opened again. Only without a title its time must do.
fn title_id(at: Option<Timestamp>, title: &str) -> IncidentId {
    let at = if title.is_empty() { time_text(at) } else { String::new() };
    IncidentId::new(digest(&[title, &at]))
}

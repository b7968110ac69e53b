//! The shipped entries and the indexes to find one by its slug, page or domain; built at the first use.
use std::{collections::HashMap, sync::OnceLock};

use url::Url;

use crate::{
    domain::registered_domain,
    rows::{Row, page_key, rows},
};

static CSV: &str = include_str!("../providers.csv");

/// A row of the catalogue itself.
pub type Entry = Row<'static>;

/// The catalogue's own file.
pub fn csv() -> &'static str {
    CSV
}

/// The rows of a file, in its order; a line in which [`check`] finds a mistake may be missing.
pub fn read(csv: &str) -> Vec<Row<'_>> {
    rows(csv).filter_map(|(_, row)| row.ok()).collect()
}

/// All entries, best known first.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| read(CSV))
}

struct Index {
    by_slug: HashMap<&'static str, usize>,
    /// `None` where several pages are of one domain.
    by_domain: HashMap<&'static str, Option<usize>>,
    /// Slugs, names and aliases, as [`key`] writes them; the best known of those that share one.
    by_name: HashMap<String, usize>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let entries = entries();
        let by_slug = entries.iter().enumerate().map(|(at, entry)| (entry.slug, at)).collect();
        let mut by_domain = HashMap::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            if let Some(domain) = registered_domain(entry.host()) {
                by_domain.entry(domain).and_modify(|only| *only = None).or_insert(Some(at));
            }
        }
        let mut by_name = HashMap::with_capacity(2 * entries.len());
        // A name is its owner's before it is another's alias.
        for (at, entry) in entries.iter().enumerate() {
            for name in [entry.slug, entry.name] {
                by_name.entry(key(name)).or_insert(at);
            }
        }
        for (at, entry) in entries.iter().enumerate() {
            for alias in entry.aliases() {
                by_name.entry(key(alias)).or_insert(at);
            }
        }
        Index { by_slug, by_domain, by_name }
    })
}

pub fn find(slug: &str) -> Option<&'static Entry> {
    index().by_slug.get(slug).map(|at| &entries()[*at])
}

/// The entry of this very page.
pub fn find_by_page(page: &Url) -> Option<&'static Entry> {
    let wanted = page_key(page.as_str())?;
    entries().iter().find(|entry| page_key(entry.url) == Some(wanted))
}

/// The entry whose status page is of this domain, if there is just one.
pub fn find_by_domain(domain: &str) -> Option<&'static Entry> {
    index().by_domain.get(domain).copied().flatten().map(|at| &entries()[at])
}

/// The entry of this slug, name or alias, however it is capitalised, spaced and punctuated.
pub fn find_by_name(name: &str) -> Option<&'static Entry> {
    let key = key(name);
    if key.is_empty() {
        return None;
    }
    index().by_name.get(&key).map(|at| &entries()[*at])
}

/// Letters and digits alone, in lower case.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The slug that was probably meant: the one with the fewest typing errors, else the best known that starts like it.
pub fn suggest(slug: &str) -> Option<&'static str> {
    let slug = slug.to_lowercase();
    let allowed = slug.len() / 4;
    let slugs = || entries().iter().map(|entry| entry.slug);
    let likest = slugs()
        .filter(|known| known.len().abs_diff(slug.len()) <= allowed)
        .map(|known| (strsim::damerau_levenshtein(&slug, known), known))
        .filter(|(errors, _)| *errors <= allowed)
        .min_by_key(|(errors, _)| *errors);
    match likest {
        Some((_, known)) => Some(known),
        None => slugs().find(|known| slug.len() >= 3 && known.starts_with(&slug)),
    }
}

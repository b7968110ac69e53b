//! The catalogue of providers, shipped as data (`providers.csv`, best known first). Its platform column is a hint from
//! public lists that nobody checked: a page is still read with all suspicion, and detected anew where it does not match.
//! Everything borrows from the embedded text; what is looked up in is built at the first look.
mod check;
mod rows;
mod search;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::OnceLock};

use status::{ids::ProviderId, provider::Provider};
use url::Url;

pub use check::{Problem, check, check_private, place};
pub use rows::{Row, write};
pub use search::search;

static CSV: &str = include_str!("../providers.csv");

/// A row of the catalogue itself.
pub type Entry = Row<'static>;

impl Row<'_> {
    /// The registered format that this platform speaks, if one is built.
    pub fn format(&self) -> Option<&'static str> {
        let name = if self.platform == "rss" { "feed" } else { self.platform };
        crate::format(name).map(|format| format.name)
    }

    /// To be watched. The platform is only a hint for the detection at the first read, so it names no format.
    pub fn provider(&self) -> Provider {
        Provider {
            id: ProviderId::new(self.slug),
            name: self.name.to_owned(),
            page_url: self.url.to_owned(),
            format: None,
            interval: None,
        }
    }

    fn host(&self) -> &str {
        let rest = self.url.strip_prefix("https://").unwrap_or(self.url);
        rest.split(['/', ':']).next().unwrap_or(rest)
    }
}

/// The catalogue's own file.
pub fn csv() -> &'static str {
    CSV
}

/// The rows of a file, in its order; a line in which [`check`] finds a mistake may be missing.
pub fn read(csv: &str) -> Vec<Row<'_>> {
    rows::rows(csv).filter_map(|(_, row)| row.ok()).collect()
}

/// All entries, best known first.
pub fn catalogue() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| read(CSV))
}

struct Index {
    by_slug: HashMap<&'static str, usize>,
    /// `None` where several pages are of one domain.
    by_domain: HashMap<&'static str, Option<usize>>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let entries = catalogue();
        let by_slug = entries.iter().enumerate().map(|(at, entry)| (entry.slug, at)).collect();
        let mut by_domain = HashMap::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            if let Some(domain) = crate::leads::registered(entry.host()) {
                by_domain.entry(domain).and_modify(|only| *only = None).or_insert(Some(at));
            }
        }
        Index { by_slug, by_domain }
    })
}

pub fn find(slug: &str) -> Option<&'static Entry> {
    index().by_slug.get(slug).map(|at| &catalogue()[*at])
}

/// The entry of this very page.
pub fn of_page(page: &Url) -> Option<&'static Entry> {
    let wanted = place(page.as_str())?;
    catalogue().iter().find(|entry| place(entry.url) == Some(wanted))
}

/// The entry whose status page is of this domain, if there is just one.
pub(crate) fn of_domain(domain: &str) -> Option<&'static Entry> {
    index().by_domain.get(domain).copied().flatten().map(|at| &catalogue()[at])
}

/// Entries whose platform speaks a format that is built.
pub fn watchable() -> impl Iterator<Item = &'static Entry> {
    catalogue().iter().filter(|entry| entry.format().is_some())
}

/// The slug that was probably meant: the one with the fewest typing errors, else the best known that starts like it.
pub fn nearest(slug: &str) -> Option<&'static str> {
    let slug = slug.to_lowercase();
    let allowed = slug.len() / 4;
    let slugs = || catalogue().iter().map(|entry| entry.slug);
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

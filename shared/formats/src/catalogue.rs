//! The catalogue of providers, shipped as data (`providers.csv`, best known first). Its platform column is a hint from
//! public lists that nobody checked: a page is still read with all suspicion, and detected anew where it does not match.
use std::sync::OnceLock;

use serde::Deserialize;
use status::{ids::ProviderId, provider::Provider};
use url::Url;

static CSV: &str = include_str!("../providers.csv");

#[derive(Debug, Deserialize)]
pub struct Entry {
    /// Unique, lower-case words joined by `-`.
    pub slug: String,
    pub name: String,
    /// Root of the status page: https, without a trailing slash, unique.
    pub url: String,
    /// As the sources call it; empty where none says.
    pub platform: String,
    /// Rough; may be empty.
    pub category: String,
}

impl Entry {
    /// The registered format that this platform speaks, if one is built.
    pub fn format(&self) -> Option<&'static str> {
        let name = if self.platform == "rss" { "feed" } else { &self.platform };
        crate::format(name).map(|format| format.name)
    }

    /// To be watched. The platform is only a hint for the detection at the first read, so it names no format.
    pub fn provider(&self) -> Provider {
        Provider {
            id: ProviderId::new(&self.slug),
            name: self.name.clone(),
            page_url: self.url.clone(),
            format: None,
            interval: None,
        }
    }
}

/// All entries, best known first.
pub fn catalogue() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        csv::Reader::from_reader(CSV.as_bytes())
            .deserialize()
            .collect::<Result<_, _>>()
            .expect("the catalogue is embedded and tested")
    })
}

pub fn find(slug: &str) -> Option<&'static Entry> {
    catalogue().iter().find(|entry| entry.slug == slug)
}

/// The entry whose status page is of this domain, if there is just one.
pub(crate) fn of_domain(domain: &str) -> Option<&'static Entry> {
    let mut entries = catalogue()
        .iter()
        .filter(|entry| Url::parse(&entry.url).is_ok_and(|url| crate::leads::domain(&url) == Some(domain)));
    entries.next().filter(|_| entries.next().is_none())
}

/// Entries whose platform speaks a format that is built.
pub fn watchable() -> impl Iterator<Item = &'static Entry> {
    catalogue().iter().filter(|entry| entry.format().is_some())
}

/// The slug that was probably meant: the one with the fewest typing errors, else the best known that starts like it.
pub fn nearest(slug: &str) -> Option<&'static str> {
    let slug = slug.to_lowercase();
    let allowed = slug.len() / 4;
    let slugs = || catalogue().iter().map(|entry| entry.slug.as_str());
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_of_the_catalogue_is_in_order() {
        let (mut slugs, mut urls) = (HashSet::new(), HashSet::new());
        for entry in catalogue() {
            let Entry { slug, name, url, .. } = entry;
            assert!(slugs.insert(slug), "{slug} is there twice");
            assert!(urls.insert(url), "{url} is there twice");
            assert!(!name.trim().is_empty(), "{slug} has no name");
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(!slug.is_empty() && slug.chars().all(word), "{slug} is no slug");
            let parsed: Url = url.parse().unwrap_or_else(|error| panic!("{slug}: {url}: {error}"));
            assert_eq!(parsed.scheme(), "https", "{slug}: {url}");
            assert!(parsed.host_str().is_some_and(|host| host.contains('.')), "{slug}: {url}");
            assert!(!url.ends_with('/'), "{slug}: {url} ends with a slash");
            assert!(parsed.query().is_none() && parsed.fragment().is_none(), "{slug}: {url}");
        }
        assert_eq!(catalogue().len(), 5066);
    }

    #[test]
    fn a_platform_is_a_format_where_one_is_built() {
        assert_eq!(find("github").unwrap().format(), Some("statuspage"));
        assert_eq!(find("amazon-web-services").unwrap().format(), None);
        for (platform, format) in [("incidentio", "incidentio"), ("rss", "feed")] {
            let entry = catalogue().iter().find(|entry| entry.platform == platform).unwrap();
            assert_eq!(entry.format(), Some(format));
        }
        assert!(watchable().all(|entry| entry.format().is_some()));
        assert!(watchable().count() > 2_900);
    }

    #[test]
    fn a_mistyped_slug_is_answered_with_the_right_one() {
        assert_eq!(nearest("githb"), Some("github"));
        assert_eq!(nearest("Cluodflare"), Some("cloudflare"));
        assert_eq!(nearest("amazon-web"), Some("amazon-web-services"));
        assert_eq!(nearest("qqqqqqqqqqqqqqq"), None);
        assert_eq!(nearest(""), None);
    }
}

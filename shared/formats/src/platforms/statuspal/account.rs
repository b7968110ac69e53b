//! Which page of which server a status page is.
use std::fmt;

use url::Url;

use crate::contract::{Answers, ReadError, Stop};

const SERVERS: [&str; 2] = ["io", "eu"];

/// A page of the API: `eu example` as [`crate::contract::ParsedPage::source`] keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    server: &'static str,
    /// The subdomain, or the domain of its own; checked, since it goes into an address.
    key: String,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.server, self.key)
    }
}

impl Account {
    fn new(server: &str, key: &str) -> Option<Self> {
        let server = SERVERS.into_iter().find(|known| *known == server)?;
        let is_key = (1..=100).contains(&key.len())
            && key.starts_with(|c: char| c.is_ascii_alphanumeric())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        is_key.then(|| Self { server, key: key.to_owned() })
    }

    pub(super) fn known(source: &str) -> Option<Self> {
        let (server, key) = source.split_once(' ')?;
        Self::new(server, key)
    }

    /// What the page may be, the likeliest first. The page itself is asked for where its address does not tell.
    pub(super) fn candidates(page: &Url, answers: &Answers) -> Result<Vec<Self>, Stop> {
        let host = page.host_str().unwrap_or_default();
        if let Some(own) = Self::of_host(host) {
            return Ok(vec![own]);
        }
        let html = match answers.require(page)?.text() {
            Ok(html) => html,
            Err(error @ ReadError::Status { .. }) => return Err(error.into()),
            Err(_) => "",
        };
        let first = if html.contains("statuspal.eu") { 1 } else { 0 };
        let named = hosts(html).find_map(Self::of_host);
        let by_domain = [SERVERS[first], SERVERS[1 - first]].into_iter().filter_map(|server| Self::new(server, host));
        Ok(named.into_iter().chain(by_domain).collect())
    }

    /// `example.statuspal.eu`; the platform's own hosts are no page.
    fn of_host(host: &str) -> Option<Self> {
        let (key, server) = host.split_once(".statuspal.")?;
        let is_of_statuspal =
            ["www", "app", "api", "cdn", "docs", "static", "assets"].contains(&key) || key.contains('.');
        if is_of_statuspal { None } else { Self::new(server, key) }
    }

    pub(super) fn url(&self, what: &str) -> Url {
        let url = format!("https://statuspal.{}/api/v2/status_pages/{}/{what}", self.server, self.key);
        url.parse().expect("the key was checked")
    }
}

/// The hosts below the platform's that a text names.
fn hosts(html: &str) -> impl Iterator<Item = &str> {
    let of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    html.match_indices(".statuspal.").filter_map(move |(at, dot)| {
        let front = html.get(..at)?;
        let start = front.len() - front.chars().rev().take_while(|c| of_host(*c)).count();
        let tail = html.get(at + dot.len()..)?;
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tail.len());
        html.get(start..at + dot.len() + end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_could_lead_elsewhere_is_none() {
        let known = |source: &str| Account::known(source).map(|account| account.url("summary").to_string());
        assert_eq!(known("eu example").as_deref(), Some("https://statuspal.eu/api/v2/status_pages/example/summary"));
        assert!(known("io status.example.com").is_some());
        for odd in ["eu", "eu ", "us example", "eu a/b", "eu ..", "eu a?b", "eu a b", "eu é"] {
            assert_eq!(known(odd), None, "{odd}");
        }
        assert_eq!(known(&format!("eu {}", "a".repeat(101))), None);
    }

    #[test]
    fn the_page_itself_names_its_account() {
        let named = |html| hosts(html).find_map(Account::of_host).map(|account| account.to_string());
        assert_eq!(named("<a href=\"https://example.statuspal.eu/incidents/1\">").as_deref(), Some("eu example"));
        assert_eq!(named("https://www.statuspal.io and https://x-1.statuspal.io").as_deref(), Some("io x-1"));
        assert_eq!(named("é.statuspal.io, .statuspal., a.statuspal.com"), None);
    }
}

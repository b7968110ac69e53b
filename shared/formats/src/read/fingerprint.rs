//! What makes a page look like one of a format, before any URL of that format is requested.
use url::Url;

use crate::contract::{Answer, Fingerprint};

impl Fingerprint {
    /// The address alone says so.
    pub(crate) fn matches_url(&self, page: &Url) -> bool {
        let host = page.host_str().unwrap_or_default();
        self.hosts.iter().any(|sign| {
            let (name, path) = sign.split_once('/').unwrap_or((sign, ""));
            let below = host.strip_suffix(name).is_some_and(|front| front.is_empty() || front.ends_with('.'));
            below && page.path().trim_start_matches('/').starts_with(path)
        })
    }

    /// What the page answered says so.
    pub(crate) fn matches(&self, seen: &PageText<'_>) -> bool {
        self.matches_url(&seen.answer.final_url)
            || self.markers.iter().any(|mark| match mark.strip_suffix(':') {
                Some(header) => seen.answer.headers.iter().any(|name| name == header),
                None => seen.text.contains(mark),
            })
    }
}

/// Of a body. Pages that have a footer are shorter.
const MAX_SEARCHED: usize = 2 * 1024 * 1024;

/// A page's own answer, in which markers are looked for.
pub(crate) struct PageText<'a> {
    pub(crate) answer: &'a Answer,
    /// The body in lower case: the footer mostly names the platform.
    text: String,
}

impl<'a> PageText<'a> {
    pub(crate) fn new(answer: &'a Answer) -> Self {
        let start = &answer.body[..answer.body.len().min(MAX_SEARCHED)];
        Self { answer, text: String::from_utf8_lossy(start).to_ascii_lowercase() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stands_for_itself_and_those_below_it() {
        let fingerprint = Fingerprint { hosts: &["acme.io", "www.acme.com/health"], markers: &[], blind_probes: 0 };
        let fit = |page: &str| fingerprint.matches_url(&page.parse().unwrap());
        assert!(fit("https://acme.io") && fit("https://a.b.acme.io/x"));
        assert!(!fit("https://notacme.io") && !fit("https://acme.io.evil.test"));
        assert!(fit("https://www.acme.com/health/board"));
        assert!(!fit("https://www.acme.com/") && !fit("https://www.acme.com/docs/health"));
    }

    #[test]
    fn a_mark_is_a_word_of_the_page_or_a_header() {
        let fingerprint =
            Fingerprint { hosts: &["acme.io"], markers: &["powered by acme", "x-acme-version:"], blind_probes: 0 };
        let answer = |body: &str, headers: &[&str], at: &str| Answer {
            final_url: at.parse().unwrap(),
            status: 200,
            headers: headers.iter().map(|name| name.to_string()).collect(),
            body: body.to_owned().into(),
            ..Answer::none("https://status.example.com".parse::<Url>().unwrap())
        };
        let fit = |answer: Answer| fingerprint.matches(&PageText::new(&answer));
        assert!(fit(answer("<footer>Powered by ACME", &[], "https://status.example.com")));
        assert!(fit(answer("", &["x-acme-version"], "https://status.example.com")));
        assert!(fit(answer("", &[], "https://example.acme.io/")), "where redirects led");
        assert!(!fit(answer("x-acme-version: 7", &["x-other"], "https://status.example.com")));
    }
}

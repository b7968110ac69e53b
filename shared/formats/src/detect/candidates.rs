//! From an address that is no status page to one that may be: people paste a company's home page or its documentation.
use std::{collections::HashSet, fmt};

use url::Url;

use crate::{
    contract::Answer,
    platforms::formats,
    text::html::{Token, Tokens, attribute, decode},
};
use catalogue::domain_of;

/// Other addresses that are tried for one.
const MAX_CANDIDATES: usize = 3;

/// Links of a page that are looked at, all of them or the first. Home pages have some hundred.
const MAX_LINKS: usize = 3_000;

/// An address that may be the status page, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub page: Url,
    pub by: ResolvedBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolvedBy {
    /// The address redirects to another host.
    Redirect,
    /// The page links to it.
    Link,
    /// The catalogue knows it as the page of this domain.
    Catalogue,
    /// Only guessed from the name: `status.` before the domain, or `www.` left out.
    Guess,
}

impl fmt::Display for ResolvedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect => "it redirects there",
            Self::Link => "it links there",
            Self::Catalogue => "the catalogue has that page for this domain",
            Self::Guess => "that address was tried because the given one is no status page",
        })
    }
}

/// Where else the status page of this address may be, best first. `answer`: the page's own, if it gave one.
pub(crate) fn candidates(page: &Url, answer: Option<&Answer>) -> Vec<Candidate> {
    let answer = answer.filter(|answer| (200..300).contains(&answer.status));
    let redirect = answer.map(|answer| &answer.final_url).filter(|url| url.host_str() != page.host_str());
    let linked = answer.map(links).unwrap_or_default();
    // Below the domain of a platform are its customers' pages: the platform's own page says nothing of them.
    let domain = domain_of(page).filter(|_| !is_of_a_platform(page));
    let of_domain = domain.and_then(catalogue::find_by_domain).and_then(|entry| entry.url.parse().ok());
    let all = redirect.map(|url| (root_of(url), ResolvedBy::Redirect)).into_iter();
    let all = all.chain(linked.into_iter().map(|url| (url, ResolvedBy::Link)));
    let all = all.chain(of_domain.map(|url| (url, ResolvedBy::Catalogue)));
    let all = all.chain(guesses(page).into_iter().map(|url| (url, ResolvedBy::Guess)));

    let mut seen = HashSet::from([location(page)]);
    let all = all.filter(|(url, _)| seen.insert(location(url)));
    all.map(|(page, by)| Candidate { page, by }).take(MAX_CANDIDATES).collect()
}

/// The address itself promises a status page: it is worth more requests than what it leads to.
pub(crate) fn promises_status(page: &Url) -> bool {
    let host = page.host_str().unwrap_or_default();
    let path = page.path().to_ascii_lowercase();
    sounds_like_status(host) || ["status", "health", "uptime", "incidents"].iter().any(|word| path.contains(word))
}

/// `status.example.com`, `www.examplestatus.com`, `trust.example.com`.
pub(crate) fn sounds_like_status(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["status", "incident", "uptime", "outage", "maintenance"].iter().any(|word| name.contains(word))
        || name.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "health" | "trust"))
}

/// Host and path: `https` and `http`, with and without a slash at the end, are the same location.
fn location(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'))
}

/// A page's own address without what belongs to the visit.
fn root_of(url: &Url) -> Url {
    let mut root = url.clone();
    root.set_query(None);
    root.set_fragment(None);
    root
}

/// Addresses in the page that promise to be its status page: of the same domain first, then those of platforms for
/// status pages, then others that are called so.
fn links(answer: &Answer) -> Vec<Url> {
    let Ok(html) = answer.text() else { return Vec::new() };
    let own = domain_of(&answer.final_url).unwrap_or_default();
    let mut ranked: Vec<(u8, Url)> = Vec::new();
    let mut open: Option<(Url, String)> = None;
    let mut links = 0;
    for token in Tokens::new(html) {
        match token {
            Token::Open { name: "a" | "A", attributes } => {
                links += 1;
                if links > MAX_LINKS {
                    break;
                }
                let href = attribute(attributes, "href");
                let url = href.and_then(|href| answer.final_url.join(href.trim()).ok());
                open = url.filter(|url| matches!(url.scheme(), "http" | "https")).map(|url| (url, String::new()));
            }
            Token::Text(text) => {
                if let Some((_, words)) = &mut open {
                    words.push_str(&decode(text));
                }
            }
            Token::Close("a" | "A") => {
                if let Some((url, words)) = open.take() {
                    ranked.extend(rank(&url, &words, own).map(|rank| (rank, root_of(&url))));
                }
            }
            _ => {}
        }
    }
    // Stable: of two alike the one that comes first in the page.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, url)| url).collect()
}

fn rank(url: &Url, words: &str, own: &str) -> Option<u8> {
    let host = url.host_str()?;
    let says_status = words.len() < 100 && words.to_lowercase().contains("status");
    match (domain_of(url)? == own, host.starts_with("status."), is_of_a_platform(url) || sounds_like_status(host)) {
        (true, true, _) => Some(0),
        (true, ..) if says_status => Some(1),
        (_, _, true) if says_status => Some(2),
        // Without the word it may be another company's page: a supplier's or a customer's.
        _ => None,
    }
}

fn is_of_a_platform(url: &Url) -> bool {
    formats().iter().any(|format| format.fingerprint.matches_url(url))
}

fn guesses(page: &Url) -> Vec<Url> {
    let Some(url::Host::Domain(host)) = page.host() else { return Vec::new() };
    let Some(domain) = domain_of(page) else { return Vec::new() };
    let at = |host: &str| {
        let mut url = page.clone();
        url.set_host(Some(host)).ok()?;
        url.set_path("");
        Some(root_of(&url))
    };
    let without_www = host.strip_prefix("www.").filter(|rest| sounds_like_status(rest));
    let with_status = (!sounds_like_status(host) && !is_of_a_platform(page)).then(|| format!("status.{domain}"));
    [without_www.and_then(at), with_status.as_deref().and_then(at)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn answer(page: &str, final_url: &str, body: &str) -> Answer {
        Answer { final_url: url(final_url), status: 200, body: body.to_owned().into(), ..Answer::none(url(page)) }
    }

    fn found(page: &str, final_url: &str, body: &str) -> Vec<(String, ResolvedBy)> {
        let candidates = candidates(&url(page), Some(&answer(page, final_url, body)));
        candidates.into_iter().map(|candidate| (candidate.page.to_string(), candidate.by)).collect()
    }

    #[test]
    fn a_home_page_leads_to_the_status_page_that_it_links_to() {
        let html = r#"<a href="https://supplier.statuspage.io">our supplier</a><a href="/blog">Status of the art</a>
            <a href="https://acme.statuspage.io/?utm=1">System <b>status</b></a>
            <footer><a href="//status.acme.test">Status</a></footer>"#;
        let expected = [
            ("https://status.acme.test/", ResolvedBy::Link),
            ("https://www.acme.test/blog", ResolvedBy::Link),
            ("https://acme.statuspage.io/", ResolvedBy::Link),
        ];
        let expected: Vec<_> = expected.iter().map(|(page, by)| (page.to_string(), *by)).collect();
        assert_eq!(found("https://www.acme.test", "https://www.acme.test/", html), expected);
    }

    #[test]
    fn page_of_a_customer_does_not_lead_to_the_page_of_its_platform() {
        for page in
            ["https://stats.pingdom.com/tdmmfmbt03rn", "https://acme.instatus.com", "https://acme.statuspage.io"]
        {
            assert_eq!(found(page, page, "<p>hello"), []);
            assert_eq!(leads_without_answer(page), Vec::<String>::new());
        }
        let link = "<a href=\"https://status.acme.test\">Status</a>";
        let by_link = found("https://acme.instatus.com", "https://acme.instatus.com", link);
        assert_eq!(by_link, [("https://status.acme.test/".to_owned(), ResolvedBy::Link)]);
    }

    #[test]
    fn without_a_link_the_catalogue_is_asked_and_then_a_guess_is_made() {
        let candidates = found("https://docs.digitalocean.com/api", "https://docs.digitalocean.com/api", "<p>hello");
        assert_eq!(candidates, [("https://status.digitalocean.com/".into(), ResolvedBy::Catalogue)]);
        let candidates = found("https://shop.acme.co.uk", "https://shop.acme.co.uk", "");
        assert_eq!(candidates, [("https://status.acme.co.uk/".into(), ResolvedBy::Guess)]);
        let candidates = leads_without_answer("https://www.status.acme.test");
        assert_eq!(candidates, ["https://status.acme.test/"]);
        assert!(leads_without_answer("https://status.acme.test").is_empty());
        assert!(leads_without_answer("https://10.0.0.1").is_empty());
    }

    fn leads_without_answer(page: &str) -> Vec<String> {
        candidates(&url(page), None).into_iter().map(|candidate| candidate.page.to_string()).collect()
    }

    #[test]
    fn a_redirect_to_another_host_is_a_lead() {
        let candidates = found("https://acme.test/status", "https://acme.statuspage.io/?from=acme", "");
        assert_eq!(candidates[0], ("https://acme.statuspage.io/".into(), ResolvedBy::Redirect));
        let candidates = found("https://status.acme.test", "https://status.acme.test/en", "");
        assert!(candidates.is_empty(), "{candidates:?}");
    }
}

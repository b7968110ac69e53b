//! Which repository of GitHub a page is made of.
use url::Url;

use crate::{
    contract::{Answer, ReadError},
    read::answers::endpoint,
    text::{
        html::{Token, Tokens, attribute},
        urls::fixed_url,
    },
};

/// So many of those that a page links to are tried.
const MAX_TRIED: usize = 2;

const RAW_FILES: &str = "https://raw.githubusercontent.com";

/// `owner/name`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repository(String);

impl Repository {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let is_owner = (1..=39).contains(&owner.len()) && owner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (is_owner && is_name(name)).then(|| Self(text.to_owned()))
    }

    /// Of the address of a repository, or of something in it.
    pub(super) fn of_address(address: &Url) -> Option<Self> {
        let is_github = matches!(address.host_str(), Some("github.com" | "www.github.com"));
        let mut segments = address.path_segments().filter(|_| is_github)?;
        Self::parse(&format!("{}/{}", segments.next()?, segments.next()?.trim_end_matches(".git")))
    }

    /// Those that the page may be made of, the likeliest first. The footer names it unless it was rewritten; a page
    /// without an address of its own is named after it.
    pub(super) fn linked(answer: &Answer) -> Result<Vec<Self>, ReadError> {
        let html = answer.text()?;
        if !html.contains("</html>") {
            return Err(ReadError::NotThisFormat(format!("{} is no whole HTML page", answer.url.path())));
        }
        let (mut footer, mut elsewhere, mut of_upptime) = (Vec::new(), Vec::new(), Vec::new());
        let mut in_footer = false;
        for token in Tokens::new(html) {
            match token {
                Token::Open { name, .. } if name.eq_ignore_ascii_case("footer") => in_footer = true,
                Token::Close(name) if name.eq_ignore_ascii_case("footer") => in_footer = false,
                Token::Open { name, attributes } if name.eq_ignore_ascii_case("a") => {
                    let target = attribute(attributes, "href").and_then(|href| href.trim().parse::<Url>().ok());
                    let Some(repository) = target.filter(is_top).as_ref().and_then(Self::of_address) else {
                        continue;
                    };
                    match repository.0.starts_with("upptime/") {
                        true => of_upptime.push(repository),
                        false if in_footer => footer.push(repository),
                        false => elsewhere.push(repository),
                    }
                }
                _ => {}
            }
        }
        let mut linked = Vec::new();
        for repository in footer.into_iter().chain(Self::of_site(&answer.final_url)).chain(elsewhere).chain(of_upptime)
        {
            if linked.len() < MAX_TRIED && !linked.contains(&repository) {
                linked.push(repository);
            }
        }
        Ok(linked)
    }

    /// Of `https://<owner>.github.io/<name>/`.
    fn of_site(site: &Url) -> Option<Self> {
        let host = site.host_str()?;
        let owner = host.strip_suffix(".github.io")?;
        let name = site.path_segments()?.next().filter(|name| !name.is_empty()).unwrap_or(host);
        Self::parse(&format!("{owner}/{name}"))
    }

    /// A file of its default branch.
    pub(super) fn file(&self, path: &str) -> Url {
        endpoint(&fixed_url(RAW_FILES), &format!("{}/HEAD/{path}", self.0))
    }
}

/// A link to a repository itself, not to something in it.
fn is_top(address: &Url) -> bool {
    address.path().trim_matches('/').split('/').count() == 2
}

/// What a repository, or a file in it, may be called.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(plain) && name.bytes().any(|b| b != b'.')
}

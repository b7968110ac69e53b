//! Parent pages: a page that only leads to its sub-pages, often one for each region. The document says that it is one
//! (`page_type`) and has neither components nor incidents, which are on the sub-pages. They are offered, and nothing is
//! chosen: which of them concerns somebody only they know.
//!
//! The recorded document names no sub-page. The page's links do, and other documents may.
use serde_json::Value;
use url::Url;

use crate::{
    contract::{Answer, ReadError, SubPage},
    text::{
        html::{Token, Tokens, attribute, decode},
        urls::is_plain_id,
    },
};

/// Of one page.
const MAX_SUB_PAGES: usize = 30;
/// No document nests deeper.
const MAX_DEPTH: usize = 12;

/// What every page has below its own address, which is no page of its own.
const OWN_PATHS: &[&str] = &[
    "incidents",
    "history",
    "feed",
    "rss",
    "atom",
    "subscribe",
    "unsubscribe",
    "calendar",
    "uptime",
    "maintenance",
    "maintenances",
    "login",
    "api",
    "proxy",
    "privacy",
    "terms",
    "support",
];

/// Why a parent page is not read. `document`: what its proxy said; `html`: the page itself.
pub(super) fn refusal(page: &Url, document: &Answer, html: &Answer) -> ReadError {
    let mut sub_pages = SubPages { page, found: Vec::new() };
    if let Ok(document) = document.json::<Value>() {
        sub_pages.of_document(&document, 0);
    }
    if let Ok(html) = html.text() {
        sub_pages.of_html(html);
    }
    ReadError::ParentPage { path: document.url.path().to_owned(), sub_pages: sub_pages.found }
}

struct SubPages<'a> {
    page: &'a Url,
    found: Vec<SubPage>,
}

impl SubPages<'_> {
    /// Everything in it that has a name and an address, and every link of its texts.
    fn of_document(&mut self, value: &Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        if let Value::Object(object) = value {
            let text = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_str());
            if let Some(link) = text(&["href", "public_url", "url", "subpath"]) {
                self.add(text(&["name", "title"]).unwrap_or_default(), link);
            }
        }
        match value {
            Value::Object(object) => object.values().for_each(|value| self.of_document(value, depth + 1)),
            Value::Array(list) => list.iter().for_each(|value| self.of_document(value, depth + 1)),
            _ => {}
        }
    }

    fn of_html(&mut self, html: &str) {
        let mut open: Option<(String, String)> = None;
        for token in Tokens::new(html) {
            match token {
                Token::Open { name: "a" | "A", attributes } => {
                    open = attribute(attributes, "href").map(|href| (href.into_owned(), String::new()));
                }
                Token::Text(text) => {
                    if let Some((_, name)) = &mut open {
                        name.push_str(&decode(text));
                        name.push(' ');
                    }
                }
                Token::Close("a" | "A") => {
                    if let Some((href, name)) = open.take() {
                        self.add(&name, &href);
                    }
                }
                _ => {}
            }
        }
    }

    /// If the link leads one step below the page.
    fn add(&mut self, name: &str, link: &str) {
        const MAX_NAME: usize = 60;
        let mut base = self.page.clone();
        base.set_path(&format!("{}/", self.page.path().trim_end_matches('/')));
        let Ok(mut url) = base.join(link.trim()) else { return };
        url.set_query(None);
        url.set_fragment(None);
        let below = url.path().strip_prefix(base.path()).map(|path| path.trim_end_matches('/').to_owned());
        let Some(segment) = below.filter(|segment| is_plain_id(segment)) else { return };
        let is_same_place = matches!(url.scheme(), "http" | "https") && url.host_str() == self.page.host_str();
        let is_own = OWN_PATHS.contains(&segment.to_ascii_lowercase().as_str());
        let known =
            self.found.iter().any(|known| known.url.path().trim_end_matches('/') == url.path().trim_end_matches('/'));
        if !is_same_place || is_own || known || self.found.len() >= MAX_SUB_PAGES {
            return;
        }
        let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_NAME).collect();
        self.found.push(SubPage { name: if name.is_empty() { segment } else { name }, url });
    }
}

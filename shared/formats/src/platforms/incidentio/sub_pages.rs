//! What a parent page leads to: its sub-pages, often one for each region. The recorded document names none of them. The
//! page's links do, each with a name and a description in blocks of their own, and other documents may.
use std::borrow::Cow;

use serde_json::Value;
use url::Url;

use crate::{
    contract::{Answer, SubPage},
    text::{
        html::{Token, Tokens, attribute, decode},
        urls::is_plain_id,
    },
};

/// Named of one page.
const MAX_NAMED: usize = 30;
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

/// `document`: what its proxy said, if it was asked; `html`: the page itself. Where the page marks the links to its
/// sub-pages, no other is one.
pub(super) fn sub_pages(page: &Url, document: Option<&Answer>, html: &Answer) -> Vec<SubPage> {
    let mut sub_pages = SubPages { page, found: Vec::new() };
    let links = html.text().map(links).unwrap_or_default();
    let has_marks = links.iter().any(|link| link.is_marked);
    if let Some(Ok(document)) = document.filter(|_| !has_marks).map(Answer::json::<Value>) {
        sub_pages.of_document(&document, 0);
    }
    for link in links.iter().filter(|link| link.is_marked || !has_marks) {
        sub_pages.add(&link.name, &link.href);
    }
    sub_pages.found
}

#[derive(Default)]
struct Link {
    href: String,
    name: String,
    /// What follows only describes it.
    is_named: bool,
    /// It says that it leads to a sub-page.
    is_marked: bool,
}

fn links(html: &str) -> Vec<Link> {
    const MARK: &str = "subpage-item";
    let mut links = Vec::new();
    let mut open: Option<Link> = None;
    for token in Tokens::new(html) {
        match (token, &mut open) {
            (Token::Open { name: "a" | "A", attributes }, _) => {
                let is_marked = attribute(attributes, "data-testid").is_some_and(|mark| mark == MARK);
                let href = attribute(attributes, "href").map(Cow::into_owned);
                open = href.map(|href| Link { href, is_marked, ..Link::default() });
            }
            (Token::Text(text), Some(link)) if !link.is_named => {
                link.name.push_str(&decode(text));
                link.name.push(' ');
            }
            (Token::Close("div" | "p"), Some(link)) => link.is_named |= !link.name.trim().is_empty(),
            (Token::Close("a" | "A"), Some(_)) => links.extend(open.take()),
            _ => {}
        }
    }
    links
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
        if !is_same_place || is_own || known || self.found.len() >= MAX_NAMED {
            return;
        }
        let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_NAME).collect();
        self.found.push(SubPage { name: if name.is_empty() { segment } else { name }, url });
    }
}

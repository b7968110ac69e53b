//! JSON Feed, versions 1 and 1.1, as the same plain entries. It rests on the specification at jsonfeed.org; no status
//! page's feed of this form was recorded, so everything but the version and the list of items may be missing or odd.
use quick_xml::escape::partial_escape;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{Document, Entry, Field, MAX_ENTRIES};
use crate::{
    contract::ReadError,
    read::{answers, lenient_list::elements, problems::Problems},
    text::values::Word,
};

const VERSION: &str = "jsonfeed.org/version/1";
/// Of it, what is the same however slashes are written.
const NAME: &str = "jsonfeed.org";

#[derive(Deserialize)]
struct Feed<'a> {
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    home_page_url: Option<&'a RawValue>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    external_url: Option<&'a RawValue>,
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    content_html: Option<&'a RawValue>,
    #[serde(borrow)]
    content_text: Option<&'a RawValue>,
    #[serde(borrow)]
    summary: Option<&'a RawValue>,
    #[serde(borrow)]
    date_published: Option<&'a RawValue>,
    #[serde(borrow)]
    date_modified: Option<&'a RawValue>,
}

/// With what was left out; `None` where it is no JSON Feed: any page may answer with an object.
pub(super) fn read(path: &str, text: &str, problems: &mut Problems) -> Option<Result<Document, ReadError>> {
    if !text.trim_start().starts_with('{') || !text.contains(NAME) {
        return None;
    }
    let feed: Feed<'_> = match answers::json(path, text) {
        Ok(feed) => feed,
        Err(error) => return Some(Err(error)),
    };
    let version = word(feed.version, "version", problems)?;
    let version = version.trim();
    let after = version.strip_prefix("https://").or_else(|| version.strip_prefix("http://"))?.strip_prefix(VERSION)?;
    if !(after.is_empty() || after.starts_with(['.', '/'])) {
        return None;
    }
    let Some(items) = &feed.items else {
        return Some(Err(ReadError::Malformed(format!("{path} is a JSON Feed without its list of items"))));
    };
    let mut document = Document::default();
    for (key, value, field) in [("title", feed.title, Field::Title), ("home_page_url", feed.home_page_url, Field::Link)]
    {
        if let Some(text) = word(value, key, problems) {
            document.set(field, &html(&text));
        }
    }
    elements(items, "an item", problems).0.into_iter().for_each(|item| document.push(entry(item, problems)));
    document.keep_newest(MAX_ENTRIES);
    Some(Ok(document))
}

fn entry(item: Item<'_>, problems: &mut Problems) -> Entry {
    let mut entry = Entry::default();
    // The first of two that are for one field is it, but for the bodies, of which the last and richest is.
    for (key, value, field) in [
        ("id", item.id, Field::Id),
        ("url", item.url, Field::Link),
        ("external_url", item.external_url, Field::Link),
        ("date_published", item.date_published, Field::Published),
        ("date_modified", item.date_modified, Field::Updated),
    ] {
        if let Some(text) = word(value, key, problems) {
            entry.set(field, text);
        }
    }
    for (key, value, field) in [
        ("title", item.title, Field::Title),
        ("summary", item.summary, Field::Body(1)),
        ("content_text", item.content_text, Field::Body(2)),
    ] {
        if let Some(text) = word(value, key, problems) {
            entry.set(field, html(&text));
        }
    }
    if let Some(text) = word(item.content_html, "content_html", problems) {
        entry.set(Field::Body(3), text);
    }
    entry
}

/// Some write ids as numbers; whatever else is no string is not there.
fn word(raw: Option<&RawValue>, key: &str, problems: &mut Problems) -> Option<String> {
    let word = serde_json::from_str::<Word>(raw?.get());
    if word.is_err() {
        problems.add(format!("{key} of another shape was left out"));
    }
    word.ok().map(|word| word.0)
}

/// Plain text as the HTML that an entry holds.
fn html(text: &str) -> String {
    partial_escape(text).replace('\n', "<br>")
}

#[cfg(test)]
mod tests;

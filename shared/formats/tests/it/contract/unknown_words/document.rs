//! The values of a document, and the document with one of them exchanged.
use std::ops::Range;

use bytes::Bytes;
use serde_json::{Value, json};

/// A word of a document, with where it stands.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// What values of the same kind have in common: the key in JSON, elsewhere the text in front.
    pub(super) key: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Pointer(String),
    Bytes(Range<usize>),
}

impl Word {
    pub(super) fn is_in_json(&self) -> bool {
        matches!(self.place, Place::Pointer(_))
    }

    /// For people: a JSON pointer, or the text in front of the word.
    pub(super) fn at(&self) -> String {
        match &self.place {
            Place::Pointer(pointer) => pointer.clone(),
            Place::Bytes(bytes) => format!("byte {} after {:?}", bytes.start, self.key),
        }
    }

    /// The same for all elements of a list.
    pub(super) fn field(&self) -> String {
        match &self.place {
            Place::Pointer(pointer) => pattern(pointer),
            Place::Bytes(_) => format!("after {:?}", self.key),
        }
    }
}

fn pattern(pointer: &str) -> String {
    let is_position_or_id = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit());
    pointer.split('/').map(|part| if is_position_or_id(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// All words of a document that may say a state.
pub(super) fn words(body: &[u8]) -> Vec<Word> {
    let mut words = Vec::new();
    match serde_json::from_slice(body) {
        Ok(json) => in_json(&json, String::new(), "", &mut words),
        Err(_) => in_text(body, &mut words),
    }
    words.retain(may_be_state);
    words
}

/// Whether this may be a state: no sentence, time, link or id. Another id is another thing.
fn may_be_state(word: &Word) -> bool {
    let text = &word.text;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_short = !text.trim().is_empty() && text.len() <= 40 && digits <= 4;
    is_short && !text.contains("://") && !word.key.eq_ignore_ascii_case("id")
}

fn in_json(json: &Value, pointer: String, key: &str, words: &mut Vec<Word>) {
    let mut add = |text: String| words.push(Word { text, key: key.to_owned(), place: Place::Pointer(pointer.clone()) });
    match json {
        Value::String(text) => add(text.clone()),
        Value::Number(number) => add(number.to_string()),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, value)| in_json(value, format!("{pointer}/{n}"), key, words));
        }
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            in_json(value, format!("{pointer}/{escaped}"), key, words);
        }),
        Value::Null | Value::Bool(_) => {}
    }
}

/// HTML, XML, YAML and scripts: the values that stand between tags, quotes and ends of lines, and the parts of quoted
/// ones, as in `class="icon component-available"`.
fn in_text(body: &[u8], words: &mut Vec<Word>) {
    const ENDS: [char; 14] = ['<', '>', '"', '\'', '\\', '\n', '&', ';', ':', ',', '{', '}', '[', ']'];
    let Ok(text) = std::str::from_utf8(body) else { return };
    let mut key = "";
    for (from, value) in parts(text, &ENDS) {
        let (before, after) = (&text[..from], &text[from + value.len()..]);
        let is_tag = before.ends_with('<') || value.ends_with('=');
        let is_key = after.trim_start_matches(['\\', '"', '\'']).starts_with(':');
        if is_tag || is_key {
            key = value;
            continue;
        }
        let ends: &[char] = if before.ends_with(['"', '\'']) { &[' ', '-'] } else { &[] };
        for (at, word) in parts(value, ends) {
            let place = Place::Bytes(from + at..from + at + word.len());
            words.push(Word { text: word.to_owned(), key: key.to_owned(), place });
            key = word;
        }
    }
}

/// What stands between these characters, without spaces around it, and where. Nothing empty.
fn parts<'a>(text: &'a str, ends: &[char]) -> Vec<(usize, &'a str)> {
    let start = text.as_ptr().addr();
    let parts = text.split(ends).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| (part.as_ptr().addr() - start, part)).collect()
}

/// The document with another word in this place.
pub(super) fn exchanged(body: &Bytes, word: &Word, other: &str) -> Bytes {
    match &word.place {
        Place::Pointer(pointer) => {
            let mut json: Value = serde_json::from_slice(body).unwrap();
            let value = json.pointer_mut(pointer).unwrap();
            *value = match (value.is_number(), other.parse::<u64>()) {
                (true, Ok(number)) => json!(number),
                _ => json!(other),
            };
            json.to_string().into()
        }
        Place::Bytes(bytes) => [&body[..bytes.start], other.as_bytes(), &body[bytes.end..]].concat().into(),
    }
}

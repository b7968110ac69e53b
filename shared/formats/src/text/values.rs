//! Values of documents: strings, ids that may be numbers, keys that may be null, bodies.
use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de};

use crate::text::html;

/// A string that is copied only if it holds escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A string, or a whole number as a string: providers write ids and codes either way, some both ways in one document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Word(pub(crate) String);

impl Word {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Word {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a whole number")
            }
            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A name that many things repeat, such as that of a group: no longer than any real one.
pub(crate) fn short_name(name: &str) -> String {
    const MAX_CHARS: usize = 300;
    name.chars().take(MAX_CHARS).collect()
}

/// For a key whose `null` means something else than its absence: the outer option is whether the key is there. It goes
/// with `#[serde(default, deserialize_with = "present")]`.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Most bodies are plain; some authors write HTML. `<name>` in prose and `<https://...>` in Markdown are no HTML.
pub(crate) fn plain_text(body: &str) -> String {
    const TAGS: &[&str] = &[
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "small",
        "span",
        "strong",
        "table",
        "td",
        "tr",
        "u",
        "ul",
        "var",
    ];
    let opens_tag = |rest: &str| {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        after.starts_with([' ', '/', '>', '\n']) && TAGS.iter().any(|tag| name.eq_ignore_ascii_case(tag))
    };
    if body.split('<').skip(1).any(opens_tag) { html::to_text(body) } else { body.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_string_whichever_way_it_is_written() {
        let words: Vec<Word> = serde_json::from_str(r#"["7", 7, -7]"#).unwrap();
        assert_eq!(words, ["7", "7", "-7"].map(|word| Word(word.to_owned())));
        assert!(serde_json::from_str::<Word>("7.5").is_err());
        assert!(serde_json::from_str::<Word>("null").is_err());
    }
}

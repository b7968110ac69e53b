//! Words that people choose: valid ids, lists of known words, the known word nearest to a mistyped one, and which words
//! a message may repeat.
//! A value in the wrong place may be a secret, so a message repeats only what looks like a short word.
use std::collections::HashSet;

use indexmap::IndexSet;
use status::outside_text::is_hidden;
use strsim::osa_distance;

use crate::problem::{Code, Problems};

/// A message lists at most this many known words: all formats, and not all ids of a long file.
const MAX_LISTED: usize = 100;

/// `[a-z0-9][a-z0-9._-]{0,63}`
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.len() <= 64
        && bytes.first().is_some_and(|first| plain(*first))
        && bytes.iter().all(|byte| plain(*byte) || b"._-".contains(byte))
}

/// The word, or `...` if it is too long or has characters that no word has.
pub fn redacted(word: &str) -> &str {
    let unusual = |byte: u8| !byte.is_ascii_alphanumeric() && !b"._- ".contains(&byte);
    if word.len() > 32 || word.bytes().any(unusual) { "..." } else { word }
}

/// [`redacted`], in quotes.
pub fn quoted(word: &str) -> String {
    format!("\"{}\"", redacted(word))
}

/// The hint for an unknown word: the nearest known word, if one is near, and the list of known words.
pub fn suggest<'k>(word: &str, plural: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    // Declared ids are among the known words; one that is not a valid id may be a secret.
    let known: Vec<&str> = known.into_iter().filter(|known| is_id(known)).collect();
    if known.is_empty() {
        return format!("the file declares no {plural}: add one");
    }
    let more = if known.len() > MAX_LISTED { ", ..." } else { "" };
    let list = format!("{plural} are {}{more}", known[..known.len().min(MAX_LISTED)].join(", "));
    let nearest = known
        .iter()
        .map(|candidate| (osa_distance(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3 + 1);
    match nearest {
        Some((_, nearest)) => format!("did you mean \"{nearest}\"? The {list}"),
        None => format!("the {list}"),
    }
}

/// Reports an id of the wrong form.
pub(crate) fn check_id(id: &str, problems: &mut Problems) {
    if id.trim().is_empty() {
        problems.add("id", Code::Missing, "is missing", "choose an id, such as \"a-name\"");
    } else if !is_id(id) {
        let hint = "use 1 to 64 characters of a-z, 0-9, \".\", \"_\" and \"-\", starting with a letter or a digit";
        problems.add("id", Code::Invalid, "is not a valid id", hint);
    }
}

/// In characters, of a name for people.
const MAX_NAME: usize = 80;

/// A name for people, trimmed; reports one that is too long or that hides characters. Blank is none.
pub(crate) fn name(field: &str, text: Option<&str>, problems: &mut Problems) -> Option<String> {
    let text = text?.trim();
    if text.chars().count() > MAX_NAME {
        problems.add(field, Code::Invalid, "is too long", format!("use at most {MAX_NAME} characters"));
    }
    if text.contains(is_hidden) {
        problems.add(field, Code::Invalid, "contains a control or invisible character", "remove it");
    }
    (!text.is_empty()).then(|| text.to_owned())
}

/// The entries of a list without the faulty ones, each with its place: blank ones and repetitions are reported, and a
/// list without entries or with too many.
pub(crate) fn entries<'a>(
    field: &str,
    list: &'a [String],
    most: usize,
    example: &str,
    problems: &mut Problems,
) -> Vec<(usize, &'a str)> {
    if list.is_empty() {
        problems.add(field, Code::Missing, "is an empty list", example);
    } else if list.len() > most {
        problems.add(field, Code::TooMany, format!("has more than {most} entries"), "choose fewer");
        return Vec::new();
    }
    let (mut seen, mut entries) = (HashSet::new(), Vec::new());
    for (index, text) in list.iter().enumerate() {
        if text.trim().is_empty() {
            problems.add(at(field, index), Code::Invalid, "is empty", "write a value");
        } else if !seen.insert(text.as_str()) {
            problems.add(
                at(field, index),
                Code::Duplicate,
                format!("lists {} twice", quoted(text)),
                "remove one of them",
            );
        } else {
            entries.push((index, text.as_str()));
        }
    }
    entries
}

/// The field of an entry.
pub(crate) fn at(field: &str, index: usize) -> String {
    format!("{field}[{index}]")
}

/// The entries of a list, each one of `known`.
pub(crate) fn chosen<W: Copy>(
    [singular, field]: [&str; 2],
    list: &[String],
    known: &[W],
    as_str: fn(W) -> &'static str,
    problems: &mut Problems,
) -> Vec<W> {
    let example = format!("choose at least one, such as \"{}\"", as_str(known[0]));
    let mut words = Vec::new();
    for (index, text) in entries(field, list, known.len(), &example, problems) {
        match known.iter().find(|word| as_str(**word) == text) {
            Some(word) => words.push(*word),
            None => {
                let plural = field.rsplit('.').next().unwrap_or(field);
                let hint = suggest(text, plural, known.iter().map(|word| as_str(*word)));
                problems.add(at(field, index), Code::Unknown, format!("unknown {singular} {}", quoted(text)), hint);
            }
        }
    }
    words
}

/// The entries of a list of ids, each one of `known`.
pub(crate) fn references<'a>(
    [singular, field]: [&str; 2],
    list: &'a [String],
    (known, of_file): (&IndexSet<String>, bool),
    problems: &mut Problems,
) -> Vec<&'a str> {
    let example = format!("choose at least one {singular}");
    let mut ids = Vec::new();
    for (index, id) in entries(field, list, MAX_REFERENCES, &example, problems) {
        if !known.contains(id) {
            let hint = match known.is_empty() && !of_file {
                true => format!("there are no {field} yet: add one"),
                false => suggest(id, field, known.iter().map(String::as_str)),
            };
            problems.add(at(field, index), Code::Unknown, format!("unknown {singular} {}", quoted(id)), hint);
        }
        ids.push(id);
    }
    ids
}

/// Destinations of a group, or monitors of its scope: a group is one item of the store.
pub const MAX_REFERENCES: usize = 2_000;

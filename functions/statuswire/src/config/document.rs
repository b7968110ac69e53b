//! The file as tables whose values know where they stand, and the collector of mistakes. A value of the wrong type is
//! told here and is absent to the caller, so that reading goes on and finds the next mistake.
use std::{collections::BTreeMap, fmt::Display};

use toml::de::{DeTable, DeValue};

use super::{
    Mistake,
    words::{is_id, one_of, quoted, shown},
};

const KINDS: [&str; 7] = ["instance", "network", "mail", "page", "destination", "group", "monitor"];

/// The tables of the file, by kind, in the order of the file.
pub(super) struct Tables<'t> {
    pub(super) instance: Option<Table<'t>>,
    pub(super) network: Option<Table<'t>>,
    pub(super) mail: Option<Table<'t>>,
    pub(super) pages: Vec<Table<'t>>,
    pub(super) destinations: Vec<Table<'t>>,
    pub(super) groups: Vec<Table<'t>>,
    pub(super) monitors: Vec<Table<'t>>,
}

/// One `[table]` or one element of a `[[table]]`.
pub(super) struct Table<'t> {
    place: Place,
    values: &'t DeTable<'t>,
}

/// One value of a table.
pub(super) struct Entry<'t> {
    pub(super) place: Place,
    pub(super) value: &'t DeValue<'t>,
}

/// Where something stands, and what to call it.
#[derive(Clone)]
pub(super) struct Place {
    offset: usize,
    /// `destination[0].url`
    key: String,
    /// `destination "ops-hook": url`
    name: String,
}

/// The mistakes so far.
pub(super) struct Found<'t> {
    text: &'t str,
    /// What could not be read because it is not TOML. What seems to be missing may be in here.
    lost: String,
    mistakes: Vec<(usize, Mistake)>,
}

impl<'t> Tables<'t> {
    pub(super) fn of(root: &'t DeTable<'t>, found: &mut Found<'_>) -> Self {
        for (key, value) in root {
            let name = key.get_ref();
            if !KINDS.contains(&name.as_ref()) {
                let place = Place { offset: key.span().start, key: shown(name).to_owned(), name: String::new() };
                let what = match value.get_ref() {
                    DeValue::Table(_) | DeValue::Array(_) => "table",
                    _ => "key",
                };
                let message = format!("unknown {what} {}", quoted(name));
                found.add(&place, message, one_of(name, "tables", KINDS));
            }
        }
        Self {
            instance: single(root, "instance", found),
            network: single(root, "network", found),
            mail: single(root, "mail", found),
            pages: list(root, "page", found),
            destinations: list(root, "destination", found),
            groups: list(root, "group", found),
            monitors: list(root, "monitor", found),
        }
    }
}

fn single<'t>(root: &'t DeTable<'t>, kind: &str, found: &mut Found<'_>) -> Option<Table<'t>> {
    let value = root.get(kind)?;
    let place = Place { offset: value.span().start, key: kind.to_owned(), name: kind.to_owned() };
    let values = match value.get_ref() {
        DeValue::Table(values) => values,
        other => {
            let message = format!("must be one table, not {}", with_article(other));
            found.add(&place, message, format!("write [{kind}], once and in single brackets"));
            other.as_array()?.first()?.get_ref().as_table()?
        }
    };
    Some(Table { place, values })
}

fn list<'t>(root: &'t DeTable<'t>, kind: &str, found: &mut Found<'_>) -> Vec<Table<'t>> {
    let Some(value) = root.get(kind) else {
        return Vec::new();
    };
    let elements = match value.get_ref() {
        DeValue::Array(elements) => elements.iter().collect(),
        _ => vec![value],
    };
    let mut tables = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let place =
            Place { offset: element.span().start, key: format!("{kind}[{index}]"), name: format!("[[{kind}]]") };
        let way_out = || format!("write [[{kind}]] in double brackets above its keys");
        match element.get_ref() {
            DeValue::Table(values) => {
                if !value.get_ref().is_array() {
                    found.add(&place, "must be a list of tables, not a table", way_out());
                }
                tables.push(Table::new(kind, place, values));
            }
            other => found.add(&place, format!("must be a table, not {}", with_article(other)), way_out()),
        }
    }
    tell_repeated_ids(&tables, found);
    tables
}

fn tell_repeated_ids(tables: &[Table<'_>], found: &mut Found<'_>) {
    let mut first = BTreeMap::new();
    for table in tables {
        let Some(id) = table.get("id") else { continue };
        let Some(text) = id.value.as_str() else { continue };
        let line = position(found.text, id.place.offset).0;
        if let Some(line) = first.insert(text, line) {
            let message = format!("{} is already the id of line {line}", quoted(text));
            found.add(&id.place, message, "give each its own id");
        }
    }
}

impl<'t> Table<'t> {
    fn new(kind: &str, mut place: Place, values: &'t DeTable<'t>) -> Self {
        let id = values.get("id").and_then(|id| id.get_ref().as_str());
        if let Some(id) = id.filter(|id| is_id(id)) {
            place.name = format!("{kind} \"{id}\"");
        }
        Self { place, values }
    }

    /// Its header.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    pub(super) fn get(&self, key: &str) -> Option<Entry<'t>> {
        let value = self.values.get(key)?.get_ref();
        let place = self.place_of(key);
        Some(Entry { place, value })
    }

    /// Where the value of `key` is, or else the header under which it could be.
    pub(super) fn place_of(&self, key: &str) -> Place {
        let value = self.values.get(key);
        self.place.of_key(key, value.map_or(self.place.offset, |value| value.span().start))
    }

    /// The entry, or the mistake that it is missing; `example` is a line that would do.
    pub(super) fn require(&self, key: &str, example: &str, found: &mut Found<'_>) -> Option<Entry<'t>> {
        let entry = self.get(key);
        if entry.is_none() && !found.may_be_lost(key) {
            found.add(&self.place_of(key), "is missing", format!("add {example}"));
        }
        entry
    }

    /// The id as declared, sound or not: what references are checked against.
    pub(super) fn declared_id(&self) -> Option<&'t str> {
        self.values.get("id")?.get_ref().as_str()
    }

    pub(super) fn id(&self, found: &mut Found<'_>) -> Option<&'t str> {
        let entry = self.require("id", "id = \"a-name\"", found)?;
        let id = entry.text(found)?;
        if !is_id(id) {
            let way_out = "use up to 64 of a-z, 0-9, \".\", \"_\" and \"-\", first a letter or digit";
            found.add(&entry.place, "has characters that an id cannot have", way_out);
            return None;
        }
        Some(id)
    }

    pub(super) fn text(&self, key: &str, found: &mut Found<'_>) -> Option<&'t str> {
        self.get(key)?.text(found)
    }

    /// Tells every key that is none of `known`.
    pub(super) fn only(&self, known: &[&str], found: &mut Found<'_>) {
        for (key, _) in self.values {
            let name = key.get_ref();
            if !known.contains(&name.as_ref()) {
                let mut place = self.place.of_key(shown(name), key.span().start);
                place.name.clone_from(&self.place.name);
                let way_out = one_of(name, "keys here", known.iter().copied());
                found.add(&place, format!("unknown key {}", quoted(name)), way_out);
            }
        }
    }
}

impl<'t> Entry<'t> {
    /// The string, if it is one and says something.
    pub(super) fn text(&self, found: &mut Found<'_>) -> Option<&'t str> {
        let Some(text) = self.value.as_str() else {
            let message = format!("must be a string, not {}", with_article(self.value));
            found.add(&self.place, message, "write one value in quotes");
            return None;
        };
        if text.trim().is_empty() {
            found.add(&self.place, "is empty", "give it a value");
            return None;
        }
        Some(text)
    }

    /// The strings of a table, by name.
    pub(super) fn named_texts(&self, example: &str, found: &mut Found<'_>) -> Vec<(Entry<'t>, &'t str)> {
        let Some(values) = self.value.as_table() else {
            let message = format!("must be a table of names and texts, not {}", with_article(self.value));
            found.add(&self.place, message, format!("write {example}"));
            return Vec::new();
        };
        let named = values.iter().map(|(key, value)| {
            let name: &'t str = key.get_ref();
            let place = self.place.of_key(shown(name), value.span().start);
            (Entry { place, value: value.get_ref() }, name)
        });
        named.collect()
    }

    /// The strings of a list that has at least one, and none of them twice. `example` is a list that would do.
    pub(super) fn texts(&self, example: &str, found: &mut Found<'_>) -> Vec<(Place, &'t str)> {
        let Some(elements) = self.value.as_array() else {
            let message = format!("must be a list of strings, not {}", with_article(self.value));
            found.add(&self.place, message, format!("write {example}"));
            return Vec::new();
        };
        if elements.is_empty() {
            found.add(&self.place, "is an empty list", format!("write {example}"));
        }
        let mut texts: Vec<(Place, &str)> = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let mut entry = Entry { place: self.place.clone(), value: element.get_ref() };
            entry.place.offset = element.span().start;
            entry.place.key = format!("{}[{index}]", self.place.key);
            let Some(text) = entry.text(found) else { continue };
            if texts.iter().any(|(_, earlier)| *earlier == text) {
                found.add(&entry.place, format!("lists {} twice", quoted(text)), "keep one of them");
            } else {
                texts.push((entry.place, text));
            }
        }
        texts
    }
}

impl Place {
    pub(super) fn at(offset: usize) -> Self {
        Self { offset, key: String::new(), name: "not valid TOML".to_owned() }
    }

    fn of_key(&self, key: &str, offset: usize) -> Self {
        Self { offset, key: format!("{}.{key}", self.key), name: format!("{}: {key}", self.name) }
    }
}

impl<'t> Found<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, lost: String::new(), mistakes: Vec::new() }
    }

    pub(super) fn add(&mut self, place: &Place, message: impl Display, way_out: impl Into<String>) {
        let (line, column) = position(self.text, place.offset);
        let separator = if place.name.is_empty() { "" } else { ": " };
        let mistake = Mistake {
            line,
            column,
            key: place.key.clone(),
            message: format!("{}{separator}{message}", place.name),
            way_out: way_out.into(),
        };
        self.mistakes.push((place.offset, mistake));
    }

    pub(super) fn lose(&mut self, part: &str) {
        self.lost.push_str(part);
    }

    /// Whether `word` stands in a part that is not TOML: then that part is the mistake, and not that `word` is missing.
    pub(super) fn may_be_lost(&self, word: &str) -> bool {
        self.lost.contains(word)
    }

    pub(super) fn in_order(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|(offset, _)| *offset);
        self.mistakes.into_iter().map(|(_, mistake)| mistake).collect()
    }
}

/// Line and column, from 1, in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

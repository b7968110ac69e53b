//! The file as tables whose values know their source position. A value of the wrong type is reported here and is absent
//! for the caller, so that reading continues and finds the next error.
use std::collections::{BTreeMap, HashSet};

use settings::{is_id, quoted, redacted, suggest};
use toml::de::{DeTable, DeValue};

use super::diagnostics::{Diagnostics, Location};

const TABLES: [&str; 10] =
    ["instance", "accounts", "openid", "network", "mail", "page", "destination", "group", "monitor", "board"];

/// The tables of the file, by name, in the order of the file.
pub(super) struct Tables<'t> {
    pub(super) instance: Option<Table<'t>>,
    pub(super) accounts: Option<Table<'t>>,
    pub(super) openid: Option<Table<'t>>,
    pub(super) network: Option<Table<'t>>,
    pub(super) mail: Option<Table<'t>>,
    pub(super) pages: Vec<Table<'t>>,
    pub(super) destinations: Vec<Table<'t>>,
    pub(super) groups: Vec<Table<'t>>,
    pub(super) monitors: Vec<Table<'t>>,
    pub(super) boards: Vec<Table<'t>>,
}

/// One `[table]` or one element of a `[[table]]`.
pub(super) struct Table<'t> {
    location: Location,
    values: &'t DeTable<'t>,
}

/// One value of a table.
pub(super) struct Entry<'t> {
    pub(super) location: Location,
    pub(super) value: &'t DeValue<'t>,
}

impl<'t> Tables<'t> {
    pub(super) fn of(root: &'t DeTable<'t>, diagnostics: &mut Diagnostics<'_>) -> Self {
        for (key, value) in root {
            let name = key.get_ref();
            if !TABLES.contains(&name.as_ref()) {
                let location =
                    Location { offset: key.span().start, key: redacted(name).to_owned(), name: String::new() };
                let what = match value.get_ref() {
                    DeValue::Table(_) | DeValue::Array(_) => "table",
                    _ => "key",
                };
                let message = format!("unknown {what} {}", quoted(name));
                diagnostics.add(&location, message, suggest(name, "tables", TABLES));
            }
        }
        Self {
            instance: single(root, "instance", diagnostics),
            accounts: single(root, "accounts", diagnostics),
            openid: single(root, "openid", diagnostics),
            network: single(root, "network", diagnostics),
            mail: single(root, "mail", diagnostics),
            pages: list(root, "page", diagnostics),
            destinations: list(root, "destination", diagnostics),
            groups: list(root, "group", diagnostics),
            monitors: list(root, "monitor", diagnostics),
            boards: list(root, "board", diagnostics),
        }
    }
}

fn single<'t>(root: &'t DeTable<'t>, name: &str, diagnostics: &mut Diagnostics<'_>) -> Option<Table<'t>> {
    let value = root.get(name)?;
    let location = Location { offset: value.span().start, key: name.to_owned(), name: name.to_owned() };
    let values = match value.get_ref() {
        DeValue::Table(values) => values,
        other => {
            let message = format!("must be a single table, not {}", type_name(other));
            diagnostics.add(&location, message, format!("write [{name}] once, in single brackets"));
            other.as_array()?.first()?.get_ref().as_table()?
        }
    };
    Some(Table { location, values })
}

fn list<'t>(root: &'t DeTable<'t>, name: &str, diagnostics: &mut Diagnostics<'_>) -> Vec<Table<'t>> {
    let Some(value) = root.get(name) else {
        return Vec::new();
    };
    let elements = match value.get_ref() {
        DeValue::Array(elements) => elements.iter().collect(),
        _ => vec![value],
    };
    let mut tables = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let location =
            Location { offset: element.span().start, key: format!("{name}[{index}]"), name: format!("[[{name}]]") };
        let hint = || format!("write [[{name}]] in double brackets above its keys");
        match element.get_ref() {
            DeValue::Table(values) => {
                if !value.get_ref().is_array() {
                    diagnostics.add(&location, "must be a list of tables, not a table", hint());
                }
                tables.push(Table::new(name, location, values));
            }
            other => diagnostics.add(&location, format!("must be a table, not {}", type_name(other)), hint()),
        }
    }
    check_unique_ids(&tables, diagnostics);
    tables
}

fn check_unique_ids(tables: &[Table<'_>], diagnostics: &mut Diagnostics<'_>) {
    let mut first = BTreeMap::new();
    for table in tables {
        let Some(id) = table.get("id") else { continue };
        let Some(text) = id.value.as_str() else { continue };
        let (line, _) = diagnostics.position(id.location.offset);
        if let Some(line) = first.insert(text, line) {
            let message = format!("{} is already used in line {line}", quoted(text));
            diagnostics.add(&id.location, message, "choose another id");
        }
    }
}

impl<'t> Table<'t> {
    fn new(name: &str, mut location: Location, values: &'t DeTable<'t>) -> Self {
        let id = values.get("id").and_then(|id| id.get_ref().as_str());
        if let Some(id) = id.filter(|id| is_id(id)) {
            location.name = format!("{name} \"{id}\"");
        }
        Self { location, values }
    }

    /// The position of its header.
    pub(super) fn location(&self) -> Location {
        self.location.clone()
    }

    pub(super) fn get(&self, key: &str) -> Option<Entry<'t>> {
        let value = self.values.get(key)?.get_ref();
        let location = self.location_of(key);
        Some(Entry { location, value })
    }

    /// The position of the value of `key`; of the table's header if there is none. `outer.inner` is a key of the table
    /// within.
    pub(super) fn location_of(&self, key: &str) -> Location {
        if let Some((outer, inner)) = key.split_once('.')
            && let Some(values) = self.values.get(outer).and_then(|value| value.get_ref().as_table())
        {
            return Table { location: self.location_of(outer), values }.location_of(inner);
        }
        let value = self.values.get(key);
        self.location.of_key(key, value.map_or(self.location.offset, |value| value.span().start))
    }

    /// The entry; reports if it is missing. `example` is a line that would do.
    pub(super) fn require(&self, key: &str, example: &str, diagnostics: &mut Diagnostics<'_>) -> Option<Entry<'t>> {
        let entry = self.get(key);
        if entry.is_none() && !diagnostics.may_be_unparsed(key) {
            diagnostics.add(&self.location_of(key), "is missing", format!("add {example}"));
        }
        entry
    }

    /// The id as declared, valid or not. References are checked against it.
    pub(super) fn declared_id(&self) -> Option<&'t str> {
        self.values.get("id")?.get_ref().as_str()
    }

    /// The id, if it is valid.
    pub(super) fn id(&self, diagnostics: &mut Diagnostics<'_>) -> Option<&'t str> {
        let entry = self.require("id", "id = \"a-name\"", diagnostics)?;
        let id = entry.string(diagnostics)?;
        if !is_id(id) {
            let hint = "use 1 to 64 characters of a-z, 0-9, \".\", \"_\" and \"-\", starting with a letter or a digit";
            diagnostics.add(&entry.location, "is not a valid id", hint);
            return None;
        }
        Some(id)
    }

    pub(super) fn string(&self, key: &str, diagnostics: &mut Diagnostics<'_>) -> Option<&'t str> {
        self.get(key)?.string(diagnostics)
    }

    /// Reports every key that is not in `known`.
    pub(super) fn reject_unknown_keys(&self, known: &[&str], diagnostics: &mut Diagnostics<'_>) {
        for (key, _) in self.values {
            let name = key.get_ref();
            if !known.contains(&name.as_ref()) {
                let mut location = self.location.of_key(redacted(name), key.span().start);
                location.name.clone_from(&self.location.name);
                let hint = suggest(name, "keys here", known.iter().copied());
                diagnostics.add(&location, format!("unknown key {}", quoted(name)), hint);
            }
        }
    }
}

impl<'t> Entry<'t> {
    /// The string, if it is one and not blank.
    pub(super) fn string(&self, diagnostics: &mut Diagnostics<'_>) -> Option<&'t str> {
        let Some(text) = self.value.as_str() else {
            let message = format!("must be a string, not {}", type_name(self.value));
            diagnostics.add(&self.location, message, "write one value in quotes");
            return None;
        };
        if text.trim().is_empty() {
            diagnostics.add(&self.location, "is empty", "write a value");
            return None;
        }
        Some(text)
    }

    /// The table within. `example` is one that would do.
    pub(super) fn table(&self, example: &str, diagnostics: &mut Diagnostics<'_>) -> Option<Table<'t>> {
        let Some(values) = self.value.as_table() else {
            let message = format!("must be a table, not {}", type_name(self.value));
            diagnostics.add(&self.location, message, format!("write {example}"));
            return None;
        };
        Some(Table { location: self.location.clone(), values })
    }

    pub(super) fn boolean(&self, diagnostics: &mut Diagnostics<'_>) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            let message = format!("must be true or false, not {}", type_name(self.value));
            diagnostics.add(&self.location, message, "write true or false without quotes");
        }
        value
    }

    /// A number without a fraction, from 0 on.
    pub(super) fn number(&self, diagnostics: &mut Diagnostics<'_>) -> Option<u32> {
        let integer = self.value.as_integer();
        let value = integer.and_then(|it| u32::from_str_radix(it.as_str(), it.radix()).ok());
        if value.is_none() {
            let message = "must be a number from 0 on, without a fraction";
            diagnostics.add(&self.location, message, "write a number without quotes, such as 5");
        }
        value
    }

    /// The entries of an inline table, with their keys.
    pub(super) fn entries(&self, example: &str, diagnostics: &mut Diagnostics<'_>) -> Vec<(Entry<'t>, &'t str)> {
        let Some(values) = self.value.as_table() else {
            let message = format!("must be a table of strings, not {}", type_name(self.value));
            diagnostics.add(&self.location, message, format!("write {example}"));
            return Vec::new();
        };
        let entries = values.iter().map(|(key, value)| {
            let name: &'t str = key.get_ref();
            let location = self.location.of_key(redacted(name), value.span().start);
            (Entry { location, value: value.get_ref() }, name)
        });
        entries.collect()
    }

    /// The strings of a list. Reports a list that is empty or has a string twice. `example` is a list that would do.
    pub(super) fn strings(&self, example: &str, diagnostics: &mut Diagnostics<'_>) -> Vec<(Location, &'t str)> {
        let Some(elements) = self.value.as_array() else {
            let message = format!("must be a list of strings, not {}", type_name(self.value));
            diagnostics.add(&self.location, message, format!("write {example}"));
            return Vec::new();
        };
        if elements.is_empty() {
            diagnostics.add(&self.location, "is an empty list", format!("write {example}"));
        }
        let mut strings: Vec<(Location, &str)> = Vec::with_capacity(elements.len());
        let mut earlier = HashSet::new();
        for (index, element) in elements.iter().enumerate() {
            let mut entry = Entry { location: self.location.clone(), value: element.get_ref() };
            entry.location.offset = element.span().start;
            entry.location.key = format!("{}[{index}]", self.location.key);
            let Some(text) = entry.string(diagnostics) else { continue };
            if !earlier.insert(text) {
                diagnostics.add(&entry.location, format!("lists {} twice", quoted(text)), "remove one of them");
            } else {
                strings.push((entry.location, text));
            }
        }
        strings
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

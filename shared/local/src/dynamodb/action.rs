//! A put, an update, a delete or a check of one item under a condition, alone or in a transaction. All is decided
//! before anything is written.
use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    expression::{Condition, Update, Values},
    table::{Key, Table},
    value::{Item, Value, known, read_item, write_item},
};

/// DynamoDB's limit is 400 KB, counted in another way: the library counts what may come near it.
pub(super) const MAX_ITEM_BYTES: usize = 300_000;
/// Kinds of expressions that are kept. The project has some thirty.
const MAX_PLANS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Put,
    Update,
    Delete,
    Check,
}

/// The input of one action. Which of the fields there must be depends on its kind.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Action<'a> {
    pub(super) table_name: &'a str,
    #[serde(borrow)]
    key: Option<Item<'a>>,
    #[serde(borrow)]
    item: Option<Item<'a>>,
    update_expression: Option<&'a str>,
    condition_expression: Option<&'a str>,
    #[serde(borrow, default)]
    expression_attribute_names: HashMap<&'a str, &'a str>,
    #[serde(borrow, default)]
    expression_attribute_values: Values<'a>,
    pub(super) return_values: Option<&'a str>,
    return_values_on_condition_check_failure: Option<&'a str>,
}

/// What an action comes to.
pub(super) struct Decision {
    pub(super) key: Key,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    /// The condition does not hold. With the item as it is stored, if that was asked for.
    Refused(Option<String>),
    Keep,
    Delete {
        stored: Option<Option<Key>>,
    },
    Put {
        json: String,
        indexed: Option<Key>,
        /// The index key of the item in its place, if there is one.
        stored: Option<Option<Key>>,
    },
}

impl Action<'_> {
    /// `Ok(None)`: the library has to do it.
    pub(super) fn decide(
        &self,
        kind: Kind,
        connection: &Connection,
        table: &Table,
        plans: &Plans,
    ) -> rusqlite::Result<Option<Decision>> {
        let Parsed { update, condition } = known!(plans.parsed(self));
        let key = known!(self.target(kind, table));
        let values = &self.expression_attribute_values;
        let returns_stored = match self.return_values_on_condition_check_failure {
            None | Some("NONE") => false,
            Some("ALL_OLD") => true,
            Some(_) => return Ok(None),
        };
        if !values.values().all(|raw| Value::read(raw).is_some()) {
            return Ok(None);
        }
        let new = match &self.item {
            Some(item) => Some(known!(checked(table, item))),
            None => None,
        };
        let stored = table.get(connection, &key)?;
        let before = match &stored {
            Some(json) => known!(read_item(json)),
            None => Item::new(),
        };
        if let Some(condition) = condition
            && !known!(condition.holds(&before, values))
        {
            return Ok(Some(Decision { key, outcome: Outcome::Refused(stored.filter(|_| returns_stored)) }));
        }
        let (new, kind) = match update {
            Some(update) => (Some(known!(self.updated(update, &before, table))), Kind::Put),
            None => (new, kind),
        };
        let replaced = match &stored {
            Some(_) => Some(known!(table.index_key(&before))),
            None => None,
        };
        let outcome = match (kind, new) {
            (Kind::Delete, _) => Outcome::Delete { stored: replaced },
            (_, Some((json, indexed))) => Outcome::Put { json, indexed, stored: replaced },
            (_, None) => Outcome::Keep,
        };
        Ok(Some(Decision { key, outcome }))
    }

    /// The key, if the fields are those of the kind.
    fn target(&self, kind: Kind, table: &Table) -> Option<Key> {
        let is_complete = match kind {
            Kind::Put => self.key.is_none() && self.update_expression.is_none(),
            Kind::Update => self.update_expression.is_some() && self.item.is_none(),
            Kind::Delete => self.update_expression.is_none() && self.item.is_none(),
            Kind::Check => {
                self.update_expression.is_none() && self.item.is_none() && self.condition_expression.is_some()
            }
        };
        let named = match kind {
            Kind::Put => self.item.as_ref(),
            _ => self.key.as_ref().filter(|key| key.len() == 2),
        };
        table.key(named.filter(|_| is_complete)?)
    }

    fn updated(&self, update: &Update, before: &Item<'_>, table: &Table) -> Option<(String, Option<Key>)> {
        let sums = update.sums(before, &self.expression_attribute_values)?;
        let mut item = update.apply(before, &self.expression_attribute_values, &sums)?;
        item.extend(self.key.iter().flatten());
        let json = write_item(&item);
        let indexed = table.index_key(&item)?;
        (json.len() <= MAX_ITEM_BYTES).then_some((json, indexed))
    }

    fn has_expressions(&self) -> bool {
        self.update_expression.is_some()
            || self.condition_expression.is_some()
            || !self.expression_attribute_names.is_empty()
            || !self.expression_attribute_values.is_empty()
    }
}

impl Decision {
    pub(super) fn write(&self, connection: &Connection, table: &Table) -> rusqlite::Result<()> {
        match &self.outcome {
            Outcome::Put { json, indexed, stored } => {
                table.put(connection, &self.key, json, stored.as_ref(), indexed.as_ref())
            }
            Outcome::Delete { stored: Some(indexed) } => table.delete(connection, &self.key, indexed.as_ref()),
            Outcome::Delete { stored: None } | Outcome::Keep | Outcome::Refused(_) => Ok(()),
        }
    }
}

/// An item that may be stored, as JSON, and its key in the index.
pub(super) fn checked(table: &Table, item: &Item<'_>) -> Option<(String, Option<Key>)> {
    let is_plain = |(name, raw): (&&str, &&RawValue)| !name.is_empty() && Value::read(raw).is_some();
    let json = write_item(item);
    let indexed = table.index_key(item)?;
    (item.iter().all(is_plain) && json.len() <= MAX_ITEM_BYTES).then_some((json, indexed))
}

/// Expressions that the library has accepted, in the order in which they were sent for the first time.
#[derive(Default)]
pub(super) struct Plans(Vec<Plan>);

struct Plan {
    table: String,
    update_text: Option<String>,
    condition_text: Option<String>,
    names: HashMap<String, String>,
    /// Names of the values.
    values: HashSet<String>,
    /// `None`: expressions of another kind.
    parsed: Option<Parsed>,
}

struct Parsed {
    update: Option<Update>,
    condition: Option<Condition>,
}

impl Plans {
    fn parsed(&self, action: &Action<'_>) -> Option<&Parsed> {
        const WITHOUT_EXPRESSIONS: &Parsed = &Parsed { update: None, condition: None };
        if !action.has_expressions() {
            return Some(WITHOUT_EXPRESSIONS);
        }
        self.0.iter().find(|plan| plan.fits(action))?.parsed.as_ref()
    }

    /// Remembers the expressions of an action that the library accepted.
    pub(super) fn learn(&mut self, action: &Action<'_>, table: &Table) {
        let is_known = !action.has_expressions() || self.0.iter().any(|plan| plan.fits(action));
        if !is_known && self.0.len() < MAX_PLANS {
            self.0.push(Plan::of(action, table));
        }
    }
}

impl Plan {
    fn of(action: &Action<'_>, table: &Table) -> Self {
        let names = &action.expression_attribute_names;
        Self {
            table: action.table_name.to_owned(),
            update_text: action.update_expression.map(str::to_owned),
            condition_text: action.condition_expression.map(str::to_owned),
            names: names.iter().map(|(name, stands_for)| (name.to_string(), stands_for.to_string())).collect(),
            values: action.expression_attribute_values.keys().map(|name| name.to_string()).collect(),
            parsed: Parsed::of(action, table),
        }
    }

    /// The same text with other names or values may be wrong.
    fn fits(&self, action: &Action<'_>) -> bool {
        let (names, values) = (&action.expression_attribute_names, &action.expression_attribute_values);
        self.update_text.as_deref() == action.update_expression
            && self.condition_text.as_deref() == action.condition_expression
            && self.table == action.table_name
            && (names.len(), values.len()) == (self.names.len(), self.values.len())
            && names.iter().all(|(name, stands_for)| self.names.get(*name).is_some_and(|it| it == stands_for))
            && values.keys().all(|name| self.values.contains(*name))
    }
}

impl Parsed {
    fn of(action: &Action<'_>, table: &Table) -> Option<Self> {
        let names = &action.expression_attribute_names;
        let update = match action.update_expression {
            Some(text) => Some(Update::parse(text, names)?),
            None => None,
        };
        let condition = match action.condition_expression {
            Some(text) => Some(Condition::parse(text, names)?),
            None => None,
        };
        let is_of_key = |update: &Update| {
            [&table.partition_key, &table.sort_key].into_iter().any(|attribute| update.touches(attribute))
        };
        (!update.as_ref().is_some_and(is_of_key)).then_some(Self { update, condition })
    }
}

//! The requests that deliveries make by the thousand, each as one or a few prepared statements within the transaction
//! of its group. The library does the same in ten times as long: it reads every value, parses each expression and
//! prepares each statement for every request. `None` stands for a request of another kind, which is the library's.
use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    expression::{Condition, Update, Values},
    table::{Key, Table},
    value::{Item, Value, read_item, write_item},
};
use crate::service::Response;

/// DynamoDB's limit is 400 KB, counted in another way: the library counts what may come near it.
const MAX_ITEM_BYTES: usize = 300_000;
/// DynamoDB's limit is 16 MB, likewise.
const MAX_READ_BYTES: usize = 1 << 20;
const MAX_READ_KEYS: usize = 100;
const MAX_WRITES: usize = 25;

/// `Ok(None)`: the library has to do it, and nothing was written.
pub(super) type Done = rusqlite::Result<Option<Response>>;

/// Goes on with what is there, and leaves the rest to the library.
macro_rules! known {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct UpdateItem<'a> {
    pub(super) table_name: &'a str,
    #[serde(borrow)]
    key: Item<'a>,
    update_expression: &'a str,
    condition_expression: Option<&'a str>,
    #[serde(borrow, default)]
    expression_attribute_names: HashMap<&'a str, &'a str>,
    #[serde(borrow, default)]
    expression_attribute_values: Values<'a>,
    return_values: Option<&'a str>,
    return_values_on_condition_check_failure: Option<&'a str>,
}

/// Expressions that the library has accepted.
pub(super) struct Plan {
    table: String,
    update_text: String,
    condition_text: Option<String>,
    names: HashMap<String, String>,
    /// Names of the values.
    values: HashSet<String>,
    /// `None`: expressions of another kind.
    parsed: Option<(Update, Option<Condition>)>,
}

impl Plan {
    pub(super) fn of(request: &UpdateItem<'_>, table: &Table) -> Self {
        let names = &request.expression_attribute_names;
        let parse = || {
            let update = Update::parse(request.update_expression, names)?;
            let condition = match request.condition_expression {
                Some(text) => Some(Condition::parse(text, names)?),
                None => None,
            };
            let is_of_key = [&table.partition_key, &table.sort_key].into_iter().any(|name| update.touches(name));
            (!is_of_key).then_some((update, condition))
        };
        Self {
            table: request.table_name.to_owned(),
            update_text: request.update_expression.to_owned(),
            condition_text: request.condition_expression.map(str::to_owned),
            names: names.iter().map(|(name, stands_for)| (name.to_string(), stands_for.to_string())).collect(),
            values: request.expression_attribute_values.keys().map(|name| name.to_string()).collect(),
            parsed: parse(),
        }
    }

    /// The same text with other names or values may be wrong.
    pub(super) fn fits(&self, request: &UpdateItem<'_>) -> bool {
        let (names, values) = (&request.expression_attribute_names, &request.expression_attribute_values);
        self.update_text == request.update_expression
            && self.condition_text.as_deref() == request.condition_expression
            && self.table == request.table_name
            && (names.len(), values.len()) == (self.names.len(), self.values.len())
            && names.iter().all(|(name, stands_for)| self.names.get(*name).is_some_and(|it| it == stands_for))
            && values.keys().all(|name| self.values.contains(*name))
    }
}

impl UpdateItem<'_> {
    pub(super) fn run(&self, connection: &Connection, table: &Table, plan: &Plan) -> Done {
        let (update, condition) = known!(&plan.parsed);
        if self.key.len() > 2 || !self.expression_attribute_values.values().all(|raw| Value::read(raw).is_some()) {
            return Ok(None);
        }
        let all_new = match self.return_values {
            None | Some("NONE") => false,
            Some("ALL_NEW") => true,
            Some(_) => return Ok(None),
        };
        let key = known!(table.key(&self.key));
        let stored = table.get(connection, &key)?;
        let before = match &stored {
            Some(json) => known!(read_item(json)),
            None => Item::new(),
        };
        if let Some(condition) = condition
            && !known!(condition.holds(&before, &self.expression_attribute_values))
        {
            return self.refusal(stored.as_deref());
        }
        let mut item = known!(update.apply(&before, &self.expression_attribute_values));
        item.extend(&self.key);
        let json = write_item(&item);
        if json.len() > MAX_ITEM_BYTES {
            return Ok(None);
        }
        let old = match &stored {
            Some(_) => Some(known!(table.index_key(&before))),
            None => None,
        };
        let indexed = known!(table.index_key(&item));
        table.put(connection, &key, &json, old.as_ref(), indexed.as_ref())?;
        Ok(Some(Response::ok(if all_new { format!("{{\"Attributes\":{json}}}") } else { "{}".to_owned() })))
    }

    fn refusal(&self, stored: Option<&str>) -> Done {
        let wanted = match self.return_values_on_condition_check_failure {
            None | Some("NONE") => None,
            Some("ALL_OLD") => stored,
            Some(_) => return Ok(None),
        };
        let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        let item = wanted.map(|json| format!(",\"Item\":{json}")).unwrap_or_default();
        let body = format!("{{\"__type\":\"{kind}\",\"message\":\"The conditional request failed\"{item}}}");
        Ok(Some(Response { status: 400, query_error: None, body }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetItem<'a> {
    pub(super) table_name: &'a str,
    #[serde(borrow)]
    key: Item<'a>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

impl GetItem<'_> {
    pub(super) fn run(&self, connection: &Connection, table: &Table) -> Done {
        let key = known!(table.key(&self.key).filter(|_| self.key.len() == 2));
        let item = table.get(connection, &key)?.map(|json| format!("\"Item\":{json}")).unwrap_or_default();
        Ok(Some(Response::ok(format!("{{{item}}}"))))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BatchGetItem<'a> {
    #[serde(borrow)]
    request_items: HashMap<&'a str, Keys<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Keys<'a> {
    #[serde(borrow)]
    keys: Vec<Item<'a>>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

impl BatchGetItem<'_> {
    pub(super) fn table_name(&self) -> Option<&str> {
        only(self.request_items.keys()).copied()
    }

    pub(super) fn run(&self, connection: &Connection, table: &Table) -> Done {
        let (name, Keys { keys, .. }) = known!(only(self.request_items.iter()));
        let keys = known!(distinct_keys(table, keys.iter(), MAX_READ_KEYS));
        if !self.request_items.values().flat_map(|wanted| &wanted.keys).all(|key| key.len() == 2) {
            return Ok(None);
        }
        let mut items = String::new();
        for key in keys {
            let Some(json) = table.get(connection, &key)? else { continue };
            if items.len() + json.len() > MAX_READ_BYTES {
                return Ok(None);
            }
            if !items.is_empty() {
                items.push(',');
            }
            items.push_str(&json);
        }
        Ok(Some(Response::ok(format!("{{\"Responses\":{{{}:[{items}]}},\"UnprocessedKeys\":{{}}}}", json!(name)))))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BatchWriteItem<'a> {
    #[serde(borrow)]
    request_items: HashMap<&'a str, Vec<Write<'a>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
enum Write<'a> {
    PutRequest {
        #[serde(borrow, rename = "Item")]
        item: Item<'a>,
    },
    DeleteRequest {
        #[serde(borrow, rename = "Key")]
        key: Item<'a>,
    },
}

impl BatchWriteItem<'_> {
    pub(super) fn table_name(&self) -> Option<&str> {
        only(self.request_items.keys()).copied()
    }

    /// DynamoDB promises no order within a batch and nothing that spans it.
    pub(super) fn run(&self, connection: &Connection, table: &Table) -> Done {
        let (_, writes) = known!(only(self.request_items.iter()));
        let keyed = writes.iter().map(|write| match write {
            Write::PutRequest { item } => item,
            Write::DeleteRequest { key } => key,
        });
        let keys = known!(distinct_keys(table, keyed, MAX_WRITES));
        // All is checked before anything is written.
        let mut ready = Vec::with_capacity(writes.len());
        for write in writes {
            ready.push(match write {
                Write::DeleteRequest { key } if key.len() == 2 => None,
                Write::DeleteRequest { .. } => return Ok(None),
                Write::PutRequest { item } => Some(known!(checked(table, item))),
            });
        }
        let mut stored = Vec::with_capacity(keys.len());
        for key in &keys {
            stored.push(match table.get(connection, key)? {
                Some(json) => Some(known!(read_item(&json).and_then(|item| table.index_key(&item)))),
                None => None,
            });
        }
        for ((key, new), old) in keys.iter().zip(&ready).zip(&stored) {
            match (new, old) {
                (Some((json, indexed)), old) => {
                    table.put(connection, key, json, old.as_ref(), indexed.as_ref())?;
                }
                (None, Some(indexed)) => table.delete(connection, key, indexed.as_ref())?,
                (None, None) => {}
            }
        }
        Ok(Some(Response::ok("{\"UnprocessedItems\":{}}".to_owned())))
    }
}

/// An item that may be stored, as JSON, and its key in the index.
fn checked(table: &Table, item: &Item<'_>) -> Option<(String, Option<Key>)> {
    let is_plain = |(name, raw): (&&str, &&RawValue)| !name.is_empty() && Value::read(raw).is_some();
    let json = write_item(item);
    let indexed = table.index_key(item)?;
    (item.iter().all(is_plain) && json.len() <= MAX_ITEM_BYTES).then_some((json, indexed))
}

/// The keys of a batch. DynamoDB refuses none, too many, and the same one twice.
fn distinct_keys<'a>(table: &Table, items: impl Iterator<Item = &'a Item<'a>>, most: usize) -> Option<Vec<Key>> {
    let keys: Vec<Key> = items.map(|item| table.key(item)).collect::<Option<_>>()?;
    let distinct: HashSet<&Key> = keys.iter().collect();
    let is_valid = (1..=most).contains(&keys.len()) && distinct.len() == keys.len();
    is_valid.then_some(keys)
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

//! The requests that are made by the thousand, each as one or a few prepared statements within the transaction of its
//! group. The library does the same in ten times as long: it reads every value, parses each expression and
//! prepares each statement for every request. `None` stands for a request of another kind, which is the library's.
use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;

use super::{
    action::{Action, Kind, Outcome, Plans, checked},
    table::{Key, Table},
    value::{Item, known, read_item},
};
use crate::service::Response;

/// DynamoDB's limit is 16 MB, counted in another way: the library counts what may come near it.
const MAX_READ_BYTES: usize = 1 << 20;
const MAX_READ_KEYS: usize = 100;
const MAX_WRITES: usize = 25;

/// `Ok(None)`: the library has to do it, and nothing was written.
pub(super) type Done = rusqlite::Result<Option<Response>>;

/// One action on its own.
pub(super) fn alone(action: &Action<'_>, kind: Kind, connection: &Connection, table: &Table, plans: &Plans) -> Done {
    let returns_new = match (kind, action.return_values) {
        (_, None | Some("NONE")) => false,
        (Kind::Update, Some("ALL_NEW")) => true,
        _ => return Ok(None),
    };
    let decision = known!(action.decide(kind, connection, table, plans)?);
    decision.write(connection, table)?;
    Ok(Some(match decision.outcome {
        Outcome::Refused(stored) => refusal(stored),
        Outcome::Put { json, .. } if returns_new => Response::ok(format!("{{\"Attributes\":{json}}}")),
        _ => Response::ok("{}".to_owned()),
    }))
}

fn refusal(stored: Option<String>) -> Response {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    let item = stored.map(|json| format!(",\"Item\":{json}")).unwrap_or_default();
    let body = format!("{{\"__type\":\"{kind}\",\"message\":\"The conditional request failed\"{item}}}");
    Response { status: 400, query_error: None, body }
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

/// The keys of a batch. DynamoDB refuses none, too many, and the same one twice.
fn distinct_keys<'a>(table: &Table, items: impl Iterator<Item = &'a Item<'a>>, most: usize) -> Option<Vec<Key>> {
    let keys: Vec<Key> = items.map(|item| table.key(item)).collect::<Option<_>>()?;
    let distinct: HashSet<&Key> = keys.iter().collect();
    let is_valid = (1..=most).contains(&keys.len()) && distinct.len() == keys.len();
    is_valid.then_some(keys)
}

/// The one element, if there is one.
pub(super) fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

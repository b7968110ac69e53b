//! A table of the library as SQLite has it: rows of JSON by key, and the same rows once more by the keys of the index.
use dynoxide::{
    AttributeValue, TableMetadata,
    storage::compute_hash_prefix,
    storage_backend::sql_builders::escape_table_name,
    types::{
        AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, KeyType, ProjectionType, ScalarAttributeType,
    },
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;

use super::value::{Item, Value};

/// DynamoDB takes 1,024 of a sort key. The library counts what may come near it.
const MAX_KEY_BYTES: usize = 1_000;

/// A table of this project's kind: with a partition key and a sort key, both text, and at most one index, likewise,
/// that holds whole items.
pub(super) struct Table {
    pub(super) partition_key: String,
    pub(super) sort_key: String,
    index: Option<Index>,
    select: String,
    insert: String,
    update: String,
    delete: String,
    select_expiring: String,
}

struct Index {
    partition_key: String,
    sort_key: String,
    insert: String,
    update: String,
    delete: String,
}

/// Values of the key columns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    partition: String,
    sort: String,
}

impl Table {
    /// `None`: it is of another kind.
    pub(super) fn of(metadata: &TableMetadata) -> Option<Self> {
        let is_plain = metadata.lsi_definitions.as_deref().is_none_or(|list| list == "[]")
            && metadata.vector_index_definitions.is_none()
            && !metadata.stream_enabled;
        let attributes: Vec<AttributeDefinition> = read(Some(&metadata.attribute_definitions))?;
        let indexes: Vec<GlobalSecondaryIndex> = read(metadata.gsi_definitions.as_deref())?;
        if !is_plain || indexes.len() > 1 {
            return None;
        }
        let (partition_key, sort_key) = keys(&read::<Vec<_>>(Some(&metadata.key_schema))?, &attributes)?;
        let name = escape_table_name(&metadata.table_name);
        let index = match indexes.first() {
            Some(index) => Some(Index::of(&name, index, &attributes)?),
            None => None,
        };
        Some(Self {
            partition_key,
            sort_key,
            index,
            select: format!("SELECT item_json FROM \"{name}\" WHERE pk = ?1 AND sk = ?2"),
            insert: format!(
                "INSERT INTO \"{name}\"(pk, sk, item_json, item_size, hash_prefix) VALUES (?1, ?2, ?3, ?4, ?5)"
            ),
            update: format!("UPDATE \"{name}\" SET item_json = ?3, item_size = ?4 WHERE pk = ?1 AND sk = ?2"),
            delete: format!("DELETE FROM \"{name}\" WHERE pk = ?1 AND sk = ?2"),
            select_expiring: format!(
                "SELECT rowid, item_json, json_extract(item_json, ?3) FROM \"{name}\" WHERE rowid > ?1 \
                 ORDER BY rowid LIMIT ?2"
            ),
        })
    }

    /// `None`: the library has to look at it.
    pub(super) fn key(&self, item: &Item<'_>) -> Option<Key> {
        Some(Key { partition: key_text(item, &self.partition_key)?, sort: key_text(item, &self.sort_key)? })
    }

    pub(super) fn get(&self, connection: &Connection, key: &Key) -> rusqlite::Result<Option<String>> {
        let mut select = connection.prepare_cached(&self.select)?;
        select.query_row(params![key.partition, key.sort], |row| row.get(0)).optional()
    }

    /// Statement for rows after `?1`, at most `?2`: row id, item and the text at the path `?3` of it.
    pub(super) fn select_expiring(&self) -> &str {
        &self.select_expiring
    }

    /// The key of the item in the index, if it is in it. The outer `None`: the library has to look at it.
    pub(super) fn index_key(&self, item: &Item<'_>) -> Option<Option<Key>> {
        let Some(index) = &self.index else { return Some(None) };
        let text = |name: &str| match item.contains_key(name) {
            true => key_text(item, name).map(Some),
            false => Some(None),
        };
        Some(match (text(&index.partition_key)?, text(&index.sort_key)?) {
            (Some(partition), Some(sort)) => Some(Key { partition, sort }),
            _ => None,
        })
    }

    /// Writes the item in place of `old`, whose index key is inside. `indexed` is the new one.
    pub(super) fn put(
        &self,
        connection: &Connection,
        key: &Key,
        json: &str,
        old: Option<&Option<Key>>,
        indexed: Option<&Key>,
    ) -> rusqlite::Result<()> {
        // The library takes the size in bytes by DynamoDB's rules, for figures that nobody asks for here.
        let size = json.len() as i64;
        match old {
            Some(_) => {
                connection.prepare_cached(&self.update)?.execute(params![key.partition, key.sort, json, size])?;
            }
            None => {
                let text = key.partition.strip_prefix(Key::TEXT).unwrap_or_default();
                let prefix = compute_hash_prefix(&AttributeValue::S(text.to_owned()));
                let values = params![key.partition, key.sort, json, size, prefix];
                connection.prepare_cached(&self.insert)?.execute(values)?;
            }
        }
        let (Some(index), old) = (&self.index, old.and_then(Option::as_ref)) else { return Ok(()) };
        if let Some(old) = old.filter(|old| Some(*old) != indexed) {
            index.delete(connection, key, old)?;
        }
        let Some(indexed) = indexed else { return Ok(()) };
        let statement = if old == Some(indexed) { &index.update } else { &index.insert };
        let values = params![indexed.partition, indexed.sort, key.partition, key.sort, json];
        connection.prepare_cached(statement)?.execute(values).map(drop)
    }

    pub(super) fn delete(&self, connection: &Connection, key: &Key, indexed: Option<&Key>) -> rusqlite::Result<()> {
        connection.prepare_cached(&self.delete)?.execute(params![key.partition, key.sort])?;
        match (&self.index, indexed) {
            (Some(index), Some(indexed)) => index.delete(connection, key, indexed),
            _ => Ok(()),
        }
    }
}

impl Index {
    /// `table` is escaped.
    fn of(table: &str, index: &GlobalSecondaryIndex, attributes: &[AttributeDefinition]) -> Option<Self> {
        let (partition_key, sort_key) = keys(&index.key_schema, attributes)?;
        let name = format!("{table}::gsi::{}", escape_table_name(&index.index_name));
        let row = "gsi_pk = ?1 AND gsi_sk = ?2 AND table_pk = ?3 AND table_sk = ?4";
        (index.projection.projection_type == Some(ProjectionType::ALL)).then(|| Self {
            partition_key,
            sort_key,
            insert: format!(
                "INSERT INTO \"{name}\"(gsi_pk, gsi_sk, table_pk, table_sk, item_json) VALUES (?1, ?2, ?3, ?4, ?5)"
            ),
            update: format!("UPDATE \"{name}\" SET item_json = ?5 WHERE {row}"),
            delete: format!("DELETE FROM \"{name}\" WHERE {row}"),
        })
    }

    fn delete(&self, connection: &Connection, key: &Key, indexed: &Key) -> rusqlite::Result<()> {
        let values = params![indexed.partition, indexed.sort, key.partition, key.sort];
        connection.prepare_cached(&self.delete)?.execute(values).map(drop)
    }
}

impl Key {
    /// The library marks text in key columns.
    const TEXT: &'static str = "S:";
}

/// A key attribute as its column has it. `None`: the library has to look at it.
fn key_text(item: &Item<'_>, name: &str) -> Option<String> {
    let text = Value::read(item.get(name)?)?.into_key()?;
    (text.len() <= MAX_KEY_BYTES).then(|| format!("{}{text}", Key::TEXT))
}

/// A missing list is empty.
fn read<T: DeserializeOwned>(json: Option<&str>) -> Option<T> {
    serde_json::from_str(json.unwrap_or("[]")).ok()
}

/// Partition key and sort key, if both are there and are text.
fn keys(schema: &[KeySchemaElement], attributes: &[AttributeDefinition]) -> Option<(String, String)> {
    let is_text = |name: &str| {
        let defined = attributes.iter().find(|attribute| attribute.attribute_name == name);
        defined.is_some_and(|attribute| attribute.attribute_type == ScalarAttributeType::S)
    };
    let key = |key_type: KeyType| {
        let mut elements = schema.iter().filter(|element| element.key_type == key_type);
        let (Some(element), None) = (elements.next(), elements.next()) else { return None };
        is_text(&element.attribute_name).then(|| element.attribute_name.clone())
    };
    Some((key(KeyType::HASH)?, key(KeyType::RANGE)?))
}

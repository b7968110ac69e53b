//! Removes expired items, some time after they expire, as DynamoDB does. The library has this too, but would let no
//! other request in between.
use std::time::{SystemTime, UNIX_EPOCH};

use dynoxide::storage::Storage;
use futures_util::FutureExt as _;
use rusqlite::params;

use super::{table::Table, value::read_item};

/// Rows that are looked at while other requests wait.
const ROWS: i64 = 500;

/// Looks at the rows after this one, in all tables side by side. Returns the row after which the next call looks;
/// `None` at the end.
pub(super) fn sweep(storage: &Storage, after: i64) -> rusqlite::Result<Option<i64>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let mut next = None;
    for metadata in storage.list_ttl_enabled_tables().unwrap_or_default() {
        let (Some(table), Some(attribute)) = (Table::of(&metadata), &metadata.ttl_attribute) else {
            // A table of another kind.
            if let Some(Err(error)) = dynoxide::ttl::sweep_expired_items(storage).now_or_never() {
                tracing::warn!(%error, "expired items were not removed");
            }
            return Ok(None);
        };
        let last = sweep_table(storage, &table, &format!("$.\"{attribute}\".N"), after, now)?;
        // The first, so that no row of another table is passed over.
        next = [next, last].into_iter().flatten().min();
    }
    Ok(next)
}

fn sweep_table(
    storage: &Storage,
    table: &Table,
    attribute: &str,
    after: i64,
    now: i64,
) -> rusqlite::Result<Option<i64>> {
    let connection = storage.conn();
    let mut select = connection.prepare_cached(table.select_expiring())?;
    let (mut last, mut expired) = (None, Vec::new());
    let mut rows = select.query(params![after, ROWS, attribute])?;
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        let expires_at: Option<String> = row.get(2)?;
        if expires_at.and_then(|text| text.parse::<i64>().ok()).is_some_and(|at| (0..now).contains(&at)) {
            expired.push(row.get::<_, String>(1)?);
        }
    }
    drop(rows);
    if expired.is_empty() {
        return Ok(last);
    }
    let transaction = connection.unchecked_transaction()?;
    for json in expired {
        let Some(item) = read_item(&json) else { continue };
        if let (Some(key), Some(indexed)) = (table.key(&item), table.index_key(&item)) {
            table.delete(&transaction, &key, indexed.as_ref())?;
        }
    }
    transaction.commit()?;
    Ok(last)
}

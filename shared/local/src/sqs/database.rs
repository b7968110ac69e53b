//! The SQLite file behind the queues, and the call in which every operation runs: one transaction with one time.
//!
//! SQLite uses a write-ahead log with `synchronous = NORMAL`. A request that was answered survives the end of the
//! process (kill -9), because the log is written by then. A message that was sent also survives a loss of power: its
//! sender waits until the log is flushed, which is done once for all senders who wait. So do all requests before it. A
//! later receive, delay or delete may be lost with the power, never half of one; then the message comes again.
use std::{
    cell::RefCell,
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, config::DbConfig, params};

use super::{
    attributes::Attributes,
    error::{Result, SqsError},
    flush::Flusher,
    names,
};

/// Statements that stay prepared.
const STATEMENTS: usize = 64;
/// Pages of the log after which they are written to the file. Most changes of a page are replaced by later ones first.
const CHECKPOINT_PAGES: i64 = 4_000;
const SCHEMA_VERSION: i64 = 2;
/// Times are milliseconds since 1970. A message is in flight while it has a receipt and is not yet visible again.
const SCHEMA: &str = "
    CREATE TABLE queues(
        name TEXT PRIMARY KEY,
        attributes TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE messages(
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL REFERENCES queues(name) ON DELETE CASCADE,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT NOT NULL,
        group_id TEXT,
        deduplication_id TEXT,
        sent_at INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        receipt TEXT,
        receive_count INTEGER NOT NULL DEFAULT 0,
        first_received_at INTEGER,
        -- of a dead letter: the queue it came from
        source TEXT,
        -- the first of its group, or without a group: a receive reads only these
        head INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX messages_of_group ON messages(queue, group_id, sequence);
    CREATE TABLE deduplications(
        queue TEXT NOT NULL REFERENCES queues(name) ON DELETE CASCADE,
        key TEXT NOT NULL,
        message_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY(queue, key)
    ) STRICT, WITHOUT ROWID;
";

/// A receive reads along this index, so it never meets the messages that wait behind one in flight, however many they
/// are. The triggers keep `head` correct when messages are deleted or moved; an insert sets it itself.
const HEADS: &str = "
    CREATE INDEX heads ON messages(queue, visible_at, sequence) WHERE head;
    CREATE TRIGGER head_deleted AFTER DELETE ON messages WHEN old.head AND old.group_id IS NOT NULL BEGIN
        UPDATE messages SET head = TRUE WHERE sequence =
            (SELECT min(sequence) FROM messages WHERE queue = old.queue AND group_id = old.group_id);
    END;
    CREATE TRIGGER message_moved AFTER UPDATE OF queue ON messages WHEN new.group_id IS NOT NULL BEGIN
        UPDATE messages SET head = sequence =
                (SELECT min(sequence) FROM messages WHERE queue = new.queue AND group_id = new.group_id)
            WHERE queue = new.queue AND group_id = new.group_id;
        UPDATE messages SET head = TRUE WHERE sequence =
            (SELECT min(sequence) FROM messages WHERE queue = old.queue AND group_id = old.group_id);
    END;
";

/// Upgrades a file of version 1.
const UPGRADE_FROM_VERSION_1: &str = "
    DROP INDEX messages_in_order;
    DROP INDEX messages_by_visibility;
    ALTER TABLE messages ADD COLUMN head INTEGER NOT NULL DEFAULT TRUE;
    UPDATE messages AS message SET head = FALSE WHERE EXISTS (
        SELECT 1 FROM messages AS earlier
        WHERE earlier.queue = message.queue AND earlier.group_id = message.group_id
            AND earlier.sequence < message.sequence);
";

/// `None` after [`Database::close`]: clients may outlive the queues, and must not keep their file open.
pub(super) struct Database {
    connection: Mutex<Option<Connection>>,
    /// `None`: the data is in memory, or SQLite flushes each transaction.
    pub(super) flusher: Option<Flusher>,
}

/// What an operation works with.
pub(super) struct Call<'a> {
    pub(super) tx: Transaction<'a>,
    /// Milliseconds since 1970.
    pub(super) now: i64,
    changed: RefCell<BTreeSet<String>>,
}

pub(super) struct Queue {
    pub(super) name: String,
    pub(super) attributes: Attributes,
}

impl Database {
    /// Opens or creates the file, and releases the messages in flight. `None` keeps the data in memory.
    pub(super) fn open(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut connection = match file {
            Some(file) => Connection::open(file),
            None => Connection::open_in_memory(),
        }?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // SQLite may plan for the values of a statement, and would then prepare it anew for each of them.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let tx = connection.transaction()?;
        match tx.pragma_query_value(None, "user_version", |row| row.get(0))? {
            0 => tx.execute_batch(&[SCHEMA, HEADS].concat())?,
            1 => {
                tx.execute_batch(&[UPGRADE_FROM_VERSION_1, HEADS].concat())?;
                release_in_flight(&tx)?;
            }
            SCHEMA_VERSION => release_in_flight(&tx)?,
            version => anyhow::bail!(
                "the queue file has version {version}, and this program reads {SCHEMA_VERSION}: use the program that \
                 wrote the file, or delete the file and lose its messages"
            ),
        }
        tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        tx.commit().context("creating the tables of the queue file")?;
        let flusher = match file {
            Some(file) => Flusher::of_log(file).context("opening the log of the queue file")?,
            None => None,
        };
        if flusher.is_none() {
            connection.pragma_update(None, "synchronous", "FULL")?;
        }
        Ok(Self { connection: Mutex::new(Some(connection)), flusher })
    }

    /// Waits until everything that was committed is on the disk.
    pub(super) async fn flush(&self) -> Result<()> {
        match &self.flusher {
            Some(flusher) if !flusher.flush().await => Err(SqsError::not_flushed()),
            _ => Ok(()),
        }
    }

    /// Waits for the running operation.
    pub(super) fn close(&self) {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(flusher) = &self.flusher {
            flusher.close();
        }
    }

    /// Runs one operation. Also returns the queues whose messages may have become visible.
    pub(super) fn call<T>(&self, operation: impl FnOnce(&Call<'_>) -> Result<T>) -> Result<(T, BTreeSet<String>)> {
        self.call_at(now(), operation)
    }

    fn call_at<T>(&self, now: i64, operation: impl FnOnce(&Call<'_>) -> Result<T>) -> Result<(T, BTreeSet<String>)> {
        // A panic rolls the transaction back, so the connection is still good.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = connection.as_mut().ok_or_else(SqsError::stopped)?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let call = Call { tx, now, changed: RefCell::default() };
        let result = operation(&call)?;
        call.tx.commit()?;
        Ok((result, call.changed.into_inner()))
    }

    /// Removes messages older than the queue's retention period. This server does it once a minute.
    pub(super) fn expire(&self) -> Result<()> {
        self.expire_at(now())
    }

    fn expire_at(&self, now: i64) -> Result<()> {
        let operation = |call: &Call<'_>| {
            call.tx.execute("DELETE FROM deduplications WHERE expires_at <= ?1", [now])?;
            for queue in call.queues()? {
                let oldest = now - queue.attributes.retention_seconds * 1000;
                let sql = "DELETE FROM messages WHERE queue = ?1 AND sent_at < ?2";
                call.tx.execute(sql, params![queue.name, oldest])?;
            }
            Ok(())
        };
        self.call_at(now, operation).map(|_| ())
    }
}

/// Makes the messages in flight visible: their consumers ended with the last process. Messages that a consumer delayed
/// become visible too, so a start tries everything once. A time that a receiver asked for is stored with the delivery.
fn release_in_flight(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "UPDATE messages SET visible_at = ?1 WHERE receipt IS NOT NULL AND visible_at > ?1";
    tx.execute(sql, [now()]).map(|_| ())
}

impl Call<'_> {
    /// Notes that messages of this queue may have become visible, which wakes the long polls on it.
    pub(super) fn changed(&self, queue: &str) {
        self.changed.borrow_mut().insert(queue.to_owned());
    }

    pub(super) fn queue_at(&self, url: &str) -> Result<Queue> {
        self.queue(names::name_of_url(url))
    }

    pub(super) fn queue(&self, name: &str) -> Result<Queue> {
        self.find_queue(name)?.ok_or_else(|| SqsError::no_queue(name))
    }

    pub(super) fn find_queue(&self, name: &str) -> Result<Option<Queue>> {
        let sql = "SELECT name, attributes FROM queues WHERE name = ?1";
        Ok(self.tx.prepare_cached(sql)?.query_row([name], read_queue).optional()?)
    }

    /// All queues, sorted by name.
    pub(super) fn queues(&self) -> Result<Vec<Queue>> {
        let mut statement = self.tx.prepare_cached("SELECT name, attributes FROM queues ORDER BY name")?;
        let queues = statement.query_map([], read_queue)?.collect::<rusqlite::Result<_>>();
        Ok(queues?)
    }
}

fn read_queue(row: &rusqlite::Row<'_>) -> rusqlite::Result<Queue> {
    let attributes = from_json(row, 1)?;
    Ok(Queue { name: row.get(0)?, attributes })
}

/// Reads a column of JSON that this server wrote.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|err| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(err)))
}

pub(super) fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data with text keys")
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqs::{queues, send};

    #[test]
    fn message_older_than_the_retention_period_is_removed() {
        let database = Database::open(None).unwrap();
        let attributes = [("MessageRetentionPeriod".to_owned(), "60".to_owned())].into();
        let create = |call: &Call<'_>| queues::create(call, "q", &attributes);
        database.call(create).unwrap();
        let sent_at = now();
        let send = |call: &Call<'_>| {
            let request = serde_json::json!({"MessageBody": "b"});
            send::one(call, &call.queue("q")?, &serde_json::from_value(request).unwrap())
        };
        database.call_at(sent_at, send).unwrap();
        let left = || {
            let count =
                |call: &Call<'_>| Ok(call.tx.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))?);
            database.call::<i64>(count).unwrap().0
        };
        database.expire_at(sent_at + 60_000).unwrap();
        assert_eq!(left(), 1);
        database.expire_at(sent_at + 60_001).unwrap();
        assert_eq!(left(), 0);
    }

    #[test]
    fn file_of_version_1_is_upgraded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("queues.sqlite");
        let connection = Connection::open(&file).unwrap();
        let (before, after) = SCHEMA.split_once(",\n        -- the first of its group").unwrap();
        let schema = format!("{before}\n{}", &after[after.find("    ) STRICT").unwrap()..]);
        connection.execute_batch(&schema).unwrap();
        connection
            .execute_batch(
                "CREATE INDEX messages_in_order ON messages(queue, sequence);
                 CREATE INDEX messages_by_visibility ON messages(queue, visible_at);
                 INSERT INTO queues VALUES ('q.fifo', '{}', 0);
                 INSERT INTO messages(queue, id, body, attributes, group_id, sent_at, visible_at)
                 VALUES ('q.fifo', '1', 'b', '{}', 'a', 0, 0), ('q.fifo', '2', 'b', '{}', 'a', 0, 0),
                     ('q.fifo', '3', 'b', '{}', NULL, 0, 0);
                 PRAGMA user_version = 1",
            )
            .unwrap();
        drop(connection);
        let database = Database::open(Some(&file)).unwrap();
        let heads = |call: &Call<'_>| {
            let mut statement = call.tx.prepare("SELECT id FROM messages WHERE head ORDER BY id")?;
            let heads = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>();
            Ok(heads?)
        };
        assert_eq!(database.call(heads).unwrap().0, ["1", "3"]);
        drop(database);
        Database::open(Some(&file)).unwrap();
    }

    #[test]
    fn file_of_an_unknown_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("queues.sqlite");
        let connection = Connection::open(&file).unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
        drop(connection);
        let error = Database::open(Some(&file)).err().expect("refused").to_string();
        assert!(error.contains("version 9"), "{error}");
    }
}

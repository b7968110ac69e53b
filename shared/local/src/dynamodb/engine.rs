//! The open store. It answers requests in groups: those of a kind that [`super::quick`] knows share one transaction,
//! and none is answered before it is committed. All others are done by the library, each in a transaction of its own.
//!
//! SQLite uses a write-ahead log with `synchronous = FULL`: a request that was answered survives the end of the process
//! (kill -9) and a loss of power, because its log was flushed to the disk by then, once for the whole group.
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use anyhow::Context as _;
use dynoxide::storage::Storage;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    action::{Action, Kind, Plans},
    expiry, operations,
    quick::{BatchGetItem, BatchWriteItem, Done, GetItem, alone},
    table::Table,
    transaction::{Tokens, TransactWriteItems},
    value::known,
};
use crate::{service::Response, worker::Work};

/// Statements that stay prepared.
const STATEMENTS: usize = 64;
const CACHE_KIBIBYTES: i64 = 16 * 1024;
/// Pages of the log after which they are written to the file: each costs a second write, but the more changes of the
/// same page are in the log, the fewer.
const CHECKPOINT_PAGES: i64 = 4_000;

pub(super) enum Job {
    Perform {
        operation: String,
        input: Vec<u8>,
        response: oneshot::Sender<Response>,
    },
    /// Removes expired items of a part of the table after this row; answers with the last row that was looked at.
    Sweep {
        after: i64,
        looked_at: oneshot::Sender<rusqlite::Result<Option<i64>>>,
    },
}

pub(super) struct Engine {
    storage: Storage,
    /// `None`: of another kind than [`super::quick`] knows.
    tables: HashMap<String, Option<Table>>,
    plans: Plans,
    tokens: Tokens,
    /// Of the group that is not committed yet.
    ready: Vec<Ready>,
}

/// A response that waits for the commit.
type Ready = (oneshot::Sender<Response>, Response);

impl Engine {
    /// Opens or creates the file. Without a file the data stays in memory.
    pub(super) fn open(file: Option<&Path>) -> anyhow::Result<Self> {
        let storage = match file {
            Some(file) => Storage::new(file.to_str().context("the path of the data folder is not valid UTF-8")?),
            None => Storage::memory(),
        };
        let storage = storage.context("opening the DynamoDB file of the data folder")?;
        let connection = storage.conn();
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self {
            storage,
            tables: HashMap::new(),
            plans: Plans::default(),
            tokens: Tokens::default(),
            ready: Vec::new(),
        })
    }

    fn perform(&mut self, operation: &str, input: &[u8], response: oneshot::Sender<Response>) {
        match catch_unwind(AssertUnwindSafe(|| self.quickly(operation, input))) {
            Ok(Ok(Some(done))) => self.ready.push((response, done)),
            Ok(Ok(None)) if matches!(operation, "GetItem" | "BatchGetItem" | "Query") => {
                self.read_by_library(operation, input, response);
            }
            Ok(Ok(None)) => {
                self.commit();
                let done = catch_unwind(AssertUnwindSafe(|| self.by_library(operation, input)));
                self.end_transaction();
                let _ = response.send(done.unwrap_or_else(|_| failure()));
            }
            Ok(Err(error)) => {
                self.ready.push((response, failure()));
                self.roll_back(&error);
            }
            // The panic itself is reported by the hook of the process.
            Err(_) => {
                self.ready.push((response, failure()));
                self.roll_back(&"a panic");
            }
        }
    }

    /// Within the transaction of the group, if there is one: what is read is answered when it is committed.
    fn read_by_library(&mut self, operation: &str, input: &[u8], response: oneshot::Sender<Response>) {
        let is_open = !self.storage.conn().is_autocommit();
        let done = catch_unwind(AssertUnwindSafe(|| self.by_library(operation, input)));
        let is_intact = done.is_ok() && is_open != self.storage.conn().is_autocommit();
        self.ready.push((response, done.unwrap_or_else(|_| failure())));
        if !is_intact {
            self.roll_back(&"a read by the library");
        }
    }

    fn quickly(&mut self, operation: &str, input: &[u8]) -> Done {
        let input = known!(str::from_utf8(input).ok());
        match operation {
            "TransactWriteItems" => self.transact(input),
            "BatchGetItem" => {
                let request: BatchGetItem<'_> = known!(read(input));
                let table = known!(table(&mut self.tables, &self.storage, known!(request.table_name())));
                request.run(begun(&self.storage)?, table)
            }
            "BatchWriteItem" => {
                let request: BatchWriteItem<'_> = known!(read(input));
                let table = known!(table(&mut self.tables, &self.storage, known!(request.table_name())));
                request.run(begun(&self.storage)?, table)
            }
            "GetItem" => {
                let request: GetItem<'_> = known!(read(input));
                let table = known!(table(&mut self.tables, &self.storage, request.table_name));
                request.run(begun(&self.storage)?, table)
            }
            _ => {
                let kind = known!(kind(operation));
                let action: Action<'_> = known!(read(input));
                let table = known!(table(&mut self.tables, &self.storage, action.table_name));
                alone(&action, kind, begun(&self.storage)?, table, &self.plans)
            }
        }
    }

    fn transact(&mut self, input: &str) -> Done {
        let request: TransactWriteItems<'_> = known!(read(input));
        if let Some(response) = request.client_request_token.and_then(|token| self.tokens.get(token)) {
            return Ok(Some(Response::ok(response)));
        }
        let table = known!(table(&mut self.tables, &self.storage, known!(request.table_name())));
        let done = request.run(begun(&self.storage)?, table, &self.plans, input.len())?;
        if let (Some(token), Some(Response { status: 200, body, .. })) = (request.client_request_token, &done) {
            self.tokens.keep(token.to_owned(), body.clone());
        }
        Ok(done)
    }

    fn by_library(&mut self, operation: &str, input: &[u8]) -> Response {
        let token = (operation == "TransactWriteItems").then(|| Tokens::of(input)).flatten();
        if let Some(known) = token.as_deref().and_then(|token| self.tokens.get(token)) {
            return Response::ok(known);
        }
        if operation == "CreateTable" {
            self.tables.clear();
        }
        let response = operations::perform(&self.storage, operation, input);
        if let (Some(token), 200) = (token, response.status) {
            self.tokens.keep(token, response.body.clone());
            self.tokens.commit();
        }
        self.learn(operation, input, &response);
        response
    }

    /// Remembers the expressions of actions that the library accepted.
    fn learn(&mut self, operation: &str, input: &[u8], response: &Response) -> Option<()> {
        let is_refused = |error: &str| response.body.contains(error);
        let input = str::from_utf8(input).ok()?;
        if operation == "TransactWriteItems" {
            let request: TransactWriteItems<'_> = read(input)?;
            // Of a cancelled one, some actions may be invalid. All others were judged.
            let is_judged = is_refused("TransactionCanceledException") && !is_refused("ValidationError");
            if response.status == 200 || is_judged {
                let table = table(&mut self.tables, &self.storage, request.table_name()?)?;
                request.actions().for_each(|(_, action)| self.plans.learn(action, table));
            }
        } else if response.status == 200 || is_refused("ConditionalCheckFailedException") {
            kind(operation)?;
            let action: Action<'_> = read(input)?;
            self.plans.learn(&action, table(&mut self.tables, &self.storage, action.table_name)?);
        }
        Some(())
    }

    fn commit(&mut self) {
        let connection = self.storage.conn();
        let committed = if connection.is_autocommit() { Ok(()) } else { run(connection, "COMMIT") };
        match committed {
            Ok(()) => {
                self.tokens.commit();
                self.ready.drain(..).for_each(|(response, done)| drop(response.send(done)));
            }
            Err(error) => self.roll_back(&error),
        }
    }

    /// Nothing of the group is kept, and the clients try again.
    fn roll_back(&mut self, error: &dyn std::fmt::Display) {
        let requests = self.ready.len();
        tracing::warn!(error = error.to_string(), requests, "the store did not take a group of requests");
        self.end_transaction();
        self.tokens.roll_back();
        self.ready.drain(..).for_each(|(response, _)| drop(response.send(failure())));
    }

    fn end_transaction(&self) {
        let connection = self.storage.conn();
        if !connection.is_autocommit()
            && let Err(error) = run(connection, "ROLLBACK")
        {
            tracing::error!(%error, "a transaction of the store was not rolled back");
        }
    }
}

/// `None`: the library has to look at it.
fn read<'a, T: serde::Deserialize<'a>>(input: &'a str) -> Option<T> {
    serde_json::from_str(input).ok()
}

/// Of operations that are one action.
fn kind(operation: &str) -> Option<Kind> {
    match operation {
        "PutItem" => Some(Kind::Put),
        "UpdateItem" => Some(Kind::Update),
        "DeleteItem" => Some(Kind::Delete),
        _ => None,
    }
}

impl Work<Job> for Engine {
    fn work(&mut self, jobs: &mut Vec<Job>) {
        for job in jobs.drain(..) {
            match job {
                Job::Perform { operation, input, response } => self.perform(&operation, &input, response),
                Job::Sweep { after, looked_at } => {
                    self.commit();
                    let _ = looked_at.send(expiry::sweep(&self.storage, after));
                    self.end_transaction();
                }
            }
        }
    }

    fn end_group(&mut self) {
        self.commit();
    }
}

fn table<'a>(tables: &'a mut HashMap<String, Option<Table>>, storage: &Storage, name: &str) -> Option<&'a Table> {
    if !tables.contains_key(name) {
        let metadata = storage.get_table_metadata(name).ok()??;
        tables.insert(name.to_owned(), Table::of(&metadata));
    }
    tables.get(name)?.as_ref()
}

/// The connection, in a transaction.
fn begun(storage: &Storage) -> rusqlite::Result<&Connection> {
    let connection = storage.conn();
    if connection.is_autocommit() {
        run(connection, "BEGIN IMMEDIATE")?;
    }
    Ok(connection)
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// The client may try again.
fn failure() -> Response {
    Response::error(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "The operation failed.")
}

#[cfg(test)]
mod tests;

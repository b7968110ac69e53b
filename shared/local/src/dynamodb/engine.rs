//! The open store. It answers requests in groups: those of a kind that [`super::quick`] knows share one transaction,
//! and none is answered before it is committed. All others are done by the library, each in a transaction of its own.
//!
//! SQLite uses a write-ahead log with `synchronous = FULL`: a request that was answered survives the end of the process
//! (kill -9) and a loss of power, because its log was flushed to the disk by then, once for the whole group.
use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use dynoxide::storage::Storage;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    expiry, operations,
    quick::{BatchGetItem, BatchWriteItem, Done, GetItem, Plan, UpdateItem},
    table::Table,
};
use crate::service::Response;

/// Statements that stay prepared.
const STATEMENTS: usize = 64;
const CACHE_KIBIBYTES: i64 = 8 * 1024;
/// Kinds of updates that are kept. The project has some twenty.
const MAX_PLANS: usize = 100;
/// How long a transaction that is sent again gets the response of the first, as in DynamoDB.
const TOKENS_KEPT: Duration = Duration::from_secs(600);
const MAX_TOKENS: usize = 4_096;

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
    plans: Vec<Plan>,
    tokens: Tokens,
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
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { storage, tables: HashMap::new(), plans: Vec::new(), tokens: Tokens::default() })
    }

    /// Does a group of jobs, in their order.
    pub(super) fn work(&mut self, group: &mut Vec<Job>) {
        let mut ready: Vec<Ready> = Vec::with_capacity(group.len());
        for job in group.drain(..) {
            match job {
                Job::Perform { operation, input, response } => {
                    match catch_unwind(AssertUnwindSafe(|| self.quickly(&operation, &input))) {
                        Ok(Ok(Some(done))) => ready.push((response, done)),
                        Ok(Ok(None)) => {
                            self.commit(&mut ready);
                            let done = catch_unwind(AssertUnwindSafe(|| self.by_library(&operation, &input)));
                            self.end_transaction();
                            let _ = response.send(done.unwrap_or_else(|_| failure()));
                        }
                        Ok(Err(error)) => {
                            ready.push((response, failure()));
                            self.roll_back(&mut ready, &error);
                        }
                        // The panic itself is reported by the hook of the process.
                        Err(_) => {
                            ready.push((response, failure()));
                            self.roll_back(&mut ready, &"a panic");
                        }
                    }
                }
                Job::Sweep { after, looked_at } => {
                    self.commit(&mut ready);
                    let _ = looked_at.send(expiry::sweep(&self.storage, after));
                    self.end_transaction();
                }
            }
        }
        self.commit(&mut ready);
    }

    fn quickly(&mut self, operation: &str, input: &[u8]) -> Done {
        let Ok(input) = str::from_utf8(input) else { return Ok(None) };
        match operation {
            "UpdateItem" => {
                let Ok(request) = serde_json::from_str::<UpdateItem<'_>>(input) else { return Ok(None) };
                let Some(table) = table(&mut self.tables, &self.storage, request.table_name) else { return Ok(None) };
                let Some(plan) = self.plans.iter().find(|plan| plan.fits(&request)) else { return Ok(None) };
                request.run(begun(&self.storage)?, table, plan)
            }
            "GetItem" => {
                let Ok(request) = serde_json::from_str::<GetItem<'_>>(input) else { return Ok(None) };
                let Some(table) = table(&mut self.tables, &self.storage, request.table_name) else { return Ok(None) };
                request.run(begun(&self.storage)?, table)
            }
            "BatchGetItem" => {
                let Ok(request) = serde_json::from_str::<BatchGetItem<'_>>(input) else { return Ok(None) };
                let Some(name) = request.table_name() else { return Ok(None) };
                let Some(table) = table(&mut self.tables, &self.storage, name) else { return Ok(None) };
                request.run(begun(&self.storage)?, table)
            }
            "BatchWriteItem" => {
                let Ok(request) = serde_json::from_str::<BatchWriteItem<'_>>(input) else { return Ok(None) };
                let Some(name) = request.table_name() else { return Ok(None) };
                let Some(table) = table(&mut self.tables, &self.storage, name) else { return Ok(None) };
                request.run(begun(&self.storage)?, table)
            }
            _ => Ok(None),
        }
    }

    fn by_library(&mut self, operation: &str, input: &[u8]) -> Response {
        match operation {
            "TransactWriteItems" => {
                let token = Tokens::of(input);
                if let Some(known) = token.as_deref().and_then(|token| self.tokens.get(token)) {
                    return Response::ok(known);
                }
                let response = operations::perform(&self.storage, operation, input);
                if let (Some(token), 200) = (token, response.status) {
                    self.tokens.keep(token, response.body.clone());
                }
                response
            }
            "CreateTable" => {
                self.tables.clear();
                operations::perform(&self.storage, operation, input)
            }
            "UpdateItem" => {
                let response = operations::perform(&self.storage, operation, input);
                self.learn(input, &response);
                response
            }
            _ => operations::perform(&self.storage, operation, input),
        }
    }

    /// Remembers the expressions of an update that the library accepted.
    fn learn(&mut self, input: &[u8], response: &Response) {
        let is_valid = response.status == 200 || response.body.contains("ConditionalCheckFailedException");
        let Some(request) = str::from_utf8(input).ok().and_then(|input| serde_json::from_str(input).ok()) else {
            return;
        };
        if !is_valid || self.plans.len() >= MAX_PLANS || self.plans.iter().any(|plan| plan.fits(&request)) {
            return;
        }
        if let Some(table) = table(&mut self.tables, &self.storage, request.table_name) {
            self.plans.push(Plan::of(&request, table));
        }
    }

    fn commit(&self, ready: &mut Vec<Ready>) {
        let connection = self.storage.conn();
        let committed = if connection.is_autocommit() { Ok(()) } else { run(connection, "COMMIT") };
        match committed {
            Ok(()) => ready.drain(..).for_each(|(response, done)| drop(response.send(done))),
            Err(error) => self.roll_back(ready, &error),
        }
    }

    /// Nothing of the group is kept, and the clients try again.
    fn roll_back(&self, ready: &mut Vec<Ready>, error: &dyn std::fmt::Display) {
        tracing::warn!(error = error.to_string(), requests = ready.len(), "the store did not take a group of requests");
        self.end_transaction();
        ready.drain(..).for_each(|(response, _)| drop(response.send(failure())));
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

/// Responses to transactions by the tokens of their clients: a client that did not get one sends the transaction again.
#[derive(Default)]
struct Tokens {
    responses: HashMap<String, String>,
    /// Oldest first.
    order: VecDeque<(Instant, String)>,
}

impl Tokens {
    fn of(input: &[u8]) -> Option<String> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Transaction {
            client_request_token: Option<String>,
        }
        serde_json::from_slice::<Transaction>(input).ok()?.client_request_token
    }

    fn get(&self, token: &str) -> Option<String> {
        self.responses.get(token).cloned()
    }

    fn keep(&mut self, token: String, response: String) {
        let now = Instant::now();
        while self.order.len() >= MAX_TOKENS
            || self.order.front().is_some_and(|(at, _)| now.duration_since(*at) > TOKENS_KEPT)
        {
            let Some((_, oldest)) = self.order.pop_front() else { break };
            self.responses.remove(&oldest);
        }
        self.order.push_back((now, token.clone()));
        self.responses.insert(token, response);
    }
}

#[cfg(test)]
mod tests;

//! Transactions: several actions, all of them or none.
use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde::Deserialize;

use super::{
    action::{Action, Decision, Kind, Outcome, Plans},
    quick::{Done, only},
    table::Table,
    value::known,
};
use crate::service::Response;

const MAX_ACTIONS: usize = 100;
/// DynamoDB's limit for the items of a transaction. Their JSON is longer than what it counts.
const MAX_BYTES: usize = 4 << 20;
const MAX_TOKEN_BYTES: usize = 36;
/// How long a transaction that is sent again gets the response of the first, as in DynamoDB.
const TOKENS_KEPT: Duration = Duration::from_secs(600);
const MAX_TOKENS: usize = 4_096;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TransactWriteItems<'a> {
    #[serde(borrow)]
    transact_items: Vec<TransactItem<'a>>,
    pub(super) client_request_token: Option<&'a str>,
}

#[derive(Deserialize)]
enum TransactItem<'a> {
    #[serde(borrow)]
    Put(Action<'a>),
    #[serde(borrow)]
    Update(Action<'a>),
    #[serde(borrow)]
    Delete(Action<'a>),
    #[serde(borrow)]
    ConditionCheck(Action<'a>),
}

impl TransactWriteItems<'_> {
    /// The table of all actions, if it is one.
    pub(super) fn table_name(&self) -> Option<&str> {
        let names: HashSet<&str> = self.actions().map(|(_, action)| action.table_name).collect();
        only(names.into_iter())
    }

    pub(super) fn actions(&self) -> impl Iterator<Item = (Kind, &Action<'_>)> {
        self.transact_items.iter().map(|item| match item {
            TransactItem::Put(action) => (Kind::Put, action),
            TransactItem::Update(action) => (Kind::Update, action),
            TransactItem::Delete(action) => (Kind::Delete, action),
            TransactItem::ConditionCheck(action) => (Kind::Check, action),
        })
    }

    /// `bytes`: of the request.
    pub(super) fn run(&self, connection: &Connection, table: &Table, plans: &Plans, bytes: usize) -> Done {
        let has_room = (1..=MAX_ACTIONS).contains(&self.transact_items.len()) && bytes <= MAX_BYTES;
        let token_fits = self.client_request_token.is_none_or(|token| token.len() <= MAX_TOKEN_BYTES);
        if !has_room || !token_fits || self.actions().any(|(_, action)| action.return_values.is_some()) {
            return Ok(None);
        }
        let mut decisions = Vec::with_capacity(self.transact_items.len());
        for (kind, action) in self.actions() {
            decisions.push(known!(action.decide(kind, connection, table, plans)?));
        }
        let items: HashSet<_> = decisions.iter().map(|decision| &decision.key).collect();
        if items.len() < decisions.len() {
            // DynamoDB refuses two actions on one item.
            return Ok(None);
        }
        if decisions.iter().any(|decision| matches!(decision.outcome, Outcome::Refused(_))) {
            return Ok(Some(cancelled(&decisions)));
        }
        for decision in &decisions {
            decision.write(connection, table)?;
        }
        Ok(Some(Response::ok("{}".to_owned())))
    }
}

fn cancelled(decisions: &[Decision]) -> Response {
    let (mut codes, mut reasons) = (Vec::new(), Vec::new());
    for decision in decisions {
        let Outcome::Refused(stored) = &decision.outcome else {
            codes.push("None");
            reasons.push(r#"{"Code":"None"}"#.to_owned());
            continue;
        };
        let item = stored.as_ref().map(|json| format!(",\"Item\":{json}")).unwrap_or_default();
        codes.push("ConditionalCheckFailed");
        reasons.push(format!(
            "{{\"Code\":\"ConditionalCheckFailed\",\"Message\":\"The conditional request failed\"{item}}}"
        ));
    }
    let (codes, reasons) = (codes.join(", "), reasons.join(","));
    let body = format!(
        "{{\"__type\":\"com.amazonaws.dynamodb.v20120810#TransactionCanceledException\",\
         \"Message\":\"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]\",\
         \"CancellationReasons\":[{reasons}]}}"
    );
    Response { status: 400, query_error: None, body }
}

/// Responses to transactions by the tokens of their clients: a client that did not get one sends the transaction again.
#[derive(Default)]
pub(super) struct Tokens {
    responses: HashMap<String, String>,
    /// Oldest first.
    order: VecDeque<(Instant, String)>,
    /// How many of the newest belong to transactions that are not committed yet.
    uncommitted: usize,
}

impl Tokens {
    pub(super) fn of(input: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Transaction {
            client_request_token: Option<String>,
        }
        serde_json::from_slice::<Transaction>(input).ok()?.client_request_token
    }

    pub(super) fn get(&self, token: &str) -> Option<String> {
        self.responses.get(token).cloned()
    }

    pub(super) fn keep(&mut self, token: String, response: String) {
        let now = Instant::now();
        while self.order.len() >= MAX_TOKENS
            || self.order.front().is_some_and(|(at, _)| now.duration_since(*at) > TOKENS_KEPT)
        {
            let Some((_, oldest)) = self.order.pop_front() else { break };
            self.responses.remove(&oldest);
        }
        self.order.push_back((now, token.clone()));
        self.responses.insert(token, response);
        self.uncommitted += 1;
    }

    pub(super) fn commit(&mut self) {
        self.uncommitted = 0;
    }

    /// Forgets the transactions that are not committed.
    pub(super) fn roll_back(&mut self) {
        for _ in 0..std::mem::take(&mut self.uncommitted) {
            if let Some((_, token)) = self.order.pop_back() {
                self.responses.remove(&token);
            }
        }
    }
}

//! What can only be read: the account and its deliveries.
use account_api::{Account, Attempt, Deliveries, Delivery, TokenOf};
use accounts::ApiToken;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize;
use status::ids::DestinationId;
use store::DeliveryEntry;

use super::problem::Problem;
use crate::{edits, state::Console};

const MOST: u32 = 100;
const USUAL: u32 = 50;

pub(super) async fn account(console: &Console, token: &ApiToken) -> Result<Response, Problem> {
    let account = console.store.account(&token.account).await?.ok_or_else(|| Problem::unauthorized(true))?;
    let body = Account {
        id: account.id.to_string(),
        name: account.name,
        since: account.since,
        max_monitors: console.max_monitors(&token.account),
        token: TokenOf { id: token.id.clone(), name: token.name.clone(), scope: token.scope, ends_at: token.ends_at },
    };
    Ok(axum::Json(body).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    destination: String,
    before: Option<Timestamp>,
    limit: Option<u32>,
}

pub(super) async fn deliveries(console: &Console, token: &ApiToken, query: &str) -> Result<Response, Problem> {
    let query: Query = serde_html_form::from_str(query).map_err(|_| {
        Problem::bad_request(
            "Send destination=ID, and if you like before=TIME and limit=NUMBER, as /api/v1/openapi.json describes them.",
        )
    })?;
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::bad_request(format!("limit must be 1 to {MOST}.")));
    }
    let id = DestinationId::new(&query.destination);
    // Of the account: destinations of all accounts share one key space.
    edits::destination(console, &token.account, &id).await?;
    let entries = console.store.newest_deliveries_to(&id, query.before, limit).await?;
    let is_full = entries.len() == limit as usize;
    let next = entries.last().map(|entry| entry.first_at).filter(|_| is_full);
    let body = Deliveries { deliveries: entries.into_iter().map(delivery).collect(), next };
    Ok(axum::Json(body).into_response())
}

pub(crate) fn delivery(entry: DeliveryEntry) -> Delivery {
    let attempts = entry.attempts.into_iter().map(|it| Attempt {
        at: it.at,
        status: it.status,
        answer: it.answer,
        took_ms: it.took_ms,
    });
    let ended = entry.ended.and_then(|end| serde_json::to_value(end).ok()?.as_str().map(str::to_owned));
    Delivery {
        id: entry.delivery.to_string(),
        alert: entry.alert.to_string(),
        destination: entry.destination.to_string(),
        provider: entry.provider.to_string(),
        incident: entry.incident.to_string(),
        state: ended.unwrap_or_else(|| "pending".to_owned()),
        first_at: entry.first_at,
        next_attempt_at: entry.not_before,
        attempt_count: entry.attempt_count,
        attempts: attempts.collect(),
    }
}

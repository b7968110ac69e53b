//! Reading settings: all of a kind, or one.
use std::collections::HashMap;

use account_api::Kind;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use status::{
    ids::{AccountId, DestinationId, ProviderId},
    monitor::Settings,
};
use store::{DestinationRecord, Stored, StoredDestination};

use super::{
    preconditions::{etag, is_known},
    problem::Problem,
    represent::{self, Represented},
};
use crate::{
    edits::{self, OwnPage, Refused},
    state::Console,
};

pub(super) async fn list(console: &Console, account: &AccountId, kind: Kind) -> Result<Response, Problem> {
    let all = console.store.stored_settings(account).await?;
    let list: Vec<Represented> = match kind {
        Kind::Monitors => {
            let is_own_page = |id: &ProviderId| all.pages.iter().any(|page| page.value.0.id == *id);
            all.monitors.iter().map(|it| represent::monitor(it, is_own_page(&it.value.provider))).collect()
        }
        Kind::Groups => all.groups.iter().map(represent::group).collect(),
        Kind::Pages => {
            let has_login = |it: &Stored<OwnPage>| all.logins.contains_key(&it.value.0.id);
            all.pages.iter().map(|it| represent::page(it, has_login(it))).collect()
        }
        Kind::Boards => {
            let boards = console.store.boards(account).await?;
            boards.iter().map(|it| represent::board(it, console.store.address_of(&it.value))).collect()
        }
        Kind::Destinations => {
            let ids: Vec<DestinationId> = all.destinations.iter().map(|it| it.value.id.clone()).collect();
            let records = console.store.destinations(&ids).await?.into_iter();
            let mut records: HashMap<DestinationId, DestinationRecord> =
                records.map(|record| (record.destination.id.clone(), record)).collect();
            let represented = |stored: &Stored<StoredDestination>| {
                let disabled = disabled(records.remove(&stored.value.id), account);
                represent::destination(stored, secrets(console, &stored.value).as_ref(), disabled)
            };
            all.destinations.iter().map(represented).collect()
        }
    };
    let list: Vec<Value> = list.into_iter().map(|it| Value::Object(it.fields)).collect();
    Ok(axum::Json(json!({kind.plural(): list})).into_response())
}

pub(super) async fn read(
    console: &Console,
    account: &AccountId,
    kind: Kind,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let represented = one(console, account, kind, id).await?;
    let tag = etag(represented.version, &represented.fields);
    if is_known(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(answer(StatusCode::OK, represented))
}

/// As it is stored now.
pub(super) async fn one(console: &Console, account: &AccountId, kind: Kind, id: &str) -> Result<Represented, Refused> {
    Ok(match kind {
        Kind::Monitors => {
            let stored = edits::monitor(console, account, &id.into()).await?;
            let is_own_page = console.store.stored_page(account, &stored.value.provider).await?.is_some();
            represent::monitor(&stored, is_own_page)
        }
        Kind::Groups => represent::group(&edits::group(console, account, &id.into()).await?),
        Kind::Pages => {
            let (stored, has_login) = edits::page(console, account, &id.into()).await?;
            represent::page(&stored, has_login)
        }
        Kind::Boards => {
            let stored = edits::board(console, account, &id.into()).await?;
            represent::board(&stored, console.store.address_of(&stored.value))
        }
        Kind::Destinations => {
            let stored = edits::destination(console, account, &id.into()).await?;
            let record = console.store.destination(&stored.value.id).await?;
            represent::destination(&stored, secrets(console, &stored.value).as_ref(), disabled(record, account))
        }
    })
}

/// All settings of a destination; `None`: the key that encrypted them is not given to this instance.
fn secrets(console: &Console, stored: &StoredDestination) -> Option<Settings> {
    console.store.unseal(stored).ok().map(|destination| destination.settings)
}

/// Destinations of all accounts share one key space.
fn disabled(record: Option<DestinationRecord>, account: &AccountId) -> Option<String> {
    let own = record.filter(|record| record.destination.account == *account);
    own.and_then(|record| record.disabled).map(|disabled| disabled.reason)
}

pub(super) fn answer(status: StatusCode, represented: Represented) -> Response {
    let tag = [(header::ETAG, etag(represented.version, &represented.fields))];
    (status, tag, axum::Json(Value::Object(represented.fields))).into_response()
}

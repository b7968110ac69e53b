//! Exporting an account: all of it as JSON, and its settings as a configuration file.
use std::collections::{BTreeMap, HashMap};

use accounts::{Account, ApiToken};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use settings::{BoardDraft, GroupDraft, MonitorDraft, PageDraft, Secrets, Written};
use status::ids::{AccountId, DestinationId, ProviderId};
use store::{
    AccountSettings, DestinationRecord, ManagedBy, Recipient, StoreError, Stored, StoredBoard, StoredDestination,
    StoredFeed, StoredSettings, Team, Visibility,
};

use crate::{
    api::delivery,
    recipients,
    respond::{Refusal, not_found},
    state::Console,
    visitor::{Right, SignedIn},
};

const FILE_HEAD: &str = "# The settings of an account, as a configuration file of statuswire. Secrets are named, not written: set\n\
                         # the variables. `statuswire config check FILE` says what is missing.\n";
/// Of the delivery log of a destination, and of all together: a response of a function has at most 6 MB. The API lists
/// the others.
const DELIVERIES: u32 = 100;
const ALL_DELIVERIES: usize = 2_000;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/account/export", get(export)).route("/account/export.toml", get(export_file))
}

/// Everything that is stored of the account, without what is secret.
async fn export(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    by.require(Right::Administer)?;
    let (store, account) = (&console.store, by.account());
    let Some(team) = store.team(account, Timestamp::now()).await? else { return Ok(not_found()) };
    let log = recipients::log(&console, account).await?;
    let settings = store.stored_settings(account).await?;
    let addresses = recipients::addresses_of(&settings, &log);
    let consents = store.recipients(addresses.iter().map(|address| (account, address.as_str()))).await?;
    let ids: Vec<DestinationId> = settings.destinations.iter().map(|it| it.value.id.clone()).collect();
    let states = states(account, store.destinations(&ids).await?);
    let Account { id, name, since, .. } = &team.account;
    let body = json!({
        "account": {"id": id, "name": name, "since": since},
        "members": members(&team),
        "invitations": invitations(&team),
        "tokens": team.tokens.iter().map(token).collect::<Vec<_>>(),
        "settings": exported_settings(&settings, &states),
        "recipients": consents.iter().map(consent).collect::<Vec<_>>(),
        "mutes": store.mutes(account).await?,
        "boards": store.boards(account).await?.iter().map(board).collect::<Vec<_>>(),
        "feeds": store.feeds(account).await?.iter().map(feed).collect::<Vec<_>>(),
        "deliveries": deliveries(&console, &ids).await?,
        "audit_log": log,
    });
    let body = body.to_string();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"account.json\"")),
    ];
    Ok((headers, body).into_response())
}

/// The settings as the configuration file of an instance of one's own, which names what is secret.
async fn export_file(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    by.require(Right::Administer)?;
    let (settings, _) = console.store.settings_in_clear(by.account(), |_| true).await?;
    let text = format!("{FILE_HEAD}\n{}", written(&settings).to_toml(Secrets::Named));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/toml")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"statuswire.toml\"")),
    ];
    Ok((headers, text).into_response())
}

fn written(settings: &AccountSettings) -> Written<'_> {
    let AccountSettings { pages, logins, destinations, groups, monitors, boards } = settings;
    Written { pages, logins, destinations, groups, monitors, boards }
}

fn members(team: &Team) -> Vec<Value> {
    team.members.iter().map(|it| json!({"address": it.address, "role": it.role, "since": it.since})).collect()
}

fn invitations(team: &Team) -> Vec<Value> {
    let invitations = team.invitations.iter();
    invitations.map(|it| json!({"address": it.address, "role": it.role, "by": it.by, "ends_at": it.ends_at})).collect()
}

fn token(token: &ApiToken) -> Value {
    let ApiToken { id, name, scope, by, made_with, since, ends_at, used_at, .. } = token;
    json!({"id": id, "name": name, "scope": scope, "by": by, "made_with": made_with, "since": since, "ends_at": ends_at,
           "used_at": used_at})
}

/// Without the secret of the links in their mails.
fn consent(recipient: &Recipient) -> Value {
    let Recipient { address, consent, asked, asked_at, answered_at, .. } = recipient;
    json!({"address": address, "consent": consent, "asked": asked, "asked_at": asked_at, "answered_at": answered_at})
}

/// Destinations of all accounts share one key space.
fn states(account: &AccountId, records: Vec<DestinationRecord>) -> HashMap<DestinationId, Value> {
    let own = records.into_iter().filter(|record| record.destination.account == *account);
    let state = |it: &DestinationRecord| {
        json!({"disabled": it.disabled.as_ref().map(|disabled| json!({"reason": disabled.reason, "at": disabled.at})),
               "verified_at": it.verified_at, "failing_since": it.failing_since, "missed_since": it.missed_since})
    };
    own.map(|record| (record.destination.id.clone(), state(&record))).collect()
}

/// As drafts, with what the instance adds to them. What is secret in them stays here.
fn exported_settings(settings: &StoredSettings, states: &HashMap<DestinationId, Value>) -> Value {
    let is_own_page = |id: &ProviderId| settings.pages.iter().any(|page| page.value.0.id == *id);
    let monitor = |it| MonitorDraft::of(it, is_own_page(&it.provider));
    let destination = |it: &StoredDestination| {
        let clear = it.clear_settings().0.iter().filter(|(key, _)| !channels::is_secret(&it.channel, key));
        let clear: BTreeMap<_, _> = clear.collect();
        json!({"id": it.id, "label": it.label, "channel": it.channel, "settings": clear, "state": states.get(&it.id)})
    };
    let pages = settings.pages.iter().map(|stored| {
        let (page, visibility) = &stored.value;
        let visibility = if *visibility == Visibility::Public { "public" } else { "private" };
        let more =
            json!({"id": page.id, "visibility": visibility, "has_login": settings.logins.contains_key(&page.id)});
        with(more, managed(stored, PageDraft::of(page)))
    });
    json!({
        "pages": pages.collect::<Vec<_>>(),
        "destinations": settings.destinations.iter().map(|it| managed(it, destination(&it.value))).collect::<Vec<_>>(),
        "groups": settings.groups.iter().map(|it| managed(it, GroupDraft::of(&it.value))).collect::<Vec<_>>(),
        "monitors": settings.monitors.iter().map(|it| managed(it, monitor(&it.value))).collect::<Vec<_>>(),
    })
}

/// With who writes it.
fn managed<T>(stored: &Stored<T>, draft: impl Serialize) -> Value {
    let managed_by = if stored.managed_by == ManagedBy::File { "file" } else { "web" };
    with(json!({"managed_by": managed_by}), serde_json::to_value(draft).unwrap_or_default())
}

fn with(more: Value, mut fields: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
        fields.extend(more);
    }
    fields
}

/// Whoever has the file is not to have its secret address.
fn board(stored: &Stored<StoredBoard>) -> Value {
    managed(stored, BoardDraft::of(&stored.value.board))
}

/// That it is there: its address is secret.
fn feed(stored: &Stored<StoredFeed>) -> Value {
    json!({"group": stored.value.feed.group})
}

/// The newest ones to each destination.
async fn deliveries(console: &Console, destinations: &[DestinationId]) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for destination in destinations {
        let room = DELIVERIES.min((ALL_DELIVERIES - all.len()) as u32);
        if room == 0 {
            break;
        }
        let newest = console.store.newest_deliveries_to(destination, None, room).await?;
        all.extend(newest.into_iter().filter_map(|entry| serde_json::to_value(delivery(entry)).ok()));
    }
    Ok(all)
}

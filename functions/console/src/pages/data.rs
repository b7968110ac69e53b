//! Renaming, exporting and deleting an account.
use std::collections::BTreeMap;

use accounts::{ApiToken, audit::values};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use serde_json::{Value, json};
use settings::{BoardDraft, GroupDraft, MonitorDraft, PageDraft, Secrets, Written};
use status::ids::ProviderId;
use store::{AccountSettings, EditError, Stored, StoredBoard, StoredDestination, StoredSettings, Team};

use super::members::refused;
use crate::{
    entry::entry,
    fields::{Field, Problems},
    posted::{Posted, token},
    respond::{self, Refusal, conflict, forbidden, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

/// Characters.
const MAX_NAME: usize = 60;
const AUDIT_PAGE: u32 = 500;
const FILE_HEAD: &str = "# The settings of an account, as a configuration file of statuswire. Secrets are named, not written: set\n\
                         # the variables. `statuswire config check FILE` says what is missing.\n";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account/rename", get(show_rename).post(rename))
        .route("/account/delete", get(show_delete).post(delete))
        .route("/account/export", get(export))
        .route("/account/export.toml", get(export_file))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    name: String,
}

/// The account of an owner.
async fn team(console: &Console, by: &SignedIn) -> Result<Team, Refusal> {
    by.require(Right::Administer)?;
    let team = console.store.team(by.account(), Timestamp::now()).await?;
    team.ok_or_else(|| Refusal::from(not_found()))
}

async fn show_rename(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    let team = team(&console, &by).await?;
    Ok(rename_page(&by, &team.account.name, &Problems::default()))
}

fn rename_page(by: &SignedIn, name: &str, problems: &Problems) -> Response {
    let field = Field { name: "name", label: "Name", kind: "text", value: name, autocomplete: "off" };
    let content = html! {
        p.crumbs { a href="/account" { "Account" } }
        (problems.summary())
        form.sign-in method="post" action="/account/rename" {
            (token(by))
            (field.markup(problems))
            button.main type="submit" { "Save" }
        }
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond::page(status, "Rename this account", None, content)
}

async fn rename(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    let team = team(&console, &by).await?;
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let problems = Problems::of("name", format!("Enter a name of 1 to {MAX_NAME} characters."));
        return Ok(rename_page(&by, &form.name, &problems));
    }
    let mut renamed = entry(by.account(), by.address(), "account.renamed", name, Timestamp::now());
    renamed.before = values([("name", &team.account.name)]);
    renamed.after = values([("name", name)]);
    match console.store.rename_account(&team.account, name, renamed).await {
        Ok(()) => Ok(see_other("/account?done=renamed")),
        Err(error) => refused(error),
    }
}

async fn show_delete(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    let team = deletable(&console, &by).await?;
    Ok(delete_page(&by, &team, "", &Problems::default()))
}

/// What the configuration file declares is deleted there.
async fn deletable(console: &Console, by: &SignedIn) -> Result<Team, Refusal> {
    let team = team(console, by).await?;
    if team.account.in_file {
        return Err(Refusal::from(forbidden(
            "This account belongs to the configuration file and is not deleted here.",
        )));
    }
    Ok(team)
}

fn delete_page(by: &SignedIn, team: &Team, typed: &str, problems: &Problems) -> Response {
    let name = &team.account.name;
    let label = format!("Type {name} to confirm");
    let field = Field { name: "name", label: &label, kind: "text", value: typed, autocomplete: "off" };
    let content = html! {
        p.crumbs { a href="/account" { "Account" } }
        p { "Everything of this account is deleted for all its members, and cannot be brought back: what it watches, \
             whom it alerts, members, invitations and the audit log. "
            a href="/account/export" { "Export it first" } "." }
        (problems.summary())
        form.sign-in method="post" action="/account/delete" {
            (token(by))
            (field.markup(problems))
            button.main type="submit" { "Delete this account" }
        }
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond::page(status, "Delete this account", None, content)
}

async fn delete(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    let team = deletable(&console, &by).await?;
    if form.name.trim() != team.account.name {
        let problems = Problems::of("name", "This is not the name of the account. Nothing was deleted.");
        return Ok(delete_page(&by, &team, &form.name, &problems));
    }
    let removed = async {
        console.store.remove_boards(by.account()).await?;
        console.store.remove_feeds(by.account()).await?;
        console.store.remove_mutes(by.account()).await?;
        console.store.remove_settings(by.account()).await
    };
    match removed.await {
        Ok(()) => {}
        Err(EditError::Store(error)) => return Err(error.into()),
        // Another member is changing them: whoever deletes sees what is left, and does it again.
        Err(_) => return Ok(conflict()),
    }
    match console.store.delete_team(&team, by.address()).await {
        Ok(()) => {
            tracing::info!(account.id = %team.account.id, "an account was deleted");
            Ok(see_other("/account"))
        }
        Err(error) => refused(error),
    }
}

/// Everything that is stored of the account, without what is secret.
async fn export(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    let team = team(&console, &by).await?;
    let (mut log, mut next) = (Vec::new(), None);
    loop {
        let page = console.store.audit_log(by.account(), next.as_deref(), AUDIT_PAGE).await?;
        log.extend(page.entries);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    let settings = console.store.stored_settings(by.account()).await?;
    let mutes = console.store.mutes(by.account()).await?;
    let boards = console.store.boards(by.account()).await?;
    let log = serde_json::to_value(log).unwrap_or_default();
    let body = json!({
        "account": {"id": team.account.id, "name": team.account.name, "since": team.account.since},
        "members": members(&team),
        "invitations": invitations(&team),
        "tokens": tokens(&team),
        "settings": exported_settings(&settings),
        "mutes": mutes,
        "boards": boards.iter().map(exported_board).collect::<Vec<_>>(),
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

fn tokens(team: &Team) -> Vec<Value> {
    let token = |it: &ApiToken| json!({"name": it.name, "scope": it.scope, "by": it.by, "since": it.since, "ends_at": it.ends_at});
    team.tokens.iter().map(token).collect()
}

/// As drafts, which the API takes again. What is secret in a destination stays here.
fn exported_settings(settings: &StoredSettings) -> Value {
    let is_own_page = |id: &ProviderId| settings.pages.iter().any(|page| page.value.0.id == *id);
    let monitors = settings.monitors.iter().map(|it| MonitorDraft::of(&it.value, is_own_page(&it.value.provider)));
    let destination = |it: &StoredDestination| {
        let clear = it.clear_settings().0.iter().filter(|(key, _)| !channels::is_secret(&it.channel, key));
        let clear: BTreeMap<_, _> = clear.collect();
        json!({"id": it.id, "label": it.label, "channel": it.channel, "settings": clear})
    };
    json!({
        "pages": settings.pages.iter().map(|it| PageDraft::of(&it.value.0)).collect::<Vec<_>>(),
        "destinations": settings.destinations.iter().map(|it| destination(&it.value)).collect::<Vec<_>>(),
        "groups": settings.groups.iter().map(|it| GroupDraft::of(&it.value)).collect::<Vec<_>>(),
        "monitors": monitors.collect::<Vec<_>>(),
    })
}

/// Whoever has the file is not to have its secret address.
fn exported_board(stored: &Stored<StoredBoard>) -> BoardDraft {
    BoardDraft::of(&stored.value.board)
}

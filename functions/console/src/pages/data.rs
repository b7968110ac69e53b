//! Renaming and deleting an account.
use accounts::{Session, audit::values};
use axum::{Router, extract::State, response::Response, routing::get};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use store::{EditError, StoreError, Team};

use super::members::refused;
use crate::{
    cookie,
    entry::entry,
    fields::{Field, Problems},
    posted::{Posted, token},
    recipients,
    respond::{self, Refusal, conflict, forbidden, not_found, see_other, with_cookie},
    state::Console,
    visitor::{Right, SignedIn, transport},
};

/// Characters.
const MAX_NAME: usize = 60;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account/rename", get(show_rename).post(rename))
        .route("/account/delete", get(show_delete).post(delete))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    name: String,
    /// The name of the account that the page showed.
    was: String,
}

/// The account of an owner.
async fn team(console: &Console, by: &SignedIn) -> Result<Team, Refusal> {
    by.require(Right::Administer)?;
    let team = console.store.team(by.account(), Timestamp::now()).await?;
    team.ok_or_else(|| Refusal::from(not_found()))
}

async fn show_rename(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    let team = team(&console, &by).await?;
    let name = &team.account.name;
    Ok(rename_page(&by, (name, name), &Problems::default()))
}

/// `was`: the name that is to be replaced.
fn rename_page(by: &SignedIn, (name, was): (&str, &str), problems: &Problems) -> Response {
    let field = Field { name: "name", label: "Name", kind: "text", value: name, autocomplete: "off" };
    let content = html! {
        p.crumbs { a href="/account" { "Account" } }
        (problems.summary())
        form.sign-in method="post" action="/account/rename" {
            (token(by))
            input type="hidden" name="was" value=(was);
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
        return Ok(rename_page(&by, (&form.name, &form.was), &problems));
    }
    if form.was != team.account.name {
        let text = format!("Somebody else named it {} meanwhile. Save again to replace that.", team.account.name);
        let mut page = rename_page(&by, (&form.name, &team.account.name), &Problems::of("name", text));
        *page.status_mut() = StatusCode::CONFLICT;
        return Ok(page);
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

async fn delete(
    State(console): State<Console>,
    parts: Parts,
    Posted { by, form }: Posted<Form>,
) -> Result<Response, Refusal> {
    let team = deletable(&console, &by).await?;
    if form.name.trim() != team.account.name {
        let problems = Problems::of("name", "This is not the name of the account. Nothing was deleted.");
        return Ok(delete_page(&by, &team, &form.name, &problems));
    }
    let removed = async {
        // While the settings and the log still say which addresses they were.
        let addresses = recipients::addresses(&console, by.account()).await?;
        console.store.remove_boards(by.account()).await?;
        console.store.remove_feeds(by.account()).await?;
        console.store.remove_mutes(by.account()).await?;
        console.store.remove_settings(by.account()).await?;
        Ok(console.store.forget_recipients(by.account(), &addresses).await?)
    };
    match removed.await {
        Ok(()) => {}
        Err(EditError::Store(error)) => return Err(error.into()),
        // Another member is changing them: whoever deletes sees what is left, and does it again.
        Err(_) => return Ok(conflict()),
    }
    let sessions = sessions_of(&console, &team).await?;
    match console.store.delete_team(&team, by.address()).await {
        Ok(()) => {
            // At last: whoever deletes can do it again if it is interrupted.
            for session in &sessions {
                console.store.end_session(&session.address, &session.id, None).await?;
            }
            tracing::info!(account.id = %team.account.id, "an account was deleted");
            let is_over = sessions.iter().any(|session| session.id == by.session.id);
            let cookie = cookie::end(transport(&console, &parts.headers, &parts.uri)).filter(|_| is_over);
            Ok(with_cookie(see_other("/account"), cookie))
        }
        Err(error) => refused(error),
    }
}

/// Those that nothing is left to work in. Others go on to another account of their person, who is told so.
async fn sessions_of(console: &Console, team: &Team) -> Result<Vec<Session>, StoreError> {
    let (account, now) = (&team.account.id, Timestamp::now());
    let mut sessions = Vec::new();
    for member in &team.members {
        let user = console.store.user(&member.address).await?;
        if user.is_none_or(|user| user.accounts.iter().all(|of| of == account)) {
            sessions.extend(console.store.sessions_of(&member.address, now).await?);
        }
    }
    Ok(sessions)
}

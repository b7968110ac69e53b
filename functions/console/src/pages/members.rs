//! Changing and removing members. An account keeps an owner; whoever is removed is out with their next request.
use accounts::role::Role;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use maud::html;
use serde::Deserialize;
use store::TeamError;

use crate::{
    edits::{self, Refused},
    posted::{Posted, token},
    respond::{self, Refusal, conflict, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account/members/role", post(change))
        .route("/account/members/remove", get(confirm).post(remove))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    address: String,
    role: String,
    /// What the page showed.
    was: String,
}

async fn change(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    let Ok(role) = form.role.parse::<Role>() else { return Ok(conflict()) };
    let member = edits::member(&console, &by.actor(), &form.address).await?;
    by.require(Right::Administer)?;
    // Whoever sent this decided about another role.
    if form.was != member.role.as_str() {
        return Ok(conflict());
    }
    edits::change_role(&console, &by.actor(), &member, role).await?;
    Ok(see_other("/account?done=role"))
}

/// Everybody may leave; others are removed by an owner.
async fn confirm(State(console): State<Console>, by: SignedIn, Query(form): Query<Form>) -> Result<Response, Refusal> {
    let is_self = form.address == by.address();
    if !is_self {
        by.require(Right::Administer)?;
    }
    let Some(member) = console.store.member(by.account(), &form.address).await? else { return Ok(not_found()) };
    let Some(account) = console.store.account(by.account()).await? else { return Ok(not_found()) };
    let title = if is_self { "Leave this account" } else { "Remove a member" };
    let content = html! {
        p {
            @if is_self { "You will no longer see the account " strong { (account.name) } "." }
            @else {
                strong { (member.address) } " will no longer see the account " strong { (account.name) } ", from now on."
            }
        }
        form method="post" action="/account/members/remove" {
            (token(&by))
            input type="hidden" name="address" value=(member.address);
            button.main type="submit" { (title) }
            " " a.button href="/account" { "Cancel" }
        }
    };
    Ok(respond::page(StatusCode::OK, title, None, content))
}

async fn remove(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    let is_self = form.address == by.address();
    let member = edits::member(&console, &by.actor(), &form.address).await?;
    edits::remove_member(&console, &by.actor(), &member).await?;
    Ok(see_other(if is_self { "/account" } else { "/account?done=removed" }))
}

/// The page for a change that was not made.
pub(super) fn refused(error: TeamError) -> Result<Response, Refusal> {
    Err(Refused::from(error).into())
}

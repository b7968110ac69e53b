//! `/account/tokens`: API tokens of the account. The secret of a new one is shown once, by the answer to the form, and
//! is stored nowhere: there is no page to go back to.
use accounts::{ApiToken, scope::Scope};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use site::{paths::segment, times::time};

use crate::{
    edits::{self, TokenDraft},
    fields::{Field, Problems, select},
    posted::{Posted, token},
    respond::{self, Refusal, not_found, see_other},
    state::Console,
    visitor::SignedIn,
};

/// Days from now, and their name; the first is proposed.
const LIFETIMES: [(&str, &str); 4] = [("90", "90 days"), ("30", "30 days"), ("365", "1 year"), ("", "No end")];

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account/tokens", get(show).post(make))
        .route("/account/tokens/{id}/revoke", get(confirm).post(revoke))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    name: String,
    scope: String,
    days: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Done {
    done: Option<String>,
}

/// The forms have a token and nothing else.
#[derive(Default, Deserialize)]
struct Nothing {}

async fn show(State(console): State<Console>, by: SignedIn, Query(query): Query<Done>) -> Result<Response, Refusal> {
    let tokens = edits::tokens(&console, &by.actor()).await?;
    let flash = query.done.map(|_| "Revoked. Whoever has this token is out.");
    let proposed = Form { scope: Scope::Read.as_str().to_owned(), days: LIFETIMES[0].0.to_owned(), ..Form::default() };
    Ok(page(&by, &tokens, flash, &proposed, &Problems::default()))
}

fn page(by: &SignedIn, tokens: &[ApiToken], flash: Option<&str>, typed: &Form, problems: &Problems) -> Response {
    let content = html! {
        p.crumbs { a href="/account" { "Account" } }
        p { "A token lets a program read this account, change what it watches and whom it alerts, or decide about its \
             members, by the " a href="/api#account" { "API" } ". It ends when whoever made it leaves the account." }
        @if tokens.is_empty() { p.empty { "There is no token yet." } } @else { (table(tokens)) }
        h2 #new { "New token" }
        (problems.summary())
        (form(by, typed, problems))
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond::page(status, "API tokens", flash, content)
}

fn table(tokens: &[ApiToken]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Tokens" {
            table {
                thead {
                    tr { th { "Name" } th { "Scope" } th { "Made" } th { "Until" } th { "Last used" }
                         th { span.hidden { "Actions" } } }
                }
                tbody {
                    @for token in tokens {
                        tr {
                            td { (token.name) }
                            td { (token.scope) }
                            td {
                                (time(token.since)) " by " (token.by)
                                @if token.made_with.is_some() { ", by a token of theirs" }
                            }
                            td { @match token.ends_at { Some(end) => (time(end)), None => "No end" } }
                            td { @match token.used_at { Some(used) => (time(used)), None => "Never" } }
                            td {
                                a href={ "/account/tokens/" (segment(&token.id)) "/revoke" } {
                                    "Revoke" span.hidden { " " (token.name) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn form(by: &SignedIn, typed: &Form, problems: &Problems) -> Markup {
    let name = Field { name: "name", label: "Name", kind: "text", value: &typed.name, autocomplete: "off" };
    let scopes = [
        ("read", "read: see everything of this account"),
        ("write", "write: also change settings"),
        ("admin", "admin: also invite and remove members, and make tokens; for 90 days at most"),
    ];
    html! {
        form.sign-in method="post" action="/account/tokens" {
            (token(by))
            (name.markup(problems))
            (select("scope", "Scope", &scopes, &typed.scope))
            (select("days", "Ends after", &LIFETIMES, &typed.days))
            button.main type="submit" { "Make a token" }
        }
    }
}

async fn make(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    // What is none of the choices ends at once, which is refused.
    let days = if form.days.is_empty() { None } else { Some(form.days.parse().unwrap_or_default()) };
    let draft = TokenDraft { name: &form.name, scope: &form.scope, days };
    let problems = match edits::make_token(&console, &by.actor(), &draft).await {
        Ok((made, text)) => return Ok(once(&console, &made, &text)),
        Err(refused) => refused.at_form("name")?,
    };
    let tokens = edits::tokens(&console, &by.actor()).await?;
    Ok(page(&by, &tokens, None, &form, &problems))
}

/// The only page that shows the secret.
fn once(console: &Console, made: &ApiToken, text: &str) -> Response {
    let base = console.settings.public_url.as_deref().unwrap_or("https://this-instance");
    let command = format!("curl -H \"Authorization: Bearer $TOKEN\" {base}{}/monitors", account_api::ROOT);
    let content = html! {
        p.crumbs { a href="/account" { "Account" } " / " a href="/account/tokens" { "API tokens" } }
        p.note role="status" { "This is the only time that the token is shown. Copy it now." }
        p { code #token { (text) } }
        button type="button" hidden data-copy data-copy-text=(text) { "Copy" }
        p { "Its name is " strong { (made.name) } ", its scope " strong { (made.scope) } ". Use it like this:" }
        pre { code { "TOKEN=" (text) "\n" (command) } }
        p { a.button href="/account/tokens" { "Done" } }
    };
    respond::page(StatusCode::CREATED, "Your new token", None, content)
}

async fn one(console: &Console, by: &SignedIn, id: &str) -> Result<ApiToken, Refusal> {
    let tokens = edits::tokens(console, &by.actor()).await?;
    tokens.into_iter().find(|token| token.id == id).ok_or_else(|| Refusal::from(not_found()))
}

async fn confirm(State(console): State<Console>, Path(id): Path<String>, by: SignedIn) -> Result<Response, Refusal> {
    let found = one(&console, &by, &id).await?;
    let content = html! {
        p { "Programs that use the token " strong { (found.name) } " are refused from now on. It cannot be brought back." }
        form method="post" action={ "/account/tokens/" (segment(&found.id)) "/revoke" } {
            (token(&by))
            button.main type="submit" { "Revoke this token" }
            " " a.button href="/account/tokens" { "Cancel" }
        }
    };
    Ok(respond::page(StatusCode::OK, "Revoke a token", None, content))
}

async fn revoke(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { by, .. }: Posted<Nothing>,
) -> Result<Response, Refusal> {
    edits::revoke_token(&console, &by.actor(), &id).await?;
    Ok(see_other("/account/tokens?done=revoked"))
}

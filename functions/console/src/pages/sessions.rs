//! `/account/sessions`: where one is signed in, and how to end that. Sessions are of a person, not of an account.
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use site::{paths::segment, times::time};

use crate::{
    enter,
    posted::{PostedByPerson, button},
    respond::{self, Refusal, not_found, see_other},
    state::Console,
    visitor::SignedIn,
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account/sessions", get(show))
        .route("/account/sessions/others/end", post(end_others))
        .route("/account/sessions/{id}/end", post(end))
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
    let sessions = console.store.sessions_of(by.address(), Timestamp::now()).await?;
    let content = html! {
        p.crumbs { a href="/account" { "Account" } }
        div.scroll tabindex="0" role="region" aria-label="Sessions" {
            table {
                thead { tr { th { "From" } th { "Since" } th { "Until" } th { span.hidden { "Actions" } } } }
                tbody {
                    @for session in &sessions {
                        tr {
                            td { (session.from) }
                            td { (time(session.since)) }
                            td { (time(session.ends_at)) }
                            td {
                                @if session.id == by.session.id { "This session" }
                                @else { (button(&by, &format!("/account/sessions/{}/end", segment(&session.id)), "End")) }
                            }
                        }
                    }
                }
            }
        }
        @if sessions.len() > 1 { p { (button(&by, "/account/sessions/others/end", "End all others")) } }
    };
    let flash = query.done.map(|_| "Ended.");
    Ok(respond::page(StatusCode::OK, "Your sessions", flash, content))
}

async fn end(
    State(console): State<Console>,
    Path(id): Path<String>,
    PostedByPerson { session: by, .. }: PostedByPerson<Nothing>,
) -> Result<Response, Refusal> {
    let now = Timestamp::now();
    let sessions = console.store.sessions_of(&by.address, now).await?;
    let Some(session) = sessions.iter().find(|session| session.id == id) else { return Ok(not_found()) };
    enter::end_session(&console, session, now).await?;
    Ok(see_other("/account/sessions?done=ended"))
}

async fn end_others(
    State(console): State<Console>,
    PostedByPerson { session: by, .. }: PostedByPerson<Nothing>,
) -> Result<Response, Refusal> {
    let now = Timestamp::now();
    for session in console.store.sessions_of(&by.address, now).await? {
        if session.id != by.id {
            enter::end_session(&console, &session, now).await?;
        }
    }
    Ok(see_other("/account/sessions?done=ended"))
}

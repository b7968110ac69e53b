//! `/mail/{token}`: the page of one mail recipient, linked in every mail to the address and known to nobody else. It asks
//! for consent and takes it back. Wanted properties:
//! - a GET changes nothing, since scanners of mail servers follow links;
//! - one POST to `/mail/{token}/unsubscribe` is enough, without signing in and without a redirect (RFC 8058);
//! - doing the same twice is fine.
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use store::{Consent, Recipient, StoreError};

use crate::{Web, page::page};

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/mail/{token}", get(show))
        .route("/mail/{token}/confirm", post(confirm))
        .route("/mail/{token}/unsubscribe", post(unsubscribe))
}

async fn show(State(web): State<Web>, Path(token): Path<String>) -> Response {
    match web.store.recipient_by_token(&token).await {
        Ok(Some(recipient)) => stands(&token, &recipient.address, recipient.consent),
        Ok(None) => unknown(),
        Err(error) => broken(error),
    }
}

async fn confirm(State(web): State<Web>, Path(token): Path<String>) -> Response {
    answer(&web, &token, Consent::Confirmed).await
}

async fn unsubscribe(State(web): State<Web>, Path(token): Path<String>) -> Response {
    answer(&web, &token, Consent::Unsubscribed).await
}

async fn answer(web: &Web, token: &str, consent: Consent) -> Response {
    let answered = async {
        let Some(recipient) = web.store.recipient_by_token(token).await? else {
            return Ok::<_, StoreError>(None);
        };
        web.store.answer(&recipient, consent, Timestamp::now()).await?;
        tracing::info!(account.id = %recipient.account, "a mail recipient answered: {consent:?}");
        Ok(Some(recipient))
    };
    match answered.await {
        Ok(Some(Recipient { address, .. })) => stands(token, &address, consent),
        Ok(None) => unknown(),
        Err(error) => broken(error),
    }
}

/// The page as the answer stands.
fn stands(token: &str, address: &str, consent: Consent) -> Response {
    let button = |path: &str, label: &str, main: bool| {
        html! {
            form method="post" action={ "/mail/" (token) "/" (path) } {
                button type="submit" class=[main.then_some("main")] { (label) }
            }
        }
    };
    let (title, content): (&str, Markup) = match consent {
        Consent::Asked => (
            "Do you want these alerts?",
            html! {
                p { "Somebody wants incident alerts of vendors' status pages to be sent to " code { (address) } "." }
                (button("confirm", "Yes, send me alerts", true))
                (button("unsubscribe", "No", false))
                p.soft { "Nothing but the question is sent until you agree, and every mail lets you unsubscribe." }
            },
        ),
        Consent::Confirmed => (
            "You get alerts",
            html! {
                p { "Incident alerts are sent to " code { (address) } "." }
                (button("unsubscribe", "Unsubscribe", false))
            },
        ),
        Consent::Unsubscribed => (
            "You get no more alerts",
            html! {
                p { "Nothing more is sent to " code { (address) } "." }
                (button("confirm", "Subscribe again", false))
            },
        ),
    };
    page(StatusCode::OK, title, content)
}

fn unknown() -> Response {
    let content = html! {
        p { "This link belongs to no recipient. Please open the link of the newest mail in full." }
    };
    page(StatusCode::NOT_FOUND, "Unknown link", content)
}

fn broken(error: StoreError) -> Response {
    tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store did not answer");
    let content = html! { p { "Nothing was changed. Please try again in a moment." } };
    page(StatusCode::SERVICE_UNAVAILABLE, "That did not work", content)
}

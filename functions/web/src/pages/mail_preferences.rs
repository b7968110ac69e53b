//! `/mail/{token}`: the page of one mail recipient, linked in every mail to that address. It asks for consent and
//! revokes it. Properties that must hold:
//! - a GET changes nothing, because mail scanners follow links;
//! - one POST to `/mail/{token}/unsubscribe` is enough, without signing in and without a redirect (RFC 8058);
//! - repeating a request changes nothing more.
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

use crate::{layout::private_page, state::Web};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/mail/{token}", get(show))
        .route("/mail/{token}/confirm", post(confirm))
        .route("/mail/{token}/unsubscribe", post(unsubscribe))
}

async fn show(State(web): State<Web>, Path(token): Path<String>) -> Response {
    match web.store.recipient_by_token(&token).await {
        Ok(Some(recipient)) => preferences(&token, &recipient.address, recipient.consent),
        Ok(None) => invalid_link(),
        Err(error) => unavailable(error),
    }
}

async fn confirm(State(web): State<Web>, Path(token): Path<String>) -> Response {
    record(&web, &token, Consent::Confirmed).await
}

async fn unsubscribe(State(web): State<Web>, Path(token): Path<String>) -> Response {
    record(&web, &token, Consent::Unsubscribed).await
}

/// Stores the recipient's consent and shows it.
async fn record(web: &Web, token: &str, consent: Consent) -> Response {
    let recorded = async {
        let Some(recipient) = web.store.recipient_by_token(token).await? else {
            return Ok::<_, StoreError>(None);
        };
        web.store.answer(&recipient, consent, Timestamp::now()).await?;
        tracing::info!(account.id = %recipient.account, consent = ?consent, "a mail recipient changed their consent");
        Ok(Some(recipient))
    };
    match recorded.await {
        Ok(Some(Recipient { address, .. })) => preferences(token, &address, consent),
        Ok(None) => invalid_link(),
        Err(error) => unavailable(error),
    }
}

fn preferences(token: &str, address: &str, consent: Consent) -> Response {
    let button = |path: &str, label: &str, is_primary: bool| {
        html! {
            form method="post" action={ "/mail/" (token) "/" (path) } {
                button type="submit" class=[is_primary.then_some("main")] { (label) }
            }
        }
    };
    let (title, content): (String, Markup) = match consent {
        Consent::Asked => (
            format!("Confirm alerts for {address}"),
            html! {
                p { "Someone asked for incident alerts from providers' status pages to be sent to this address." }
                (button("confirm", "Yes, send me alerts", true))
                (button("unsubscribe", "No", false))
                p.soft { "You will receive nothing until you confirm. Every email has an unsubscribe link." }
            },
        ),
        Consent::Confirmed => (
            "Subscribed".to_owned(),
            html! {
                p { "Incident alerts are sent to " code { (address) } "." }
                (button("unsubscribe", "Unsubscribe", false))
            },
        ),
        Consent::Unsubscribed => (
            "Unsubscribed".to_owned(),
            html! {
                p { "No more alerts are sent to " code { (address) } "." }
                (button("confirm", "Subscribe again", false))
            },
        ),
    };
    private_page::response(StatusCode::OK, &title, content)
}

fn invalid_link() -> Response {
    let content = html! { p { "This link is no longer valid. Use the link in your latest email." } };
    private_page::response(StatusCode::NOT_FOUND, "Invalid link", content)
}

fn unavailable(error: StoreError) -> Response {
    tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store cannot be read");
    let content = html! { p { "Nothing was changed. Try again in a minute." } };
    private_page::response(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong", content)
}

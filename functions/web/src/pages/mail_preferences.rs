//! `/mail/{token}`: the page of one mail recipient, linked in every mail to that address. It asks for consent, revokes
//! it and lifts a suppression: whoever reads the mail wants it again. Properties that must hold:
//! - a GET changes nothing and shows the page, at the unsubscribe URL too, because mail scanners follow links;
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
use store::{Consent, DestinationRecord, Recipient, StoreError, SuppressionCause};

use crate::{
    layout::{private_page, times::time},
    state::Web,
};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/mail/{token}", get(show))
        .route("/mail/{token}/confirm", post(confirm).get(show))
        .route("/mail/{token}/unsubscribe", post(unsubscribe).get(show))
}

/// Why a recipient who agreed gets nothing.
struct Paused {
    since: Timestamp,
    /// Continues "…, because".
    why: &'static str,
}

async fn show(State(web): State<Web>, Path(token): Path<String>) -> Response {
    let found = async {
        let Some(recipient) = web.store.recipient_by_token(&token).await? else { return Ok::<_, StoreError>(None) };
        let paused = paused(&web, &recipient).await?;
        Ok(Some((recipient, paused)))
    };
    match found.await {
        Ok(Some((recipient, paused))) => preferences(&token, &recipient.address, recipient.consent, paused.as_ref()),
        Ok(None) => invalid_link(),
        Err(error) => unavailable(error),
    }
}

/// The suppression of the address, or a destination of the account with this address that was disabled.
async fn paused(web: &Web, recipient: &Recipient) -> Result<Option<Paused>, StoreError> {
    if let Some(suppression) = web.store.suppression(&recipient.address).await? {
        let why = match suppression.cause() {
            SuppressionCause::NoMailbox => "the mail server said that this mailbox does not exist",
            SuppressionCause::Bounced => "a mail to it came back as undeliverable",
            SuppressionCause::Complained => "a mail to it was reported as spam",
        };
        return Ok(Some(Paused { since: suppression.at, why }));
    }
    let has_address = |record: &DestinationRecord| {
        let channel = channels::channel(&record.destination.channel);
        let address = channel.and_then(|channel| (channel.recipient)(record.destination.clear_settings()));
        record.destination.account == recipient.account && address.as_ref() == Some(&recipient.address)
    };
    let troubled = web.store.troubled_destinations().await?;
    let disabled = troubled.into_iter().filter(has_address).find_map(|record| record.disabled);
    // If a suppression was the cause, it was lifted. An answer since then enables the destination.
    let is_answered = |at: Timestamp| recipient.answered_at.is_some_and(|answered| answered > at);
    let disabled = disabled.filter(|disabled| !disabled.is_by_suppression() && !is_answered(disabled.at));
    Ok(disabled.map(|disabled| Paused { since: disabled.at, why: "the mail server accepted none for days" }))
}

async fn confirm(State(web): State<Web>, Path(token): Path<String>) -> Response {
    record(&web, &token, Consent::Confirmed).await
}

async fn unsubscribe(State(web): State<Web>, Path(token): Path<String>) -> Response {
    record(&web, &token, Consent::Unsubscribed).await
}

/// Stores the recipient's consent and shows it. Consent lifts a suppression, and enables what was disabled before.
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
        Ok(Some(recipient)) => preferences(token, &recipient.address, consent, None),
        Ok(None) => invalid_link(),
        Err(error) => unavailable(error),
    }
}

fn preferences(token: &str, address: &str, consent: Consent, paused: Option<&Paused>) -> Response {
    let button = |path: &str, label: &str, is_primary: bool| {
        html! {
            form method="post" action={ "/mail/" (token) "/" (path) } {
                button type="submit" class=[is_primary.then_some("main")] { (label) }
            }
        }
    };
    let (title, content): (String, Markup) = match (consent, paused) {
        (Consent::Asked, _) => (
            format!("Confirm alerts for {address}"),
            html! {
                p { "Someone asked for incident alerts from providers' status pages to be sent to this address." }
                (button("confirm", "Yes, send me alerts", true))
                (button("unsubscribe", "No", false))
                p.soft { "You will receive nothing until you confirm. Every email has an unsubscribe link." }
            },
        ),
        (Consent::Confirmed, Some(Paused { since, why })) => (
            "Alerts are paused".to_owned(),
            html! {
                p {
                    "You are subscribed, but since " (time(*since)) " no alerts are sent to " code { (address) }
                    ", because " (why) "."
                }
                (button("confirm", "Send alerts again", true))
                (button("unsubscribe", "Unsubscribe", false))
            },
        ),
        (Consent::Confirmed, None) => (
            "Subscribed".to_owned(),
            html! {
                p { "Incident alerts are sent to " code { (address) } "." }
                (button("unsubscribe", "Unsubscribe", false))
            },
        ),
        (Consent::Unsubscribed, _) => (
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

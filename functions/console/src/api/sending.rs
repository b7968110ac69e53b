//! What is sent to a destination: a test, a question for consent, a delivery once more.
use account_api::{ConsentAsked, DeliveryDraft, TestSent};
use accounts::role::Right;
use axum::{
    body::Bytes,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use site::sender::sender;
use store::{Stored, StoredDestination};

use super::{body, lists, problem::Problem};
use crate::{
    actor::Actor,
    edits, letters,
    sending::{self, Asked, NotSent},
    state::Console,
};

pub(super) async fn test(console: &Console, by: &Actor, id: &str) -> Result<Response, Problem> {
    let stored = edits::destination(console, &by.account, &id.into()).await?;
    let alert = sending::send_test(console, by, &stored, Timestamp::now()).await?;
    let sent = TestSent { alert: alert.to_string(), destination: stored.value.id.to_string() };
    Ok((StatusCode::ACCEPTED, axum::Json(sent)).into_response())
}

pub(super) async fn ask_consent(console: &Console, by: &Actor, parts: &Parts, id: &str) -> Result<Response, Problem> {
    let stored = edits::destination(console, &by.account, &id.into()).await?;
    let asked = asked(console, by, parts, &stored).await?;
    let asked = match asked {
        Asked::Sent => true,
        Asked::NotNeeded => false,
        Asked::TooOften => {
            let seconds = letters::PAUSE.as_secs().unsigned_abs();
            return Err(Problem::too_many(seconds, "No more email is sent to this address now."));
        }
        Asked::Suppressed => {
            let detail = "This address gets no email: its mail server refused it, or its owner complained.";
            return Err(Problem::new(StatusCode::CONFLICT, "not_sent", detail));
        }
    };
    Ok((StatusCode::ACCEPTED, axum::Json(ConsentAsked { asked })).into_response())
}

/// As the pages do, whenever a destination got another address.
pub(super) async fn asked(
    console: &Console,
    by: &Actor,
    parts: &Parts,
    stored: &Stored<StoredDestination>,
) -> Result<Asked, NotSent> {
    let sender = sender(&parts.extensions, &parts.headers);
    sending::ask_for_consent(console, by, &stored.value, sender, Timestamp::now()).await
}

pub(super) async fn repeat(console: &Console, by: &Actor, parts: &Parts, body: &Bytes) -> Result<Response, Problem> {
    let DeliveryDraft { alert, destination } = body::draft(body::object(&parts.headers, body)?, None)?;
    let (alert, destination) = (alert.as_str().into(), destination.as_str().into());
    sending::send_again(console, by, &alert, &destination, Timestamp::now()).await?;
    let entry = console.store.delivery(&alert, &destination).await?.ok_or(NotSent::NotFound)?;
    Ok((StatusCode::ACCEPTED, axum::Json(lists::delivery(entry))).into_response())
}

impl From<NotSent> for Problem {
    fn from(not_sent: NotSent) -> Self {
        match not_sent {
            NotSent::Forbidden => Self::forbidden(Right::Edit),
            NotSent::NotFound => Self::not_found("The account has nothing with this ID."),
            NotSent::Because(detail) => Self::new(StatusCode::CONFLICT, "not_sent", detail),
            NotSent::TooOften(detail, wait) => Self::too_many(wait.as_secs().unsigned_abs(), &detail),
            NotSent::Store(error) => error.into(),
            NotSent::Queue(error) => {
                tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the queue cannot be used");
                Self::unavailable("The queue cannot be reached. Try again in a minute.")
            }
        }
    }
}

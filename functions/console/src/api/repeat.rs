//! Requests that may be sent again: with an idempotency key, what they make is made once. The key is written in the
//! transaction of what is made, so there is no moment at which one is there without the other.
use accounts::ApiToken;
use http::{HeaderMap, StatusCode, request::Parts};
use jiff::{SignedDuration, Timestamp};
use status::ids::digest;

use super::problem::Problem;
use crate::{actor::Repeatable, state::Console};

const HEADER: &str = "idempotency-key";
const KEPT: SignedDuration = SignedDuration::from_hours(24);
const MAX_KEY: usize = 255;

/// `None`: the request has no key.
pub(super) fn repeatable(token: &ApiToken, parts: &Parts, body: &[u8]) -> Result<Option<Repeatable>, Problem> {
    let Some(key) = key(&parts.headers)? else { return Ok(None) };
    let body = String::from_utf8_lossy(body);
    Ok(Some(Repeatable {
        key: digest(&[&token.id, key]),
        request: digest(&[parts.uri.path(), &body]),
        ends_at: Timestamp::now() + KEPT,
    }))
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let text = value.to_str().ok().map(str::trim).filter(|text| (1..=MAX_KEY).contains(&text.len()));
    text.map(Some)
        .ok_or_else(|| Problem::bad_request(format!("Idempotency-Key must be 1 to {MAX_KEY} visible characters.")))
}

/// The id of what the same request made before. 422 if the key was used for another one.
pub(super) async fn made_before(
    console: &Console,
    token: &ApiToken,
    repeatable: &Repeatable,
) -> Result<Option<String>, Problem> {
    let Some(made) = console.store.made(&token.account, &repeatable.key, Timestamp::now()).await? else {
        return Ok(None);
    };
    if made.request != repeatable.request {
        let detail = "This Idempotency-Key was used for another request. Choose a new one for each thing to be made.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", detail));
    }
    Ok(Some(made.id))
}

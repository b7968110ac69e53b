//! HTTP Basic (RFC 7617) for private instances: one password, any user name, so that browsers, feed readers and
//! calendars can all send it. A mail recipient's page stays open, because its URL is a secret of its own. Wrong
//! passwords are counted: see [`crate::guesses`].
use std::{sync::PoisonError, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::Instant;

use super::sender::sender;
use crate::{
    api::problem::{PRIVATE_INSTANCE, Problem, TOO_MANY_GUESSES},
    guesses::Verdict,
    layout::frame,
    state::{Password, Web},
};

/// Paths with these prefixes need no password, nor does `/health`.
const PUBLIC_PREFIXES: [&str; 3] = ["/mail/", "/assets/", "/schemas/"];

pub(super) fn is_public(path: &str) -> bool {
    path == "/health" || PUBLIC_PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

pub(crate) async fn require_password(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(password) = &web.password else { return next.run(request).await };
    let path = request.uri().path();
    if is_public(path) {
        return next.run(request).await;
    }
    let Some(given) = given_password(request.headers()) else { return unauthorized(path) };
    let sender = sender(request.extensions(), request.headers());
    let verdict = {
        let mut guesses = web.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.judge(sender, given == *password, Instant::now())
    };
    match verdict {
        Verdict::Right => {}
        Verdict::Wrong => return unauthorized(path),
        Verdict::TooMany(wait) => return too_many(path, wait),
    }
    let mut response = next.run(request).await;
    // No shared cache may hand it to somebody else.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

fn unauthorized(path: &str) -> Response {
    let mut response = refusal(path, StatusCode::UNAUTHORIZED, "Private instance", PRIVATE_INSTANCE);
    let challenge = HeaderValue::from_static("Basic realm=\"statuswire\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn too_many(path: &str, wait: Duration) -> Response {
    let mut response = refusal(path, StatusCode::TOO_MANY_REQUESTS, "Too many wrong passwords", TOO_MANY_GUESSES);
    let seconds = wait.as_secs() + 1;
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

fn refusal(path: &str, status: StatusCode, title: &str, text: &'static str) -> Response {
    let mut response = if path.starts_with("/api/") {
        Problem::new(status, text).into_response()
    } else {
        frame::message(status, title, text)
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn given_password(headers: &HeaderMap) -> Option<Password> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    Some(Password::new(text.split_once(':')?.1))
}

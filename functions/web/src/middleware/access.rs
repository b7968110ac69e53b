//! HTTP Basic (RFC 7617) for private instances: one password, any user name, so that browsers, feed readers and
//! calendars can all send it. A mail recipient's page stays open, because its URL is a secret of its own.
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{
    api::problem::{PRIVATE_INSTANCE, Problem},
    layout::frame,
    state::{Password, Web},
};

/// Paths with these prefixes need no password.
const PUBLIC_PREFIXES: [&str; 4] = ["/mail/", "/assets/", "/schemas/", "/health"];

pub(crate) async fn require_password(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(password) = &web.password else { return next.run(request).await };
    let path = request.uri().path();
    if PUBLIC_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
        return next.run(request).await;
    }
    if given_password(request.headers()).as_ref() != Some(password) {
        return unauthorized(path);
    }
    let mut response = next.run(request).await;
    // No shared cache may hand it to somebody else.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

fn unauthorized(path: &str) -> Response {
    let mut response = if path.starts_with("/api/") {
        Problem::new(StatusCode::UNAUTHORIZED, PRIVATE_INSTANCE).into_response()
    } else {
        frame::message(StatusCode::UNAUTHORIZED, "Private instance", PRIVATE_INSTANCE)
    };
    let challenge = HeaderValue::from_static("Basic realm=\"statuswire\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
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

//! A private instance is read by whoever knows its password, with any user name (HTTP Basic, RFC 7617), so that browsers, feed
//! readers and calendars can all be given it. A mail recipient's page stays open: its address is a secret of its own.
use std::fmt;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::{Web, api::problem::Problem, shell};

/// Paths below these are open to everybody.
const OPEN: [&str; 4] = ["/mail/", "/assets/", "/schemas/", "/health"];

/// Only its digest is kept. What it takes to compare two digests says nothing about a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Password([u8; 32]);

impl Password {
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

pub(crate) async fn checked(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(password) = &web.password else { return next.run(request).await };
    let path = request.uri().path();
    if OPEN.iter().any(|open| path.starts_with(open)) {
        return next.run(request).await;
    }
    if given(request.headers()).as_ref() != Some(password) {
        let text = "This instance is private. Any user name and its password open it.";
        let mut response = if path.starts_with("/api/") {
            Problem::new(StatusCode::UNAUTHORIZED, text).into_response()
        } else {
            shell::sentence(StatusCode::UNAUTHORIZED, "Private", text)
        };
        let challenge = HeaderValue::from_static("Basic realm=\"statuswire\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return response;
    }
    let mut response = next.run(request).await;
    // No cache on the way may give it to anybody else.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

fn given(headers: &HeaderMap) -> Option<Password> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    Some(Password::new(text.split_once(':')?.1))
}

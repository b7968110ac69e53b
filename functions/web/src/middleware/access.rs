//! Private instances: one password. Browsers sign in with a form and get a session; feed readers, calendars and scripts
//! send HTTP Basic (RFC 7617) with any user name. API Gateway renames `WWW-Authenticate`, so no browser would ask for
//! the password there. A mail recipient's page stays open, because its URL is a secret of its own. Wrong passwords are
//! counted: see [`site::guesses`].
use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use jiff::Timestamp;
use site::guesses::Verdict;

use super::{cors, sender::sender, session, transport::Transport};
use crate::{
    api::problem::{PRIVATE_INSTANCE, Problem, TOO_MANY_GUESSES},
    layout::frame::{self, Visitor},
    state::{Password, Web},
    urls,
};

/// Paths with these prefixes need no password, nor do [`PUBLIC_PATHS`].
const PUBLIC_PREFIXES: [&str; 3] = ["/mail/", "/assets/", "/schemas/"];
const PUBLIC_PATHS: [&str; 3] = ["/health", urls::SIGN_IN, urls::SIGN_OUT];

pub(super) fn is_public(path: &str) -> bool {
    PUBLIC_PATHS.contains(&path) || PUBLIC_PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

pub(crate) async fn require_password(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(password) = &web.password else { return next.run(request).await };
    let path = request.uri().path();
    if is_public(path) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let transport = Transport::of(headers, request.uri(), web.public_url.as_deref());
    if session::is_valid(headers, password, transport, Timestamp::now()) {
        let response = frame::for_visitor(Visitor::Reader, next.run(request)).await;
        // Whoever signs out leaves nothing behind that the next person at this browser can open.
        return with_cache_control(response, "no-store");
    }
    let Some(given) = given_password(headers) else {
        return if is_browser(&request, transport) { to_sign_in(request.uri()) } else { unauthorized(path) };
    };
    let sender = sender(request.extensions(), headers);
    let verdict = web.judge(sender, given == *password);
    match verdict {
        Verdict::Right => {}
        Verdict::Wrong => return unauthorized(path),
        Verdict::TooMany(wait) => return too_many(path, wait),
    }
    // No shared cache may hand it to somebody else.
    with_cache_control(next.run(request).await, "private, no-cache")
}

/// Whether a person opens a page and can sign in there.
fn is_browser(request: &Request, transport: Transport) -> bool {
    let (path, accept) = (request.uri().path(), request.headers().get(header::ACCEPT));
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let takes_html = accept.and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    is_read && takes_html && transport != Transport::Plain && !cors::is_for_programs(path)
}

fn to_sign_in(wanted: &Uri) -> Response {
    let wanted = wanted.path_and_query().map_or("/", |wanted| wanted.as_str());
    let location = urls::sign_in(wanted);
    (StatusCode::SEE_OTHER, [(header::LOCATION, location.as_str()), (header::CACHE_CONTROL, "no-store")])
        .into_response()
}

fn with_cache_control(mut response: Response, value: &'static str) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
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
    let response = if path.starts_with("/api/") {
        Problem::new(status, text).into_response()
    } else {
        frame::message(status, title, text)
    };
    with_cache_control(response, "no-store")
}

fn given_password(headers: &HeaderMap) -> Option<Password> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    Some(Password::new(text.split_once(':')?.1))
}

//! `/account/sign-in/openid`: leads to the provider of OpenID Connect, which leads back to `.../callback`. From there
//! on it is as with a mailed link, without a button: no mail scanner has the cookie of the browser that began.
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::{
    paths::{ACCOUNT_OPENID, ACCOUNT_SIGN_IN},
    private_page,
    transport::Transport,
};

use super::sign_in::{after, signed_in};
use crate::{
    base::base,
    enter::By,
    openid::{
        OpenId, OpenIdError,
        flow::{self, Flow},
    },
    respond::{Refusal, not_found, see_other, with_cookie},
    state::Console,
    visitor::transport,
};

/// Longer words of a provider are none of the protocol's.
const MAX_ERROR_CHARS: usize = 40;

pub(super) fn routes() -> Router<Console> {
    Router::new().route(ACCOUNT_OPENID, get(begin)).route(&format!("{ACCOUNT_OPENID}/callback"), get(come_back))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Query {
    /// The path that was asked for.
    to: String,
    code: String,
    state: String,
    /// Why the provider lets nobody in, in a word of the protocol.
    error: String,
}

fn query(parts: &Parts) -> Query {
    serde_html_form::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default()
}

async fn begin(State(console): State<Console>, parts: Parts) -> Result<Response, Refusal> {
    let transport = transport(&console, &parts.headers, &parts.uri);
    let (Some(openid), Some(back)) = (&console.openid, back(&console, &parts)) else { return Ok(not_found()) };
    let flow = Flow::begin(after(&query(&parts).to));
    let (true, Some(cookie)) = (transport != Transport::Plain, flow.cookie(transport)) else {
        return Ok(see_other(ACCOUNT_SIGN_IN));
    };
    match openid.sign_in_url(&back, &flow).await {
        Ok(url) => {
            let location = HeaderValue::try_from(url.as_str()).unwrap_or(HeaderValue::from_static(ACCOUNT_SIGN_IN));
            Ok(with_cookie((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(), Some(cookie)))
        }
        Err(error) => Ok(refused(openid, &error)),
    }
}

async fn come_back(State(console): State<Console>, parts: Parts) -> Result<Response, Refusal> {
    let transport = transport(&console, &parts.headers, &parts.uri);
    let (Some(openid), Some(back)) = (&console.openid, back(&console, &parts)) else { return Ok(not_found()) };
    let query = query(&parts);
    let Some(flow) = Flow::read(&parts.headers, transport).filter(|flow| flow.state() == query.state) else {
        return Ok(begun_elsewhere());
    };
    if query.code.is_empty() {
        return Ok(with_cookie(turned_away(openid, &query.error), flow::end(transport)));
    }
    let response = match openid.address(&back, query.code, &flow).await {
        Ok(address) => {
            let proven = (address.as_str(), By::OpenId);
            signed_in(&console, &parts, proven, Some(flow.to.as_str()), Timestamp::now()).await?
        }
        Err(error) => refused(openid, &error),
    };
    // The flow is over, whatever came of it.
    Ok(with_cookie(response, flow::end(transport)))
}

fn back(console: &Console, parts: &Parts) -> Option<String> {
    let base = base(console.settings.public_url.as_deref(), &parts.extensions)?;
    Some(format!("{base}{ACCOUNT_OPENID}/callback"))
}

fn begun_elsewhere() -> Response {
    let text = html! { "This sign-in was begun in another browser, or more than ten minutes ago." };
    page(StatusCode::BAD_REQUEST, &text)
}

fn turned_away(openid: &OpenId, error: &str) -> Response {
    let is_word = !error.is_empty()
        && error.len() <= MAX_ERROR_CHARS
        && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let text = html! {
        (openid.name()) " did not sign you in"
        @if is_word { ": " code { (error) } }
        "."
    };
    page(StatusCode::FORBIDDEN, &text)
}

fn refused(openid: &OpenId, error: &OpenIdError) -> Response {
    let name = openid.name();
    match error {
        OpenIdError::Unreachable(reason) => {
            tracing::warn!(%reason, "the OpenID Connect provider cannot be read");
            page(StatusCode::BAD_GATEWAY, &html! { (name) " does not answer. Try again in a minute." })
        }
        OpenIdError::Unproven(reason) => {
            tracing::warn!(%reason, "the OpenID Connect provider proved nothing");
            page(StatusCode::FORBIDDEN, &html! { "What " (name) " answered cannot be verified. Try again." })
        }
        OpenIdError::NoAddress => {
            let text =
                html! { (name) " does not tell your email address. Whoever runs it lets it be told to statuswire." };
            page(StatusCode::FORBIDDEN, &text)
        }
        OpenIdError::Unverified => {
            let text = html! { (name) " does not say that it verified your email address. Verify it there first." };
            page(StatusCode::FORBIDDEN, &text)
        }
    }
}

fn page(status: StatusCode, text: &Markup) -> Response {
    let content = html! {
        p role="alert" { (text) }
        p { a.button href=(ACCOUNT_SIGN_IN) { "Sign in" } }
    };
    private_page::response(status, "You are not signed in", content)
}

//! The console: the pages of people who have an account. What they see and change is decided by the account of their
//! session, which is part of every key: see [`visitor`]. Whoever asks for something of another account is told that it
//! does not exist. Every form works without a script and is sent by a page of ours: see [`posted`].
mod actor;
mod api;
mod base;
mod coarse;
mod config;
mod cookie;
mod edits;
mod enter;
mod entry;
mod fields;
mod letters;
mod openid;
mod pages;
mod past;
mod posted;
mod provider_names;
mod random;
mod recipients;
mod respond;
mod sending;
mod state;
mod visitor;

use accounts::{SignInLink, secret::Secret};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn},
    response::Response,
};
use http::{HeaderValue, header};
use jiff::Timestamp;
use lambda_http::Error;
use site::{
    frame::{Visitor, for_visitor},
    paths, security_headers,
    transport::Transport,
};
use store::{Store, StoreError};
use tower_http::compression::CompressionLayer;

pub use openid::OpenIdSettings;
pub use state::{Console, Demo, Settings};

/// Of the body of a request: forms are all there is.
const MAX_REQUEST_BYTES: usize = 16 << 10;

/// Every route, behind the middleware. The routes have prefixes of their own, so that they can be merged with those of
/// `web`.
pub fn router(console: Console) -> Router {
    let public_url = console.settings.public_url.clone();
    behind_middleware(routes(console), public_url)
}

fn routes(console: Console) -> Router {
    pages::routes().merge(api::routes()).with_state(console)
}

fn behind_middleware(routes: Router, public_url: Option<String>) -> Router {
    routes
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .layer(from_fn(move |request: Request, next: Next| keep_private(public_url.clone(), request, next)))
        .layer(CompressionLayer::new())
        .layer(from_fn(security_headers::add_headers))
}

/// Nothing of an account stays in a cache, and forms say where they were sent from.
async fn keep_private(public_url: Option<String>, request: Request, next: Next) -> Response {
    let transport = Transport::of(request.headers(), request.uri(), public_url.as_deref());
    let has_cookie = cookie::read(request.headers(), transport).is_some();
    let visitor = if has_cookie { Visitor::Member } else { Visitor::Guest };
    let mut response = for_visitor(visitor, next.run(request)).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// A new link with which the owner of this address signs in, for the terminal of whoever runs the instance.
pub async fn sign_in_link(store: &Store, base: &str, address: &str, now: Timestamp) -> Result<String, StoreError> {
    let secret = Secret::new(random::bytes());
    let link = SignInLink { address: address.to_owned(), ends_at: now + enter::LINK_LIFETIME, to: None };
    store.put_sign_in_link(&secret.digest(), &link).await?;
    Ok(format!("{base}{}/{}", paths::ACCOUNT_SIGN_IN, secret.reveal()))
}

/// Serves the router on Lambda until the process ends. Its environment is described in `config.rs`.
pub async fn run() -> Result<(), Error> {
    let console = config::Config::from_env().await?.console()?;
    let public_url = console.as_ref().and_then(|console| console.settings.public_url.clone());
    let routes = console.map_or_else(Router::new, routes).fallback(|| async { site::frame::not_found() });
    // One route for all of them: a layer is made once for each route of its router, which takes time at a start.
    lambda_http::run(behind_middleware(Router::new().fallback_service(routes), public_url)).await
}

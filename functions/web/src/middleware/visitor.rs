//! On an instance with accounts every page leads to the account of whoever opens it, or to signing in.
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use site::{
    account_cookie,
    frame::{Visitor, for_visitor},
};

use super::transport::Transport;
use crate::state::Web;

/// Looks whether there is a cookie, and not at what it says: nothing more is shown to whoever has one.
pub(crate) async fn mark(State(web): State<Web>, request: Request, next: Next) -> Response {
    if !web.has_accounts {
        return next.run(request).await;
    }
    let transport = Transport::of(request.headers(), request.uri(), web.public_url.as_deref());
    let has_cookie = account_cookie::NAMES.values(request.headers(), transport).any(|value| !value.is_empty());
    let visitor = if has_cookie { Visitor::Member } else { Visitor::Guest };
    for_visitor(visitor, next.run(request)).await
}

//! How many responses are made at the same time. What a page wrote is in memory while its response is made, a few MB at
//! most: this bounds the sum. A response that is made no longer counts, however slowly it is taken.
use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use tokio::time::timeout;

use super::access;
use crate::{
    api::problem::{BUSY, Problem},
    layout::frame,
    state::Web,
};

/// For a request whose turn does not come.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Waits for its turn, within limits. What anybody may ask for without a password costs little and never waits.
pub(crate) async fn take_turns(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if access::is_public(path) {
        return next.run(request).await;
    }
    let Ok(Ok(turn)) = timeout(MAX_WAIT, web.turns.acquire()).await else {
        return busy(path);
    };
    let response = next.run(request).await;
    drop(turn);
    response
}

fn busy(path: &str) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response = if path.starts_with("/api/") {
        Problem::new(status, BUSY).into_response()
    } else {
        frame::message(status, "Too many requests at once", BUSY)
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

//! CORS: scripts of any site may read the API, feeds, calendars, badges and pictures. None of these holds anything
//! personal.
use std::{sync::LazyLock, time::Duration};

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{Method, header};
use tower::{Layer as _, ServiceExt as _};
use tower_http::cors::{Any, CorsLayer, Vary};

/// Feeds, calendars, badges, their data and pictures.
const EXPORT_SUFFIXES: [&str; 5] = [".atom", ".ics", ".svg", "/badge.json", ".png"];
/// Asked by the programs that unfold links.
const OEMBED: &str = "/oembed";
const MAX_AGE: Duration = Duration::from_secs(86_400);

static CORS: LazyLock<CorsLayer> = LazyLock::new(|| {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::OPTIONS])
        .allow_headers([header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, header::LINK, header::RETRY_AFTER])
        .max_age(MAX_AGE)
        // The answer is the same for every origin.
        .vary(Vary::list([]))
});

/// Whether a path is of the API, a feed, a calendar, a badge, a picture or of oEmbed.
pub(super) fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/v1/") || path == OEMBED || EXPORT_SUFFIXES.iter().any(|suffix| path.ends_with(suffix))
}

/// Answers preflight requests, and marks the responses of public data as readable by any site.
pub(crate) async fn allow_any_origin(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !is_for_programs(path) {
        return next.run(request).await;
    }
    match CORS.layer(next).oneshot(request).await {
        Ok(response) => response,
        Err(never) => never.into_response(),
    }
}

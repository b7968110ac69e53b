//! Conditional GET: a response carries a digest of its body as `ETag`, and a client that still has the same body gets
//! 304 without one.
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

/// Our own responses are far smaller.
const MAX_BODY_BYTES: usize = 8 << 20;

/// Adds an `ETag` to every 200 response to GET and HEAD, except for responses marked `no-store`.
pub(crate) async fn add_etag(request: Request, next: Next) -> Response {
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let if_none_match = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_no_store = response.headers().get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store");
    if !is_get || response.status() != StatusCode::OK || is_no_store {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // A weak tag, because the same content may be sent compressed or not.
    let etag = format!("W/\"{:.32x}\"", Sha256::digest(&body));
    if if_none_match.is_some_and(|tags| matches(&tags, &etag)) {
        let mut headers = HeaderMap::new();
        for name in [header::CACHE_CONTROL, header::CONTENT_SECURITY_POLICY, header::VARY] {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(header::ETAG, header_value(&etag));
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    parts.headers.insert(header::ETAG, header_value(&etag));
    Response::from_parts(parts, Body::from(body))
}

fn header_value(etag: &str) -> HeaderValue {
    HeaderValue::from_str(etag).expect("a quoted digest is a valid header value")
}

/// Compares `If-None-Match` weakly (RFC 9110, 13.1.2).
fn matches(if_none_match: &HeaderValue, etag: &str) -> bool {
    let Ok(tags) = if_none_match.to_str() else { return false };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.trim() == "*" || tags.split(',').any(|tag| opaque(tag) == opaque(etag))
}

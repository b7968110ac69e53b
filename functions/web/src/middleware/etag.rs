//! Conditional GET: a response carries a digest of its body as `ETag`, and a client that still has the same body gets
//! 304 without one. Responses that are kept (see [`super::kept`]) have their tag already.
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
    let (mut parts, mut body) = response.into_parts();
    let etag = match parts.headers.get(header::ETAG) {
        Some(etag) => etag.clone(),
        None => {
            let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            };
            let etag = etag_of(&bytes);
            body = Body::from(bytes);
            etag
        }
    };
    if if_none_match.is_some_and(|tags| matches(&tags, &etag)) {
        let mut headers = HeaderMap::new();
        for name in [header::CACHE_CONTROL, header::CONTENT_SECURITY_POLICY, header::VARY] {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(header::ETAG, etag);
        let mut unchanged = (StatusCode::NOT_MODIFIED, headers).into_response();
        // A browser takes over the headers of a 304: it must not say other things than the 200 did.
        *unchanged.extensions_mut() = parts.extensions;
        return unchanged;
    }
    parts.headers.insert(header::ETAG, etag);
    Response::from_parts(parts, body)
}

/// Weak, because the same content may be sent compressed or not.
pub(super) fn etag_of(body: &[u8]) -> HeaderValue {
    let tag = format!("W/\"{:.32x}\"", Sha256::digest(body));
    HeaderValue::from_str(&tag).expect("a quoted digest is a valid header value")
}

/// Compares `If-None-Match` weakly (RFC 9110, 13.1.2).
fn matches(if_none_match: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(tags), Ok(etag)) = (if_none_match.to_str(), etag.to_str()) else { return false };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.trim() == "*" || tags.split(',').any(|tag| opaque(tag) == opaque(etag))
}

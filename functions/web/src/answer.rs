//! What every answer of the function has in common: headers that keep it to itself, and a tag by which whoever asks again
//! learns that nothing has changed.
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

/// Our own answers are far smaller.
const LARGEST: usize = 16 << 20;
/// Feeds, calendars and badges.
const FOR_MACHINES: [&str; 3] = [".atom", ".ics", ".svg"];

/// Sets what no answer may lack, unless it has its own.
pub(crate) async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in always {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// What machines read may be read by scripts of any site (CORS): nothing of it is for one person.
pub(crate) async fn open_to_scripts(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/api/v1/") && !FOR_MACHINES.iter().any(|end| path.ends_with(end)) {
        return next.run(request).await;
    }
    let mut response = if request.method() == Method::OPTIONS {
        let methods = "GET, HEAD, OPTIONS";
        let allowed = [
            (header::ALLOW, methods),
            (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "if-none-match"),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else {
        next.run(request).await
    };
    let opened = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag, link, retry-after"),
    ];
    for (name, value) in opened {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Tags what was asked for by GET with a digest of its body, and answers 304 to whoever has it.
pub(crate) async fn tagged(request: Request, next: Next) -> Response {
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_kept = response.headers().get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store");
    if !is_get || response.status() != StatusCode::OK || is_kept {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // Weak: the same content, compressed or not.
    let tag = format!("W/\"{:.32x}\"", Sha256::digest(&body));
    if known.is_some_and(|known| matches(&known, &tag)) {
        let mut headers = HeaderMap::new();
        for name in [header::CACHE_CONTROL, header::CONTENT_SECURITY_POLICY, header::VARY] {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(header::ETAG, value(&tag));
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    parts.headers.insert(header::ETAG, value(&tag));
    Response::from_parts(parts, Body::from(body))
}

fn value(tag: &str) -> HeaderValue {
    HeaderValue::from_str(tag).expect("a digest in quotes is a header value")
}

/// `If-None-Match` compares weakly (RFC 9110, 13.1.2).
fn matches(known: &HeaderValue, tag: &str) -> bool {
    let Ok(known) = known.to_str() else { return false };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|known| opaque(known) == opaque(tag))
}

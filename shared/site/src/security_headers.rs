//! Headers that keep a response from being sniffed, framed, cached or loaded with foreign content.
use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderValue, header};

/// Marks a response, in its extensions, that pages of other sites may frame.
#[derive(Clone, Copy)]
pub struct Frameable;

/// Sets each header that the response does not carry yet.
pub async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_frameable = response.extensions().get::<Frameable>().is_some();
    let headers = response.headers_mut();
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in defaults.into_iter().filter(|(name, _)| !is_frameable || name != header::X_FRAME_OPTIONS) {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

//! The one kind of request channels make: a JSON POST to an address from the settings. User-Agent and the vetting of
//! the address are the sender's.
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header::CONTENT_TYPE};
use url::Url;

/// `None` unless the value is an absolute http or https URL. Read by `url` first, which follows what browsers do with
/// odd spellings, and then by `http`, whose requests carry it.
pub(crate) fn http_uri(value: &str) -> Option<Uri> {
    let url = Url::parse(value).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.as_str().parse().ok())?
}

pub(crate) fn post_json(uri: Uri, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    request
}

//! Responses that many ask for at the same moment: feeds, calendars and pictures, which are long to make, and the
//! pages that everybody opens when a provider is down. Each is made once, compressed once, and kept for some seconds;
//! who asks meanwhile waits for it, and who asks later gets the same. Only for routes that read nothing of a request
//! but its path and host, and of a page's its query and visitor.
use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use site::frame::visitor;

use super::{etag::etag_of, origin::Origin};
use crate::{
    kept_responses::{Coding, KeptResponse},
    state::Web,
};

const MAX_BODY_BYTES: usize = 8 << 20;

/// Answers from what is kept, or makes the response and keeps it.
pub(crate) async fn keep(State(web): State<Web>, origin: Origin, request: Request, next: Next) -> Response {
    let key = origin.link_or_path(request.uri().path());
    keep_as(&web, key, request, next).await
}

/// The same for pages, which go with the overview that they were made of: no page is older than another. One with a
/// query, a search say, is made for whoever asks.
pub(crate) async fn keep_page(State(web): State<Web>, origin: Origin, request: Request, next: Next) -> Response {
    if request.uri().query().is_some() {
        return next.run(request).await;
    }
    let Ok(overview) = web.overview_cache.get().await else { return next.run(request).await };
    let page = origin.link_or_path(request.uri().path());
    let key = format!("{page} for {:?} of {:?}", visitor(), overview.loaded_at);
    keep_as(&web, key, request, next).await
}

async fn keep_as(web: &Web, key: String, request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let coding = coding(request.headers());
    let slot = web.kept_responses.slot(&key);
    let mut kept = slot.lock().await;
    if let Some(fresh) = kept.as_ref().filter(|kept| kept.is_fresh()) {
        return fresh.response(coding);
    }
    match made(next.run(request).await).await {
        Ok(made) => {
            let response = made.response(coding);
            web.kept_responses.count(&key, &made);
            *kept = Some(Arc::new(made));
            response
        }
        Err(response) => {
            web.kept_responses.forget(&key);
            response
        }
    }
}

/// `Err`: a response that is not kept.
async fn made(response: Response) -> Result<KeptResponse, Response> {
    if response.status() != StatusCode::OK {
        return Err(response);
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    parts.headers.insert(header::ETAG, etag_of(&body));
    Ok(KeptResponse::new(parts.headers, parts.extensions, body))
}

/// The shortest coding that `Accept-Encoding` names and does not rule out (RFC 9110, 12.5.3).
fn coding(headers: &HeaderMap) -> Option<Coding> {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let accepted = values.flat_map(|value| value.split(',')).filter_map(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let quality = parameters.trim().strip_prefix("q=").and_then(|it| it.parse::<f32>().ok()).unwrap_or(1.0);
        (quality > 0.0).then(|| name.trim())
    });
    let accepted: Vec<&str> = accepted.collect();
    Coding::ALL.into_iter().find(|coding| accepted.iter().any(|name| name.eq_ignore_ascii_case(coding.as_str())))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn body_is_compressed_as_whoever_asks_takes_it() {
        let coding = |value: &'static str| {
            coding(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert_eq!(coding("gzip"), Some(Coding::Gzip));
        assert_eq!(coding("gzip, deflate, BR, zstd"), Some(Coding::Brotli));
        assert_eq!(coding("br;q=0, GZIP;q=0.5"), Some(Coding::Gzip));
        assert_eq!(coding("deflate , gzip"), Some(Coding::Gzip));
        assert!(["br;q=0.0", "gzip;q=0", "", "xgzip", "brotli"].iter().all(|value| coding(value).is_none()));
        assert_eq!(super::coding(&HeaderMap::new()), None);
    }
}

//! Responses that many ask for at the same moment and that are long to make: feeds, calendars and pictures. Each is
//! made once, compressed once, and kept for some seconds; who asks meanwhile waits for it, and who asks later gets the
//! same. Only for routes that read nothing of a request but its path and host.
use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode, header};

use super::{etag::etag_of, origin::Origin};
use crate::{kept_responses::KeptResponse, state::Web};

const MAX_BODY_BYTES: usize = 8 << 20;

/// Answers from what is kept, or makes the response and keeps it.
pub(crate) async fn keep(State(web): State<Web>, origin: Origin, request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let takes_gzip = takes_gzip(request.headers());
    let key = origin.link_or_path(request.uri().path());
    let slot = web.kept_responses.slot(&key);
    let mut kept = slot.lock().await;
    if let Some(fresh) = kept.as_ref().filter(|kept| kept.is_fresh()) {
        return fresh.response(takes_gzip);
    }
    match made(next.run(request).await).await {
        Ok(made) => {
            let response = made.response(takes_gzip);
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

/// Whether `Accept-Encoding` names gzip and does not rule it out (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let quality = parameters.trim().strip_prefix("q=").and_then(|it| it.parse::<f32>().ok()).unwrap_or(1.0);
        name.trim().eq_ignore_ascii_case("gzip") && quality > 0.0
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && takes("deflate , gzip"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes("") && !takes("xgzip"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}

//! What went wrong, as `application/problem+json` (RFC 9457): what it was, which parameter, and the way out. Nothing of ours
//! and nothing of a vendor's is in it.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use store::StoreError;

/// Methods of everything that is read here.
pub(crate) const METHODS: &str = "GET, HEAD, OPTIONS";

const TYPE: &str = "application/problem+json";
/// What of the asker's own words is said back to them.
const LONGEST_WORD: usize = 60;

/// RFC 9457 problem details.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    /// What is wrong and what to do about it, for people.
    detail: String,
    /// The parameter it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { kind: "about:blank", title, status: status.as_u16(), detail: detail.into(), parameter: None }
    }

    /// A parameter that cannot be taken as it is given.
    pub(crate) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::about(StatusCode::BAD_REQUEST, name, detail)
    }

    pub(crate) fn about(status: StatusCode, name: &str, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.chars().take(LONGEST_WORD).collect()), ..Self::new(status, detail) }
    }

    pub(crate) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("Everything here is only read. Methods: {METHODS}."))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store did not answer");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "The store did not answer. Please try again in a moment.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, TYPE), (header::CACHE_CONTROL, "no-store")], body).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::METHOD_NOT_ALLOWED => headers.insert(header::ALLOW, HeaderValue::from_static(METHODS)),
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5")),
            _ => None,
        };
        response
    }
}

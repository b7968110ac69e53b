//! Errors as `application/problem+json` (RFC 9457): what is wrong, with which parameter, and what would be valid. A
//! problem never holds internal details or a provider's text.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use store::StoreError;

pub(crate) const METHODS: &str = "GET, HEAD, OPTIONS";
/// The detail of 401 problems.
pub(crate) const PRIVATE_INSTANCE: &str =
    "This instance is private. Sign in with its password (HTTP Basic); any user name works.";
/// The detail of 429 problems.
pub(crate) const TOO_MANY_GUESSES: &str = "Too many wrong passwords. Try again after the time in Retry-After.";
/// The detail of 404 problems of providers.
pub(super) const UNKNOWN_PROVIDER: &str = "There is no provider with this ID. Find it with /api/v1/search.";
/// The detail of 405 problems.
pub(super) const READ_ONLY: &str = "This API is read-only. Methods: GET, HEAD, OPTIONS.";
/// The detail of 503 problems.
pub(super) const UNAVAILABLE: &str = "Data is temporarily unavailable. Try again in a minute.";

/// The detail of 503 problems while too many requests wait.
pub(crate) const BUSY: &str = "Too many requests are being answered. Try again in a few seconds.";

const TYPE: &str = "application/problem+json";
/// How much of an unknown parameter name is repeated.
const MAX_ECHOED_NAME: usize = 60;

/// RFC 9457 problem details.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status tells the kind of problem.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the status.
    title: &'static str,
    status: u16,
    /// What is wrong and what would be valid, for people.
    detail: String,
    /// The parameter that is wrong, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { kind: "about:blank", title, status: status.as_u16(), detail: detail.into(), parameter: None }
    }

    /// 400 for an invalid parameter.
    pub(crate) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::of_parameter(StatusCode::BAD_REQUEST, name, detail)
    }

    pub(crate) fn of_parameter(status: StatusCode, name: &str, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.chars().take(MAX_ECHOED_NAME).collect()), ..Self::new(status, detail) }
    }

    pub(crate) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, READ_ONLY)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store cannot be read");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE)
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

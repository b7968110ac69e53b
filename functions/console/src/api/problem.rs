//! Errors as `application/problem+json` (RFC 9457). A problem repeats no value that may be a secret.
use account_api::Problem as Body;
use accounts::role::Right;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;
use settings::Problem as OfField;
use store::StoreError;

use crate::edits::Refused;

/// Boxed, since it is large and the way without one is the usual.
#[derive(Debug)]
pub(super) struct Problem(Box<(StatusCode, Body, HeaderMap)>);

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let body = Body {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            problems: Vec::new(),
            given_version: None,
            current: None,
        };
        Self(Box::new((status, body, HeaderMap::new())))
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// RFC 6750. `is_given`: there was a token, and it is not good.
    pub(super) fn unauthorized(is_given: bool) -> Self {
        let challenge = if is_given {
            "Bearer realm=\"statuswire\", error=\"invalid_token\""
        } else {
            "Bearer realm=\"statuswire\""
        };
        let detail = match is_given {
            true => "This token is not valid: it was revoked, has ended, or is none. Make one at /account/tokens.",
            false => "Send an API token: Authorization: Bearer sw_... Make one at /account/tokens.",
        };
        let problem = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
        problem.with(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// The scope of the token, or the role of whoever made it, does not give this right.
    pub(super) fn forbidden(right: Right) -> Self {
        let detail = match right {
            Right::Administer => {
                "This token does not decide about members and tokens. An owner makes one that does: its scope is admin."
            }
            _ => "This token may only read. Make one whose scope is write.",
        };
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub(super) fn too_many(seconds: u64, detail: &str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).with(header::RETRY_AFTER, seconds.into())
    }

    pub(super) fn too_large(most: usize) -> Self {
        let detail = format!("The body is larger than {most} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    pub(super) fn not_allowed(allowed: &str) -> Self {
        let detail = format!("Methods here: {allowed}.");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        problem.with(header::ALLOW, HeaderValue::try_from(allowed).expect("methods are visible characters"))
    }

    pub(super) fn of_fields(problems: Vec<OfField>) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Nothing was changed: see problems.");
        problem.0.1.problems = problems;
        problem
    }

    /// 412: `given` is the version that the request named, `current` what is there now.
    pub(super) fn changed(given: &str, current: Value) -> Self {
        let detail = "It was changed meanwhile. Nothing was changed: read current, and send its version.";
        let mut problem = Self::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail);
        (problem.0.1.given_version, problem.0.1.current) = (Some(given.to_owned()), Some(current));
        problem
    }

    pub(super) fn unavailable(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with(header::RETRY_AFTER, 5.into())
    }

    fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.2.insert(name, value);
        self
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store cannot be used");
        Self::unavailable("The store cannot be reached. Try again in a minute.")
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let text = refused.text().unwrap_or_default();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, text.clone());
        match refused {
            Refused::Forbidden => Self::forbidden(Right::Edit),
            Refused::Problems(problems) => Self::of_fields(problems),
            Refused::NotFound => Self::not_found("The account has nothing with this ID."),
            Refused::ManagedByFile => conflict("managed_by_file"),
            Refused::InUse => conflict("in_use"),
            Refused::DefaultGroup => conflict("default_group"),
            Refused::Over => conflict("over"),
            Refused::NoInvitations => conflict("no_invitations"),
            Refused::OwnersOnly => conflict("owners_only"),
            Refused::LastOwner => conflict("last_owner"),
            Refused::Full => conflict("limit"),
            Refused::Limit { .. } => conflict("limit"),
            Refused::Store(error) => error.into(),
            Refused::Conflict | Refused::SettingsChanged | Refused::MadeBefore => {
                let detail = "Another request changes the same. Nothing was changed: try again.";
                Self::new(StatusCode::CONFLICT, "changed_meanwhile", detail)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, body, headers) = *self.0;
        let body = serde_json::to_vec(&body).unwrap_or_default();
        (status, headers, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

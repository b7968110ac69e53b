//! Responses that several pages give.
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use site::{
    frame::{NavEntry, Page},
    paths::{ACCOUNT_SIGN_IN, own_path, segment},
};
use store::StoreError;

/// A page of the account. `flash`: what was done by the form that led here.
pub(crate) fn page(status: StatusCode, title: &str, flash: Option<&str>, content: Markup) -> Response {
    page_of(NavEntry::Account, status, title, flash, content)
}

/// The same below another entry of the navigation.
pub(crate) fn page_of(
    nav: NavEntry,
    status: StatusCode,
    title: &str,
    flash: Option<&str>,
    content: Markup,
) -> Response {
    let content = html! {
        h1 { (title) }
        @if let Some(text) = flash { p.note role="status" { (text) } }
        (content)
    };
    Page { title, nav, feeds: &[], tv_mode: false, content }.with_status(status)
}

/// `path` is one of our own.
pub(crate) fn see_other(path: &str) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// To the page where one signs in, and from there on to `to`.
pub(crate) fn to_sign_in(to: &str) -> Response {
    match own_path(to) {
        "/" => see_other(ACCOUNT_SIGN_IN),
        to => see_other(&format!("{ACCOUNT_SIGN_IN}?to={}", segment(to))),
    }
}

pub(crate) fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The same for what does not exist and for what is another account's.
pub(crate) fn not_found() -> Response {
    site::frame::not_found()
}

pub(crate) fn forbidden(text: &str) -> Response {
    page(StatusCode::FORBIDDEN, "Not allowed", None, html! { p { (text) } p { a href="/account" { "Back" } } })
}

/// What a form rests on was changed by somebody else.
pub(crate) fn conflict() -> Response {
    let content = html! {
        p { "Somebody else changed this meanwhile. Nothing was saved." }
        p { a.button href="/account" { "See how it is now" } }
    };
    page(StatusCode::CONFLICT, "Changed meanwhile", None, content)
}

/// A response in place of what was asked for; for `?`.
/// Boxed, since a response is large and the way without one is the usual.
pub(crate) struct Refusal(Box<Response>);

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::from(site::frame::unavailable(error))
    }
}

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl axum::response::IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

//! The page about an id that no provider has.
use axum::response::Response;
use http::StatusCode;
use maud::html;

use crate::{
    layout::frame::{NavEntry, Page},
    urls,
};

/// How much of the id is repeated to whoever asked for it.
const MAX_ECHOED_ID: usize = 100;

pub(super) fn unknown_provider(id: &str) -> Response {
    let id: String = id.chars().take(MAX_ECHOED_ID).collect();
    let content = html! {
        h1 { "Provider not found" }
        p { "There is no provider with the ID " strong { (id) } "." }
        p { a.button href=(urls::with_query("/", &[("q", &id)])) { "Search for it" } }
    };
    let page = Page { title: "Provider not found", nav: NavEntry::None, feeds: &[], tv_mode: false, content };
    page.with_status(StatusCode::NOT_FOUND)
}

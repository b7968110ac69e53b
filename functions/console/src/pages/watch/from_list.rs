//! From a pasted list to providers to watch.
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    response::Response,
    routing::post,
};
use http::StatusCode;
use maud::html;
use serde::Deserialize;
use site::{frame::NavEntry, paths};

use super::{find, paste};
use crate::{
    posted::Posted,
    respond::{self, Refusal, not_found},
    state::Console,
};

/// A byte of the text may take three in a form.
const MAX_FORM_BYTES: usize = 3 * paste::MAX_BYTES + 1_024;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/watch/from/list", post(find_all).layer(DefaultBodyLimit::max(MAX_FORM_BYTES)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    list: String,
}

/// Changes nothing: it is a form, since a list may be longer than an address can be.
async fn find_all(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    if !console.with_catalogue {
        return Ok(not_found());
    }
    let is_blank = form.list.trim().is_empty();
    let settings = console.store.stored_settings(by.account()).await?;
    let text = form.list.get(..paste::MAX_BYTES).unwrap_or(&form.list);
    let content = html! {
        p.crumbs { a href=(paths::WATCH) { "Watch" } }
        @if is_blank {
            p role="alert" { "Paste something first." }
        } @else {
            (find::pasted(&by, &settings, &paste::read(text)))
        }
        (find::paste_box(&by, text))
    };
    let status = if is_blank { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(respond::page_of(NavEntry::Watch, status, "Providers in a list", None, content))
}

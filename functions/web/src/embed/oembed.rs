//! `/oembed`: how to show a page of ours within another, for programs that unfold links (<https://oembed.com>). Only of
//! our own URLs, as JSON.
use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{StatusCode, header};
use maud::html;
use serde::Deserialize;
use serde_json::json;

use super::{
    facts::Facts,
    picture::{HEIGHT, WIDTH},
    subject::Subject,
};
use crate::{layout::frame::unavailable, middleware::origin::Origin, state::Web, urls};

const PATH: &str = "/oembed";
/// Of a card, in pixels.
pub(super) const CARD_SIZE: (u32, u32) = (480, 220);
const MAX_URL_LENGTH: usize = 4_000;
/// In seconds.
const CACHE_AGE: u32 = 300;

#[derive(Deserialize)]
struct OembedQuery {
    url: Option<String>,
    format: Option<String>,
    #[serde(default)]
    maxwidth: String,
    #[serde(default)]
    maxheight: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route(PATH, get(show))
}

/// The path that describes the page with this URL.
pub(super) fn path(page_url: &str) -> String {
    urls::with_query(PATH, &[("url", page_url), ("format", "json")])
}

async fn show(State(web): State<Web>, origin: Origin, Query(query): Query<OembedQuery>) -> Response {
    let Some(url) = query.url.as_deref().filter(|url| !url.is_empty()) else {
        return refusal(StatusCode::BAD_REQUEST, "The parameter url is missing.");
    };
    if query.format.as_deref().is_some_and(|format| format != "json") {
        return refusal(StatusCode::NOT_IMPLEMENTED, "There is no format but json.");
    }
    let subject = own_path(url, &origin).and_then(Subject::of_page);
    let Some(subject) = subject else {
        return refusal(StatusCode::NOT_FOUND, "This is no URL of a page here that can be embedded.");
    };
    match Facts::read(&web, &subject).await {
        Ok(Some(facts)) => response(&subject, &facts, &origin, &query),
        Ok(None) => refusal(StatusCode::NOT_FOUND, "There is no provider or incident with this ID."),
        Err(error) => unavailable(error),
    }
}

/// The path of a URL of this instance, without query and fragment.
fn own_path<'a>(url: &'a str, origin: &Origin) -> Option<&'a str> {
    let base = origin.link("")?;
    let rest = url.strip_prefix(&base).filter(|_| url.len() <= MAX_URL_LENGTH)?;
    let path = rest.split(['?', '#']).next()?;
    // Else the host only begins as ours does.
    (path.is_empty() || path.starts_with('/')).then_some(path)
}

fn response(subject: &Subject, facts: &Facts, origin: &Origin, query: &OembedQuery) -> Response {
    let bounded = |size: u32, max: &str| max.parse().map_or(size, |max: u32| size.min(max.max(1)));
    let (width, height) = (bounded(CARD_SIZE.0, &query.maxwidth), bounded(CARD_SIZE.1, &query.maxheight));
    let (card, title) = (origin.link_or_path(&subject.card()), facts.line());
    let html = html! {
        iframe src=(card) title=(title) width=(width) height=(height) loading="lazy" frameborder="0" {}
    };
    let mut body = json!({
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": "statuswire",
        "provider_url": origin.link_or_path("/"),
        "cache_age": CACHE_AGE,
        "html": html.into_string(),
        "width": width,
        "height": height,
    });
    // The picture has one size.
    if bounded(WIDTH, &query.maxwidth) == WIDTH && bounded(HEIGHT, &query.maxheight) == HEIGHT {
        body["thumbnail_url"] = origin.link_or_path(&subject.picture()).into();
        body["thumbnail_width"] = WIDTH.into();
        body["thumbnail_height"] = HEIGHT.into();
    }
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn refusal(status: StatusCode, text: &'static str) -> Response {
    (status, format!("{text}\n")).into_response()
}

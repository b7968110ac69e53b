//! `/schemas/webhook.json`: what a webhook may hold, for those who check it.
use axum::{Router, routing::get};
use http::header;

use crate::Web;

pub(crate) fn routes() -> Router<Web> {
    let answer = || async { ([(header::CONTENT_TYPE, "application/schema+json")], channels::WEBHOOK_SCHEMA) };
    Router::new().route("/schemas/webhook.json", get(answer))
}

//! `/schemas/webhook.json`: the JSON Schema of webhook events, for receivers that validate them.
use axum::{Router, routing::get};
use http::header;

use crate::state::Web;

pub(crate) fn routes() -> Router<Web> {
    let show = || async { ([(header::CONTENT_TYPE, "application/schema+json")], channels::WEBHOOK_SCHEMA) };
    Router::new().route("/schemas/webhook.json", get(show))
}

//! The pages that people open in a browser.
mod board;
mod calendar;
mod catalogue;
mod dashboard;
mod incident;
mod incidents;
mod mail_preferences;
mod provider;
mod sign_in;

use axum::Router;

use crate::state::Web;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .merge(board::routes())
        .merge(calendar::routes())
        .merge(catalogue::routes())
        .merge(dashboard::routes())
        .merge(incident::routes())
        .merge(incidents::routes())
        .merge(mail_preferences::routes())
        .merge(provider::routes())
        .merge(sign_in::routes())
}

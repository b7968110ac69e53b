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

use axum::{Router, middleware::from_fn_with_state};

use crate::{middleware::kept::keep_page, state::Web};

pub(crate) fn routes(web: &Web) -> Router<Web> {
    let kept = Router::new()
        .merge(dashboard::routes())
        .merge(incident::routes())
        .merge(incidents::routes())
        .merge(provider::routes());
    kept.route_layer(from_fn_with_state(web.clone(), keep_page))
        .merge(board::routes())
        .merge(calendar::routes())
        .merge(catalogue::routes())
        .merge(mail_preferences::routes())
        .merge(sign_in::routes())
}

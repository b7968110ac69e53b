//! What other programs read: calendars, feeds, badges and the webhook schema.
mod atom;
mod badge;
mod ical;
mod webhook_schema;

use axum::{Router, middleware::from_fn_with_state};

use crate::{middleware::kept::keep, state::Web};

pub(crate) fn routes(web: &Web) -> Router<Web> {
    let kept = Router::new().merge(atom::routes()).merge(ical::routes());
    kept.route_layer(from_fn_with_state(web.clone(), keep)).merge(badge::routes()).merge(webhook_schema::routes())
}

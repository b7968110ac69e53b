//! What other programs read: calendars, feeds, badges and the webhook schema.
mod atom;
mod badge;
mod ical;
mod webhook_schema;

use axum::Router;

use crate::state::Web;

pub(crate) fn routes() -> Router<Web> {
    Router::new().merge(atom::routes()).merge(badge::routes()).merge(ical::routes()).merge(webhook_schema::routes())
}

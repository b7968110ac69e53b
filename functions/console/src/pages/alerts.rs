//! `/alerts`: who is alerted of what, and what was sent. Everything is read and written in the account of the session.
mod condition;
mod destination;
mod destination_form;
mod destinations;
mod feed;
mod frame;
mod group;
mod group_fields;
mod group_form;
mod group_preview;
mod link;
mod log;
mod mutes;
mod overview;
mod removal;
mod typed;

use axum::Router;

use crate::state::Console;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .merge(destination::routes())
        .merge(destinations::routes())
        .merge(feed::routes())
        .merge(group::routes())
        .merge(group_preview::routes())
        .merge(link::routes())
        .merge(log::routes())
        .merge(mutes::routes())
        .merge(overview::routes())
        .merge(removal::routes())
}

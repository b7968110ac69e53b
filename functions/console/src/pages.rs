//! One file per page, or for what belongs to one.
mod account;
mod alerts;
mod audit;
mod boards;
mod data;
mod export;
mod invitations;
mod members;
mod openid;
mod sessions;
mod sign_in;
mod tokens;
mod watch;
mod welcome;

use axum::Router;

use crate::state::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .merge(account::routes())
        .merge(alerts::routes())
        .merge(audit::routes())
        .merge(boards::routes())
        .merge(data::routes())
        .merge(export::routes())
        .merge(invitations::routes())
        .merge(members::routes())
        .merge(openid::routes())
        .merge(sessions::routes())
        .merge(sign_in::routes())
        .merge(watch::routes())
        .merge(welcome::routes())
        .merge(tokens::routes())
}

//! What other sites show of this one: cards for an `<iframe>`, pictures of shared links, and oEmbed. The cards are the
//! only pages that others may frame. A private instance asks for its password here as everywhere.
mod card;
mod facts;
mod oembed;
mod picture;
pub(crate) mod shared_link;
pub(crate) mod snippets;
pub(crate) mod subject;

use axum::{Router, middleware::from_fn_with_state};

use crate::{middleware::kept::keep, state::Web};

pub(crate) fn routes(web: &Web) -> Router<Web> {
    let kept = picture::routes().route_layer(from_fn_with_state(web.clone(), keep));
    kept.merge(card::routes()).merge(oembed::routes())
}

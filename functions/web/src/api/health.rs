//! `/health`: whether the store can be read, and when status pages were last polled.
use http::{HeaderValue, header};

use super::{
    query::Query,
    route::{Outcome, json},
    types::{Health, Ok as StatusOk, Time},
};
use crate::state::Web;

pub(super) async fn health(web: Web, _: Query) -> Outcome {
    let rounds = web.store.rounds().await?;
    let newest_round_at = rounds.iter().map(|round| round.began_at).max().map(Time);
    let mut response = json(&Health { status: StatusOk::Ok, newest_round_at });
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

//! `/health`: whether the store answers, and whether pages are being read.
use http::{HeaderValue, header};

use crate::{
    Web,
    api::{
        Answered,
        ask::Asked,
        json,
        model::{Health, Ok as AllIsWell, Time},
    },
};

pub(crate) async fn health(web: Web, _: Asked) -> Answered {
    let rounds = web.store.rounds().await?;
    let newest_round_at = rounds.iter().map(|round| round.began_at).max().map(Time);
    let mut response = json(&Health { status: AllIsWell::Ok, newest_round_at });
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

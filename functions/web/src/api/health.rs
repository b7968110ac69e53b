//! `/health`: whether the store can be read, and whether status pages are polled.
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;

use super::{
    problem::Problem,
    query::Query,
    route::{Outcome, json},
    types::{Health, Ok as StatusOk, Time},
};
use crate::{model::freshness::MAX_ROUND_AGE, state::Web};

pub(super) async fn health(web: Web, _: Query) -> Outcome {
    let rounds = web.store.rounds().await?;
    let newest_round_at = rounds.iter().map(|round| round.began_at).max();
    if is_overdue(newest_round_at, web.started_at, web.is_polled_here, Timestamp::now()) {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, overdue(newest_round_at)));
    }
    let mut response = json(&Health { status: StatusOk::Ok, newest_round_at: newest_round_at.map(Time) });
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Whether there should have been a round since. A new instance is not born ill: its first round is awaited from the
/// start of this process on. A process that polls itself was off before its start, and so was polling.
fn is_overdue(newest_round_at: Option<Timestamp>, started_at: Timestamp, is_polled_here: bool, now: Timestamp) -> bool {
    let since = match newest_round_at {
        None => started_at,
        Some(newest) if is_polled_here => newest.max(started_at),
        Some(newest) => newest,
    };
    now.duration_since(since) > MAX_ROUND_AGE
}

fn overdue(newest_round_at: Option<Timestamp>) -> String {
    match newest_round_at {
        Some(at) => format!("Status pages are not polled: the newest round began at {at:.0}."),
        None => "Status pages are not polled: there was no round yet.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_round_is_awaited_for_five_minutes() {
        let now = Timestamp::constant(1_800_000_000, 0);
        let ago = |seconds: i64| now - SignedDuration::from_secs(seconds);
        let is_overdue = |newest: Option<i64>, started, is_polled_here| {
            is_overdue(newest.map(ago), ago(started), is_polled_here, now)
        };
        for (newest, started, is_polled_here, expected) in [
            (Some(300), 9_000, false, false),
            (Some(301), 9_000, false, true),
            (Some(-5), 9_000, false, false),
            // A process that was started a moment ago and only serves.
            (Some(301), 1, false, true),
            // One that polls too.
            (Some(86_400), 300, true, false),
            (Some(86_400), 301, true, true),
            (Some(10), 86_400, true, false),
            (None, 300, false, false),
            (None, 301, false, true),
            (None, 301, true, true),
        ] {
            let case = (newest, started, is_polled_here);
            assert_eq!(is_overdue(newest, started, is_polled_here), expected, "{case:?}");
        }
    }
}

//! The demo: a replay of the Clerk incident of 10 March 2026. This process serves it as an incident.io page that
//! advances every few seconds, so that a first start shows an incident from its beginning to its end without internet.
mod document;
mod settings;
#[cfg(test)]
mod story;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use self::document::POSTS;
pub use self::settings::settings;

/// The account that owns the settings of the replay.
pub const ACCOUNT: &str = "replay";
pub(crate) const PAGE_ID: &str = "clerk-replay";
/// Between two posts. The real ones were 7 to 52 minutes apart.
const STEP: Duration = Duration::from_secs(6);
/// Between two reads of the page.
const INTERVAL: Duration = Duration::from_secs(2);

/// The state of the page. The incident has a new id at each start, because each start replays a new incident.
pub struct Replay {
    incident: String,
    /// The first post appears one step after the first read, so that the first read is an operational baseline.
    first_read: OnceLock<Instant>,
}

impl Replay {
    pub fn new(start: jiff::Timestamp) -> Self {
        Self { incident: format!("01CLERK{:019}", start.as_millisecond()), first_read: OnceLock::new() }
    }

    /// The number of posts that are published.
    fn posted(&self) -> usize {
        let since = self.first_read.get_or_init(Instant::now).elapsed();
        ((since.as_secs_f64() / STEP.as_secs_f64()) as usize).min(POSTS.len())
    }
}

pub fn router(replay: Arc<Replay>) -> Router {
    Router::new()
        .route("/replay/clerk/proxy/{host}", get(summary))
        .route("/replay/clerk/proxy/{host}/incidents", get(history))
        .route("/replay/clerk/proxy/{host}/incidents/{id}", get(incident))
        .with_state(replay)
}

async fn summary(State(replay): State<Arc<Replay>>) -> Json<Value> {
    Json(document::summary(&replay.incident, replay.posted()))
}

async fn history(State(replay): State<Arc<Replay>>) -> Json<Value> {
    let posted = replay.posted();
    let incidents: Vec<Value> =
        (posted > 0).then(|| document::incident(&replay.incident, posted)).into_iter().collect();
    Json(json!({ "incidents": incidents }))
}

async fn incident(State(replay): State<Arc<Replay>>, Path((_, id)): Path<(String, String)>) -> Response {
    let posted = replay.posted();
    if id != replay.incident || posted == 0 {
        return StatusCode::NOT_FOUND.into_response();
    }
    Json(json!({ "incident": document::incident(&id, posted) })).into_response()
}

//! The built-in receiver: shows what a Slack channel and a webhook endpoint would have got. It takes anything and keeps
//! the newest in memory; `GET /receiver.json` lists them, oldest first.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

const KEPT: usize = 500;

#[derive(Default)]
pub struct Receiver(Mutex<VecDeque<Received>>);

#[derive(Clone, Serialize)]
struct Received {
    channel: &'static str,
    received_at: Timestamp,
    alert_id: Option<String>,
    body: Value,
}

pub fn router(receiver: Arc<Receiver>) -> Router {
    Router::new().route("/receiver/{channel}", post(receive)).route("/receiver.json", get(list)).with_state(receiver)
}

/// Answers as the platform would: Slack says `ok`, a webhook endpoint nothing.
async fn receive(
    State(receiver): State<Arc<Receiver>>,
    Path(channel): Path<String>,
    Json(body): Json<Value>,
) -> Result<&'static str, StatusCode> {
    let (channel, alert_id, answer) = match channel.as_str() {
        "slack" => ("slack", &body["blocks"][0]["block_id"], "ok"),
        "webhook" => ("webhook", &body["data"]["alert"]["id"], ""),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let alert_id = alert_id.as_str().map(str::to_owned);
    let mut kept = receiver.0.lock().expect("nothing panics while holding the list");
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(Received { channel, received_at: Timestamp::now(), alert_id, body });
    Ok(answer)
}

async fn list(State(receiver): State<Arc<Receiver>>) -> Json<Vec<Received>> {
    Json(receiver.0.lock().expect("nothing panics while holding the list").iter().cloned().collect())
}

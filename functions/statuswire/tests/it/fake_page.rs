//! A fake status page in the shape of Atlassian Statuspage, and an endpoint that accepts webhooks.
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};

#[derive(Clone, Default)]
pub(crate) struct FakePage(Arc<Mutex<PageState>>);

#[derive(Default)]
struct PageState {
    /// The phases of the only incident so far; empty before it.
    phases: Vec<&'static str>,
    received: Vec<Value>,
    refuses: bool,
    /// Headers without which the page is not shown.
    login: Vec<(&'static str, &'static str)>,
}

impl FakePage {
    /// Serves until the test's runtime ends.
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let page = Self::default();
        let app = Router::new()
            .route("/page/api/v2/summary.json", get(summary))
            .route("/page/api/v2/incidents.json", get(history))
            .route("/html", get(async || "<!doctype html><title>Welcome</title>"))
            .route("/hook", post(take))
            .with_state(page.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (page, address)
    }

    pub(crate) fn post(&self, phase: &'static str) {
        self.0.lock().unwrap().phases.push(phase);
    }

    /// The page is there for those who send these headers.
    pub(crate) fn require(&self, login: &[(&'static str, &'static str)]) {
        self.0.lock().unwrap().login = login.to_vec();
    }

    pub(crate) fn refuse(&self, refuses: bool) {
        self.0.lock().unwrap().refuses = refuses;
    }

    pub(crate) fn received(&self) -> Vec<String> {
        let shown = self.0.lock().unwrap();
        shown.received.iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn summary(State(page): State<FakePage>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let login = page.0.lock().unwrap().login.clone();
    if login.iter().any(|(name, text)| headers.get(*name).is_none_or(|value| value != text)) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let open: Vec<Value> = incident(&page).into_iter().filter(|incident| incident["status"] != "resolved").collect();
    Ok(Json(json!({
        "page": {"id": "tw1xs08pd4j7", "name": "Acme", "url": "https://status.acme.test", "time_zone": "Etc/UTC"},
        "status": {"indicator": "none", "description": "fine"},
        "components": [{"id": "c1", "name": "API", "status": "operational", "group": false, "group_id": null}],
        "incidents": open,
        "scheduled_maintenances": [],
    })))
}

async fn history(State(page): State<FakePage>) -> Json<Value> {
    Json(json!({"incidents": incident(&page).into_iter().collect::<Vec<_>>()}))
}

async fn take(State(page): State<FakePage>, Json(body): Json<Value>) -> StatusCode {
    let mut shown = page.0.lock().unwrap();
    if shown.refuses {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    shown.received.push(body);
    StatusCode::OK
}

fn incident(page: &FakePage) -> Option<Value> {
    let phases = page.0.lock().unwrap().phases.clone();
    let time = |number: usize| format!("2026-05-04T15:{number:02}:00.000Z");
    let updates: Vec<Value> = phases
        .iter()
        .enumerate()
        .rev()
        .map(|(n, phase)| json!({"id": format!("u{n}"), "status": phase, "body": "As it is.", "display_at": time(n), "created_at": time(n)}))
        .collect();
    let last = phases.len().checked_sub(1)?;
    Some(json!({
        "id": "i1", "name": "Slow", "status": phases[last], "impact": "major", "started_at": time(0), "updated_at": time(last),
        "resolved_at": (phases[last] == "resolved").then(|| time(last)), "incident_updates": updates, "components": [],
    }))
}

//! Example responses for the `OpenAPI` document. A test validates them against the schemas.
use serde_json::{Value, json};

fn github() -> Value {
    json!({"id": "github", "name": "GitHub"})
}

fn row() -> Value {
    json!({
        "provider": github(),
        "id": "vtpvmq30z1vq",
        "kind": "incident",
        "title": "Disruption with some GitHub services",
        "phase": "monitoring",
        "impact": "minor",
        "severity": "minor",
        "open": true,
        "stale": false,
        "no_news_since": null,
        "began_at": "2026-03-10T15:37:00Z",
        "ended_at": null,
        "how_ended": null,
        "planned_start": null,
        "planned_end": null,
        "links": {
            "self": "/api/v1/incidents/github/vtpvmq30z1vq",
            "html": "/incidents/github/vtpvmq30z1vq",
        },
    })
}

fn planned() -> Value {
    let mut row = row();
    row["id"] = "kz8w2xq1m3pl".into();
    row["kind"] = "maintenance".into();
    row["title"] = "Database upgrade".into();
    row["phase"] = "scheduled".into();
    row["severity"] = "maintenance".into();
    row["impact"] = Value::Null;
    row["began_at"] = "2026-03-14T02:00:00Z".into();
    row["planned_start"] = "2026-03-14T02:00:00Z".into();
    row["planned_end"] = "2026-03-14T04:00:00Z".into();
    row["links"] = json!({
        "self": "/api/v1/incidents/github/kz8w2xq1m3pl",
        "html": "/maintenances/github/kz8w2xq1m3pl",
    });
    row
}

pub(super) fn provider() -> Value {
    json!({
        "id": "github",
        "name": "GitHub",
        "page_url": "https://www.githubstatus.com",
        "category": "devtools",
        "watched": true,
        "state": "degraded_performance",
        "state_as_of": null,
        "components": 11,
        "components_in_trouble": 1,
        "open": [row()],
        "more_open": 0,
        "watched_since": "2026-01-02T08:00:00Z",
        "last_read_at": "2026-03-10T15:41:00Z",
        "read_every_seconds": 60,
        "trouble_reading": null,
        "links": {"self": "/api/v1/providers/github", "html": "/providers/github"},
    })
}

pub(super) fn providers() -> Value {
    json!({"providers": [provider()], "next": "github"})
}

pub(super) fn search_results() -> Value {
    json!({"providers": [provider()]})
}

pub(super) fn components() -> Value {
    let actions = json!({"id": "br0l2tvcx85d", "name": "Actions", "group": null, "status": "degraded_performance"});
    json!({"provider": github(), "components": [actions], "listing": "complete"})
}

pub(super) fn incidents() -> Value {
    json!({"incidents": [row()], "next": null})
}

pub(super) fn maintenances() -> Value {
    json!({"maintenances": [planned()], "next": null})
}

pub(super) fn incident() -> Value {
    let actions = json!({"id": "br0l2tvcx85d", "name": "Actions", "group": null, "status": "degraded_performance"});
    let update = |id: &str, phase: &str, at: &str, body: &str| {
        json!({
            "id": id, "phase": phase, "posted_at": at, "body": body, "edited_at": null, "components": [actions.clone()],
        })
    };
    let mut incident = row();
    incident["origin"] = "vendor".into();
    incident["url"] = "https://www.githubstatus.com/incidents/vtpvmq30z1vq".into();
    incident["first_seen_at"] = "2026-03-10T15:38:12Z".into();
    incident["backfilled"] = false.into();
    incident["episode"] = 1.into();
    incident["components"] = json!([actions.clone()]);
    incident["updates"] = json!([
        update("u1", "investigating", "2026-03-10T15:37:00Z", "We are investigating delayed runs of Actions."),
        update("u2", "monitoring", "2026-03-10T15:40:00Z", "A fix is in place, and we are monitoring."),
    ]);
    incident
}

pub(super) fn health() -> Value {
    json!({"status": "ok", "newest_round_at": "2026-03-10T15:41:00Z"})
}

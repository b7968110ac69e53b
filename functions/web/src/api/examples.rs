//! Sample responses for the documents of the API. They are what the handlers answer: `tests/it/api_samples.rs` asks
//! them and writes the files.
use serde_json::{Value, json};

macro_rules! samples {
    ($($name:ident),*) => {
        $(pub(super) fn $name() -> Value {
            let text = include_str!(concat!("../../assets/samples/", stringify!($name), ".json"));
            serde_json::from_str(text).expect("a test writes the sample")
        })*
    };
}

samples! { providers, provider, components, incidents, incidents_of_provider, maintenances, incident, search_results }

/// It is of the last 90 days, so it is no file.
pub(super) fn uptime() -> Value {
    let day = json!({"date": "2026-03-10", "worst": "partial_outage", "seconds": 1_980, "imported": false});
    json!({
        "provider": {"id": "github", "name": "GitHub"},
        "watched": {
            "since": "2026-01-02T08:00:00Z",
            "until": "2026-03-14T09:41:00Z",
            "gaps": [{"since": "2026-02-03T11:10:00Z", "until": "2026-02-03T11:32:00Z"}],
        },
        "days": [day],
        "components": [
            {
                "id": "br0l2tvcx85d", "name": "Actions", "group": null, "status": "operational",
                "in_state_since": "2026-03-10T16:10:00Z", "seen_seconds": 6_139_140, "down_seconds": 1_980,
                "uptime_percent": 99.96, "days": [day],
            },
            {
                "id": "8l4ygp009s5s", "name": "Git Operations", "group": "Core", "status": "operational",
                "in_state_since": null, "seen_seconds": 6_139_140, "down_seconds": 0, "uptime_percent": 100.0,
                "days": [],
            },
        ],
    })
}

/// It says the present time, so it is no file.
pub(super) fn health() -> Value {
    json!({"status": "ok", "newest_round_at": "2026-03-10T15:41:00Z"})
}

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

/// It says the present time, so it is no file.
pub(super) fn health() -> Value {
    json!({"status": "ok", "newest_round_at": "2026-03-10T15:41:00Z"})
}

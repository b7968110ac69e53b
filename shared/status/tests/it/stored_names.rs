//! Names under which documents are stored. They are part of every existing table, so they outlive any rename in the
//! code.
use std::collections::BTreeSet;

use serde_json::{Value, json};
use status::{
    ids::ComponentId,
    incident_timeline::IncidentTimeline,
    page_state::{Ended, HowEnded, IncidentState, Origin, PageState, Rescheduled},
    snapshot::Window,
    words::{ComponentStatus::MajorOutage, Phase::Investigating},
};

use crate::page::{at, incident, page};

/// A state with a value in every field that is left out when it is empty.
fn full() -> IncidentState {
    let snapshot = page(&[("api", MajorOutage)], &[incident("i", &[(10, Investigating)], &[("api", MajorOutage)])]);
    let mut state = PageState::baseline(&snapshot, at(60)).incidents.remove(0);
    state.page_id = Some("other".into());
    state.attributed = BTreeSet::from([ComponentId::new("web")]);
    state.suspected_redate = true;
    let from = Window { starts_at: Some(at(0)), ends_at: None };
    state.rescheduled = vec![Rescheduled { from, noticed_at: at(30) }];
    state.ended = Some(Ended { at: at(90), how: HowEnded::ByProvider });
    state
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn incident_states_keep_their_names() {
    let stored = serde_json::to_value(full()).unwrap();
    let mut expected = [
        "id",
        "kind",
        "title",
        "phase",
        "impact",
        "url",
        "started_at",
        "resolved_at",
        "window",
        "components",
        "updates",
        "page_id",
        "origin",
        "severity",
        "first_seen_at",
        "backfilled",
        "episode",
        "revision",
        "missing_reads",
        "ended",
        "newest",
        "blamed",
        "edited",
        "reminded",
        "overran",
        "redated",
        "moved",
    ];
    expected.sort_unstable();
    let mut found = keys(&stored);
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(stored["blamed"], json!(["web"]));
    assert_eq!(stored["redated"], json!(true));
    assert_eq!(stored["moved"][0]["noticed_at"], json!(at(30)));
    assert_eq!(serde_json::from_value::<IncidentState>(stored).unwrap(), full());
}

#[test]
fn page_states_keep_their_names() {
    let state = PageState::baseline(&page(&[("api", MajorOutage)], &[]), at(60));
    let stored = serde_json::to_value(&state).unwrap();
    let mut found = keys(&stored);
    found.sort_unstable();
    assert_eq!(found, ["baseline_at", "components", "incidents", "listing", "page", "recovering"]);
    assert_eq!(serde_json::from_value::<PageState>(stored).unwrap(), state);
}

#[test]
fn timelines_keep_their_names() {
    let timeline = IncidentTimeline::of(&IncidentState { ended: None, ..full() });
    let stored = serde_json::to_value(&timeline).unwrap();
    let mut found = keys(&stored["held"][0]);
    found.sort_unstable();
    assert_eq!(found, ["component", "from", "status", "until"]);
    assert_eq!(stored["moved_from"]["starts_at"], json!(at(0)));
    assert_eq!(serde_json::from_value::<IncidentTimeline>(stored).unwrap(), timeline);
}

#[test]
fn words_keep_their_spelling() {
    assert_eq!(json!([Origin::Provider, Origin::Components]), json!(["vendor", "components"]));
    let ends = [HowEnded::ByProvider, HowEnded::NoLongerListed, HowEnded::Recovered, HowEnded::Merged];
    assert_eq!(json!(ends), json!(["said_by_vendor", "no_longer_listed", "recovered", "explained"]));
}

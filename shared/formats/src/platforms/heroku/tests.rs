//! Whole reads of a fake page: what is asked for, and what the answers add up to.
use status::{
    ids::IncidentId,
    snapshot::{Affected, Incident, Kind, Listing},
    words::{ComponentStatus, Phase},
};

use super::{CURRENT, FORMAT};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, find_incident, timeline},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        include_str!(concat!("../../../test_data/heroku/", $case, "/api+v4+", $name))
    };
}
macro_rules! case {
    ($case:literal) => {
        [(CURRENT, document!($case, "current-status")), (HISTORY, document!($case, "incidents"))]
    };
}

const HISTORY: &str = "api/v4/incidents?limit=25";
const ROUTING: &[(Kind, &str)] = &[(Kind::Incident, "2903")];
const BY_ID: &str = "api/v4/incidents/2903";

fn ask(documents: &[(&'static str, &str)], open: &[(Kind, &str)]) -> (Vec<String>, ParsedPage) {
    let (asked, parsed) = Page::of(documents).read(&FORMAT, Some("api-v4"), open);
    (asked, parsed.unwrap())
}

#[test]
fn an_open_incident_has_every_update_and_its_systems() {
    let (asked, parsed) = ask(&case!("open"), &[]);
    assert_eq!(asked, [CURRENT, HISTORY]);
    let routing = find_incident(&parsed, "2903").unwrap();
    assert_eq!((routing.kind, routing.phase), (Kind::Incident, Some(Phase::Monitoring)));
    assert_eq!(routing.started_at, at("2026-05-04T15:05:00Z"));
    assert_eq!(routing.url.as_deref(), Some("https://status.heroku.com/incidents/2903"));
    assert_eq!(
        timeline(&routing.updates),
        [
            "26-05-04T15:05:00Z investigating: Some requests to apps end in H12.",
            "26-05-04T15:20:00Z investigating: About a **tenth** of requests fail.",
            "26-05-04T15:40:00Z monitoring: We have put the old routers back and watch.",
        ]
    );
    let affected = |id: &str, status| Affected { id: id.into(), status: Some(status) };
    assert_eq!(
        routing.components,
        [affected("Apps", ComponentStatus::MajorOutage), affected("Data", ComponentStatus::DegradedPerformance)]
    );
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
}

#[test]
fn the_systems_are_the_components() {
    let components = ask(&case!("maintenance"), &[]).1.snapshot.components;
    let states: Vec<_> = components.iter().map(|component| (component.name.as_str(), component.status)).collect();
    assert_eq!(
        states,
        [
            ("Apps", ComponentStatus::UnderMaintenance),
            ("Data", ComponentStatus::Operational),
            ("Tools", ComponentStatus::Operational)
        ]
    );
}

#[test]
fn an_incident_is_over_by_its_state_whatever_resolved_says() {
    let (_, parsed) = ask(&case!("ended"), ROUTING);
    let routing = find_incident(&parsed, "2903").unwrap();
    assert!(document!("ended", "incidents").contains("\"resolved\": false"));
    assert_eq!(routing.phase, Some(Phase::Resolved));
    assert_eq!(routing.resolved_at, at("2026-05-04T15:55:00Z"));
    assert_eq!(routing.components[0].status, None);
    assert_eq!(parsed.unlisted, [IncidentId::from("2903")]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn a_state_that_is_unknown_ends_nothing() {
    let current = document!("open", "current-status").replace("\"monitoring\"", "\"odd\"");
    let (_, parsed) = ask(&[(CURRENT, &current), (HISTORY, document!("fine", "incidents"))], &[]);
    let routing = find_incident(&parsed, "2903").unwrap();
    assert_eq!(routing.phase, Some(Phase::Investigating), "that of its last update that has one");
    assert!(!parsed.problems.is_empty());
}

#[test]
fn one_that_is_in_neither_list_is_asked_for_by_its_id() {
    let [current, history] = case!("fine");
    let (asked, parsed) = ask(&[current, history], ROUTING);
    assert_eq!(asked, [CURRENT, HISTORY, BY_ID]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete, "it is not there");

    let ended: Vec<serde_json::Value> = serde_json::from_str(document!("ended", "incidents")).unwrap();
    let (_, parsed) = ask(&[current, history, (BY_ID, &ended[0].to_string())], ROUTING);
    assert!(find_incident(&parsed, "2903").is_some_and(Incident::is_over));

    for other in ["", "<html>", "{}", &ended[1].to_string()] {
        let (_, parsed) = ask(&[current, history, (BY_ID, other)], ROUTING);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "{other}");
    }
}

#[test]
fn an_id_of_another_time_is_not_asked_for() {
    let (asked, _) = ask(&case!("fine"), &[(Kind::Incident, "../../login"), (Kind::Incident, "p4q7r2s9t1vx")]);
    assert_eq!(asked, [CURRENT, HISTORY]);
}

#[test]
fn without_the_history_nothing_is_concluded() {
    let [current, _] = case!("fine");
    let (_, parsed) = ask(&[current], ROUTING);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_planned_maintenance_is_announced_without_a_window() {
    let (_, parsed) = ask(&case!("maintenance"), &[]);
    let plan = find_incident(&parsed, "2899").unwrap();
    assert_eq!((plan.kind, plan.phase), (Kind::Maintenance, Some(Phase::Scheduled)));
    assert_eq!((plan.started_at, plan.window), (None, None));
    assert_eq!(parsed.snapshot.incidents.len(), 2, "it is in both lists and counts once");
}

#[test]
fn a_maintenance_of_the_history_is_no_incident() {
    let (_, parsed) = ask(&[case!("fine")[0], (HISTORY, document!("maintenance", "incidents"))], &[]);
    assert_eq!(find_incident(&parsed, "2899").unwrap().kind, Kind::Maintenance);
}

#[test]
fn a_page_without_systems_is_not_read() {
    for (current, malformed) in [
        ("{\"status\":[],\"incidents\":[],\"scheduled\":[]}", true),
        ("{\"status\":{\"Production\":\"green\"},\"incidents\":[],\"scheduled\":[]}", false),
        ("{\"status\":[],\"incidents\":[]}", false),
    ] {
        let error = Page::of(&[(CURRENT, current)]).read(&FORMAT, None, &[]).1.unwrap_err();
        assert_eq!(matches!(error, ReadError::Malformed(_)), malformed, "{error}");
    }
}

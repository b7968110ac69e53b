//! What the shim of incident.io leaves out or says in other words.
use super::*;

#[test]
fn a_shim_without_components_proves_nothing_by_what_it_leaves_out() {
    for left_out in [false, true] {
        let parsed = shim_of(|document| {
            document["incidents"] = serde_json::json!([]);
            match left_out {
                true => _ = document.as_object_mut().unwrap().remove("components"),
                false => document["components"] = serde_json::json!([]),
            }
        });
        let coverage = parsed.snapshot.coverage;
        assert_eq!((coverage.components, coverage.incidents), (Listing::Partial, Listing::Partial));
        assert!(parsed.problems.iter().any(|problem| problem.contains("lists no component")), "{:?}", parsed.problems);
    }
}

#[test]
fn the_first_incident_of_an_empty_shim_is_read() {
    let parsed = shim_of(|document| document["components"] = serde_json::json!([]));
    assert!(!clerk(&parsed).unwrap().is_over());
}

#[test]
fn planned_work_that_the_shim_lists_as_an_incident_is_maintenance() {
    let parsed = shim_of(|document| document["incidents"][0]["impact"] = serde_json::json!("maintenance"));
    let work = clerk(&parsed).unwrap();
    assert_eq!((work.kind, work.phase, work.impact), (Kind::Maintenance, Some(Phase::InProgress), None));
}

#[test]
fn an_indicator_of_the_shim_counts_where_no_listed_component_is_down() {
    let lone = |indicator: &str, down: bool| {
        let parsed = shim_of(|document| {
            document["incidents"] = serde_json::json!([]);
            document["status"] = serde_json::json!({"indicator": indicator, "description": "Partial outage"});
            for component in document["components"].as_array_mut().unwrap() {
                component["status"] = serde_json::json!(if down { "partial_outage" } else { "operational" });
            }
        });
        parsed.snapshot.incidents.into_iter().map(|incident| (incident.title, incident.impact)).next()
    };
    assert_eq!(lone("major", false), Some(("Partial outage".into(), Some(Impact::Major))));
    assert_eq!((lone("none", false), lone("major", true), lone("wobbly", false)), (None, None, None));
}

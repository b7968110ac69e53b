//! Whole reads of a fake page.
use serde_json::{Value, json};
use status::{
    ids::IncidentId,
    snapshot::{Kind, Listing},
    words::{ComponentStatus, Impact, Phase},
};

use super::FORMAT;
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, incident, timeline},
    },
};

macro_rules! document {
    ($case:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../test_data/betterstack/", $case, "/index.json")))
            .unwrap()
    };
}

fn read_at(now: &str, index: &Value, open: &[(Kind, &str)]) -> Result<ParsedPage, ReadError> {
    Page::of(&[("index.json", index)]).at_time(now).read(&FORMAT, None, open).1
}

fn read(index: &Value, open: &[(Kind, &str)]) -> ParsedPage {
    read_at("2026-05-04T16:00:00Z", index, open).unwrap()
}

/// The included part of this kind and id.
fn part<'a>(index: &'a mut Value, id: &str) -> &'a mut Value {
    index["included"].as_array_mut().unwrap().iter_mut().find(|part| part["id"] == id).unwrap()
}

#[test]
fn an_open_report_is_read_with_its_updates_and_no_phase() {
    let parsed = read(&document!("open_incident"), &[]);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let incident = incident(&parsed, "5002");
    assert_eq!((incident.phase, incident.impact, incident.is_over()), (None, Some(Impact::Minor), false));
    assert_eq!((incident.started_at, incident.resolved_at), (at("2026-05-04T14:00:00Z"), None));
    assert_eq!(
        timeline(&incident.updates),
        ["26-05-04T14:00:00Z ?: Requests take longer than usual.", "26-05-04T15:20:00Z ?: The website is quick again."]
    );
    let affected: Vec<_> = incident.components.iter().map(|affected| (affected.id.as_str(), affected.status)).collect();
    assert_eq!(
        affected,
        [("801", Some(ComponentStatus::DegradedPerformance)), ("802", Some(ComponentStatus::Operational))]
    );
    let components: Vec<_> = parsed
        .snapshot
        .components
        .iter()
        .map(|component| (component.name.as_str(), component.group.as_deref(), component.status))
        .collect();
    assert_eq!(
        components,
        [
            ("API", Some("Core"), ComponentStatus::DegradedPerformance),
            ("Website", Some("Core"), ComponentStatus::Operational),
            ("Mail", Some("Extras"), ComponentStatus::MajorOutage),
            ("Lab", Some("Extras"), ComponentStatus::Unknown),
        ]
    );
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Complete, Listing::Complete));
}

#[test]
fn a_report_that_a_monitor_opened_is_called_after_what_is_down() {
    let parsed = read(&document!("open_incident"), &[]);
    assert_eq!(
        (incident(&parsed, "5003").title.as_str(), incident(&parsed, "5003").impact),
        ("Mail", Some(Impact::Major))
    );
}

#[test]
fn a_report_is_resolved_by_its_state_or_its_end() {
    let mut index = document!("open_incident");
    assert_eq!(incident(&read(&index, &[]), "5001").resolved_at, at("2026-04-11T09:10:00Z"));
    part(&mut index, "5002")["attributes"]["aggregate_state"] = json!("resolved");
    let parsed = read(&index, &[]);
    assert_eq!((incident(&parsed, "5002").phase, incident(&parsed, "5002").resolved_at), (Some(Phase::Resolved), None));
    part(&mut index, "5003")["attributes"]["ends_at"] = json!("2026-05-04T15:40:00.000Z");
    assert_eq!(incident(&read(&index, &[]), "5003").resolved_at, at("2026-05-04T15:40:00Z"));
    part(&mut index, "5003")["attributes"]["ends_at"] = json!("2026-05-04T16:40:00.000Z");
    assert!(!incident(&read(&index, &[]), "5003").is_over());
}

/// Every word for a state that report 5002 and its updates give, in the order of time.
fn report_5002(index: &mut Value, report: &str, updates: &[&[(&str, &str)]]) {
    let touched = |named: &[(&str, &str)]| -> Value {
        named.iter().map(|(id, status)| json!({"status_page_resource_id": id, "status": status})).collect()
    };
    let ids: Vec<String> = (0..updates.len()).map(|n| format!("9{n}")).collect();
    let named: Vec<(&str, &str)> = updates.last().map(|named| named.to_vec()).unwrap_or_default();
    let item = part(index, "5002");
    item["attributes"]["aggregate_state"] = json!(report);
    item["attributes"]["affected_resources"] = touched(&named);
    item["relationships"]["status_updates"]["data"] =
        ids.iter().map(|id| json!({"id": id, "type": "status_update"})).collect();
    let included = index["included"].as_array_mut().unwrap();
    included.retain(|part| part["type"] != "status_update");
    for (n, named) in updates.iter().enumerate() {
        included.push(json!({"id": ids[n], "type": "status_update", "attributes": {
            "message": "Words.", "published_at": format!("2026-05-04T14:0{n}:00.000Z"),
            "affected_resources": touched(named)}}));
    }
}

#[test]
fn a_report_ends_with_the_update_that_calls_all_of_it_resolved() {
    let read_as = |state: &str, updates: &[&[(&str, &str)]]| {
        let mut index = document!("open_incident");
        report_5002(&mut index, state, updates);
        incident(&read(&index, &[]), "5002").clone()
    };
    let (down, slow) = ([("801", "downtime"), ("802", "downtime")], [("801", "degraded"), ("802", "resolved")]);
    let well = [("801", "resolved"), ("802", "resolved")];
    let ended = read_as("resolved", &[&down, &slow, &well]);
    assert_eq!((ended.phase, ended.resolved_at), (Some(Phase::Resolved), at("2026-05-04T14:02:00Z")));
    let phases: Vec<_> = ended.updates.iter().map(|update| update.phase).collect();
    assert_eq!(phases, [None, None, Some(Phase::Resolved)]);
    let said_twice = read_as("resolved", &[&down, &well, &well]);
    assert_eq!(said_twice.resolved_at, at("2026-05-04T14:01:00Z"));
    let unsaid = read_as("on fire", &[&down, &well]);
    assert_eq!(unsaid.resolved_at, at("2026-05-04T14:01:00Z"), "the state is no known word, the update is");
    let again = read_as("degraded", &[&down, &well, &slow]);
    assert!(!again.is_over() && again.resolved_at.is_none());
    assert!(!read_as("degraded", &[&down, &well]).is_over(), "the report itself says that it goes on");
}

#[test]
fn a_report_that_names_nothing_but_maintenance_is_maintenance() {
    let read_as = |report_type: &str, state: &str, updates: &[&[(&str, &str)]]| {
        let mut index = document!("open_incident");
        report_5002(&mut index, state, updates);
        part(&mut index, "5002")["attributes"]["report_type"] = json!(report_type);
        let parsed = read(&index, &[]);
        let found = incident(&parsed, "5002");
        (found.kind, found.phase)
    };
    let (work, well, down) = ([("801", "maintenance")], [("801", "resolved")], [("801", "downtime")]);
    for report_type in ["manual", "automatic", "rumour"] {
        let running = read_as(report_type, "maintenance", &[&work]);
        assert_eq!(running, (Kind::Maintenance, Some(Phase::InProgress)), "{report_type}");
        let ended = read_as(report_type, "resolved", &[&work, &well]);
        assert_eq!(ended, (Kind::Maintenance, Some(Phase::Completed)), "{report_type}");
    }
    assert_eq!(read_as("manual", "downtime", &[&work, &down]).0, Kind::Incident);
    assert_eq!(read_as("manual", "resolved", &[&down, &well]).0, Kind::Incident);
}

#[test]
fn a_page_that_is_down_as_a_whole_only_is_in_trouble() {
    let mut index = document!("all_operational");
    index["data"]["attributes"]["aggregate_state"] = json!("downtime");
    let parsed = read(&index, &[]);
    let lone = parsed.snapshot.incidents.iter().find(|incident| !incident.is_over()).unwrap();
    assert_eq!((lone.kind, lone.impact), (Kind::Incident, Some(Impact::Major)));
    index["data"]["attributes"]["aggregate_state"] = json!("operational");
    assert!(read(&index, &[]).snapshot.incidents.iter().all(status::snapshot::Incident::is_over));
}

#[test]
fn maintenances_stand_where_their_times_say() {
    let index = document!("maintenance");
    let phase = |now: &str, id: &str| incident(&read_at(now, &index, &[]).unwrap(), id).phase;
    assert_eq!(phase("2026-05-04T14:00:00Z", "5004"), Some(Phase::Scheduled));
    assert_eq!(phase("2026-05-04T16:00:00Z", "5004"), Some(Phase::InProgress));
    assert_eq!(phase("2026-05-04T17:00:00Z", "5004"), Some(Phase::Completed));
    assert_eq!(phase("2026-05-04T16:00:00Z", "5006"), Some(Phase::Completed));
    let parsed = read(&index, &[]);
    let soon = incident(&parsed, "5005");
    assert_eq!((soon.kind, soon.started_at, soon.impact), (Kind::Maintenance, None, None));
    assert_eq!(soon.window.unwrap().ends_at, at("2026-05-20T08:00:00Z"));
}

#[test]
fn a_report_that_is_gone_was_withdrawn_unless_the_page_still_names_it() {
    let mut index = document!("open_incident");
    let open = [(Kind::Incident, "4711")];
    assert_eq!(read(&index, &open).snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(read(&index, &open).unlisted, [IncidentId::from("4711")]);
    index["data"]["relationships"]["status_reports"]["data"][0]["id"] = json!("4711");
    assert_eq!(read(&index, &open).snapshot.coverage.incidents, Listing::Partial);
    index["data"]["relationships"] = json!({});
    assert_eq!(read(&index, &open).snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_report_of_unknown_type_or_state_does_not_end() {
    let mut index = document!("open_incident");
    part(&mut index, "5002")["attributes"]["report_type"] = json!("rumour");
    assert_eq!(incident(&read(&index, &[]), "5002").kind, Kind::Incident, "it says that something is degraded");
    part(&mut index, "5002")["attributes"]["aggregate_state"] = json!("operational");
    part(&mut index, "5003")["attributes"]["aggregate_state"] = json!("on fire");
    let parsed = read(&index, &[]);
    assert!(!incident(&parsed, "5003").is_over());
    assert_eq!(parsed.snapshot.incidents.len(), 2);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(
        parsed.problems,
        [r#"report "5002" is of unknown type and was left out"#, r#"report "5003" has the unknown state "on fire""#]
    );
}

#[test]
fn a_day_that_passes_changes_nothing() {
    let mut index = document!("all_operational");
    let before = read(&index, &[]).snapshot.digest();
    part(&mut index, "801")["attributes"]["status_history"] = json!([{"day": "2026-05-04", "status": "downtime"}]);
    part(&mut index, "801")["attributes"]["availability"] = json!(0.5);
    assert_eq!(read(&index, &[]).snapshot.digest(), before);
}

#[test]
fn an_index_of_another_platform_is_refused() {
    for other in [
        json!({"is": "index", "cStateVersion": "5.6", "systems": [], "pinnedIssues": []}),
        json!({"data": {"type": "article"}, "included": []}),
        json!({"data": {"type": "status_page"}}),
        json!({}),
    ] {
        let read = read_at("2026-05-04T16:00:00Z", &other, &[]);
        assert!(matches!(read, Err(ReadError::NotThisFormat(_))), "{other}");
    }
}

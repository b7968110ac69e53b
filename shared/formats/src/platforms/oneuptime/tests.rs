//! OneUptime: monitors and groups, states of a project's own, ends in the history bar.
use serde_json::{Value, json};
use status::{ids::IncidentId, snapshot::Kind, words::Phase};

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, incident, open_incidents, status_of},
};

const OVERVIEW: &str = "status-page-api/overview/status.example.com";

#[test]
fn page_has_monitors_groups_incidents_and_maintenance_with_notes() {
    let (asked, parsed) = FakePage::case("oneuptime/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, [OVERVIEW]);
    check(
        &parsed.unwrap(),
        "grp-1 \"Regions\": degraded performance
        mon-1 \"API\" in Core: major outage
        mon-2 \"Website\": operational
        Incident inc-1 \"The API is down\", investigating, impact Some(Major), 2026-05-04T14:00:00Z to -
          mon-1
          description 2026-05-04T14:00:00Z - \"Requests end with errors.\"
          t-1 2026-05-04T14:00:05Z investigating \"-\"
          t-2 2026-05-04T14:05:00Z investigating \"-\"
          da69691b32f2202c1bf5efdbf3c5b931 2026-05-04T14:10:00Z - \"We look into it.\"
        Maintenance sm-1 \"New disks\", in progress, impact None, 2026-05-04T15:00:00Z to -
          planned 2026-05-04T15:00:00Z to 2026-05-04T17:00:00Z
          mon-2
          description 2026-05-01T10:00:00Z - \"It may be slow.\"
          5e6bf162575b9ae00f3272b0887036b4 2026-05-04T15:01:00Z - \"We have begun.\"
        Maintenance sm-2 \"New switches\", scheduled, impact None, - to -
          planned 2026-05-09T15:00:00Z to 2026-05-09T17:00:00Z
          
        components Complete, incidents Complete",
    );
}

/// An overview of nothing, with these lists instead of its own.
fn overview(lists: &Value) -> FakePage {
    let mut all = json!({
        "statusPage": {"_id": "p"}, "statusPageResources": [], "monitorStatuses": [], "activeIncidents": [],
        "incidentPublicNotes": [], "incidentStateTimelines": [], "timelineIncidents": [],
        "scheduledMaintenanceEvents": [], "scheduledMaintenanceEventsPublicNotes": [],
    });
    for (key, list) in lists.as_object().unwrap() {
        all[key] = list.clone();
    }
    FakePage::of(&[(OVERVIEW, all)])
}

fn read(lists: &Value, open: &[&str]) -> ParsedPage {
    overview(lists).read(&FORMAT, Some("overview"), &open_incidents(open)).1.unwrap()
}

#[test]
fn page_of_the_hosted_service_is_known_by_its_id() {
    let of = |page: &str| {
        let asked = FakePage::at(page).read(&FORMAT, Some("overview"), &[]).0;
        assert_eq!(asked.len(), 1, "{asked:?}");
        let mut url: Url = page.parse().unwrap();
        url = url.join(&asked[0]).unwrap();
        url.to_string()
    };
    assert_eq!(
        of("https://status.acme.test/x?y=1#z"),
        "https://status.acme.test/status-page-api/overview/status.acme.test"
    );
    let id = "9d7a4b1e-0000-4000-8000-000000000001";
    let hosted = format!("https://oneuptime.com/status-page/{id}");
    assert_eq!(of(&hosted), format!("https://oneuptime.com/status-page-api/overview/{id}"));
    assert_eq!(
        of("https://oneuptime.com/status-page/%2e%2e"),
        "https://oneuptime.com/status-page-api/overview/oneuptime.com"
    );
}

const ID: &str = "0b7a4b1e-0000-4000-8000-000000000007";
const OF_HOST: &str = "POST status-page-api/domain";

#[test]
fn server_before_2026_is_asked_by_post() {
    let page = FakePage::case("oneuptime/server_before_2026");
    let by_id = format!("POST status-page-api/overview/{ID} {{}}");
    let of_host = format!("{OF_HOST} {{\"domain\":\"status.example.com\"}}");
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, [OVERVIEW, &of_host, &by_id]);
    let parsed = parsed.unwrap();
    check(
        &parsed,
        "mon-1 \"Orders\": degraded performance
        mon-2 \"Website\": operational
        Incident inc-7 \"Orders are slow\", investigating, impact Some(Minor), 2026-05-04T15:00:00Z to -
          mon-1
          description 2026-05-04T15:00:00Z - \"Orders take minutes.\"
          t-1 2026-05-04T15:00:05Z investigating \"-\"
          7609807ce0d025c12fdeb1f7252e9103 2026-05-04T15:20:00Z - \"Some orders wait. We add machines.\"
        components Complete, incidents Complete",
    );
    assert_eq!(parsed.source, format!("overview post {ID}"));
    let (asked, again) = page.read(&FORMAT, Some(&parsed.source), &open_incidents(&["inc-7", "gone"]));
    assert_eq!(asked, [by_id], "one request from then on");
    let again = again.unwrap();
    assert_eq!((again.source, again.snapshot.coverage.incidents), (parsed.source, Listing::Complete));
    assert_eq!(again.unlisted, [IncidentId::from("gone")]);
}

#[test]
fn page_of_a_service_has_its_id_in_its_address() {
    let page = FakePage::at(&format!("https://up.acme.test/status-page/{ID}"));
    let asked = page.read(&FORMAT, None, &[]).0;
    let overview = format!("https://up.acme.test/status-page-api/overview/{ID}");
    assert_eq!(asked, [overview.clone(), format!("POST {overview} {{}}")]);
}

#[test]
fn nothing_is_posted_to_a_server_that_answers_a_get_or_is_in_trouble() {
    for status in [200, 401, 403, 429, 500, 503] {
        let page = FakePage::of::<&str>(&[]).with_status(OVERVIEW, status, "{}");
        assert_eq!(page.read(&FORMAT, None, &[]).0, [OVERVIEW], "{status}");
    }
    let page = FakePage::of::<&str>(&[]);
    assert_eq!(page.read(&FORMAT, Some("overview"), &[]).0, [OVERVIEW], "it answered a GET before");
}

#[test]
fn server_that_takes_no_post_is_of_another_format() {
    let source = format!("overview post {ID}");
    let by_id = format!("POST status-page-api/overview/{ID}");
    for status in [301, 307, 404, 405] {
        let page = FakePage::of::<&str>(&[]).with_status(&by_id, status, "");
        let (asked, end) = page.read(&FORMAT, Some(&source), &[]);
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(matches!(end, Err(ReadError::NotThisFormat(_))), "{status}: {end:?}");
        let page = FakePage::of::<&str>(&[]).with_status(OF_HOST, status, "");
        assert!(matches!(page.read(&FORMAT, None, &[]).1, Err(ReadError::NotThisFormat(_))), "{status}");
    }
    // A host that the server does not know.
    let page = FakePage::of::<&str>(&[]).with_status(OF_HOST, 400, "{\"message\":\"none\"}");
    assert!(matches!(page.read(&FORMAT, None, &[]).1, Err(ReadError::Status { status: 400, .. })));
}

#[test]
fn what_the_server_calls_the_page_leads_to_no_other_address() {
    for id in [json!("../../x"), json!("a/b"), json!("http://evil.test"), json!(""), json!(7), json!(null)] {
        let page = FakePage::of(&[(OF_HOST, json!({"statusPageId": id}))]);
        let (asked, end) = page.read(&FORMAT, None, &[]);
        assert_eq!(asked.len(), 2, "{id}: {asked:?}");
        assert!(matches!(end, Err(ReadError::NotThisFormat(_))), "{id}");
    }
    // Nor what is stored of it.
    for source in ["overview post ", "overview post ../x", "overview post a/b"] {
        assert_eq!(FakePage::of::<&str>(&[]).read(&FORMAT, Some(source), &[]).0, [OVERVIEW], "{source}");
    }
}

#[test]
fn state_of_a_projects_own_name_is_unknown_and_never_operational() {
    let state = |name: &str, is_operational: Value| {
        let parsed = read(
            &json!({
                "monitorStatuses": [{"_id": "s", "name": name, "isOperationalState": is_operational}],
                "statusPageResources": [{"monitorId": "m", "monitor": {"currentMonitorStatusId": "s"}}],
            }),
            &[],
        );
        status_of(&parsed, "m")
    };
    assert_eq!(state("Alles gut", json!(true)), ComponentStatus::Operational);
    assert_eq!(state("Degraded", json!(false)), ComponentStatus::DegradedPerformance);
    assert_eq!(state("Partial Outage", json!(false)), ComponentStatus::PartialOutage);
    assert_eq!(state("Kaputt", json!(false)), ComponentStatus::Unknown);
    assert_eq!(state("Operational", json!(false)), ComponentStatus::Unknown, "the state says that it is none");
    assert_eq!(state("Operational", json!(null)), ComponentStatus::Unknown);
}

#[test]
fn resource_without_a_known_state_is_unknown_and_one_without_a_monitor_left_out() {
    let parsed = read(&json!({"statusPageResources": [{"monitorGroupId": "g"}, {"displayName": "B"}]}), &[]);
    assert_eq!(status_of(&parsed, "g"), ComponentStatus::Unknown);
    assert_eq!(parsed.snapshot.components.len(), 1);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(parsed.problems.len(), 2);
}

#[test]
fn incident_is_where_its_last_change_put_it_and_open_while_it_is_listed() {
    let phase = |states: Value| {
        let change = |(n, state): (usize, &Value)| {
            let time = format!("2026-05-04T14:0{n}:00Z");
            json!({"_id": n.to_string(), "incidentId": "i", "startsAt": time, "incidentState": state})
        };
        let changes: Vec<Value> = states.as_array().unwrap().iter().enumerate().map(change).collect();
        let listed = json!([{"_id": "i", "title": "T", "currentIncidentState": {"name": "Identified"}}]);
        let parsed = read(&json!({"activeIncidents": listed, "incidentStateTimelines": changes}), &[]);
        incident(&parsed, "i").phase
    };
    let named = |name: &str, key: &str| json!({"name": name, key: true});
    assert_eq!(phase(json!([])), Some(Phase::Identified));
    assert_eq!(phase(json!([named("Identified", "isCreatedState")])), Some(Phase::Investigating));
    assert_eq!(phase(json!([named("Eins", "isCreatedState"), {"name": "Monitoring"}])), Some(Phase::Monitoring));
    assert_eq!(phase(json!([named("Ende", "isResolvedState")])), None, "it is among what is open");
}

#[test]
fn end_is_in_the_history_bar() {
    let history = json!({"timelineIncidents": [{"_id": "i", "title": "T", "declaredAt": "2026-05-04T14:00:00Z",
        "monitors": [{"_id": "m"}]}]});
    let parsed = read(&history, &["i", "gone"]);
    let over = incident(&parsed, "i");
    assert_eq!((over.phase, over.resolved_at, over.components.len()), (Some(Phase::Resolved), None, 1));
    assert_eq!((parsed.snapshot.coverage.incidents, parsed.unlisted.len()), (Listing::Complete, 2));
    assert_eq!(read(&history, &[]).snapshot.incidents, [], "nobody asked for it");
    // One that could not be read from the list may be what the bar has.
    let mut damaged = history;
    damaged["activeIncidents"] = json!([7]);
    let parsed = read(&damaged, &["i"]);
    assert_eq!((parsed.snapshot.incidents.len(), parsed.snapshot.coverage.incidents), (0, Listing::Partial));
}

#[test]
fn missing_list_ends_nothing() {
    for key in ["activeIncidents", "scheduledMaintenanceEvents", "incidentPublicNotes"] {
        let parsed = read(&json!({key: null}), &["i"]);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "{key}");
    }
}

#[test]
fn maintenance_is_where_its_state_says() {
    let phase = |state: Value| {
        let event = json!([{"_id": "w", "title": "T", "startsAt": "2026-05-04T15:00:00Z",
            "currentScheduledMaintenanceState": state}]);
        let parsed = read(&json!({"scheduledMaintenanceEvents": event}), &[]);
        let work = incident(&parsed, "w");
        assert_eq!(work.kind, Kind::Maintenance);
        (work.phase, work.started_at.is_some())
    };
    assert_eq!(phase(json!({"isScheduledState": true})), (Some(Phase::Scheduled), false));
    assert_eq!(phase(json!({"isOngoingState": true})), (Some(Phase::InProgress), true));
    assert_eq!(phase(json!({"isResolvedState": true})), (Some(Phase::Completed), true));
    assert_eq!(phase(json!({})).0, None);
}

#[test]
fn document_of_something_else_is_no_overview() {
    let read = |body: Value| FakePage::of(&[(OVERVIEW, body)]).read(&FORMAT, None, &[]).1;
    assert!(matches!(read(json!({"message": "not found"})), Err(ReadError::NotThisFormat(_))));
    assert!(matches!(read(json!({"statusPageResources": []})), Err(ReadError::NotThisFormat(_))));
}

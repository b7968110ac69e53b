//! Uptime.com: the document and the HTML, groups, planned work, ends in the history.
use status::words::Phase;

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{at, check, incident, open_incidents},
};

#[test]
fn document_has_components_incidents_and_planned_work() {
    let (asked, parsed) = FakePage::case("uptimecom/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["ajax"]);
    check(
        &parsed.unwrap(),
        "2 \"API\": degraded performance
        44 \"Vienna\" in Check servers: operational
        45 \"Oslo\" in Check servers: under maintenance
        Incident 731 \"Checks are late\", identified, impact None, 2026-05-04T13:51:10.449Z to -
          2=degraded performance
          901 2026-05-04T13:55:00Z investigating \"We look into it.\"
          902 2026-05-04T14:30:00Z identified \"A queue is full.\"
        Maintenance 721 \"Work in Oslo\", in progress, impact None, 2026-05-04T15:00:00Z to -
          planned 2026-05-04T15:00:00Z to 2026-05-04T17:00:00Z
          45=under maintenance
          880 2026-05-02T12:00:00Z - \"New racks.\"
        Maintenance 735 \"Work in Vienna\", scheduled, impact None, - to -
          planned 2026-05-08T15:00:00Z to 2026-05-08T17:00:00Z
          44=under maintenance
        components Complete, incidents Complete",
    );
}

#[test]
fn html_is_read_where_there_is_no_document() {
    let page = FakePage::case("uptimecom/own_host");
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, ["ajax", ""]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "html");
    check(
        &parsed,
        "2 \"API\": major outage
        3 \"Website {new}\": operational
        Incident 41 \"The API is down\", investigating, impact None, 2026-05-04T13:51:10Z to -
          2=major outage
          7 2026-05-04T13:55:00Z investigating \"We look into it.\"
        components Complete, incidents Complete",
    );
    let (asked, _) = page.read(&FORMAT, Some("html"), &open_incidents(&["9"]));
    assert_eq!(asked, ["", "statuspage/acme/history"]);
}

const HISTORY: &str = r#"{"data":{"past_incidents":[{"id":731,"name":"Checks are late","incident_type":"INCIDENT",
    "starts_at":"2026-05-04T13:51:10Z","ends_at":"2026-05-04T15:15:00Z","affected_components":[],
    "latest_update_incident_state":"resolved","updates":[]}],"active_incidents":[]}}"#;

#[test]
fn end_is_in_the_history() {
    let page = FakePage::case("uptimecom/all_operational");
    let read = |page: &FakePage| page.read(&FORMAT, Some("ajax"), &open_incidents(&["731"])).1.unwrap();
    let ended = read(&page.clone().with("history", HISTORY));
    let incident = incident(&ended, "731");
    assert_eq!((incident.phase, incident.resolved_at), (Some(Phase::Resolved), at("2026-05-04T15:15:00Z")));
    assert_eq!(ended.snapshot.coverage.incidents, Listing::Complete);
    let unknown = read(&page.with_status("history", 503, ""));
    assert_eq!(unknown.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(unknown.problems.len(), 1);
}

#[test]
fn history_of_another_host_is_not_asked_for() {
    let address = |link: &str| own_address(&"https://status.acme.test/x".parse().unwrap(), link);
    assert_eq!(
        address("/statuspage/acme/history").unwrap().as_str(),
        "https://status.acme.test/statuspage/acme/history"
    );
    assert_eq!(address("https://evil.test/history"), None);
    assert_eq!(address("//evil.test/history"), None);
    assert_eq!(address("javascript:alert(1)"), None);
}

#[test]
fn incident_with_an_end_in_the_past_is_over() {
    let phase = |end: &str| {
        let body = format!(
            r#"{{"data":{{"components":[],"active_incidents":[{{"id":1,"name":"T","incident_type":"INCIDENT",
            "starts_at":"2026-05-04T13:00:00Z","ends_at":"{end}","updates":[]}}],"upcoming_maintenance":[]}}}}"#
        );
        let parsed = FakePage::of(&[("ajax", body)]).read(&FORMAT, None, &[]).1.unwrap();
        incident(&parsed, "1").phase
    };
    assert_eq!(phase("2026-05-04T15:59:00Z"), Some(Phase::Resolved));
    assert_eq!(phase("2026-05-04T16:01:00Z"), None);
}

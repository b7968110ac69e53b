//! LambStatus: lists of all there ever was, updates in documents of their own.
use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, incident, open_incidents, timeline},
};

fn read(page: &FakePage, open: &[&str]) -> ParsedPage {
    page.read(&FORMAT, Some(SOURCE), &open_incidents(open)).1.unwrap()
}

#[test]
fn page_has_components_incidents_and_maintenance_with_updates() {
    let (asked, parsed) = FakePage::case("lambstatus/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(
        asked,
        ["api/components", "api/incidents", "api/maintenances", "api/incidents/i1", "api/maintenances/m1"]
    );
    check(
        &parsed.unwrap(),
        "c1 \"API\": partial outage
        c2 \"Website\": operational
        c3 \"Mail\": under maintenance
        Incident i0 \"Logins fail\", resolved, impact None, 2026-04-04T14:00:00Z to 2026-04-04T14:30:00Z
          
        Incident i1 \"The API is slow\", identified, impact None, 2026-05-04T14:00:00Z to -
          
          u1 2026-05-04T14:00:00Z investigating \"We look into it.\"
          u2 2026-05-04T14:30:00Z identified \"A queue is full.\"
        Maintenance m1 \"New mail server\", in progress, impact None, 2026-05-04T15:05:00Z to -
          planned 2026-05-04T15:00:00Z to 2026-05-04T18:00:00Z
          
          mu1 2026-05-01T14:00:00Z scheduled \"Mail may be late.\"
          mu2 2026-05-04T15:05:00Z in progress \"We have begun.\"
        components Complete, incidents Complete",
    );
}

#[test]
fn known_page_is_asked_for_its_lists_together() {
    let page = FakePage::of(&[("api/components", "[]"), ("api/incidents", "[]"), ("api/maintenances", "[]")]);
    let (asked, parsed) = page.read(&FORMAT, Some(SOURCE), &[]);
    assert_eq!(asked, ["api/components", "api/incidents", "api/maintenances"]);
    check(&parsed.unwrap(), "components Complete, incidents Complete");
}

/// The page with this list of incidents.
fn with_incidents(list: &str) -> FakePage {
    FakePage::of(&[("api/components", "[]"), ("api/incidents", list), ("api/maintenances", "[]")])
}

#[test]
fn incident_that_is_not_in_the_list_was_withdrawn_unless_the_list_is_empty() {
    let other = r#"[{"incidentID":"i0","name":"T","status":"Resolved","createdAt":"2026-05-01T14:00:00Z"}]"#;
    let withdrawn = read(&with_incidents(other), &["i9"]);
    assert_eq!((withdrawn.snapshot.coverage.incidents, withdrawn.unlisted.len()), (Listing::Complete, 1));
    assert_eq!(read(&with_incidents("[]"), &["i9"]).snapshot.coverage.incidents, Listing::Partial);
    let damaged = read(&with_incidents("[{}]"), &["i9"]);
    assert_eq!(damaged.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(damaged.problems, ["an incident of another shape was left out"]);
}

#[test]
fn incident_goes_on_without_its_updates() {
    let page = FakePage::case("lambstatus/incident_open").with_status("api/incidents/i1", 503, "");
    let parsed = read(&page, &["i1"]);
    assert!(!incident(&parsed, "i1").is_over());
    assert_eq!(incident(&parsed, "i1").updates, []);
    assert_eq!(timeline(&incident(&parsed, "m1").updates).len(), 2);
    assert_eq!(parsed.problems.len(), 1);
}

#[test]
fn updates_are_read_of_few_incidents_and_of_no_other_path() {
    let one = |id: &str| format!(r#"{{"incidentID":"{id}","name":"T","status":"Identified"}}"#);
    let ids = ["a", "b", "c", "d", "e", "../x"];
    let list = format!("[{}]", ids.map(one).join(","));
    let (asked, parsed) = with_incidents(&list).read(&FORMAT, Some(SOURCE), &[]);
    let details: Vec<&str> = asked[3..].iter().map(String::as_str).collect();
    assert_eq!(details, ["api/incidents/a", "api/incidents/b", "api/incidents/c", "api/incidents/d"]);
    assert_eq!(parsed.unwrap().snapshot.incidents.len(), 6);
}

#[test]
fn unknown_words_are_unknown_and_open() {
    let list = r#"[{"incidentID":"a","name":"T","status":"Odd"}]"#;
    let page = with_incidents(list).with("api/components", r#"[{"componentID":"c","name":"C","status":"Odd"}]"#);
    let parsed = read(&page, &[]);
    assert_eq!(incident(&parsed, "a").phase, None);
    assert_eq!(parsed.snapshot.components[0].status, status::words::ComponentStatus::Unknown);
    assert!(parsed.problems.iter().any(|problem| problem == "incident \"a\" has the unknown status \"Odd\""));
}

#[test]
fn list_of_something_else_is_no_page_of_lambstatus() {
    let page = FakePage::of(&[("api/components", r#"[{"id":1,"name":"C","status":1}]"#)]);
    assert!(matches!(page.read(&FORMAT, None, &[]).1, Err(ReadError::NotThisFormat(_))));
}

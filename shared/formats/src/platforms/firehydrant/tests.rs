//! FireHydrant: conditions in the author's words, milestones, planned work.
use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, incident, open_incidents, status_of},
};

fn read(page: &FakePage, open: &[&str]) -> ParsedPage {
    page.read(&FORMAT, Some("payload"), &open_incidents(open)).1.unwrap()
}

#[test]
fn page_has_incidents_maintenance_and_what_components_suffer_from() {
    check(
        &read(&FakePage::case("firehydrant/incident_open"), &[]),
        "c-api \"API\": degraded performance
        c-db \"Database\": under maintenance
        c-mail \"Mail\": major outage
        c-web \"Website\": operational
        Incident i-1 \"The API answers slowly\", identified, impact Some(Major), 2026-05-04T14:00:00Z to -
          c-api=degraded performance c-mail=major outage
          2321accee7e9ac89007302fc7942bcd1 2026-05-04T14:06:00Z - \"We look into it.\"
          f316a60845484c8c47e54e8a53645dd5 2026-05-04T14:31:00Z - \"A full disk is the cause.\"
        Incident i-2 \"Logins fail\", resolved, impact None, 2026-05-01T08:00:00Z to 2026-05-01T09:00:00Z
          c-web
        Maintenance m-1 \"New disks\", in progress, impact None, 2026-05-04T15:30:00Z to -
          planned 2026-05-04T15:30:00Z to -
          c-db=under maintenance
          b39c49a9cfd2966cfcd4efd786d43ca5 2026-05-03T10:00:00Z - \"We exchange disks.\"
        Maintenance m-2 \"New switches\", scheduled, impact None, - to -
          planned 2026-05-06T15:30:00Z to -
          c-web
        components Complete, incidents Complete",
    );
}

#[test]
fn quiet_page_is_operational_and_takes_one_request() {
    let (asked, parsed) = FakePage::case("firehydrant/all_operational").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["data/payload.json"]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.snapshot.page.name.as_deref(), Some("Acme"));
    check(
        &parsed,
        "c-api \"API\": operational
        c-web \"Website\": operational
        components Complete, incidents Complete",
    );
}

/// The page with one incident, with these keys besides its id.
fn with_incident(keys: &str) -> FakePage {
    let payload = format!(
        r#"{{"config":{{}},"components":[{{"id":"c","name":"C"}}],"conditions":{{"Slow":"DEGRADED"}},
        "incidents":[{{"id":"i","title":"T",{keys}}}]}}"#
    );
    FakePage::of(&[("data/payload.json", payload)])
}

#[test]
fn milestones_tell_how_far_an_incident_is() {
    use status::words::Phase::*;
    let phase = |times: &str| {
        let parsed = read(&with_incident(&format!(r#""severitySlug":"SEV1","timestamps":{{{times}}}"#)), &[]);
        incident(&parsed, "i").phase
    };
    let started = r#""started":"2026-05-04T14:00:00Z""#;
    assert_eq!(phase(started), None);
    assert_eq!(phase(&format!(r#"{started},"acknowledged":"2026-05-04T14:01:00Z""#)), Some(Investigating));
    assert_eq!(phase(&format!(r#"{started},"mitigated":"2026-05-04T14:01:00Z","identified":"x""#)), Some(Monitoring));
    assert_eq!(phase(&format!(r#"{started},"resolved":null"#)), None);
    assert_eq!(phase(&format!(r#"{started},"resolved":"some time""#)), Some(Resolved), "whenever that was");
}

#[test]
fn component_is_in_the_condition_that_an_open_incident_gives_it() {
    let state = |severity: &str, condition: &str| {
        let keys = format!(
            r#""severitySlug":"{severity}","timestamps":{{"started":"2026-05-04T14:00:00Z"}},
            "components":[{{"id":"c","condition":"{condition}"}}]"#
        );
        status_of(&read(&with_incident(&keys), &[]), "c")
    };
    assert_eq!(state("SEV2", "Slow"), ComponentStatus::DegradedPerformance);
    assert_eq!(state("SEV2", "OFFLINE"), ComponentStatus::MajorOutage);
    assert_eq!(state("SEV2", "Odd"), ComponentStatus::Unknown);
    assert_eq!(state("UNSET", "OPERATIONAL"), ComponentStatus::Operational);
    assert_eq!(state("WINDOW", "OPERATIONAL"), ComponentStatus::Unknown, "it may be planned work");
    assert_eq!(state("MAINTENANCE", "OPERATIONAL"), ComponentStatus::UnderMaintenance);
}

#[test]
fn incident_that_cannot_be_read_leaves_components_unknown() {
    let parsed = read(&with_incident(r#""severitySlug":"SEV2","timestamps":7"#), &["i"]);
    assert_eq!(status_of(&parsed, "c"), ComponentStatus::Unknown);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(parsed.problems, ["an incident of another shape was left out"]);
}

#[test]
fn withdrawn_incident_is_gone() {
    let parsed = read(&FakePage::case("firehydrant/all_operational"), &["i-9"]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(parsed.unlisted.len(), 1);
}

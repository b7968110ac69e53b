//! Oracle Cloud: services by region, incidents with and without texts.
use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, find_incident, open_incidents},
};

#[test]
fn services_of_regions_and_what_they_suffer_from() {
    let page = FakePage::case("oci/incident_open");
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, [COMPONENTS, FEED]);
    check(&parsed.unwrap(), "r-1/s-1 \"Compute\" in US East (Ashburn): partial outage
        r-1/s-2 \"Object Storage\" in US East (Ashburn): operational
        r-1/s-3 \"Streaming\" in US East (Ashburn): operational
        r-2/s-1 \"Compute\" in Germany Central (Frankfurt): major outage
        Incident ocid1.oraclecloudincident.oc1.phx.aaa \"Compute | US East (Ashburn) | a1b2\", identified, impact Some(Major), 2026-05-04T14:12:00Z to -
          r-1/s-1=partial outage
          c3fdab35c49817ba65e697bbdfe993d4 2026-05-04T14:12:00Z identified \"New instances do not start.\"
        Incident ocid1.oraclecloudincident.oc1.phx.bbb \"Compute in Germany Central (Frankfurt)\", -, impact Some(Critical), - to -
          r-2/s-1=major outage
        Incident ocid1.oraclecloudincident.oc1.phx.ccc \"Object Storage | UK South (London) | c3d4\", resolved, impact None, 2026-05-02T09:00:00Z to 2026-05-02T09:00:00Z
          
          7bb82bb57f8ef8642a7a94840efd4cbc 2026-05-02T09:00:00Z resolved \"All is well again.\"
        components Complete, incidents Complete");
}

#[test]
fn incident_goes_on_without_its_text() {
    let page = FakePage::case("oci/incident_open").with_status(FEED, 503, "");
    let id = "ocid1.oraclecloudincident.oc1.phx.aaa";
    let parsed = page.read(&FORMAT, Some(SOURCE), &open_incidents(&[id, "ocid1.gone"])).1.unwrap();
    assert_eq!(find_incident(&parsed, id).unwrap().title, "Compute in US East (Ashburn)");
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "the end of the other is not known");
    assert_eq!(parsed.problems.len(), 1);
}

#[test]
fn incident_that_services_suffer_from_goes_on_whatever_the_feed_says() {
    let id = "ocid1.oraclecloudincident.oc1.phx.aaa";
    let page = FakePage::case("oci/incident_open");
    let feed = std::str::from_utf8(&page.documents["api+v2+incident-summary.rss"]).unwrap();
    let ended = feed.replace("Identified", "Resolved");
    assert_ne!(ended, feed);
    let parsed = page.clone().with(FEED, ended).read(&FORMAT, Some(SOURCE), &open_incidents(&[id])).1.unwrap();
    let incident = find_incident(&parsed, id).unwrap();
    assert!(!incident.is_over());
    assert_eq!((incident.phase, incident.resolved_at, incident.components.len()), (None, None, 1));
}

#[test]
fn realm_without_services_is_damaged() {
    let page = FakePage::of(&[(COMPONENTS, r#"{"realm":"OC1","regionHealthReports":[]}"#)]);
    let read = page.read(&FORMAT, None, &[]).1;
    assert!(matches!(read, Err(crate::contract::ReadError::Malformed(_))), "{read:?}");
}

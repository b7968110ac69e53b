//! Whole reads of fake dashboards, and what an event that is copied to several services adds up to.
use status::{
    ids::IncidentId,
    snapshot::{Affected, Incident, Kind, Listing, Window},
    words::{ComponentStatus, Phase},
};

use super::{FORMAT, GENERAL, document_url};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, timeline},
    },
};

macro_rules! general {
    ($case:literal) => {
        include_str!(concat!("../../../test_data/apple/", $case, "/support+systemstatus+data+system_status_en_US.js"))
    };
}
const DEVELOPERS: &str = include_str!(
    "../../../test_data/apple/maintenance/@www.apple.com+support+systemstatus+data+developer+system_status_en_US.js"
);
const PURCHASES: &str = "2000009101";

fn read(document: &str, open: &[(Kind, &str)]) -> Result<ParsedPage, ReadError> {
    Page::of(&[(GENERAL, document)]).read(&FORMAT, Some("system-status"), open).1
}

fn incident(document: &str, id: &str) -> Option<Incident> {
    read(document, &[]).unwrap().snapshot.incidents.into_iter().find(|incident| incident.id.as_str() == id)
}

fn service(document: &str, name: &str) -> ComponentStatus {
    let components = read(document, &[]).unwrap().snapshot.components;
    components.iter().find(|component| component.name == name).unwrap().status
}

#[test]
fn both_dashboards_have_their_document_on_one_host() {
    let url = |page: &str| document_url(&page.parse().unwrap()).to_string();
    let data = "https://www.apple.com/support/systemstatus/data";
    assert_eq!(url("https://www.apple.com/support/systemstatus/"), format!("{data}/system_status_en_US.js"));
    assert_eq!(url("https://developer.apple.com/system-status"), format!("{data}/developer/system_status_en_US.js"));
    assert!(FORMAT.fingerprint.matches_url(&"https://developer.apple.com/system-status/".parse().unwrap()));
    assert!(!FORMAT.fingerprint.matches_url(&"https://www.apple.com/mac".parse().unwrap()));
}

#[test]
fn copies_of_an_event_are_one_incident() {
    let parsed = read(general!("open"), &[]).unwrap();
    assert_eq!(parsed.snapshot.incidents.len(), 2);
    let purchases = incident(general!("open"), PURCHASES).unwrap();
    assert_eq!(purchases.title, "App Store, Apple Books, Apple Music and 1 more: Outage");
    assert_eq!((purchases.kind, purchases.phase), (Kind::Incident, Some(Phase::Investigating)));
    assert_eq!((purchases.started_at, purchases.resolved_at), (at("2026-05-04T14:50:00Z"), None));
    assert_eq!(
        timeline(&purchases.updates),
        ["26-05-04T15:10:00Z ?: Purchases fail. We are investigating. /  / Some users are affected"]
    );
    let affected = |id: &str, status| Affected { id: id.into(), status };
    assert_eq!(
        purchases.components,
        [
            affected("App Store", Some(ComponentStatus::MajorOutage)),
            affected("Apple Books", Some(ComponentStatus::MajorOutage)),
            affected("Apple Music", Some(ComponentStatus::DegradedPerformance)),
            affected("Apple TV", None),
        ]
    );
}

#[test]
fn a_service_that_recovered_is_operational_while_the_event_goes_on() {
    assert_eq!(service(general!("open"), "Apple TV"), ComponentStatus::Operational);
    assert_eq!(service(general!("open"), "Apple Books"), ComponentStatus::MajorOutage);
}

#[test]
fn an_event_is_over_when_it_is_over_for_every_service() {
    let purchases = incident(general!("ended"), PURCHASES).unwrap();
    assert_eq!((purchases.phase, purchases.resolved_at), (Some(Phase::Resolved), at("2026-05-04T15:40:00Z")));
    let half = general!("open").replacen("\"ongoing\"", "\"resolved\"", 2);
    assert_eq!(incident(&half, PURCHASES).unwrap().phase, Some(Phase::Investigating));
}

#[test]
fn an_event_that_says_all_is_well_is_no_incident() {
    assert_eq!(incident(general!("fine"), "2000009001"), None);
    assert_eq!(service(general!("fine"), "Maps"), ComponentStatus::Operational);
}

#[test]
fn a_script_is_read_as_far_as_its_object_goes() {
    let parsed = read(DEVELOPERS, &[]).unwrap();
    assert_eq!(parsed.snapshot.components.len(), 3);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    for other in
        ["alert('{}')", "var x = {\"services\":[]};", "<html>{}", "{\"services\":[]}", "{}", "{\"services\":[{}]}"]
    {
        assert!(matches!(read(other, &[]), Err(ReadError::NotThisFormat(_))), "{other}");
    }
    let cut = &DEVELOPERS[..DEVELOPERS.len() - 6];
    assert!(matches!(read(cut, &[]), Err(ReadError::Malformed(_))));
}

#[test]
fn a_planned_maintenance_has_its_window_and_begins_when_the_provider_says_so() {
    let planned = incident(DEVELOPERS, "2000009200").unwrap();
    assert_eq!((planned.kind, planned.phase, planned.started_at), (Kind::Maintenance, Some(Phase::Scheduled), None));
    let window = Window { starts_at: at("2026-05-09T16:00:00Z"), ends_at: at("2026-05-09T19:00:00Z") };
    assert_eq!(planned.window, Some(window));
    assert_eq!(service(DEVELOPERS, "Account"), ComponentStatus::Operational);
    let begun = incident(DEVELOPERS, "2000009201").unwrap();
    assert_eq!((begun.phase, begun.started_at), (Some(Phase::InProgress), at("2026-05-04T15:00:00Z")));
    assert_eq!(service(DEVELOPERS, "Xcode Cloud"), ComponentStatus::UnderMaintenance);
}

#[test]
fn a_date_without_a_zone_is_no_time() {
    assert_eq!(incident(DEVELOPERS, "2000009201").unwrap().updates[0].posted_at, None);
    let winter = DEVELOPERS.replace("05/04/2026 09:00 PDT", "12/04/2025 09:00 PST");
    assert_eq!(incident(&winter, "2000009200").unwrap().updates[0].posted_at, at("2025-12-04T17:00:00Z"));
}

#[test]
fn a_damaged_event_makes_its_service_unknown_and_proves_nothing() {
    let damaged = general!("fine").replace("\"2000009090\"", "[7]");
    let parsed = read(&damaged, &[(Kind::Incident, "2000009090")]).unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(service(&damaged, "iCloud Mail"), ComponentStatus::Unknown);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
}

#[test]
fn the_document_is_its_own_history() {
    let parsed = read(general!("fine"), &[(Kind::Incident, PURCHASES)]).unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(parsed.unlisted, [IncidentId::from(PURCHASES)]);
}

//! Whole reads of a fake page: what is asked for, and what the answers add up to.
use status::{
    ids::IncidentId,
    snapshot::{Kind, Listing},
    words::{ComponentStatus, Phase},
};

use super::{CURRENT, FORMAT, HISTORY};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, find_incident, incident, timeline},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        include_str!(concat!("../../../test_data/slack/", $case, "/api+v2.0.0+", $name))
    };
}
macro_rules! case {
    ($case:literal) => {
        [(CURRENT, document!($case, "current")), (HISTORY, document!($case, "history"))]
    };
}

fn read(documents: &[(&'static str, &str)], open: &[(Kind, &str)]) -> ParsedPage {
    Page::of(documents).read(&FORMAT, Some("api-v2.0.0"), open).1.unwrap()
}

fn service(parsed: &ParsedPage, name: &str) -> Option<ComponentStatus> {
    Some(parsed.snapshot.components.iter().find(|component| component.name == name)?.status)
}

const MESSAGES: &[(Kind, &str)] = &[(Kind::Incident, "1601")];

#[test]
fn an_active_incident_has_every_note_by_time() {
    let parsed = read(&case!("open"), &[]);
    let incident = incident(&parsed, "1601");
    assert_eq!((incident.kind, incident.phase), (Kind::Incident, Some(Phase::Investigating)));
    assert_eq!(incident.started_at, at("2026-05-04T15:05:00Z"));
    assert_eq!(incident.url.as_deref(), Some("https://slack-status.com/2026-05/1601abcdef"));
    assert_eq!(
        timeline(&incident.updates),
        [
            "26-05-04T15:10:00Z ?: Some workspaces cannot send messages. We are looking into it.",
            "26-05-04T15:10:00Z ?: The web client is hit too.",
            "26-05-04T15:40:00Z ?: The cause is a full queue. We are emptying it. /  / More by 10:00.",
        ]
    );
}

#[test]
fn a_note_edited_in_place_keeps_its_id() {
    let ids = |current: &str| -> Vec<_> {
        let parsed = read(&[(CURRENT, current)], &[]);
        incident(&parsed, "1602").updates.iter().map(|update| update.id.clone()).collect()
    };
    let edited = document!("open", "current").replace("fails for everyone", "fails for nearly everyone");
    assert_eq!(ids(document!("open", "current")), ids(&edited));
}

#[test]
fn a_service_is_as_bad_as_the_worst_incident_that_names_it() {
    let parsed = read(&case!("open"), &[]);
    assert_eq!(service(&parsed, "Messaging"), Some(ComponentStatus::MajorOutage));
    assert_eq!(service(&parsed, "Notifications"), Some(ComponentStatus::DegradedPerformance));
    assert_eq!(service(&parsed, "Huddles"), Some(ComponentStatus::Operational));
    // of old, and no more on the page
    assert_eq!(service(&parsed, "Calls"), None);
}

#[test]
fn a_notice_is_no_incident_and_leaves_its_services_operational() {
    let parsed = read(&case!("open"), &[]);
    assert_eq!(service(&parsed, "Files"), Some(ComponentStatus::Operational));
    assert_eq!(find_incident(&parsed, "1603"), None);
    assert_eq!((parsed.snapshot.coverage.incidents, parsed.problems.len()), (Listing::Complete, 0));
}

#[test]
fn a_notice_that_was_an_incident_is_followed_to_its_end() {
    let open = [(Kind::Incident, "1603")];
    let goes_on = read(&case!("open"), &open);
    assert_eq!(incident(&goes_on, "1603").phase, Some(Phase::Investigating));
    let (before, notice) = document!("open", "current").rsplit_once("\"active\"").unwrap();
    let ended = format!("{before}\"resolved\"{notice}");
    let over = read(&[(CURRENT, &ended), (HISTORY, document!("open", "history"))], &open);
    assert_eq!(incident(&over, "1603").phase, Some(Phase::Resolved));
}

#[test]
fn what_left_the_list_is_found_in_the_history() {
    let parsed = read(&case!("ended"), MESSAGES);
    assert_eq!(parsed.unlisted, [IncidentId::from("1601")]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    let incident = incident(&parsed, "1601");
    assert!(incident.is_over());
    assert_eq!(incident.newest_update_at(), at("2026-05-04T15:58:00Z"));
    assert_eq!(incident.components[0].status, None);
}

#[test]
fn without_the_history_nothing_is_concluded() {
    for history in ["", "[]", "<html>", "{}"] {
        let parsed = read(&[(CURRENT, document!("fine", "current")), (HISTORY, history)], MESSAGES);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "{history}");
    }
}

#[test]
fn a_status_that_contradicts_the_list_proves_nothing() {
    let current = document!("fine", "current").replace("\"ok\"", "\"active\"");
    let parsed = read(&[(CURRENT, &current), (HISTORY, document!("fine", "history"))], &[]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(service(&parsed, "Messaging"), Some(ComponentStatus::Unknown));
    assert_eq!(parsed.problems.len(), 1);
}

#[test]
fn planned_work_touches_nothing_until_it_begins() {
    let parsed = read(&case!("maintenance"), &[]);
    let planned = incident(&parsed, "1590");
    assert_eq!((planned.kind, planned.phase, planned.started_at), (Kind::Maintenance, Some(Phase::Scheduled), None));
    assert_eq!(service(&parsed, "Huddles"), Some(ComponentStatus::Operational));
    assert_eq!(incident(&parsed, "1591").phase, Some(Phase::InProgress));
    assert_eq!(service(&parsed, "Files"), Some(ComponentStatus::UnderMaintenance));
}

#[test]
fn a_maintenance_that_begins_stays_a_maintenance() {
    let announced = document!("maintenance", "current");
    let current = announced.replace("\"scheduled\"", "\"active\"").replace("\"notice\"", "\"maintenance\"");
    let documents = [(CURRENT, current.as_str()), (HISTORY, document!("maintenance", "history"))];
    let parsed = read(&documents, &[(Kind::Maintenance, "1590")]);
    let begun = incident(&parsed, "1590");
    assert_eq!((begun.kind, begun.phase), (Kind::Maintenance, Some(Phase::InProgress)));
    assert_eq!(service(&parsed, "Huddles"), Some(ComponentStatus::UnderMaintenance));
}

#[test]
fn cancelled_work_is_listed_no_more() {
    let parsed = read(&case!("maintenance"), &[(Kind::Maintenance, "1592")]);
    assert!(parsed.snapshot.incidents.iter().all(|incident| incident.id.as_str() != "1592"));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn only_the_current_status_is_asked_first() {
    let (asked, _) = Page::of(&case!("fine")).read(&FORMAT, Some("api-v2.0.0"), &[]);
    assert_eq!(asked, [CURRENT, HISTORY]);
    let error = Page::of(&[(CURRENT, "{\"status\":\"ok\"}")]).read(&FORMAT, None, &[]).1.unwrap_err();
    assert!(matches!(error, ReadError::NotThisFormat(_)), "{error}");
}

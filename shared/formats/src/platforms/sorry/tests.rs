//! Whole reads of a fake page.
use serde_json::{Value, json};
use status::{
    snapshot::{Kind, Listing},
    words::{ComponentStatus, Phase},
};

use crate::{
    contract::{ParsedPage, ReadError},
    testing::{Page, facts::incident},
};

const NOTICES: &str = "api/v1/notices";
const PRESENT: &str = "api/v1/notices?filter%5Btimeline_state_eq%5D=present";
const FUTURE: &str = "api/v1/notices?filter%5Btimeline_state_eq%5D=future";

macro_rules! document {
    ($path:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../test_data/sorry/", $path))).unwrap()
    };
}

fn open_incident() -> Page {
    let list = document!("open_incident/api+v1+notices");
    Page::of(&[
        (NOTICES, list.clone()),
        (PRESENT, list),
        ("api/v1/components", document!("open_incident/api+v1+components")),
        ("api/v1/notices/101", document!("open_incident/api+v1+notices+101")),
    ])
}

fn maintenance() -> Page {
    Page::of(&[
        (NOTICES, document!("maintenance/api+v1+notices")),
        (PRESENT, document!("maintenance/api+v1+notices?filter%5Btimeline_state_eq%5D=present")),
        (FUTURE, document!("maintenance/api+v1+notices?filter%5Btimeline_state_eq%5D=future")),
        ("api/v1/components", document!("maintenance/api+v1+components?")),
        ("api/v1/components?page=2", document!("maintenance/api+v1+components?page=2")),
        ("api/v1/notices/102", document!("maintenance/api+v1+notices+102")),
        ("api/v1/notices/103", document!("maintenance/api+v1+notices+103")),
    ])
}

fn set(page: &mut Page, path: &str, pointer: &str, value: Value) {
    page.edit(path, |document| *document.pointer_mut(pointer).unwrap() = value);
}

/// Sets the notices of all lists.
fn set_notices(page: &mut Page, notices: &[Value]) {
    for list in [NOTICES, PRESENT] {
        page.set(list, 200, json!({"notices": notices, "meta": {"count": 0, "total_count": notices.len()}}));
    }
}

fn read(page: &Page, source: Option<&str>, open: &[(Kind, &str)]) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    page.read(&super::FORMAT, source, open)
}

fn parsed(page: &Page, open: &[(Kind, &str)]) -> ParsedPage {
    read(page, Some("api-v1"), open).1.unwrap()
}

#[test]
fn a_known_page_is_asked_for_its_lists_and_then_for_what_is_open() {
    let page = open_incident();
    let (asked, parsed) = read(&page, None, &[]);
    assert_eq!(asked, ["api/v1/notices", PRESENT, "api/v1/components", "api/v1/notices/101"]);
    let parsed = parsed.unwrap();
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let (asked, _) = read(&page, Some(&parsed.source), &[(Kind::Incident, "101")]);
    assert_eq!(asked, ["api/v1/notices", PRESENT, "api/v1/components", "api/v1/notices/101"]);
}

#[test]
fn an_open_notice_is_read_with_all_its_updates_and_components() {
    let parsed = parsed(&open_incident(), &[]);
    let open = incident(&parsed, "101");
    assert_eq!((open.kind, open.phase), (Kind::Incident, Some(Phase::Identified)));
    let told: Vec<_> = open.updates.iter().map(|update| (update.id.as_str(), update.body.as_deref())).collect();
    assert_eq!(told, [("1001", Some("Some requests fail.")), ("1002", Some("A full disk is the cause."))]);
    assert_eq!(open.components.len(), 1);
    assert_eq!(open.components[0].status, Some(ComponentStatus::DegradedPerformance));
    assert_eq!(open.url.as_deref(), Some("https://status.example.com/notices/101abc-notice"));
    // an ended one, with its last update; an announcement is none
    assert_eq!(incident(&parsed, "91").resolved_at, Some("2026-05-01T17:30:00Z".parse().unwrap()));
    assert_eq!(parsed.snapshot.incidents.len(), 2);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn a_component_that_others_stand_under_is_their_group() {
    let parsed = parsed(&open_incident(), &[]);
    let lines = parsed.snapshot.components.iter().map(|component| {
        format!("{}/{}: {}", component.group.as_deref().unwrap_or_default(), component.name, component.status.as_str())
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines, ["Edge/Dublin: degraded performance", "Edge/Osaka: operational", "/Website: operational"]);
}

#[test]
fn a_group_that_a_notice_names_stands_for_what_is_in_it() {
    let parsed = parsed(&maintenance(), &[]);
    let named: Vec<_> = incident(&parsed, "102").components.iter().map(|named| named.id.as_str()).collect();
    assert_eq!(named, ["2", "3"]);
}

#[test]
fn components_that_stand_under_each_other_do_no_harm() {
    let mut page = open_incident();
    set(&mut page, "api/v1/components", "/components/0/parent_id", json!(2));
    set(&mut page, "api/v1/components", "/components/3/parent_id", json!(4));
    assert_eq!(parsed(&page, &[]).snapshot.components.len(), 1);
}

#[test]
fn where_there_are_more_than_a_page_of_notices_the_planned_ones_are_asked_for() {
    let page = maintenance();
    let (asked, parsed) = read(&page, None, &[]);
    assert_eq!(asked[3], FUTURE);
    assert!(asked.len() <= 7, "{asked:?}");
    let parsed = parsed.unwrap();
    assert_eq!(incident(&parsed, "102").phase, Some(Phase::InProgress));
    let soon = incident(&parsed, "103");
    assert_eq!(soon.window.unwrap().starts_at, Some("2026-05-20T01:00:00Z".parse().unwrap()));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
    assert_eq!(parsed.snapshot.components.len(), 3);
}

#[test]
fn what_left_the_lists_is_looked_up_by_its_id() {
    let mut page = open_incident();
    set_notices(&mut page, &[]);
    let open = [(Kind::Incident, "101")];
    set(&mut page, "api/v1/notices/101", "/notice/state", json!("false_alarm"));
    set(&mut page, "api/v1/notices/101", "/notice/ended_at", json!("2026-05-04T15:40:00.000Z"));
    let over = parsed(&page, &open);
    assert!(incident(&over, "101").is_over());
    assert_eq!(over.unlisted.len(), 1);
    assert_eq!(over.snapshot.coverage.incidents, Listing::Complete);

    // withdrawn, or not to be known
    page.remove("api/v1/notices/101");
    assert_eq!(parsed(&page, &open).snapshot.coverage.incidents, Listing::Complete);
    page.set("api/v1/notices/101", 200, json!({"error": "try later"}));
    assert_eq!(parsed(&page, &open).snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn cancelled_maintenance_is_gone() {
    let parsed = parsed(&maintenance(), &[(Kind::Maintenance, "104")]);
    assert!(parsed.snapshot.incidents.iter().all(|incident| incident.id.as_str() != "104"));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn of_two_pictures_of_a_notice_the_newer_counts() {
    let mut page = open_incident();
    set(&mut page, "api/v1/notices", "/notices/0/state", json!("resolved"));
    assert_eq!(incident(&parsed(&page, &[]), "101").phase, Some(Phase::Identified), "its own document is as new");
    set(&mut page, "api/v1/notices", "/notices/0/updated_at", json!("2026-05-04T15:40:00.000Z"));
    assert_eq!(incident(&parsed(&page, &[]), "101").phase, Some(Phase::Resolved));
}

#[test]
fn a_list_without_a_count_is_another_format_s() {
    let mut page = open_incident();
    set(&mut page, "api/v1/notices", "/meta", json!(null));
    let error = read(&page, None, &[]).1.unwrap_err();
    assert_eq!(error, ReadError::NotThisFormat("/api/v1/notices is no list of Sorry: no `meta`".into()));
}

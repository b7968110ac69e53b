//! Services where the document has them, counters where it has none.
use status::{snapshot::Listing, words::ComponentStatus::*};

use super::FORMAT;
use crate::testing::{Page, facts::states};

const PAGE: &str = "https://example.statushub.io/";

fn page(body: &str) -> Page {
    Page::at(PAGE).with("https://example.statushub.io/api/statuses", body.to_owned())
}

fn counted(up: u8, degraded: u8, down: u8) -> String {
    format!(r#"{{"counters":{{"count_status_1":{up},"count_status_2":{degraded},"count_status_3":{down}}}}}"#)
}

#[test]
fn what_is_only_counted_is_told_of_all_services_together() {
    let cases = [
        ((9, 0, 0), Operational),
        ((8, 1, 0), DegradedPerformance),
        ((7, 1, 1), PartialOutage),
        ((0, 0, 9), MajorOutage),
    ];
    for ((up, degraded, down), expected) in cases {
        let parsed = page(&counted(up, degraded, down)).read(&FORMAT, None, &[]).1.unwrap();
        assert_eq!(states(&parsed.snapshot.components), [("All services", expected)]);
    }
}

#[test]
fn services_are_told_one_by_one_where_they_are_listed() {
    let body = r#"{"counters":{"count_status_1":1,"count_status_2":1,"count_status_3":1},
        "groups":[{"name":"Europe","services":[{"id":1,"name":"API","status":3},{"id":2,"name":"Web","status":2}]}],
        "services":[{"id":3,"name":"Docs","status":1},{"id":1,"name":"API","status":3}]}"#;
    let parsed = page(body).read(&FORMAT, None, &[]).1.unwrap();
    let expected = [("API", MajorOutage), ("Web", DegradedPerformance), ("Docs", Operational)];
    assert_eq!(states(&parsed.snapshot.components), expected);
    assert_eq!(parsed.snapshot.components[0].group.as_deref(), Some("Europe"));
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
}

#[test]
fn more_services_than_are_listed_make_the_list_partial() {
    let body = r#"{"counters":{"count_status_1":2,"count_status_2":0,"count_status_3":0},
        "services":[{"id":3,"name":"Docs","status":9}]}"#;
    let parsed = page(body).read(&FORMAT, None, &[]).1.unwrap();
    assert_eq!(states(&parsed.snapshot.components), [("Docs", Unknown)]);
    assert_eq!((parsed.snapshot.coverage.components, parsed.problems.len()), (Listing::Partial, 1));
}

#[test]
fn a_page_is_kept_to_what_it_was_read_from() {
    let listed = page(
        r#"{"counters":{"count_status_1":0,"count_status_2":0,"count_status_3":1},
        "services":[{"id":3,"name":"Docs","status":3}]}"#,
    );
    let first = listed.read(&FORMAT, None, &[]).1.unwrap();
    assert_eq!(first.source, "services");
    assert!(page(&counted(0, 0, 1)).read(&FORMAT, Some("services"), &[]).1.is_err());
    let parsed = listed.read(&FORMAT, Some("counters"), &[]).1.unwrap();
    assert_eq!(
        (states(&parsed.snapshot.components), parsed.source.as_ref()),
        (vec![("All services", MajorOutage)], "counters")
    );
}

#[test]
fn what_counts_nothing_is_refused() {
    for body in [counted(0, 0, 0).as_str(), r#"{"counters":{}}"#, "{}", "[]", "<html></html>"] {
        assert!(page(body).read(&FORMAT, None, &[]).1.is_err(), "{body}");
    }
}

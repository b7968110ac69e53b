//! Pingdom: checks that are up, down or not checked, in cells of HTML.
use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, status_of},
};

/// A report with these rows.
fn report(rows: &str) -> FakePage {
    let body = format!(r#"{{"sEcho":1,"aaData":[{rows}]}}"#);
    FakePage::at("https://stats.pingdom.com/abc").with("checks?sEcho=1&iDisplayStart=0&iDisplayLength=100", body)
}

fn row(state: &str, link: &str) -> String {
    let cells = [format!("<span class='{state}'></span>"), format!("<a href='{link}'>Website</a>"), "100%".into()];
    serde_json::to_string(&cells).unwrap()
}

fn read(page: &FakePage) -> ParsedPage {
    page.read(&FORMAT, None, &[]).1.unwrap()
}

#[test]
fn checks_are_up_down_or_not_checked() {
    let (asked, parsed) = FakePage::case("pingdom/check_down").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["checks?sEcho=1&iDisplayStart=0&iDisplayLength=100"]);
    check(
        &parsed.unwrap(),
        "1001 \"Website\": operational
        1002 \"API & more\": major outage
        1003 \"Blog\": unknown
        components Complete, incidents Complete",
    );
}

#[test]
fn report_is_asked_for_below_its_key() {
    let page = report(&row("status up", "/7"));
    assert_eq!(page.read(&FORMAT, None, &[]).0, ["checks?sEcho=1&iDisplayStart=0&iDisplayLength=100"]);
    assert_eq!(status_of(&read(&page), "7"), ComponentStatus::Operational);
}

#[test]
fn odd_state_and_no_state_are_unknown() {
    for state in ["status odd", "status", "up", ""] {
        let parsed = read(&report(&row(state, "/7")));
        assert_eq!(status_of(&parsed, "7"), ComponentStatus::Unknown, "{state}");
        assert_eq!(parsed.problems.len(), 1, "{state}");
    }
    let paused = read(&report(&row("status paused", "/7")));
    assert_eq!((status_of(&paused, "7"), paused.problems.len()), (ComponentStatus::Unknown, 0));
}

#[test]
fn check_without_a_number_is_left_out_of_a_list_that_is_not_whole() {
    let rows = [row("status up", "/7"), row("status down", "/about"), "7".into()];
    let parsed = read(&report(&rows.join(",")));
    assert_eq!(parsed.snapshot.components.len(), 1);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(parsed.problems, ["a check of another shape was left out", "a check without a name was left out"]);
}

fn rows_of(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| row("status up", &format!("/{number}"))).collect::<Vec<_>>().join(",")
}

/// A report of so many checks, of which the first answers are there.
fn long_report(total: usize, answers: usize, says_total: bool) -> FakePage {
    let mut page = FakePage::of::<&str>(&[]);
    for number in 1..=answers {
        let rows = rows_of((number - 1) * 100..(number * 100).min(total));
        let count = if says_total { format!(r#""iTotalDisplayRecords":{total},"#) } else { String::new() };
        page.set(rows_url(&page.page, number).as_str(), 200, format!(r#"{{{count}"aaData":[{rows}]}}"#));
    }
    page
}

#[test]
fn report_has_the_checks_of_every_answer() {
    for says_total in [true, false] {
        let page = long_report(250, 3, says_total);
        let parsed = read(&page);
        assert_eq!((parsed.snapshot.components.len(), &*parsed.source), (250, "checks pages 3"));
        assert_eq!((parsed.snapshot.coverage.components, parsed.problems.len()), (Listing::Complete, 0));
        // Each tells of a change.
        let (asked, again) = page.read(&FORMAT, Some("checks pages 3"), &[]);
        assert_eq!((asked.len(), again.unwrap().snapshot), (3, parsed.snapshot));
    }
}

#[test]
fn report_of_which_only_a_part_is_read_says_so() {
    let with = |total: usize, answers: usize| {
        let parsed = read(&long_report(total, answers, true));
        (parsed.snapshot.components.len(), parsed.snapshot.coverage.components, parsed.problems.len())
    };
    assert_eq!(with(501, 6), (500, Listing::Partial, 1), "it is cut");
    assert_eq!(with(250, 2), (200, Listing::Partial, 1), "the third answer is not there");
    let mut few = long_report(250, 1, true);
    few.set(
        rows_url(&few.page, 1).as_str(),
        200,
        format!(r#"{{"iTotalDisplayRecords":"250","aaData":[{}]}}"#, rows_of(0..50)),
    );
    let parsed = read(&few);
    assert_eq!((parsed.snapshot.components.len(), parsed.snapshot.coverage.components), (50, Listing::Partial));
    assert_eq!(parsed.problems.len(), 1);
}

#[test]
fn report_without_checks_is_damaged_and_another_document_is_none() {
    let read = |page: &FakePage| page.read(&FORMAT, None, &[]).1;
    assert!(matches!(read(&report("")), Err(ReadError::Malformed(_))));
    let other = FakePage::of(&[("checks?sEcho=1&iDisplayStart=0&iDisplayLength=100", r#"{"checks":[]}"#)]);
    assert!(matches!(read(&other), Err(ReadError::NotThisFormat(_))));
}

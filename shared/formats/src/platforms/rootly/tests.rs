//! Rootly: incidents, the page as a whole, ends in the feed.
use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{at, check, incident, open_incidents},
};

#[test]
fn page_has_incidents_and_planned_work() {
    let (asked, parsed) = FakePage::case("rootly/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["api/v1/incidents.json?per_page=100", "api/v1/status.json"]);
    check(
        &parsed.unwrap(),
        "Incident 9c4e8c1e-0001 \"Answers are late\", identified, impact Some(Major), 2026-05-04T14:00:00Z to -
          
          u-1 2026-05-04T14:05:00Z investigating \"We look into it.\"
          u-2 2026-05-04T14:30:00Z identified \"A queue is full.\"
        Maintenance 9c4e8c1e-0002 \"New disks\", scheduled, impact None, - to -
          
          d8bd095f54baccdff90b4a18ce970dc7 2026-05-03T08:00:00Z scheduled \"We exchange disks.\"
        components Partial, incidents Complete",
    );
}

#[test]
fn trouble_of_the_page_as_a_whole_is_an_incident() {
    let parsed = FakePage::case("rootly/page_in_trouble").read(&FORMAT, Some(SOURCE), &[]).1.unwrap();
    check(&parsed, "Incident overall@1777910400000 \"Some trouble\", -, impact Some(Minor), 2026-05-04T16:00:00Z to -
          
          first 2026-05-04T16:00:00Z - \"The page says so as a whole. It lists no incident, and no component in trouble.\"
        components Partial, incidents Complete");
}

/// A page with these incidents.
fn page_with(incidents: &serde_json::Value) -> FakePage {
    let list = serde_json::json!({"page": {"name": "Acme"}, "incidents": incidents});
    FakePage::case("rootly/all_operational").with("api/v1/incidents.json?per_page=100", &list)
}

#[test]
fn planned_work_stays_planned_work_in_the_words_of_incidents() {
    let read = |status: &str, impact: &str, first: &str| {
        let update = serde_json::json!({"id": "u", "status": first, "created_at": "2026-05-04T08:00:00Z"});
        let work = serde_json::json!([{"id": "w", "name": "New disks", "status": status, "impact": impact,
            "started_at": "2026-05-04T08:00:00Z", "incident_updates": [update]}]);
        let parsed = page_with(&work).read(&FORMAT, Some(SOURCE), &[]).1.unwrap();
        let work = incident(&parsed, "w");
        (work.kind, work.phase, work.impact)
    };
    let work = |phase: Phase| (Kind::Maintenance, Some(phase), None);
    assert_eq!(read("identified", "maintenance", "identified"), work(Phase::InProgress));
    assert_eq!(read("resolved", "maintenance", "resolved"), work(Phase::Completed));
    assert_eq!(read("investigating", "minor", "scheduled"), work(Phase::InProgress));
    assert_eq!(read("monitoring", "none", "scheduled"), work(Phase::Verifying));
    assert_eq!(read("monitoring", "none", "identified"), (Kind::Incident, Some(Phase::Monitoring), Some(Impact::None)));
}

#[test]
fn list_that_is_cut_says_so_and_ends_nothing() {
    let with = |number: usize| {
        let one = |number| serde_json::json!({"id": number, "name": "T", "status": "identified", "impact": "minor"});
        let page = page_with(&(0..number).map(one).collect()).with("history.rss", feed("Resolved"));
        let parsed = page.read(&FORMAT, Some(SOURCE), &open_incidents(&["i-1"])).1.unwrap();
        (parsed.snapshot.coverage.incidents, parsed.problems.len())
    };
    assert_eq!(with(99), (Listing::Complete, 0));
    assert_eq!(with(100), (Listing::Partial, 1));
}

fn feed(state: &str) -> String {
    format!(
        "<rss version='2.0'><channel><title>Acme</title><item><title>Answers are late</title>\
         <description>[{state}] It is well again.</description><pubDate>Mon, 04 May 2026 15:10:00 +0000</pubDate>\
         <link>https://status.example.com/incidents/i-1</link></item></channel></rss>"
    )
}

#[test]
fn end_is_in_the_feed() {
    let read = |feed: &str, id: &str| {
        let page = FakePage::case("rootly/all_operational").with("history.rss", feed);
        page.read(&FORMAT, Some(SOURCE), &open_incidents(&[id])).1.unwrap()
    };
    let ended = read(&feed("Resolved"), "i-1");
    let over = incident(&ended, "i-1");
    assert_eq!((over.phase, over.resolved_at), (Some(Phase::Resolved), at("2026-05-04T15:10:00Z")));
    assert_eq!(over.title, "Answers are late");
    assert_eq!(ended.snapshot.coverage.incidents, Listing::Complete);
    // What the feed does not end goes on, and what it does not have was withdrawn.
    assert_eq!(read(&feed("Monitoring"), "i-1").snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(read(&feed("Odd"), "i-1").snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(read(&feed("Resolved"), "i-2").snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(read("<html>", "i-1").snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn statuspage_is_no_page_of_rootly() {
    let summary = r#"{"page":{"id":"abcdefghijkl"},"status":{"indicator":"none"}}"#;
    let page = FakePage::of(&[("api/v1/incidents.json?per_page=100", summary)]);
    assert!(matches!(page.read(&FORMAT, None, &[]).1, Err(ReadError::NotThisFormat(_))));
}

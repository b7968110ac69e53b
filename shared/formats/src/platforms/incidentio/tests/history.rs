//! Histories of fake pages, by the source that each is read by.
use serde_json::json;

use super::*;

const OLDER: &str =
    "proxy/status.example.com/incidents?start_at=2026-02-03T16%3A00%3A00.000Z&end_at=2026-03-20T16%3A00%3A00.000Z";
const NEWER: &str =
    "proxy/status.example.com/incidents?start_at=2026-03-20T16%3A00%3A00.000Z&end_at=2026-05-04T16%3A00%3A00.000Z";

fn ended(id: &str, at: &str) -> serde_json::Value {
    json!({"id": id, "name": "Slow", "type": "incident", "status": "resolved", "published_at": at,
        "updates": [{"id": format!("{id}1"), "published_at": at, "to_status": "resolved", "message_string": "Over."}]})
}

#[test]
fn proxy_is_asked_for_each_half_of_the_time() {
    let [old, both, new] =
        [("old", "2026-02-10T10:00:00Z"), ("both", "2026-03-20T16:00:00Z"), ("new", "2026-04-30T10:00:00Z")]
            .map(|(id, at)| ended(id, at));
    let page = Page::of(&[
        (OLDER, json!({"incidents": [old, both]}).to_string().as_str()),
        (NEWER, json!({"incidents": [new, both]}).to_string().as_str()),
    ]);
    let (asked, history) = page.history(&super::super::HISTORY, "proxy", &[]);
    assert_eq!(asked, [OLDER, NEWER]);
    let history = history.unwrap();
    let ids: Vec<&str> = history.incidents.iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(ids, ["old", "both", "new"]);
    assert_eq!(history.incidents[0].url.as_deref(), Some("https://status.example.com/incidents/old"));
    assert_eq!(history.problems, [""; 0]);

    let damaged = page.clone().with(NEWER, "{}");
    let history = damaged.history(&super::super::HISTORY, "proxy", &[]).1.unwrap();
    assert_eq!((history.incidents.len(), history.problems.len()), (2, 1));
    let in_trouble = page.with_status(NEWER, 503, "");
    let error = in_trouble.history(&super::super::HISTORY, "proxy", &[]).1.unwrap_err();
    assert!(matches!(error, ReadError::Status { status: 503, .. }), "it is asked again");
}

#[test]
fn feed_is_the_history_of_pages_that_list_only_what_is_open() {
    let feed = include_str!("../../../../test_data/incidentio/feed/feed.atom");
    // A ULID of the same moment as the second incident's first text.
    let began = feed.replace("01KJ000000000000000000001R", "01KHX10500000000000000001R");
    for source in ["widget", "shim"] {
        let (asked, history) = Page::of(&[("feed.atom", began.as_str())]).history(&super::super::HISTORY, source, &[]);
        assert_eq!(asked, ["feed.atom"]);
        let incidents = history.unwrap().incidents;
        let slow = incidents.iter().find(|it| it.id.as_str() == "01KHX10500000000000000001R").unwrap();
        assert_eq!(slow.started_at, at("2026-02-20T08:00:00Z"));
        assert_eq!(slow.resolved_at, at("2026-02-20T09:00:00Z"));
        assert!(slow.components.is_empty(), "the feed names them without their ids");
        assert_eq!(incidents.iter().filter(|incident| incident.is_over()).count(), 1);
    }
    let (asked, history) = Page::of(&[("feed.atom", feed)]).history(&super::super::HISTORY, "feed", &[]);
    assert!(asked.is_empty() && history.unwrap().incidents.is_empty(), "it is read anyway");
    let other = feed.replace("<generator>incident.io</generator>", "");
    let (_, history) = Page::of(&[("feed.atom", other.as_str())]).history(&super::super::HISTORY, "shim", &[]);
    assert!(matches!(history, Err(ReadError::NotThisFormat(_))));
}

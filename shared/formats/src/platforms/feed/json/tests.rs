//! JSON Feeds: what their fields become, and what is none.
use status::{snapshot::Kind, words::Phase};

use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, timeline},
    },
};

const FEED: &str = include_str!("../../../../test_data/feed/json/feed.json");

fn read(documents: &[(&'static str, &str)], source: Option<&str>) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    Page::of(documents).read(&crate::platforms::feed::FORMAT, source, &[])
}

/// A feed with these items.
fn feed(items: &str) -> ParsedPage {
    let feed = format!(r#"{{"version":"https://jsonfeed.org/version/1","title":"Status","items":[{items}]}}"#);
    read(&[("feed.json", &feed)], Some("feed.json")).1.unwrap()
}

#[test]
fn items_become_incidents_like_those_of_other_feeds() {
    let parsed = read(&[("feed.json", FEED)], Some("feed.json")).1.unwrap();
    assert_eq!(parsed.problems, [""; 0]);
    let page = &parsed.snapshot.page;
    assert_eq!(page.name.as_deref(), Some("Example mail & calendar"));
    assert_eq!(page.url.as_deref(), Some("https://status.example.com/"));
    let found = &parsed.snapshot.incidents;
    let facts: Vec<_> =
        found.iter().map(|found| (found.id.as_str(), found.title.as_str(), found.kind, found.phase)).collect();
    assert_eq!(
        facts,
        [
            ("71", "Mail arrives late", Kind::Incident, Some(Phase::Identified)),
            ("70", "Scheduled maintenance of the mail store", Kind::Maintenance, Some(Phase::Scheduled)),
            ("69", "Calendars cannot be shared", Kind::Incident, Some(Phase::Resolved)),
            ("68", "(no title)", Kind::Incident, Some(Phase::Resolved)),
        ]
    );
    assert_eq!(
        timeline(&found[0].updates),
        [
            "26-05-04T08:58:00Z investigating: Some mail takes an hour. / We look into it.",
            "26-05-04T09:25:10Z identified: A queue is full. /  / We are adding room & machines.",
        ]
    );
    assert_eq!(
        timeline(&found[1].updates),
        ["26-05-03T08:00:00Z scheduled: Scheduled - Mail < 25 MB goes on working."]
    );
    assert_eq!(found[1].url.as_deref(), Some("https://provider.example/notices/70"));
    assert_eq!(timeline(&found[2].updates), ["26-04-28T18:30:00Z resolved: Sharing works again."]);
    assert_eq!(found[2].resolved_at, at("2026-04-28T18:30:00Z"));
}

#[test]
fn it_is_found_at_the_page_below_it_or_where_the_page_links_to_it() {
    let check = |documents: &[(&'static str, &str)], asked: &[&str], source: &str| {
        let (paths, parsed) = read(documents, None);
        assert_eq!(paths, asked);
        assert_eq!(parsed.unwrap().source, source);
    };
    check(&[("", FEED)], &[""], "self");
    check(&[("feed.json", FEED)], &["", "history.atom", "history.rss", "rss", "feed", "feed.json"], "feed.json");
    let json = "<link rel='alternate' type='application/feed+json' href='/feed.json'>";
    check(&[("", &format!("<html>{json}</html>")), ("feed.json", FEED)], &["", "feed.json"], "feed.json");
    // A feed of another kind that is linked to as well comes first.
    let both = format!("<html>{json}<link rel='alternate' type='application/rss+xml' href='/feed.xml'></html>");
    let rss = "<rss><channel/></rss>";
    check(&[("", &both), ("feed.json", FEED), ("feed.xml", rss)], &["", "feed.xml"], "feed.xml");
    // One whose path is not known is no reason to pass over one whose path is.
    let elsewhere = format!("<html><link rel='alternate' type='application/rss+xml' href='/en/7.xml'>{json}</html>");
    check(&[("", &elsewhere), ("feed.json", FEED)], &["", "feed.json"], "feed.json");
}

#[test]
fn only_the_version_makes_json_a_feed() {
    let check = |body: &str, expected: &str| {
        let error = read(&[("feed.json", body)], Some("feed.json")).1.unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let version = |version: &str| format!(r#"{{"version":{version},"title":"jsonfeed.org","items":[]}}"#);
    for none in ["1", "null", r#""https://jsonfeed.org/version/2""#, r#""https://jsonfeed.org/version/12""#] {
        let body = version(none);
        check(&body, &format!("expected a feed at /feed.json, got a JSON object of {} bytes", body.len()));
    }
    check(r#"{"items":[]}"#, "expected a feed at /feed.json, got a JSON object of 12 bytes");
    check("[]", "expected a feed at /feed.json, got a JSON list of 2 bytes");
    check(
        r#"{"version":"https://jsonfeed.org/version/1"}"#,
        "damaged: /feed.json is a JSON Feed without its list of items",
    );
    check(
        r#"{"version":"https://jsonfeed.org/version/1.1","items":["#,
        "damaged: /feed.json is cut off after 55 bytes",
    );
    let escaped = version(r#""https:\/\/jsonfeed.org\/version\/1.1""#);
    assert!(read(&[("feed.json", &escaped)], Some("feed.json")).1.is_ok());
}

#[test]
fn a_damaged_item_or_field_costs_itself() {
    let parsed = feed(
        r#"7, {"id":"a","title":["x"],"content_text":"Investigating: all is slow.","date_published":"soon"},
           {"id":{"b":1},"url":"https://status.example.com/b","title":"Slow","content_html":""}"#,
    );
    let ids: Vec<_> = parsed.snapshot.incidents.iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(ids, ["a", "https://status.example.com/b"]);
    assert_eq!(timeline(&parsed.snapshot.incidents[0].updates), ["? investigating: Investigating: all is slow."]);
    assert_eq!(
        parsed.problems,
        [
            "an item of another shape was left out",
            "title of another shape was left out",
            "id of another shape was left out"
        ]
    );
}

#[test]
fn the_number_of_items_is_bounded() {
    let items: Vec<String> = (0..600).map(|n| format!(r#"{{"id":{n}}}"#)).collect();
    let parsed = feed(&items.join(","));
    assert_eq!(parsed.snapshot.incidents.len(), 500);
    assert_eq!(parsed.problems, ["only the newest 500 entries of the feed were read"]);
}

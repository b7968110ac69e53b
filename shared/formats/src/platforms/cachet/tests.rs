//! Whole reads of a fake page.
use serde_json::{Value, json};
use status::{
    snapshot::{Incident, Kind, Listing},
    words::Phase,
};

use crate::{
    contract::{ParsedPage, ReadError},
    testing::{Page, facts::incident},
};

const LISTS_1: [&str; 4] = [
    "api/v1/incidents?sort=id&order=desc&per_page=50",
    "api/v1/components?per_page=200",
    "api/v1/schedules?sort=id&order=desc&per_page=50",
    "api/v1/components/groups?per_page=100",
];
const LISTS_3: [&str; 3] = [
    "api/incidents?include=updates,components&per_page=50",
    "api/components?include=group&per_page=100",
    "api/schedules?include=updates,components&sort=-id&per_page=50",
];

macro_rules! documents {
    ($($path:literal),*) => {
        [$(serde_json::from_str::<Value>(include_str!(concat!("../../../test_data/cachet/", $path))).unwrap()),*]
    };
}

/// By path and query.
#[derive(Clone)]
struct Documents(Vec<(&'static str, Value)>);

impl Documents {
    fn v1_open() -> Self {
        let documents = documents!(
            "v1_open_incident/api+v1+incidents",
            "v1_open_incident/api+v1+components",
            "v1_maintenance/api+v1+schedules",
            "v1_open_incident/api+v1+components+groups"
        );
        Self(LISTS_1.into_iter().zip(documents).collect())
    }

    fn v3_open() -> Self {
        let documents = documents!("v3_open/api+incidents", "v3_open/api+components", "v3_open/api+schedules");
        Self(LISTS_3.into_iter().zip(documents).collect())
    }

    fn at(&mut self, list: usize, pointer: &str) -> &mut Value {
        self.0[list].1.pointer_mut(pointer).unwrap()
    }

    fn read(&self, source: Option<&str>, open: &[(Kind, &str)]) -> (Vec<String>, Result<ParsedPage, ReadError>) {
        Page::of(&self.0).read(&super::FORMAT, source, open)
    }

    fn parsed(&self, open: &[(Kind, &str)]) -> ParsedPage {
        self.read(None, open).1.unwrap()
    }
}

fn told(incident: &Incident) -> Vec<(&str, Option<&str>)> {
    incident.updates.iter().map(|update| (update.id.as_str(), update.phase.map(Phase::as_str))).collect()
}

fn components(parsed: &ParsedPage) -> Vec<String> {
    let lines = parsed.snapshot.components.iter().map(|component| {
        format!("{}/{}: {}", component.group.as_deref().unwrap_or_default(), component.name, component.status.as_str())
    });
    lines.collect()
}

#[test]
fn the_first_api_is_asked_for_its_lists() {
    let (asked, parsed) = Documents::v1_open().read(None, &[]);
    assert_eq!(asked, LISTS_1);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "api-v1");
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    assert_eq!(components(&parsed), ["Edge/Dublin: partial outage", "Edge/Osaka: operational", "/Queue: operational"]);
    let open = incident(&parsed, "5");
    assert_eq!((open.kind, open.phase), (Kind::Incident, Some(Phase::Identified)));
    assert_eq!(told(open), [("opening", None), ("7", Some("identified")), ("8", Some("identified"))]);
    assert_eq!(open.url.as_deref(), Some("https://status.example.com/incidents/5"));
    assert_eq!(open.components[0].status.map(status::words::ComponentStatus::as_str), Some("partial outage"));
    assert!(incident(&parsed, "4").is_over());
    assert_eq!(incident(&parsed, "schedule-1").phase, Some(Phase::InProgress));
    assert_eq!(incident(&parsed, "schedule-2").phase, Some(Phase::Scheduled));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn the_third_version_has_another_api() {
    let (asked, parsed) = Documents::v3_open().read(None, &[]);
    assert_eq!(asked[0], LISTS_1[0]);
    assert_eq!(asked[1..], LISTS_3);
    let parsed = parsed.unwrap();
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    assert_eq!(Documents::v3_open().read(Some(&parsed.source), &[]).0, LISTS_3);
    // as the page shows it, not as it would be without the incident
    assert_eq!(
        components(&parsed),
        ["Edge/Dublin: partial outage", "Edge/Osaka: operational", "/Queue: under maintenance"]
    );
    let open = incident(&parsed, "5");
    assert_eq!(told(open), [("opening", None), ("7", Some("identified")), ("8", Some("identified"))]);
    assert_eq!(open.updates[2].body.as_deref(), Some("The disk is being **emptied**."));
    assert_eq!(open.components[0].id.as_str(), "1");
    assert_eq!(open.url.as_deref(), Some("https://status.example.com/incidents/0f0c1a2b-0000-4000-8000-000000000005"));
    assert_eq!(told(incident(&parsed, "schedule-1")), [("opening", None), ("9", None)]);
}

#[test]
fn numbers_may_be_written_as_strings() {
    let mut page = Documents::v1_open();
    let before = page.parsed(&[]);
    *page.at(0, "/data/0/latest_status") = json!("2");
    *page.at(0, "/data/0/id") = json!("5");
    *page.at(1, "/data/0/status") = json!("3");
    assert_eq!(page.parsed(&[]).snapshot.digest(), before.snapshot.digest());
}

#[test]
fn old_versions_have_maintenance_among_the_incidents_and_no_schedules() {
    let mut page = Documents::v1_open();
    page.0.remove(2);
    let item = page.at(0, "/data/0");
    item["scheduled_at"] = json!("2026-05-20 01:00:00");
    item["latest_status"] = Value::Null;
    item["status"] = json!(0);
    let parsed = page.parsed(&[]);
    assert_eq!(incident(&parsed, "5").kind, Kind::Maintenance);
    assert_eq!(incident(&parsed, "5").phase, Some(Phase::Scheduled));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    page.at(0, "/data/0")["status"] = json!(4);
    assert_eq!(incident(&page.parsed(&[]), "5").phase, Some(Phase::Completed));
}

#[test]
fn a_status_that_nobody_gave_is_none() {
    let mut page = Documents::v3_open();
    *page.at(0, "/data/0/attributes/status/value") = json!(0);
    let parsed = page.parsed(&[]);
    assert_eq!(incident(&parsed, "5").phase, None);
    assert!(!incident(&parsed, "5").is_over());
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
}

#[test]
fn what_is_not_in_the_newest_is_looked_up_by_its_id() {
    let mut page = Documents::v1_open();
    let item = page.at(0, "/data").as_array_mut().unwrap().remove(0);
    let open = [(Kind::Incident, "5"), (Kind::Maintenance, "schedule-1")];
    let (asked, parsed) = page.read(Some("api-v1"), &open);
    assert_eq!(asked[4], "api/v1/incidents/5");
    assert_eq!(parsed.unwrap().snapshot.coverage.incidents, Listing::Complete, "withdrawn");

    page.0.push(("api/v1/incidents/5", json!({"data": item})));
    let parsed = page.parsed(&open);
    assert_eq!(incident(&parsed, "5").phase, Some(Phase::Identified));
    assert_eq!(parsed.unlisted.len(), 1);
    page.0.last_mut().unwrap().1 = json!({"errors": []});
    assert_eq!(page.parsed(&open).snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_maintenance_is_not_withdrawn_by_a_page_without_schedules() {
    let mut page = Documents::v1_open();
    page.0.remove(2);
    let parsed = page.parsed(&[(Kind::Maintenance, "schedule-1")]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_list_that_begins_with_the_oldest_proves_nothing() {
    let mut page = Documents::v1_open();
    *page.at(0, "/meta/pagination/total_pages") = json!(3);
    assert_eq!(page.parsed(&[]).snapshot.coverage.incidents, Listing::Complete);
    page.at(0, "/data").as_array_mut().unwrap().reverse();
    assert_eq!(page.parsed(&[]).snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn where_the_api_is_off_the_feed_is_read_if_it_is_of_incidents() {
    let read = |path: &str, link: &str, source: Option<&str>| {
        let body = format!(
            "<rss version='2.0'><channel><title>Example</title><item><title>[Watching] Mail is late</title>
             <link>https://status.example.com{link}</link><guid>changes</guid>
             <pubDate>Mon, 04 May 2026 15:00:00 +0000</pubDate></item></channel></rss>"
        );
        Page::of(&[(path, body)]).read(&super::FORMAT, source, &[]).1
    };
    for path in ["rss", "atom"] {
        let parsed = read(path, "/incidents/0f0c1a2b", None).unwrap();
        assert_eq!(incident(&parsed, "0f0c1a2b").phase, Some(Phase::Monitoring));
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Window);
        assert!(read(path, "/incidents/0f0c1a2b", Some(&parsed.source)).is_ok());
    }
    assert!(matches!(read("rss", "/blog/1", None), Err(ReadError::NotThisFormat(_))));
}

#[test]
fn an_envelope_of_another_platform_is_not_this_format() {
    for document in [json!({"data": []}), json!({"data": [], "meta": {"pagination": {}}}), json!({"data": {}})] {
        let mut page = Documents::v1_open();
        page.0[0].1 = document;
        assert!(matches!(page.read(None, &[]).1, Err(ReadError::NotThisFormat(_))));
    }
}

#[test]
fn a_page_without_components_and_incidents_is_quiet() {
    for mut page in [Documents::v1_open(), Documents::v3_open()] {
        *page.at(0, "/data") = json!([]);
        *page.at(1, "/data") = json!([]);
        *page.at(2, "/data") = json!([]);
        let quiet = page.parsed(&[]);
        assert_eq!((quiet.snapshot.components.len(), quiet.snapshot.incidents.len()), (0, 0));
        let again = page.read(Some(&quiet.source), &[]).1.unwrap();
        assert_eq!(again.snapshot, quiet.snapshot);
    }
    let mut first = Documents::v1_open();
    *first.at(1, "/data") = json!([]);
    assert!(first.parsed(&[]).snapshot.incidents.iter().any(|incident| !incident.is_over()));
}

#[test]
fn a_list_of_components_that_is_cut_says_so() {
    let mut page = Documents::v1_open();
    *page.at(1, "/meta/pagination/total_pages") = json!(2);
    let parsed = page.parsed(&[]);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(parsed.problems, ["only the first 3 components were read"]);
}

#[test]
fn where_the_api_is_off_an_empty_feed_is_quiet() {
    let rss = "<rss version='2.0'><channel><title>Example</title></channel></rss>";
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>Example</title></feed>";
    for (path, feed) in [("rss", rss), ("atom", atom)] {
        let read = |source: Option<&str>| Page::of(&[(path, feed)]).read(&super::FORMAT, source, &[]).1.unwrap();
        let quiet = read(None);
        assert_eq!((quiet.source.as_ref(), quiet.snapshot.incidents.len()), (path, 0));
        assert_eq!(quiet.snapshot.coverage.incidents, Listing::Window);
        assert!(read(Some(&quiet.source)).snapshot.incidents.is_empty());
    }
}

//! Checkly: the data of a status page in its HTML, and a dashboard by its API.
use serde_json::{Value, json};
use status::{snapshot::Listing, words::Phase};

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{at, check, incident, open_incidents, status_of},
};

/// The list of all values that Nuxt makes of this one: members are named by their place.
fn flattened(value: &Value) -> String {
    fn add(value: &Value, values: &mut Vec<Value>) -> usize {
        let place = values.len();
        values.push(Value::Null);
        values[place] = match value {
            Value::Object(map) => {
                let map = map.iter().map(|(key, value)| (key.clone(), add(value, values).into()));
                Value::Object(map.collect())
            }
            Value::Array(list) => list.iter().map(|value| add(value, values).into()).collect::<Vec<Value>>().into(),
            other => other.clone(),
        };
        place
    }
    let mut values = Vec::new();
    add(value, &mut values);
    Value::from(values).to_string()
}

fn html(data: &str) -> String {
    format!("<html><body><script type='application/json' id='__NUXT_DATA__'>{data}</script></body></html>")
}

/// A status page with these open incidents; it has the services `a` and `b`, and `a` has this history.
fn status_page(incidents: Value, history: Value) -> FakePage {
    let uptime = json!([{"name": "Card", "services": [
        {"id": "a", "name": "A", "days": [{"date": "2026-05-03T00:00:00Z", "events": history}]},
        {"id": "b", "name": "B", "days": []},
    ]}]);
    let data = json!({"data": {
        "status-page-resolver-x": {"statusPage": {"id": "p", "name": "Acme"}},
        "unresolved-incidents-p": {"incidents": incidents},
        "uptime-p": {"uptime": uptime},
    }});
    FakePage::of(&[("", html(&flattened(&data)))])
}

fn read(page: &FakePage, source: Option<&str>, open: &[&str]) -> ParsedPage {
    page.read(&FORMAT, source, &open_incidents(open)).1.unwrap()
}

#[test]
fn status_page_has_services_by_card_and_what_is_open() {
    let (asked, parsed) = FakePage::case("checkly/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, [""]);
    let parsed = parsed.unwrap();
    assert_eq!((parsed.snapshot.page.name.as_deref(), &*parsed.source), (Some("Acme Status"), PAGE));
    check(
        &parsed,
        "chat \"Chat\" in API: partial outage
        embed \"Embeddings\" in API: operational
        site \"Website\" in Web: degraded performance
        Incident inc-1 \"Chat is slow\", identified, impact Some(Major), 2026-05-04T14:04:04Z to -
          chat=partial outage
        Incident inc-2 \"The website is slow\", investigating, impact Some(Minor), 2026-05-04T15:04:04Z to -
          site=degraded performance
        Maintenance mw-1 \"New disks\", in progress, impact None, - to -
          
        components Complete, incidents Complete",
    );
}

#[test]
fn dashboard_has_checks_and_incidents() {
    let page = FakePage::case("checkly/dashboard");
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    let api = |path: &str| format!("https://api.checklyhq.com/v1/status-page/{path}");
    let lists = [api("1833/statuses?page=1&limit=100"), api("1833/incidents")];
    assert_eq!(asked[..2], ["".to_owned(), api("status.example.com/metadata?type=customDomain")]);
    assert_eq!(asked[2..], lists);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "dashboard 1833");
    check(
        &parsed,
        "ch-1 \"API\" in Core: major outage
        ch-2 \"Website\": operational
        ch-3 \"Search\": degraded performance
        Incident di-1 \"The API is down\", investigating, impact Some(Critical), 2026-05-04T14:00:00Z to -
          
          du-1 2026-05-04T14:01:00Z investigating \"We look into it.\"
        Maintenance di-2 \"New disks\", completed, impact None, 2026-05-01T14:00:00Z to 2026-05-01T15:00:00Z
          
        components Complete, incidents Complete",
    );
    assert_eq!(page.read(&FORMAT, Some("dashboard 1833"), &[]).0, lists, "known by its number");
}

#[test]
fn end_is_in_the_history_of_a_service() {
    let event = |state: &str| {
        json!([{"id": "i-1", "name": "Slow", "duration": 600, "severity": "MAJOR", "lastUpdateStatus": state,
            "created_at": "2026-05-03T08:00:00.000Z"}])
    };
    let ended = read(&status_page(json!([]), event("RESOLVED")), Some(PAGE), &["i-1", "i-2"]);
    let over = incident(&ended, "i-1");
    assert_eq!((over.phase, over.resolved_at), (Some(Phase::Resolved), at("2026-05-03T08:10:00Z")));
    assert_eq!(ended.unlisted.len(), 2, "the other is in neither");
    assert_eq!(ended.snapshot.coverage.incidents, Listing::Complete);
    let unknown = read(&status_page(json!([]), event("MONITORING")), Some(PAGE), &["i-1"]);
    assert_eq!(unknown.snapshot.incidents, []);
    let quiet = read(&status_page(json!([]), event("RESOLVED")), Some(PAGE), &[]);
    assert_eq!(quiet.snapshot.incidents, [], "nobody asked for it");
}

#[test]
fn service_is_in_the_worst_state_that_an_open_incident_gives_it() {
    let of = |severities: &[&str]| {
        let one = |(n, severity): (usize, &&str)| json!({"id": n.to_string(), "severity": severity, "services": [{"id": "a"}]});
        let incidents: Vec<Value> = severities.iter().enumerate().map(one).collect();
        let parsed = read(&status_page(incidents.into(), json!([])), None, &[]);
        (status_of(&parsed, "a"), status_of(&parsed, "b"))
    };
    assert_eq!(of(&[]), (ComponentStatus::Operational, ComponentStatus::Operational));
    assert_eq!(of(&["MEDIUM"]).0, ComponentStatus::DegradedPerformance);
    assert_eq!(of(&["MINOR", "CRITICAL", "MAJOR"]), (ComponentStatus::MajorOutage, ComponentStatus::Operational));
    assert_eq!(of(&["ODD"]).0, ComponentStatus::Unknown);
}

#[test]
fn incident_without_an_id_leaves_services_unknown_and_ends_nothing() {
    let parsed = read(&status_page(json!([{"name": "T"}]), json!([])), Some(PAGE), &["i-1"]);
    assert_eq!(status_of(&parsed, "a"), ComponentStatus::Unknown);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(parsed.problems, ["an incident of another shape was left out"]);
}

#[test]
fn data_without_its_lists_is_damaged_and_other_data_is_none() {
    let read = |data: Value, source| FakePage::of(&[("", html(&flattened(&data)))]).read(&FORMAT, source, &[]).1;
    let bare = json!({"data": {"status-page-resolver-x": {}}});
    assert!(matches!(read(bare, Some(PAGE)), Err(ReadError::Malformed(_))));
    let other = read(json!({"data": {"articles": []}}), Some(PAGE));
    assert!(matches!(other, Err(ReadError::NotThisFormat(_))), "{other:?}");
    let broken = FakePage::of(&[("", html("{}"))]).read(&FORMAT, Some(PAGE), &[]).1;
    assert!(matches!(broken, Err(ReadError::NotThisFormat(_))), "{broken:?}");
}

#[test]
fn data_that_names_itself_is_read_to_an_end() {
    // A wrapper around itself, and a list of a hundred thousand times the same list.
    let itself = format!(r#"[["Reactive",0]{}]"#, ",[]".repeat(9));
    let list = |of: usize| format!("[{}{of}]", format!("{of},").repeat(999));
    let many = [
        r#"{"data":1}"#.to_owned(),
        r#"{"status-page-resolver-x":2,"unresolved-incidents-x":3,"uptime-x":5}"#.into(),
        "{}".into(),
        r#"{"incidents":4}"#.into(),
        "[]".into(),
        r#"{"uptime":6}"#.into(),
        list(7),
        r#"{"name":8,"services":9}"#.into(),
        r#""Card""#.into(),
        list(10),
        r#"{"id":8,"name":8}"#.into(),
    ];
    let of = |data: &str| FakePage::of(&[("", html(data))]).read(&FORMAT, Some(PAGE), &[]).1;
    assert!(of(&itself).is_err());
    let parsed = of(&format!("[{}]", many.join(","))).unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert!(parsed.problems.iter().any(|problem| problem == "only a part of the page's data was read"));
}

/// The dashboard with this list of incidents.
fn dashboard(incidents: &str) -> FakePage {
    let checks = r#"{"results":[],"summary":{"total":0}}"#;
    FakePage::of(&[
        ("https://api.checklyhq.com/v1/status-page/7/statuses?page=1&limit=100", checks),
        ("https://api.checklyhq.com/v1/status-page/7/incidents", incidents),
    ])
}

#[test]
fn dashboard_without_any_incident_ends_none() {
    let listing =
        |incidents: &str| read(&dashboard(incidents), Some("dashboard 7"), &["i"]).snapshot.coverage.incidents;
    assert_eq!(listing("[]"), Listing::Partial);
    assert_eq!(listing("{}"), Listing::Partial);
    assert_eq!(listing(r#"[{"id":"other","impact":"MINOR"}]"#), Listing::Complete, "it was withdrawn");
}

#[test]
fn incident_of_a_dashboard_is_over_when_it_has_stopped() {
    let phase = |keys: &str| {
        let list = format!(r#"[{{"id":"i","name":"T","impact":"MAJOR",{keys}}}]"#);
        incident(&read(&dashboard(&list), Some("dashboard 7"), &[]), "i").phase
    };
    let update = |id: &str, state: &str, time: &str| {
        format!(r#"{{"id":"{id}","status":"{state}","created_at":"2026-05-04T{time}:00Z"}}"#)
    };
    let (first, second) = (update("1", "INVESTIGATING", "14:00"), update("2", "MONITORING", "15:00"));
    let updates = format!(r#""incidentUpdates":[{second},{first}]"#);
    assert_eq!(phase(&updates), Some(Phase::Monitoring));
    assert_eq!(phase(&format!(r#""stoppedAt":"2026-05-04T15:30:00Z",{updates}"#)), Some(Phase::Resolved));
    assert_eq!(phase(r#""stoppedAt":"some time""#), Some(Phase::Resolved), "whenever that was");
    assert_eq!(phase(r#""stoppedAt":null"#), None);
}

#[test]
fn check_that_does_not_say_how_it_is_is_unknown() {
    let checks = r#"{"results":[{"id":"c","name":"C","status":{"hasFailures":false,"hasErrors":null}},
        {"id":"d","name":"D"}],"summary":{"total":3}}"#;
    let page = dashboard("[]").with("https://api.checklyhq.com/v1/status-page/7/statuses?page=1&limit=100", checks);
    let parsed = read(&page, Some("dashboard 7"), &[]);
    assert_eq!(status_of(&parsed, "c"), ComponentStatus::Unknown);
    assert_eq!(status_of(&parsed, "d"), ComponentStatus::Unknown);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial, "there are three");
}

fn statuses_url(page: usize) -> String {
    format!("https://api.checklyhq.com/v1/status-page/7/statuses?page={page}&limit=100")
}

/// A page of a list of so many checks.
fn statuses(page: usize, total: usize) -> Value {
    let checks = ((page - 1) * 100..(page * 100).min(total)).map(|number| json!({"id": number, "name": "C"}));
    json!({"results": checks.collect::<Vec<_>>(), "summary": {"total": total}})
}

#[test]
fn dashboard_has_the_checks_of_every_page_of_the_list() {
    for keeps_total in [true, false] {
        let mut page = dashboard("[]");
        for number in 1..=3 {
            let mut body = statuses(number, 250);
            if !keeps_total {
                body.as_object_mut().unwrap().remove("summary");
            }
            page.set(&statuses_url(number), 200, &body);
        }
        let parsed = read(&page, Some("dashboard 7"), &[]);
        assert_eq!((parsed.snapshot.components.len(), &*parsed.source), (250, "dashboard 7 pages 3"));
        assert_eq!((parsed.snapshot.coverage.components, parsed.problems.len()), (Listing::Complete, 0));
        // Each tells of a change.
        let first = page.read(&FORMAT, Some("dashboard 7 pages 3"), &[]).0;
        assert_eq!(first[..3], [1, 2, 3].map(statuses_url));
        assert_eq!(first.len(), 4);
    }
}

#[test]
fn dashboard_with_more_checks_than_are_read_says_so() {
    let with = |pages: usize, total: usize| {
        let mut page = dashboard("[]");
        (1..=pages).for_each(|number| page.set(&statuses_url(number), 200, statuses(number, total)));
        let parsed = read(&page, Some("dashboard 7"), &[]);
        (parsed.snapshot.components.len(), parsed.snapshot.coverage.components, parsed.problems.len())
    };
    assert_eq!(with(5, 450), (400, Listing::Partial, 1), "it is cut");
    assert_eq!(with(1, 150), (100, Listing::Partial, 1), "the second page is not there");
    let mut same = dashboard("[]");
    [1, 2].iter().for_each(|number| same.set(&statuses_url(*number), 200, statuses(1, 150)));
    let parsed = read(&same, Some("dashboard 7"), &[]);
    assert_eq!((parsed.snapshot.components.len(), parsed.snapshot.coverage.components), (100, Listing::Partial));
    assert_eq!(parsed.problems, ["only 100 of 150 checks are in the list"]);
}

#[test]
fn number_of_a_dashboard_is_a_number() {
    let is_source = |source| dashboard::Source::parse(source).is_some();
    assert!(is_source("dashboard 1833") && is_source("dashboard 1833 pages 4"));
    for other in ["dashboard ../x", "dashboard 1 pages 0", "dashboard 1 pages 5", "dashboard  pages 2", PAGE] {
        assert!(!is_source(other), "{other}");
    }
    let metadata = "https://api.checklyhq.com/v1/status-page/status.example.com/metadata?type=customDomain";
    let page = FakePage::of(&[("", "<html></html>"), (metadata, r#"{"id":"../x"}"#)]);
    assert!(matches!(page.read(&FORMAT, None, &[]).1, Err(ReadError::NotThisFormat(_))));
}

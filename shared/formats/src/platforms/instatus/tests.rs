//! Whole reads of fake pages.
use serde_json::{Value, json};
use status::{
    ids::IncidentId,
    snapshot::{Kind, Listing},
    words::{ComponentStatus, Impact, Phase},
};

use super::{FORMAT, HISTORY};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, find_incident, timeline},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        include_str!(concat!("../../../test_data/instatus/", $case, "/", $name))
    };
}

const SUMMARY: &str = "v3/summary.json";
const COMPONENTS: &str = "v3/components.json";
const OPEN: &str = "cminc0open0000000000001";

fn open_incident() -> Page {
    Page::of(&[
        (SUMMARY, document!("open_incident", "v3+summary.json")),
        (COMPONENTS, document!("open_incident", "v3+components.json")),
        (HISTORY, document!("open_incident", "history.atom")),
    ])
}

fn maintenance() -> Page {
    Page::of(&[
        (SUMMARY, document!("maintenance", "v3+summary.json")),
        (COMPONENTS, document!("maintenance", "v3+components.json")),
        (HISTORY, document!("maintenance", "history.atom")),
    ])
}

fn read(page: &Page, open: &[(Kind, &str)]) -> ParsedPage {
    page.read(&FORMAT, Some("v3 v3"), open).1.unwrap()
}

#[test]
fn an_open_incident_is_of_the_summary_and_its_posts_of_the_feed() {
    let (asked, parsed) = open_incident().read(&FORMAT, None, &[]);
    let parsed = parsed.unwrap();
    assert_eq!(asked, [SUMMARY, HISTORY, COMPONENTS]);
    assert_eq!(parsed.source, "v3 v3");
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let incident = find_incident(&parsed, OPEN).unwrap();
    assert_eq!((incident.phase, incident.impact), (Some(Phase::Monitoring), Some(Impact::Major)));
    assert_eq!((incident.started_at, incident.resolved_at), (at("2026-05-04T14:00:00Z"), None));
    assert_eq!(
        timeline(&incident.updates),
        [
            "26-05-04T14:00:00Z investigating: We look into failing requests.",
            "26-05-04T14:40:00Z identified: A switch is broken.",
            "26-05-04T15:30:20Z monitoring: A broken switch was replaced.",
        ]
    );
    let mut affected: Vec<_> = incident.components.iter().map(|affected| affected.id.as_str()).collect();
    affected.sort_unstable();
    assert_eq!(affected, ["cmcompapi000000000000001", "cmcompedgeeu000000000001"]);
    let components: Vec<_> = parsed
        .snapshot
        .components
        .iter()
        .map(|component| (component.name.as_str(), component.group.as_deref(), component.status))
        .collect();
    assert_eq!(
        components,
        [
            ("Website", None, ComponentStatus::Operational),
            ("API", None, ComponentStatus::DegradedPerformance),
            ("Europe", Some("Edge"), ComponentStatus::PartialOutage),
            ("America", Some("Edge"), ComponentStatus::Operational),
        ]
    );
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn the_feed_is_asked_at_once_only_while_something_is_open() {
    let page = open_incident();
    let first = |open: &[(Kind, IncidentId)]| {
        let url = "https://status.example.com".parse().unwrap();
        let context =
            crate::contract::ReadContext { page: &url, source: Some("v3 v3"), open, now: jiff::Timestamp::UNIX_EPOCH };
        match (FORMAT.read)(&context, &crate::contract::Answers::default()) {
            Err(crate::contract::Stop::Need(urls)) => urls.len(),
            _ => panic!("read without an answer"),
        }
    };
    assert_eq!(first(&[]), 2);
    assert_eq!(first(&[(Kind::Incident, OPEN.into())]), 3);
    assert_eq!(page.read(&FORMAT, Some("v3 none"), &[]).0, [SUMMARY, HISTORY]);
}

#[test]
fn maintenances_are_read_with_their_windows() {
    let parsed = read(&maintenance(), &[]);
    let now = find_incident(&parsed, "cmmaintnow000000000001").unwrap();
    assert_eq!((now.kind, now.phase, now.impact), (Kind::Maintenance, Some(Phase::InProgress), None));
    assert_eq!(now.started_at, at("2026-05-04T15:00:04Z"));
    let window = now.window.unwrap();
    assert_eq!((window.starts_at, window.ends_at), (at("2026-05-04T15:00:00Z"), at("2026-05-04T17:00:00Z")));
    assert_eq!(
        timeline(&now.updates),
        ["26-05-02T10:00:00Z scheduled: We will replace switches.", "26-05-04T15:00:04Z in progress: Work has begun."]
    );
    let soon = find_incident(&parsed, "cmmaintsoon00000000001").unwrap();
    assert_eq!((soon.phase, soon.started_at), (Some(Phase::Scheduled), None));
    let done = find_incident(&parsed, "cmmaintdone00000000001").unwrap();
    assert_eq!((done.phase, done.resolved_at), (Some(Phase::Completed), at("2026-04-20T06:25:00Z")));
    assert_eq!(done.started_at, at("2026-04-20T06:00:01Z"));
}

#[test]
fn what_left_the_summary_is_looked_up_in_the_feed() {
    let mut page = open_incident();
    let open = [(Kind::Incident, OPEN)];
    page.edit(SUMMARY, |summary| _ = summary.as_object_mut().unwrap().remove("activeIncidents"));
    let parsed = read(&page, &open);
    assert_eq!(find_incident(&parsed, OPEN).unwrap().phase, Some(Phase::Monitoring), "the feed still has it open");
    assert_eq!(parsed.unlisted, [IncidentId::from(OPEN)]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);

    let resolved = page.text(HISTORY).replace("<strong>Monitoring</strong>", "<strong>Resolved</strong>");
    page.set(HISTORY, 200, resolved);
    let parsed = read(&page, &open);
    let incident = find_incident(&parsed, OPEN).unwrap();
    assert_eq!((incident.phase, incident.resolved_at), (Some(Phase::Resolved), at("2026-05-04T15:30:20Z")));

    let coverage = |page: &Page| read(page, &[(Kind::Incident, "cmwithdrawn")]).snapshot.coverage.incidents;
    assert_eq!(coverage(&page), Listing::Complete);
    page.set(HISTORY, 200, "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title></feed>");
    assert_eq!(coverage(&page), Listing::Partial, "a feed of nothing is no history");
    page.remove(HISTORY);
    assert_eq!(coverage(&page), Listing::Partial);
}

#[test]
fn a_maintenance_that_the_feed_never_closed_is_not_opened_again() {
    let mut page = maintenance();
    page.edit(SUMMARY, |summary| summary["activeMaintenances"] = json!([]));
    assert!(find_incident(&read(&page, &[]), "cmmaintnow000000000001").is_none());
    assert!(
        find_incident(&read(&page, &[(Kind::Maintenance, "cmmaintnow000000000001")]), "cmmaintnow000000000001")
            .is_some()
    );
}

#[test]
fn of_summary_and_feed_the_newer_says_the_phase() {
    let phase = |updated: &str| {
        let mut page = open_incident();
        page.edit(SUMMARY, |summary| {
            summary["activeIncidents"][0]["status"] = json!("IDENTIFIED");
            summary["activeIncidents"][0]["updatedAt"] = json!(updated);
        });
        find_incident(&read(&page, &[]), OPEN).unwrap().phase
    };
    assert_eq!(phase("2026-05-04T14:40:00Z"), Some(Phase::Monitoring));
    assert_eq!(phase("2026-05-04T15:31:00Z"), Some(Phase::Identified));
}

#[test]
fn a_list_that_is_left_out_is_empty_and_one_that_is_null_is_damaged() {
    for (list, expected) in
        [(json!([]), Listing::Complete), (json!(null), Listing::Partial), (json!(7), Listing::Partial)]
    {
        let mut page = open_incident();
        page.edit(SUMMARY, |summary| summary["activeIncidents"] = list);
        assert_eq!(read(&page, &[]).snapshot.coverage.incidents, expected);
    }
}

#[test]
fn the_first_version_has_its_ids_in_addresses_and_its_own_dates() {
    let page = Page::of(&[
        ("summary.json", document!("first_version", "summary.json")),
        ("v2/components.json", document!("first_version", "v2+components.json")),
        (HISTORY, document!("first_version", "history.atom")),
    ]);
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    let parsed = parsed.unwrap();
    assert_eq!(asked.len(), 6, "{asked:?}");
    assert_eq!(parsed.source, "v1 v2");
    let incident = find_incident(&parsed, "cminc0slow0000000000001").unwrap();
    assert_eq!((incident.started_at, incident.updates.len()), (at("2026-05-04T15:10:00Z"), 0));
    assert_eq!(parsed.snapshot.components.len(), 4);
}

#[test]
fn parents_are_groups_and_not_components() {
    let mut page = open_incident();
    page.edit(COMPONENTS, |components| {
        *components = json!([
            {"id": "parent", "name": "Edge", "status": null, "isParent": true,
             "children": [{"id": "child", "name": "Asia", "status": "MINOROUTAGE"}]},
            {"id": "other", "name": "Mail", "status": "ONFIRE"},
        ]);
    });
    let parsed = read(&page, &[]);
    let components = &parsed.snapshot.components;
    assert_eq!(components.len(), 2);
    assert_eq!((components[0].group.as_deref(), components[0].status), (Some("Edge"), ComponentStatus::PartialOutage));
    assert_eq!(components[1].status, ComponentStatus::Unknown);
    assert_eq!(parsed.problems, [r#""other" has the unknown status "ONFIRE""#]);
}

#[test]
fn components_that_cannot_be_read_prove_nothing() {
    let mut page = open_incident();
    page.set(COMPONENTS, 503, "");
    let parsed = read(&page, &[]);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn summaries_of_other_platforms_are_refused() {
    let refused = |summary: Value| {
        let page = Page::of(&[(SUMMARY, &summary.to_string())]);
        matches!(page.read(&FORMAT, Some("v3 v3"), &[]).1, Err(ReadError::NotThisFormat(_)))
    };
    let page = |id: Value, status: Value| json!({"id": id, "name": "x", "url": "https://x.test", "status": status});
    assert!(!refused(json!({"page": {"name": "x", "status": "SOMEMAJOROUTAGE"}})));
    assert!(refused(json!({"page": page(json!("abcdefghijkl"), json!("UP"))})), "Statuspage's have an id");
    assert!(refused(json!({"page": {"name": "x", "url": "u"}, "status": {"indicator": "none", "description": "d"}})));
    assert!(refused(json!({"page": {"name": "x", "status": "up"}})));
    assert!(refused(json!({"page": {"status": "UP"}})));
    assert!(refused(json!({"status": "UP"})));
}

#[test]
fn the_page_has_words_of_its_own() {
    let expected = [
        ("UP", ComponentStatus::Operational),
        ("HASISSUES", ComponentStatus::DegradedPerformance),
        ("UNDERMAINTENANCE", ComponentStatus::UnderMaintenance),
        ("ONEUNDERMAINTENANCE", ComponentStatus::UnderMaintenance),
        ("SOMEDEGRADEDPERFORMANCE", ComponentStatus::DegradedPerformance),
        ("ONEPARTIALOUTAGE", ComponentStatus::PartialOutage),
        ("SOMEMAJOROUTAGE", ComponentStatus::PartialOutage),
        ("ALLMAJOROUTAGE", ComponentStatus::MajorOutage),
        ("ALLMINOROUTAGE", ComponentStatus::PartialOutage),
        ("major_outage", ComponentStatus::MajorOutage),
    ];
    for (word, status) in expected {
        assert_eq!(super::document::page_status(word), Some(status), "{word}");
    }
    for word in ["", "DOWN", "SOMEUP2", "ALL", "SOMEONFIRE"] {
        assert_eq!(super::document::page_status(word), None, "{word}");
    }
}

/// The open incident that nothing but the page's own word tells of.
fn lone(state: &str, component: &str) -> Option<(Kind, Option<Impact>)> {
    let summary = json!({"page": {"name": "Example", "url": "https://status.example.com", "status": state}});
    let components = json!({"components": [{"id": "c1", "name": "API", "status": component}]});
    let page = Page::of(&[("v3/summary.json", summary), ("v3/components.json", components)]);
    let parsed = page.read(&FORMAT, Some("v3 v3"), &[]).1.unwrap();
    parsed.snapshot.incidents.first().map(|incident| (incident.kind, incident.impact))
}

#[test]
fn the_pages_word_counts_where_nothing_else_tells() {
    assert_eq!(lone("HASISSUES", "OPERATIONAL"), Some((Kind::Incident, Some(Impact::Minor))));
    assert_eq!(lone("ALLMAJOROUTAGE", "OPERATIONAL"), Some((Kind::Incident, Some(Impact::Critical))));
    assert_eq!(lone("UNDERMAINTENANCE", "OPERATIONAL"), Some((Kind::Maintenance, None)));
    for (state, component) in [("UP", "OPERATIONAL"), ("HASISSUES", "PARTIALOUTAGE"), ("ONFIRE", "OPERATIONAL")] {
        assert_eq!(lone(state, component), None, "{state} {component}");
    }
}

#[test]
fn an_incident_with_the_impact_maintenance_is_maintenance() {
    let summary = json!({"page": {"name": "Example", "url": "https://status.example.com", "status": "UNDERMAINTENANCE"},
        "activeIncidents": [{"id": "cl1", "name": "Work", "started": "2026-05-04T15:00:00Z", "status": "IDENTIFIED",
            "impact": "UNDERMAINTENANCE", "url": "https://status.example.com/cl1"}]});
    let page = Page::of(&[("v3/summary.json", summary)]);
    let parsed = page.read(&FORMAT, Some("v3 v3"), &[]).1.unwrap();
    let work = &parsed.snapshot.incidents[0];
    assert_eq!((work.kind, work.phase, work.impact), (Kind::Maintenance, Some(Phase::InProgress), None));
}

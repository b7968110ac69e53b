//! Whole reads of fake pages.
use serde_json::{Value, json};
use status::{
    snapshot::{Incident, Kind, Listing},
    words::{ComponentStatus, Impact, Phase},
};

use super::FORMAT;
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, incident, timeline},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            "../../../test_data/statuspal/",
            $case,
            "/@statuspal.eu+api+v2+status_pages+example+",
            $name
        )))
        .unwrap()
    };
}

const SUMMARY: &str = "https://statuspal.eu/api/v2/status_pages/example/summary";
const INCIDENTS: &str = "https://statuspal.eu/api/v2/status_pages/example/incidents?limit=100";

/// The addresses asked for, and the end.
fn read_page(
    page: &str,
    source: Option<&str>,
    documents: &[(&str, String)],
    open: &[(Kind, &str)],
) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    Page::at(page).with_all(documents).read(&FORMAT, source, open)
}

fn read(documents: &[(&str, &Value)], open: &[(Kind, &str)]) -> ParsedPage {
    let documents: Vec<_> = documents.iter().map(|(at, document)| (*at, document.to_string())).collect();
    read_page("https://example.statuspal.eu", None, &documents, open).1.unwrap()
}

fn affected(incident: &Incident) -> Vec<&str> {
    incident.components.iter().map(|affected| affected.id.as_str()).collect()
}

fn statuses(parsed: &ParsedPage) -> Vec<(&str, Option<&str>, ComponentStatus)> {
    let components = parsed.snapshot.components.iter();
    components.map(|component| (component.name.as_str(), component.group.as_deref(), component.status)).collect()
}

#[test]
fn an_open_incident_is_read_with_its_updates_and_the_services_it_means() {
    let parsed = read(&[(SUMMARY, &document!("open_incident", "summary"))], &[]);
    assert_eq!(parsed.source, "eu example");
    let open = incident(&parsed, "81501");
    assert_eq!((open.phase, open.impact), (Some(Phase::Monitoring), Some(Impact::Major)));
    assert_eq!((open.started_at, open.resolved_at), (at("2026-05-04T14:00:00Z"), None));
    assert_eq!(
        timeline(&open.updates),
        [
            "26-05-04T14:00:00Z investigating: Some requests fail.",
            "26-05-04T15:20:00Z investigating: A switch was replaced. / Traffic comes back.",
            "26-05-04T15:30:00Z monitoring: We watch the new switch.",
        ]
    );
    assert_eq!(affected(open), ["2102"], "the group is named along with what it holds");
    assert_eq!(affected(incident(&parsed, "81502")), ["2112", "2113"], "a group by itself is all of it");
    assert_eq!(incident(&parsed, "81502").impact, None, "a type of the page's own");
    assert_eq!(
        statuses(&parsed),
        [
            ("API", Some("Geneva"), ComponentStatus::MajorOutage),
            ("DNS", Some("Geneva"), ComponentStatus::Operational),
            ("API", Some("Vienna"), ComponentStatus::Unknown),
            ("DNS", Some("Vienna"), ComponentStatus::Operational),
            ("Portal", None, ComponentStatus::Operational),
        ]
    );
    assert_eq!(parsed.problems, [r#"service "2112" has the unknown incident type "performance""#]);
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Complete, Listing::Complete));
}

#[test]
fn a_maintenance_is_in_progress_as_long_as_it_is_listed_so() {
    let mut summary = document!("maintenance", "summary");
    summary["maintenances"][0]["ends_at"] = json!("2026-05-04T15:30:00");
    let parsed = read(&[(SUMMARY, &summary)], &[]);
    let now = incident(&parsed, "81511");
    assert_eq!((now.kind, now.phase, now.resolved_at), (Kind::Maintenance, Some(Phase::InProgress), None));
    let soon = incident(&parsed, "81512");
    assert_eq!((soon.phase, soon.started_at), (Some(Phase::Scheduled), None));
    let window = soon.window.unwrap();
    assert_eq!((window.starts_at, window.ends_at), (at("2026-05-20T21:00:00Z"), at("2026-05-21T05:00:00Z")));
    assert_eq!(statuses(&parsed)[1].2, ComponentStatus::UnderMaintenance, "by the type of the maintenance in progress");
}

#[test]
fn what_left_the_summary_is_looked_up_in_the_list_of_incidents() {
    let summary = document!("left_the_list", "summary");
    let mut history = document!("left_the_list", "incidents");
    let open = [(Kind::Incident, "81501"), (Kind::Maintenance, "81511"), (Kind::Incident, "4711")];
    let parsed = read(&[(SUMMARY, &summary), (INCIDENTS, &history)], &open);
    let ended = incident(&parsed, "81501");
    assert_eq!((ended.phase, ended.resolved_at), (Some(Phase::Resolved), at("2026-05-04T15:40:00Z")));
    let done = incident(&parsed, "81511");
    assert_eq!(
        (done.kind, done.phase, done.resolved_at),
        (Kind::Maintenance, Some(Phase::Completed), at("2026-05-04T15:45:00Z"))
    );
    assert_eq!(parsed.unlisted.len(), 3);
    let coverage = |parsed: ParsedPage| parsed.snapshot.coverage.incidents;
    assert_eq!(coverage(parsed), Listing::Complete, "4711 is nowhere");
    history["links"]["next"] = json!("https://statuspal.eu/next");
    assert_eq!(coverage(read(&[(SUMMARY, &summary), (INCIDENTS, &history)], &open)), Listing::Partial);
    assert_eq!(coverage(read(&[(SUMMARY, &summary), (INCIDENTS, &history)], &open[..2])), Listing::Complete);
    assert_eq!(coverage(read(&[(SUMMARY, &summary)], &open[..1])), Listing::Partial);
}

#[test]
fn a_page_of_its_own_domain_is_found_by_its_html_or_its_domain() {
    let page = "https://status.example.com/";
    let summary = document!("all_operational", "summary").to_string();
    let html = |text: &str| (page, text.to_owned());
    let (asked, parsed) =
        read_page(page, None, &[html("<a href='https://example.statuspal.eu'>"), (SUMMARY, summary.clone())], &[]);
    assert_eq!((asked.as_slice(), parsed.unwrap().source.as_ref()), (&["".into(), SUMMARY.into()][..], "eu example"));

    let by_domain = "https://statuspal.io/api/v2/status_pages/status.example.com/summary";
    let (asked, parsed) = read_page(page, None, &[html("<p>Status"), (by_domain, summary.clone())], &[]);
    assert_eq!((asked.len(), parsed.unwrap().source.as_ref()), (2, "io status.example.com"));

    let (asked, parsed) = read_page(page, Some("eu example"), &[(SUMMARY, summary)], &[]);
    assert_eq!((asked.len(), parsed.is_ok()), (1, true));
    let (asked, parsed) = read_page(page, None, &[html("<p>Status")], &[]);
    assert!(asked.len() == 3 && matches!(parsed, Err(ReadError::NotThisFormat(_))), "{asked:?}");
}

#[test]
fn services_are_read_down_to_a_depth() {
    let mut service = json!({"id": 1, "name": "Leaf", "children": null, "current_incident_type": null});
    for id in 2..30 {
        service = json!({"id": id, "name": "Group", "children": [service], "current_incident_type": null});
    }
    let mut summary = document!("all_operational", "summary");
    summary["services"].as_array_mut().unwrap().push(service);
    let parsed = read(&[(SUMMARY, &summary)], &[]);
    assert_eq!((parsed.snapshot.components.len(), parsed.snapshot.coverage.components), (5, Listing::Partial));
}

#[test]
fn an_incident_of_a_planned_type_is_maintenance() {
    for word in ["scheduled", "maintenance"] {
        let mut summary = document!("open_incident", "summary");
        let listed = summary["incidents"].as_array_mut().unwrap();
        let index = listed.iter().position(|incident| incident["id"] == 81501 || incident["id"] == "81501").unwrap();
        listed[index]["type"] = json!(word);
        let parsed = read(&[(SUMMARY, &summary)], &[]);
        let work = incident(&parsed, "81501");
        assert_eq!((work.kind, work.phase, work.impact), (Kind::Maintenance, Some(Phase::Verifying), None), "{word}");
        assert!(work.window.is_some());
    }
}

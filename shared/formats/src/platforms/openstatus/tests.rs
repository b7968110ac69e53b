//! Whole reads of a fake page.
use serde_json::{Value, json};
use status::{
    page_state::PageState,
    snapshot::{Incident, Kind, Listing},
    words::{ComponentStatus, Phase},
};

use super::FORMAT;
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, timeline},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../test_data/openstatus/", $case, "/", $name)))
            .unwrap()
    };
}

const FEED: &str = "feed/json";
const SUMMARY: &str = "api/status/summary.json";

/// The paths asked for, and the end.
fn read_page(
    source: Option<&str>,
    documents: &[(&str, &Value)],
    open: &[(Kind, &str)],
) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    Page::of(documents).read(&FORMAT, source, open)
}

fn read(feed: &Value, open: &[(Kind, &str)]) -> ParsedPage {
    read_page(None, &[(FEED, feed)], open).1.unwrap()
}

fn find<'a>(parsed: &'a ParsedPage, kind: Kind, id: &str) -> &'a Incident {
    parsed.snapshot.incidents.iter().find(|known| known.kind == kind && known.id.as_str() == id).unwrap()
}

fn statuses(parsed: &ParsedPage) -> Vec<(&str, Option<&str>, ComponentStatus)> {
    let components = parsed.snapshot.components.iter();
    components.map(|component| (component.name.as_str(), component.group.as_deref(), component.status)).collect()
}

#[test]
fn an_open_report_is_read_with_its_updates() {
    let (feed, summary) =
        (document!("open_incident", "feed+json"), document!("open_incident", "api+status+summary.json"));
    let (asked, parsed) = read_page(None, &[(FEED, &feed), (SUMMARY, &summary)], &[]);
    let parsed = parsed.unwrap();
    assert_eq!(asked, [FEED, SUMMARY]);
    assert_eq!(parsed.source, "lists summary");
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let incident = find(&parsed, Kind::Incident, "42");
    assert_eq!((incident.phase, incident.impact), (Some(Phase::Monitoring), None));
    assert_eq!((incident.started_at, incident.resolved_at), (at("2026-05-04T14:00:00Z"), None));
    assert_eq!(incident.url.as_deref(), Some("https://status.example.com/events/report/42"));
    assert_eq!(
        timeline(&incident.updates),
        [
            "26-05-04T14:00:00Z investigating: We look into slow requests.",
            "26-05-04T14:40:00Z identified: A switch is broken.",
            "26-05-04T15:30:00Z monitoring: A **broken** switch was replaced.",
        ]
    );
    assert_eq!(incident.components.iter().map(|affected| affected.id.as_str()).collect::<Vec<_>>(), ["301", "303"]);
    assert_eq!(find(&parsed, Kind::Incident, "41").resolved_at, at("2026-04-11T09:10:00Z"));
    assert_eq!(
        statuses(&parsed),
        [
            ("API", None, ComponentStatus::DegradedPerformance),
            ("Website", Some("People"), ComponentStatus::Operational),
            ("Support desk", Some("People"), ComponentStatus::DegradedPerformance),
        ]
    );
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Complete, Listing::Complete));
}

#[test]
fn maintenances_stand_where_their_times_say() {
    let parsed = read(&document!("maintenance", "feed+json"), &[]);
    let phase = |number| find(&parsed, Kind::Maintenance, &format!("maintenance-{number}")).phase;
    assert_eq!(phase("61"), Some(Phase::Completed));
    assert_eq!(phase("62"), Some(Phase::InProgress));
    assert_eq!(phase("63"), Some(Phase::Scheduled));
    let now = find(&parsed, Kind::Maintenance, "maintenance-62");
    assert_eq!((now.started_at, now.resolved_at), (at("2026-05-04T15:00:00Z"), None));
    assert_eq!(timeline(&now.updates), ["? ?: The database moves to a new version."]);
    assert_eq!(find(&parsed, Kind::Maintenance, "maintenance-61").resolved_at, at("2026-04-20T07:00:00Z"));
}

#[test]
fn report_and_maintenance_of_one_number_are_two() {
    let mut feed = document!("maintenance", "feed+json");
    let report = document!("open_incident", "feed+json")["statusReports"][0].clone();
    feed["statusReports"] = json!([report]);
    feed["maintenances"][0]["id"] = report["id"].clone();
    let parsed = read(&feed, &[]);
    let number = report["id"].to_string();
    let planned = find(&parsed, Kind::Maintenance, &format!("maintenance-{number}"));
    let address = format!("https://status.example.com/events/maintenance/{number}");
    assert_eq!(planned.url.as_deref(), Some(address.as_str()));
    assert_eq!(find(&parsed, Kind::Incident, &number).title, report["title"]);
}

#[test]
fn maintenance_that_is_known_by_its_number_is_not_told_twice() {
    let parsed = read_page(Some("feed"), &[(FEED, &document!("maintenance", "feed+json"))], &[]).1.unwrap();
    assert!(!parsed.source.starts_with("feed"), "it has come to another source");
    let mut former = parsed.snapshot.clone();
    for known in former.incidents.iter_mut().filter(|known| known.kind == Kind::Maintenance) {
        known.id = known.id.as_str().trim_start_matches("maintenance-").into();
    }
    let now = at("2026-05-04T16:00:00Z").unwrap();
    let known = PageState::baseline(&former, now);
    let migrated = known.migrate(&parsed.snapshot, now);
    let open = |state: &PageState| state.open().into_iter().filter(|(kind, _)| *kind == Kind::Maintenance).count();
    assert_eq!((open(&known), open(&migrated)), (2, 2));
    let again = migrated.apply(&parsed.snapshot, now).apply(&parsed.snapshot, now);
    assert_eq!(open(&again), 2, "each is listed under its new id");
}

#[test]
fn what_no_monitor_watches_is_unknown_without_the_summary() {
    let feed = document!("all_operational", "feed+json");
    let (asked, parsed) = read_page(None, &[(FEED, &feed)], &[]);
    let parsed = parsed.unwrap();
    assert_eq!((asked.len(), parsed.source.as_ref()), (2, "lists"));
    assert_eq!(statuses(&parsed)[2].2, ComponentStatus::Unknown);
    let (asked, parsed) = read_page(Some("lists"), &[(FEED, &feed)], &[]);
    assert_eq!((asked.len(), parsed.unwrap().source.as_ref()), (1, "lists"));
}

#[test]
fn of_components_that_share_a_name_the_summary_tells_nothing() {
    let feed = document!("open_incident", "feed+json");
    let mut summary = document!("open_incident", "api+status+summary.json");
    let twin = json!({"name": "Support desk", "status": "operational"});
    summary["components"].as_array_mut().unwrap().push(twin);
    let parsed = read_page(None, &[(FEED, &feed), (SUMMARY, &summary)], &[]).1.unwrap();
    assert_eq!(statuses(&parsed)[2].2, ComponentStatus::Unknown);
}

#[test]
fn an_older_server_has_monitors_only() {
    let feed = document!("older_server", "feed+json");
    let (asked, parsed) = read_page(None, &[(FEED, &feed)], &[]);
    let parsed = parsed.unwrap();
    assert_eq!(asked, [FEED]);
    assert_eq!(
        statuses(&parsed),
        [("API", None, ComponentStatus::Operational), ("Website", None, ComponentStatus::MajorOutage)]
    );
    let incident = find(&parsed, Kind::Incident, "42");
    assert_eq!(incident.components.iter().map(|affected| affected.id.as_str()).collect::<Vec<_>>(), ["71"]);
}

#[test]
fn a_report_that_is_not_in_the_list_was_deleted() {
    let mut feed = document!("open_incident", "feed+json");
    let open = [(Kind::Incident, "4711")];
    assert_eq!(read(&feed, &open).snapshot.coverage.incidents, Listing::Complete);
    feed["statusReports"][1]["id"] = json!(null);
    let parsed = read(&feed, &open);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(parsed.problems, ["a report of another shape was left out"]);
}

#[test]
fn of_what_ended_only_the_last_is_kept() {
    let mut feed = document!("all_operational", "feed+json");
    let report = feed["statusReports"][0].clone();
    let reports = (0..200).map(|n| {
        let mut report = report.clone();
        report["id"] = json!(1000 + n);
        report["statusReportUpdates"][1]["date"] = json!("2024-12-31T00:00:00Z");
        report["statusReportUpdates"][0]["date"] = json!(format!("2025-{:02}-{:02}T00:00:00Z", n / 28 + 1, n % 28 + 1));
        report
    });
    feed["statusReports"] = reports.collect();
    let parsed = read(&feed, &[(Kind::Incident, "1000")]);
    assert_eq!(parsed.snapshot.incidents.len(), 51);
    assert!(find(&parsed, Kind::Incident, "1000").is_over(), "it is looked for");
    assert!(find(&parsed, Kind::Incident, "1199").is_over());
}

#[test]
fn a_json_feed_of_another_platform_is_refused() {
    for other in [
        json!({"version": "https://jsonfeed.org/version/1.1", "title": "Blog", "items": []}),
        json!({"title": "x", "status": "success", "monitors": [], "maintenances": []}),
        json!({}),
    ] {
        assert!(matches!(read_page(None, &[(FEED, &other)], &[]).1, Err(ReadError::NotThisFormat(_))), "{other}");
    }
}

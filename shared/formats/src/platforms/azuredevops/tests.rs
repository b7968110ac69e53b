//! Whole reads: components by service and geography, and when an event counts as over.
use status::{
    snapshot::Listing,
    words::{ComponentStatus, Phase},
};

use super::{FEED, FORMAT, HEALTH, PAGE};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{Page, facts::open_incidents},
};

const WELL: &str = include_str!("../../../test_data/azuredevops/all_well/_apis+status+health");
const PAST: &str = include_str!("../../../test_data/azuredevops/all_well/_rss");
const TROUBLE: &str = include_str!("../../../test_data/azuredevops/pipelines/_apis+status+health");
const EVENTS: &str = include_str!("../../../test_data/azuredevops/pipelines/_rss");
const EVENT: &str = "500100202";

/// The end of a read of these documents; an empty one does not come.
fn read(health: &str, feed: &str, open: &[&str]) -> Result<ParsedPage, ReadError> {
    let documents = [(HEALTH, health), (FEED, feed)].into_iter().filter(|(_, body)| !body.is_empty());
    let page = Page::at(PAGE).otherwise(503, "").with_all(&documents.collect::<Vec<_>>());
    page.read(&FORMAT, Some("health"), &open_incidents(open)).1
}

fn incidents(parsed: &ParsedPage) -> Vec<(&str, Option<Phase>, usize)> {
    let incidents = parsed.snapshot.incidents.iter();
    incidents.map(|incident| (incident.id.as_str(), incident.phase, incident.updates.len())).collect()
}

/// The first service has an unknown health.
fn fair() -> String {
    WELL.replacen(
        "\"US\",\n          \"name\": \"United States\",\n          \"health\": \"healthy\"",
        "\"US\", \"name\": \"United States\", \"health\": \"fair\"",
        1,
    )
}

#[test]
fn a_component_is_a_service_in_a_geography() {
    let parsed = read(TROUBLE, EVENTS, &[]).unwrap();
    let components = parsed.snapshot.components.iter().filter(|c| c.status != ComponentStatus::Operational);
    let troubled: Vec<_> = components.map(|c| (c.id.as_str(), &*c.name, c.group.as_deref(), c.status)).collect();
    assert_eq!(
        troubled,
        [
            ("Pipelines/US", "Pipelines", Some("United States"), ComponentStatus::DegradedPerformance),
            ("Pipelines/EU", "Pipelines", Some("Europe"), ComponentStatus::MajorOutage),
        ]
    );
    assert_eq!(parsed.snapshot.components.len(), 9);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
}

#[test]
fn entries_with_the_address_of_one_event_are_one_incident() {
    let parsed = read(TROUBLE, EVENTS, &[]).unwrap();
    assert_eq!(incidents(&parsed), [("500100101", Some(Phase::Resolved), 1), (EVENT, None, 2)]);
    assert_eq!(parsed.snapshot.incidents[1].url.as_deref(), Some("https://status.dev.azure.com/_event/500100202"));
}

#[test]
fn what_an_entry_says_names_its_update_and_its_date_does_not() {
    let later = EVENTS.replace("15:30:00", "15:45:00");
    let updates = |feed: &str| -> Vec<String> {
        let parsed = read(TROUBLE, feed, &[]).unwrap();
        parsed.snapshot.incidents[1].updates.iter().map(|update| update.id.to_string()).collect()
    };
    assert_eq!(updates(EVENTS), updates(&later));
    assert_ne!(updates(EVENTS), updates(&EVENTS.replace("start more agents", "started more agents")));
}

#[test]
fn an_event_is_given_up_when_everything_is_healthy_and_not_before() {
    let end = |health: &str, feed: &str, open: &[&str]| {
        let parsed = read(health, feed, open).unwrap();
        let is_listed = parsed.snapshot.incidents.iter().any(|incident| incident.id.as_str() == EVENT);
        (is_listed, parsed.snapshot.coverage.incidents)
    };
    assert_eq!(end(TROUBLE, EVENTS, &[EVENT]), (true, Listing::Partial));
    assert_eq!(end(TROUBLE, PAST, &[EVENT]), (false, Listing::Partial), "gone from a window");
    assert_eq!(end(WELL, EVENTS, &[]), (true, Listing::Complete), "not seen before: its time says whether it is news");
    assert_eq!(end(WELL, EVENTS, &[EVENT]), (false, Listing::Complete));
    assert_eq!(end(WELL, PAST, &[EVENT]), (false, Listing::Complete));
    assert_eq!(end(WELL, "", &[EVENT]), (false, Listing::Partial));
    assert_eq!(end(&fair(), PAST, &[EVENT]), (false, Listing::Partial));
    let overall = WELL.replacen("\"healthy\"", "\"advisory\"", 1);
    assert_eq!(end(&overall, PAST, &[EVENT]), (false, Listing::Partial));
}

#[test]
fn a_health_that_is_not_known_is_named() {
    let parsed = read(&fair(), PAST, &[]).unwrap();
    assert_eq!(parsed.snapshot.components[0].status, ComponentStatus::Unknown);
    assert_eq!(parsed.problems, [r#""Boards" in "US": unknown health "fair""#]);
}

#[test]
fn another_document_at_the_address_is_refused() {
    let refused = |health: &str| read(health, PAST, &[]).unwrap_err().to_string();
    assert_eq!(refused("{}"), "/_apis/status/health is no health document: no `status.health`");
    let without_services = r#"{"status":{"health":"healthy"}}"#;
    assert_eq!(refused(without_services), "/_apis/status/health is no health document: no `services`");
    assert_eq!(refused(r#"{"status":{"health":"healthy"},"services":[]}"#), "/_apis/status/health lists no service");
}

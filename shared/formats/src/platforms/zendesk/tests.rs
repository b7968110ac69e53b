//! Whole reads of a fake page: what is asked for, and what the answers add up to.
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Listing},
    words::{ComponentStatus, Impact, Phase},
};

use super::{ACTIVE, FORMAT, INCIDENTS, SERVICES, SOURCE};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, find_incident, timeline},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        include_str!(concat!("../../../test_data/zendesk/", $case, "/api+", $name))
    };
}
macro_rules! case {
    ($case:literal) => {
        [
            (INCIDENTS, document!($case, "ssp+incidents.json")),
            (ACTIVE, document!($case, "incidents+active")),
            (SERVICES, document!($case, "ssp+services.json")),
        ]
    };
}

const VOICE: &[(Kind, &str)] = &[(Kind::Incident, "9920")];

fn read(documents: &[(&'static str, &str)], open: &[(Kind, &str)]) -> ParsedPage {
    Page::of(documents).read(&FORMAT, Some(SOURCE), open).1.unwrap()
}

fn service(parsed: &ParsedPage, name: &str) -> Option<ComponentStatus> {
    Some(parsed.snapshot.components.iter().find(|component| component.name == name)?.status)
}

#[test]
fn the_page_is_recognised_by_one_document() {
    let (asked, _) = Page::of(&case!("open")).read(&FORMAT, None, &[]);
    assert_eq!(asked, [INCIDENTS, ACTIVE, SERVICES]);
    let error = Page::of(&[(INCIDENTS, "{\"incidents\":[]}")]).read(&FORMAT, None, &[]).1.unwrap_err();
    assert!(matches!(error, ReadError::NotThisFormat(_)), "{error}");
}

#[test]
fn an_open_incident_has_the_texts_of_the_public_api() {
    let parsed = read(&case!("open"), &[]);
    let voice = find_incident(&parsed, "9920").unwrap();
    assert_eq!((voice.phase, voice.impact), (Some(Phase::Identified), Some(Impact::Major)));
    assert_eq!((voice.started_at, voice.resolved_at), (at("2026-05-04T14:00:00Z"), None));
    assert_eq!(
        timeline(&voice.updates),
        [
            "26-05-04T14:05:00Z ?: Calls do not connect. We are looking into it.",
            "26-05-04T14:40:00Z ?: A carrier of ours is down. We move calls to another.",
        ]
    );
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
}

#[test]
fn an_incident_with_a_time_of_resolution_is_over_whatever_its_status_says() {
    let parsed = read(&case!("fine"), &[]);
    let stale = find_incident(&parsed, "9901").unwrap();
    assert!(document!("fine", "ssp+incidents.json").contains("\"monitoring\""));
    assert_eq!((stale.phase, stale.resolved_at), (Some(Phase::Resolved), at("2026-04-11T12:42:29Z")));
    assert_eq!(stale.components[0].status, None);
}

#[test]
fn an_incident_that_leaves_the_resolution_out_is_neither_open_nor_over() {
    let silent = document!("fine", "ssp+incidents.json").replace("resolvedAt", "resolved");
    let parsed = read(&[(INCIDENTS, &silent)], &[]);
    assert_eq!(parsed.snapshot.incidents, []);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_service_has_no_state_but_that_of_an_open_incident() {
    let parsed = read(&case!("open"), &[]);
    assert_eq!(service(&parsed, "Voice"), Some(ComponentStatus::MajorOutage));
    assert_eq!(service(&parsed, "Chat"), Some(ComponentStatus::DegradedPerformance), "by its own flags");
    assert_eq!(service(&parsed, "Knowledge"), Some(ComponentStatus::DegradedPerformance), "by the impact");
    assert_eq!(service(&parsed, "Voice recordings"), Some(ComponentStatus::Operational), "it recovered before");
    assert_eq!(service(&parsed, "Old widget"), None);
    assert_eq!(service(&read(&case!("fine"), &[]), "Voice"), Some(ComponentStatus::Unknown));
}

#[test]
fn what_ended_is_found_in_the_list() {
    let parsed = read(&case!("ended"), VOICE);
    assert!(find_incident(&parsed, "9920").is_some_and(Incident::is_over));
    assert_eq!((parsed.unlisted.len(), parsed.snapshot.coverage.incidents), (0, Listing::Complete));
}

#[test]
fn only_two_lists_without_it_prove_that_an_incident_is_gone() {
    let [incidents, active, services] = case!("fine");
    assert_eq!(read(&[incidents, active, services], VOICE).snapshot.coverage.incidents, Listing::Complete);
    for active in ["", "<html>", "{}", "{\"data\":[7]}"] {
        let parsed = read(&[incidents, (ACTIVE, active), services], VOICE);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "{active}");
    }
    let parsed = read(&[(INCIDENTS, "{\"data\":[],\"included\":[]}"), active, services], &[]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn an_incident_of_the_public_api_alone_counts_only_if_it_is_known() {
    let [incidents, _, services] = case!("fine");
    let documents = [incidents, (ACTIVE, document!("open", "incidents+active")), services];
    assert_eq!(find_incident(&read(&documents, &[]), "9920"), None);
    let parsed = read(&documents, VOICE);
    assert!(find_incident(&parsed, "9920").is_some_and(|voice| !voice.is_over()));
    assert_eq!(parsed.unlisted, [IncidentId::from("9920")]);
}

#[test]
fn without_the_list_of_services_those_of_open_incidents_are_known_by_name() {
    let [incidents, active, _] = case!("open");
    let parsed = read(&[incidents, active], &[]);
    assert_eq!(parsed.snapshot.components.len(), 4);
    assert_eq!(service(&parsed, "Voice"), Some(ComponentStatus::MajorOutage));
}

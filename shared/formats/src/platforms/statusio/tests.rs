//! Whole reads of a fake page.
use serde_json::{Value, json};
use status::{
    snapshot::{Incident, Kind, Listing},
    words::{ComponentStatus, Phase},
};

use super::page_id;
use crate::{
    contract::{ParsedPage, ReadError},
    testing::Page,
};

const ID: &str = "5f00aa11bb22cc33dd44ee55";
const DOCUMENT: &str = "https://api.status.io/1.0/status/5f00aa11bb22cc33dd44ee55";
const PAGE: &str = include_str!("../../../test_data/statusio/open_incident/+");
const FEED: &str = "https://status.example.com/pages/5f00aa11bb22cc33dd44ee55/rss";

fn open_incident() -> Value {
    let text =
        include_str!("../../../test_data/statusio/open_incident/@api.status.io+1.0+status+5f00aa11bb22cc33dd44ee55");
    serde_json::from_str(text).unwrap()
}

fn maintenance() -> Value {
    let text =
        include_str!("../../../test_data/statusio/maintenance/@api.status.io+1.0+status+5f00aa11bb22cc33dd44ee55");
    serde_json::from_str(text).unwrap()
}

/// Reads a page whose answers are these, by URL; every other is 404.
fn read_page(
    answered: &[(&str, &str)],
    source: Option<&str>,
    open: &[(Kind, &str)],
) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    Page::of(answered).read(&super::FORMAT, source, open)
}

fn read(document: &Value) -> ParsedPage {
    read_page(&[(DOCUMENT, &document.to_string())], Some(&format!("id {ID}")), &[]).1.unwrap()
}

fn incident<'a>(parsed: &'a ParsedPage, end: &str) -> &'a Incident {
    parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str().ends_with(end)).unwrap()
}

fn components(parsed: &ParsedPage) -> Vec<String> {
    let lines = parsed.snapshot.components.iter().map(|component| {
        let group = component.group.as_ref().map(|group| format!("{group} > ")).unwrap_or_default();
        format!("{group}{}: {}", component.name, component.status.as_str())
    });
    lines.collect()
}

#[test]
fn the_page_tells_its_id_once_and_is_not_asked_again() {
    let document = open_incident().to_string();
    let answers: &[_] = &[("https://status.example.com/", PAGE), (DOCUMENT, &document)];
    let (asked, parsed) = read_page(answers, None, &[]);
    assert_eq!(asked, ["", DOCUMENT]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, format!("id {ID}"));
    assert_eq!(read_page(answers, Some(&parsed.source), &[]).0, [DOCUMENT]);
    assert_eq!(read_page(answers, Some("id ../../../secret"), &[]).0[0], "");
}

#[test]
fn the_id_is_the_one_the_page_names_as_its_own() {
    assert_eq!(page_id(PAGE), Some(ID));
    assert_eq!(page_id("/1.0/status/5f00aa11bb22cc33dd44ee55"), Some(ID));
    assert_eq!(page_id("<script>statusPageId = '5f00aa11bb22cc33dd44ee55'"), Some(ID));
    assert_eq!(page_id("/pages/incident/5f00aa11bb22cc33dd44ee55/6a00000000000000000000f1"), Some(ID));
    assert_eq!(page_id("commit 5f00aa11bb22cc33dd44ee55"), None);
    assert_eq!(page_id("/pages/5f00aa11bb22cc33dd44ee5"), None);
    assert_eq!(page_id("/pages/5f00aa11bb22cc33dd44ee55aa"), None);
    assert_eq!(page_id("/pages/5F00AA11BB22CC33DD44EE55"), None);
}

#[test]
fn a_region_of_a_service_is_a_component_of_its_own() {
    let parsed = read(&open_incident());
    assert_eq!(
        components(&parsed),
        [
            "API > Dublin: degraded performance",
            "API > Osaka: operational",
            "Website > Dublin: degraded performance",
            "Website > Osaka: operational",
            "Mail > Dublin: operational",
            "Mail > Osaka: operational",
        ]
    );
    let ids: Vec<_> = parsed.snapshot.components.iter().map(|component| component.id.as_str()).collect();
    assert_eq!(ids[0], "5f00000000000000000a0001/5f00000000000000000c0001");
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
}

#[test]
fn services_in_one_container_each_go_by_their_own_names_and_keep_their_ids() {
    let mut document = open_incident();
    for service in document["result"]["status"].as_array_mut().unwrap() {
        service["containers"].as_array_mut().unwrap().truncate(1);
    }
    let parsed = read(&document);
    assert_eq!(
        components(&parsed),
        ["API: degraded performance", "Website: degraded performance", "Mail: operational"]
    );
    assert_eq!(parsed.snapshot.components[0].id.as_str(), "5f00000000000000000a0001/5f00000000000000000c0001");
}

#[test]
fn an_incident_hits_the_named_containers_of_the_named_services() {
    let parsed = read(&open_incident());
    let hit = incident(&parsed, "f1");
    let ids: Vec<_> = hit.components.iter().map(|affected| (affected.id.as_str(), affected.status)).collect();
    let degraded = Some(ComponentStatus::DegradedPerformance);
    assert_eq!(
        ids,
        [
            ("5f00000000000000000a0001/5f00000000000000000c0001", degraded),
            ("5f00000000000000000a0002/5f00000000000000000c0001", degraded),
        ]
    );
    let everywhere = incident(&parsed, "f2");
    assert_eq!(everywhere.components.len(), 2, "no container is named");
    assert_eq!(everywhere.components[0].status, Some(ComponentStatus::Operational));
    assert_eq!(everywhere.phase, Some(Phase::Monitoring));
}

#[test]
fn messages_are_updates_in_the_order_of_their_times() {
    let mut document = open_incident();
    let before = read(&document);
    document["result"]["incidents"][0]["messages"].as_array_mut().unwrap().rotate_left(1);
    let parsed = read(&document);
    let hit = incident(&parsed, "f1");
    assert_eq!(hit, incident(&before, "f1"));
    let told: Vec<_> =
        hit.updates.iter().map(|update| (update.phase.unwrap().as_str(), update.body.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("investigating", Some("Some requests fail.\nWe are looking for the cause.")),
            ("identified", Some("A full disk is the cause.")),
            ("identified", Some("The disk is being emptied.")),
        ]
    );
    assert_eq!(hit.phase, Some(Phase::Identified));
    assert_eq!(hit.started_at, Some("2026-05-04T15:00:00.1Z".parse().unwrap()));
    assert_eq!(
        hit.url.as_deref(),
        Some("https://status.example.com/pages/incident/5f00aa11bb22cc33dd44ee55/6a00000000000000000000f1")
    );
}

#[test]
fn an_edited_message_keeps_its_id() {
    let mut document = open_incident();
    let before = read(&document);
    document["result"]["incidents"][0]["messages"][1]["details"] = json!("A full disk is the cause, again.");
    let after = read(&document);
    assert_eq!(incident(&before, "f1").updates[1].id, incident(&after, "f1").updates[1].id);
}

#[test]
fn planned_work_is_as_far_as_its_list_says() {
    let parsed = read(&maintenance());
    let active = incident(&parsed, "e1");
    assert_eq!((active.kind, active.phase), (Kind::Maintenance, Some(Phase::InProgress)));
    let upcoming = incident(&parsed, "e2");
    assert_eq!(upcoming.phase, Some(Phase::Scheduled));
    assert_eq!(upcoming.window.unwrap().ends_at, Some("2026-05-20T03:00:00Z".parse().unwrap()));
    assert_eq!(upcoming.started_at, None);
    // though its message says "planned maintenance" already
    assert!(upcoming.components.iter().all(|affected| affected.status.is_none()));
    assert_eq!(upcoming.components.len(), 2);
}

#[test]
fn a_page_that_hides_its_components_has_its_overall_status() {
    let mut document = open_incident();
    document["result"]["status"] = json!(null);
    let parsed = read(&document);
    assert_eq!(components(&parsed), ["Overall: degraded performance"]);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
}

#[test]
fn a_security_event_is_an_outage_and_an_unknown_code_is_unknown() {
    let mut document = open_incident();
    document["result"]["status"][0]["containers"][0]["status_code"] = json!("600");
    document["result"]["status"][0]["containers"][1]["status_code"] = json!(700);
    let parsed = read(&document);
    assert_eq!(components(&parsed)[..2], ["API > Dublin: major outage", "API > Osaka: unknown"]);
    assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);
}

#[test]
fn what_left_the_document_is_over_where_the_feed_says_so() {
    let feed = |word: &str, id: &str| {
        format!(
            r#"<rss version="2.0"><channel><title>Example</title><item><title>Requests fail</title>
            <link>https://status.example.com/pages/incident/{ID}/{id}</link>
            <pubDate>Mon, 04 May 2026 15:00:00 +0000</pubDate>
            <description><![CDATA[<small>May 4, 2026 15:00 UTC</small><br /><strong>Investigating</strong> - Some fail.<br /><br />
            <small>May 4, 2026 16:10 UTC</small><br /><strong>{word}</strong> - All is well.<br /><br />]]></description>
            </item></channel></rss>"#
        )
    };
    let document = open_incident().to_string();
    let gone = "6a00000000000000000000aa";
    let page = format!("https://status.example.com/pages/incident/{ID}/{gone}");
    let source = format!("id {ID}");
    let read = |answers: &[(&str, &str)]| {
        let (asked, parsed) = read_page(answers, Some(&source), &[(Kind::Incident, gone)]);
        (asked.len(), parsed.unwrap())
    };

    let ended = feed("Resolved", gone);
    let (asked, parsed) = read(&[(DOCUMENT, &document), (FEED, &ended)]);
    assert_eq!((asked, parsed.snapshot.coverage.incidents), (2, Listing::Complete));
    let end = incident(&parsed, "aa");
    assert_eq!(end.resolved_at, Some("2026-05-04T16:10:00Z".parse().unwrap()));
    assert!(end.is_over());
    assert_eq!(end.updates.len(), 1);
    assert_eq!(end.updates[0].body.as_deref(), Some("All is well."));

    // Neither the end in the feed nor a page of its own: it was withdrawn. With a page of its own it is unknown.
    for feed in [feed("Monitoring", gone), feed("Resolved", "6a00000000000000000000ab")] {
        let (asked, parsed) = read(&[(DOCUMENT, &document), (FEED, &feed)]);
        assert_eq!((asked, parsed.snapshot.coverage.incidents), (3, Listing::Complete));
        let (_, parsed) = read(&[(DOCUMENT, &document), (FEED, &feed), (&page, "<html>")]);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
        assert_eq!(parsed.unlisted.len(), 1);
        assert_eq!(parsed.snapshot.incidents.len(), 2);
    }
    // Where there is no feed either, the page may be elsewhere.
    let (asked, parsed) = read(&[(DOCUMENT, &document)]);
    assert_eq!((asked, parsed.snapshot.coverage.incidents), (2, Listing::Partial));
}

#[test]
fn another_document_is_not_this_format() {
    for key in ["status_overall", "incidents", "maintenance"] {
        let mut document = open_incident();
        document["result"].as_object_mut().unwrap().remove(key);
        let read = read_page(&[(DOCUMENT, &document.to_string())], Some(&format!("id {ID}")), &[]).1;
        let expected = format!("/1.0/status/{ID} is no Status.io document: no `{key}`");
        assert_eq!(read.unwrap_err(), ReadError::NotThisFormat(expected));
    }
}

#[test]
fn a_damaged_incident_costs_itself_and_makes_the_list_partial() {
    let mut document = open_incident();
    document["result"]["incidents"][0]["_id"] = json!(null);
    let parsed = read(&document);
    assert_eq!(parsed.snapshot.incidents.len(), 1);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn an_incident_that_only_says_maintenance_is_maintenance() {
    let read_as = |codes: &[u64]| {
        let mut document = open_incident();
        let first = &mut document["result"]["incidents"][0];
        let messages = codes.iter().enumerate().map(|(n, code)| {
            json!({"details": "Words.", "state": 100, "status": code, "datetime": format!("2026-05-04T14:0{n}:00.000Z")})
        });
        first["messages"] = messages.collect();
        let parsed = read(&document);
        let id = document["result"]["incidents"][0]["_id"].as_str().unwrap().to_owned();
        parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str() == id).unwrap().kind
    };
    assert_eq!(read_as(&[200]), Kind::Maintenance);
    assert_eq!(read_as(&[200, 100]), Kind::Maintenance);
    for codes in [&[300][..], &[200, 500], &[100], &[]] {
        assert_eq!(read_as(codes), Kind::Incident, "{codes:?}");
    }
}

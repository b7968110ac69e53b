//! Facts about reading pages of PagerDuty's product, in the shape its clients expect.
use serde_json::{Value, json};
use status::{
    snapshot::{Affected, Window},
    words::Impact,
};

use super::*;
use crate::{
    read::incident_set::ids_of,
    testing::{
        Page,
        facts::{at, status_of},
    },
};

/// A page with these posts. Those that are asked for by themselves and were not set are in trouble.
fn page_of(posts: &[Value]) -> Page {
    let mut page = Page::of::<&str>(&[]).otherwise(503, "");
    page.set("api/services", 200,
            json!({"services": [
                {"id": "S1", "display_name": "REST API (US)", "name": "prod rest us", "is_active": true, "business_service_id": "B1"},
                {"id": "S2", "display_name": "REST API (EU)", "name": "prod rest eu", "is_active": true, "business_service_id": "B2"},
                {"id": "S3", "name": "SMS", "is_active": true, "business_service_id": "B3"},
                {"id": "S4", "name": "Retired", "is_active": false, "business_service_id": "B4"},
            ]}),
        );
    page.set("api/post_enums", 200, enums());
    page.set("api/data", 200,
            json!({"layout": {"layout_settings": {"name": "Example Status", "business_services": [
                {"id": "0.75", "name": "REST API", "grouping_element": true, "Head_ID": -1, "child_business_services": ["B1"]},
                {"id": "B2", "name": "REST API (EU)", "Head_ID": "0.75", "status_page_service_id": "S2"},
                {"id": "B3", "name": "SMS", "Head_ID": -1},
            ]}}}),
        );
    page.set("api/posts?is_featured=true&limit=500", 200, json!({"posts": posts, "continuationToken": null}));
    page
}

fn read(page: &Page, open: &[(Kind, IncidentId)]) -> ParsedPage {
    page.read_asked(&FORMAT, Some("api"), open).1.unwrap()
}

fn enums() -> Value {
    let of = |id: &str, key: &str, name: &str| json!({"id": id, "name": name, "layout_settings": {"key": key}});
    json!({"post_enums": [
        of("ST1", "incident/status/investigating", "We are on it"),
        of("ST0", "incident/status/detected", "detected"),
        of("ST2", "incident/status/resolved", "resolved"),
        of("SE1", "incident/severity/minor", "minor"),
        of("SE2", "incident/severity/major", "major"),
        of("IM0", "incident/impacts/operational", "operational"),
        of("IM1", "incident/impacts/partial_outage", "partial outage"),
        of("IM2", "incident/impacts/outage", "outage"),
        of("MS0", "maintenance/status/scheduled", "scheduled"),
        of("MS1", "maintenance/status/in_progress", "in progress"),
        of("MS2", "maintenance/status/completed", "completed"),
        of("MI1", "maintenance/impacts/maintenance", "maintenance"),
        {"id": "OWN", "name": "Degraded performance"},
    ]})
}

fn update(id: &str, at: &str, status: &str, impacts: &[(&str, &str)]) -> Value {
    let impacts: Vec<_> =
        impacts.iter().map(|(id, severity)| json!({"service_id": id, "severity_id": severity})).collect();
    json!({"id": id, "reported_at": at, "message": format!("<p>News of {id}.</p>"), "status_id": status,
           "severity_id": "SE2", "impacts": impacts})
}

fn post(id: &str, kind: &str, latest: Value) -> Value {
    json!({"id": id, "title": "API errors", "post_type": kind, "starts_at": "2026-05-04T14:00:00Z",
           "ends_at": null, "first_update_at": "2026-05-04T14:05:00Z", "latest_update": latest})
}

fn open_post() -> Value {
    post("P1", "incident", update("U2", "2026-05-04T14:30:00Z", "ST1", &[("S1", "IM2"), ("S2", "OWN")]))
}

fn gone() -> [(Kind, IncidentId); 1] {
    [(Kind::Incident, IncidentId::new("P9"))]
}

#[test]
fn services_stand_under_headings_and_are_as_open_posts_say() {
    let parsed = read(&page_of(&[open_post()]), &[]);
    let of = |id: &str, name: &str, group: Option<&str>, status| Component {
        id: id.into(),
        name: name.into(),
        group: group.map(Into::into),
        status,
    };
    assert_eq!(
        parsed.snapshot.components,
        [
            of("S1", "REST API (US)", Some("REST API"), ComponentStatus::MajorOutage),
            of("S2", "REST API (EU)", Some("REST API"), ComponentStatus::DegradedPerformance),
            of("S3", "SMS", None, ComponentStatus::Operational),
        ]
    );
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
    assert_eq!(parsed.snapshot.page.name.as_deref(), Some("Example Status"));
}

#[test]
fn a_post_asked_for_by_itself_gives_every_update() {
    let mut page = page_of(&[open_post()]);
    let mut whole = open_post();
    whole["updates"] = json!([
        update("U2", "2026-05-04T14:30:00Z", "ST1", &[("S1", "IM2"), ("S2", "OWN")]),
        update("U1", "2026-05-04T14:05:00Z", "ST0", &[("S3", "IM1")]),
    ]);
    page.set("api/posts/P1", 200, json!({"post": whole}));
    let parsed = read(&page, &[]);
    assert_eq!(parsed.problems, Vec::<String>::new());
    let [incident] = parsed.snapshot.incidents.as_slice() else { panic!() };
    assert_eq!((incident.phase, incident.impact), (Some(Phase::Investigating), Some(Impact::Major)));
    assert_eq!(incident.started_at, at("2026-05-04T14:00:00Z"));
    assert_eq!(incident.url.as_deref(), Some("https://status.example.com/posts/details/P1"));
    let updates: Vec<_> = incident.updates.iter().map(|update| (update.id.as_str(), update.body.as_deref())).collect();
    assert_eq!(updates, [("U1", Some("News of U1.")), ("U2", Some("News of U2."))]);
    let named: Vec<_> = incident.components.iter().map(|named| (named.id.as_str(), named.status)).collect();
    let (outage, degraded) = (ComponentStatus::MajorOutage, ComponentStatus::DegradedPerformance);
    assert_eq!(named, [("S1", Some(outage)), ("S2", Some(degraded)), ("S3", None)]);
    assert_eq!(status_of(&parsed, "S3"), ComponentStatus::Operational, "the newest update does not name it");
}

#[test]
fn times_are_text_or_milliseconds() {
    let text = read(&page_of(&[open_post()]), &[]);
    let mut post = open_post();
    post["latest_update"]["reported_at"] = json!(1_777_905_000_000_i64);
    post["starts_at"] = json!("1777903200000");
    let numbers = read(&page_of(&[post]), &[]);
    assert_eq!(text.snapshot.digest(), numbers.snapshot.digest());
}

#[test]
fn a_planned_maintenance_has_a_window_and_touches_services_once_it_began() {
    let planned = |status: &str| {
        let mut post = post("M1", "maintenance", update("U1", "2026-05-01T08:00:00Z", status, &[("S3", "MI1")]));
        post["ends_at"] = json!("2026-05-04T16:00:00Z");
        read(&page_of(&[post]), &[])
    };
    let scheduled = planned("MS0");
    let maintenance = &scheduled.snapshot.incidents[0];
    let window = Window { starts_at: at("2026-05-04T14:00:00Z"), ends_at: at("2026-05-04T16:00:00Z") };
    assert_eq!(
        (maintenance.kind, maintenance.phase, maintenance.window),
        (Kind::Maintenance, Some(Phase::Scheduled), Some(window))
    );
    assert_eq!((maintenance.impact, maintenance.started_at), (None, None));
    assert_eq!(maintenance.components, [Affected { id: "S3".into(), status: None }]);
    assert_eq!(status_of(&scheduled, "S3"), ComponentStatus::Operational);
    let begun = planned("MS1");
    assert_eq!(status_of(&begun, "S3"), ComponentStatus::UnderMaintenance);
    assert_eq!(begun.snapshot.incidents[0].started_at, at("2026-05-01T08:00:00Z"));
}

#[test]
fn what_left_the_list_is_asked_for_by_its_id() {
    let mut page = page_of(&[]);
    let over = post("P9", "incident", update("U3", "2026-05-04T15:00:00Z", "ST2", &[("S1", "IM0")]));
    page.set("api/posts/P9", 200, json!({"post": over}));
    let parsed = read(&page, &gone());
    let [incident] = parsed.snapshot.incidents.as_slice() else { panic!() };
    assert_eq!((incident.phase, incident.resolved_at), (Some(Phase::Resolved), at("2026-05-04T15:00:00Z")));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(parsed.unlisted, ids_of(gone().into()));

    page.set("api/posts/P9", 404, "{}");
    assert_eq!(read(&page, &gone()).snapshot.coverage.incidents, Listing::Complete, "withdrawn");
    for (status, body) in [(503, ""), (200, "{\"post\":{\"id\":\"P1\"}}"), (200, "<html></html>")] {
        page.set("api/posts/P9", status, body);
        let parsed = read(&page, &gone());
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "{body}");
        assert_eq!(parsed.problems, ["post \"P9\" could not be looked up"]);
    }
}

#[test]
fn a_list_with_more_behind_it_is_not_whole() {
    let mut page = page_of(&[]);
    page.set("api/posts?is_featured=true&limit=500", 200, json!({"posts": [], "continuationToken": "abc"}));
    let parsed = read(&page, &[]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(status_of(&parsed, "S1"), ComponentStatus::Unknown);
}

#[test]
fn words_of_an_unknown_meaning_end_nothing() {
    let mut page = page_of(&[open_post()]);
    page.set("api/post_enums", 200, json!({"post_enums": []}));
    let parsed = read(&page, &[]);
    assert_eq!((parsed.snapshot.incidents[0].phase, parsed.snapshot.incidents[0].is_over()), (None, false));
    assert_eq!(status_of(&parsed, "S1"), ComponentStatus::Unknown);
}

#[test]
fn headings_may_be_missing_but_not_in_trouble() {
    let mut page = page_of(&[]);
    page.set("api/data", 404, "");
    assert!(read(&page, &[]).snapshot.components.iter().all(|component| component.group.is_none()));
    page.set("api/data", 503, "");
    assert!(matches!(page.read(&FORMAT, Some("api"), &[]).1, Err(ReadError::Status { status: 503, .. })));
}

#[test]
fn a_new_page_is_asked_for_its_services_and_a_known_one_for_its_posts_too() {
    let nothing = Page::of::<&str>(&[]);
    assert_eq!(nothing.read(&FORMAT, None, &[]).0, ["api/services", ""]);
    let asked = nothing.read(&FORMAT, Some("api"), &[]).0;
    assert_eq!(asked, ["api/services", "api/posts?is_featured=true&limit=500"]);
    let other = Page::of(&[("api/services", json!({"items": []}))]);
    assert!(matches!(other.read(&FORMAT, None, &[]).1, Err(ReadError::NotThisFormat(_))));
}

#[test]
fn the_address_of_the_dashboard_leads_to_the_page() {
    let root_of = |page: &str| root(&page.parse().unwrap()).to_string();
    assert_eq!(root_of("https://x.trust.pagerduty.com/posts/dashboard?q=1"), "https://x.trust.pagerduty.com/");
    assert_eq!(root_of("https://example.com/status"), "https://example.com/status");
}

/// A page without documents, with this data in its HTML.
fn html_of(data: &Value) -> String {
    format!(
        r#"<html><body><script>1 < 2</script><script id="data" type="application/json">{data}</script></body></html>"#
    )
}

fn read_html(data: &Value, open: &[(Kind, &str)]) -> ParsedPage {
    Page::of(&[("", html_of(data))]).read(&FORMAT, Some("page"), open).1.unwrap()
}

#[test]
fn a_page_without_documents_is_read_from_its_html() {
    let data = json!({"summary": {"open_incidents": [
        {"id": "H1", "title": "Events are late", "updates": [
            {"severity": "major", "message": "Worse.", "created_at": "2026-05-04T15:00:00Z"},
            {"severity": "minor", "message": "Late.", "created_at": "2026-05-04T14:00:00Z"}]},
        {"title": "Mail is slow", "updates": [{"severity": "all_good"}]},
        {"title": "Work", "updates": [{"severity": "maintenance"}]},
        {"title": "Odd", "updates": [{"severity": "wobbly"}]},
        {"title": "Bare"},
    ]}});
    let (asked, parsed) = Page::of(&[("", html_of(&data))]).read(&FORMAT, None, &[]);
    assert_eq!(asked.last().map(String::as_str), Some(""));
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "page");
    let mut found: Vec<_> = parsed
        .snapshot
        .incidents
        .iter()
        .map(|incident| (incident.title.as_str(), incident.kind, incident.impact, incident.is_over()))
        .collect();
    found.sort_by_key(|(title, ..)| title.to_owned());
    assert_eq!(
        found,
        [
            ("Bare", Kind::Incident, None, false),
            ("Events are late", Kind::Incident, Some(Impact::Major), false),
            ("Mail is slow", Kind::Incident, None, false),
            ("Odd", Kind::Incident, None, false),
            ("Work", Kind::Maintenance, None, false),
        ]
    );
    let late = parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str() == "H1").unwrap();
    assert_eq!((late.updates.len(), late.started_at), (2, at("2026-05-04T14:00:00Z")));
    assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);

    let quiet = read_html(&json!({"summary": {"open_incidents": []}}), &[(Kind::Incident, "H1")]);
    assert!(quiet.snapshot.incidents.is_empty());
    assert_eq!(quiet.snapshot.coverage.incidents, Listing::Complete);
    let lost = read_html(&json!({"summary": {}}), &[(Kind::Incident, "H1")]);
    assert_eq!(lost.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_headline_that_is_trouble_counts_where_nothing_explains_it() {
    let data = |has_error: bool| {
        json!({"layout": {"layout_settings": {"name": "Example", "statusPage": {
            "globalStatusHeadline": "We have trouble with webhooks", "globalStatusHeadlineHasError": has_error}}}})
    };
    let troubled = read_html(&data(true), &[]);
    let [lone] = troubled.snapshot.incidents.as_slice() else { panic!("{:?}", troubled.snapshot.incidents) };
    assert_eq!(lone.title, "We have trouble with webhooks");
    assert!(read_html(&data(false), &[]).snapshot.incidents.is_empty());
    let after = read_html(&data(false), &[(Kind::Incident, lone.id.as_str())]);
    assert!(after.snapshot.incidents[0].is_over());
}

#[test]
fn documents_in_the_html_are_read_like_those_of_the_api() {
    for wrapped in [false, true] {
        let wrap = |key: &str, list: Value| if wrapped { json!({ key: list }) } else { list };
        let data = json!({
            "layout": {"layout_settings": {"name": "Example"}},
            "services": wrap("services", json!([{"id": "S1", "name": "API"}, {"id": "S2", "name": "EU"}])),
            "posts": wrap("posts", json!([open_post()])),
            "post_enums": enums()["post_enums"].clone(),
        });
        let parsed = read_html(&data, &[]);
        assert_eq!(parsed.snapshot.incidents[0].id.as_str(), "P1");
        let states: Vec<_> = parsed.snapshot.components.iter().map(|component| component.status).collect();
        assert_eq!(states, [ComponentStatus::MajorOutage, ComponentStatus::DegradedPerformance]);
    }
}

//! Facts about reading Adobe's events. No recording of them is at hand; these have the shape that clients expect.
use jiff::Timestamp;
use serde_json::{Value, json};
use status::{
    snapshot::{Affected, Window},
    words::Impact,
};

use super::*;
use crate::testing::{
    Page,
    facts::{open_incidents, status_of},
};

const T1: i64 = 1_777_903_200; // 2026-05-04T14:00:00Z
const T2: i64 = 1_777_905_000; // 2026-05-04T14:30:00Z
const T3: i64 = 1_777_906_800; // 2026-05-04T15:00:00Z

fn entry(status: &str, severity: &str, message: &str, regions: &[&str]) -> Value {
    json!({"id": "h", "status": status, "severity": severity, "titleToken": "t1", "messageToken": message,
           "locationImpact": {"serviceRegions": regions}})
}

fn product(id: &str, name: &str, history: &[(i64, Value)]) -> Value {
    let history: serde_json::Map<_, _> = history.iter().map(|(at, entry)| (at.to_string(), entry.clone())).collect();
    json!({"id": id, "name": name, "startedOn": T1, "endedOn": 0, "history": history})
}

fn event(products: &[Value]) -> Value {
    let products: serde_json::Map<_, _> =
        products.iter().map(|product| (product["id"].as_str().unwrap().to_owned(), product.clone())).collect();
    json!({"id": "E1", "clouds": {"C1": {"id": "C1", "name": "Creative Cloud"}}, "products": products})
}

fn open_event() -> Value {
    let history =
        [(T1, entry("Opened", "Minor", "m1", &[])), (T2, entry("Updated", "Major", "m2", &["Americas", "EMEA"]))];
    event(&[product("P1", "Photoshop", &history)])
}

fn events(incidents: &Value, maintenance: &Value) -> String {
    let messages = json!({"en": {
        "t1": {"token": "t1", "textMessage": "Files do not sync"},
        "m1": {"htmlMessage": "<p>We look into it since {startDateTime}.</p>", "textMessage": "other"},
        "m2": {"textMessage": "It is worse."},
        "m3": {"htmlMessage": "All is well."},
    }, "de": {"t1": 7}});
    json!({
        "incidentEvent": {"incidents": incidents, "messages": messages},
        "maintenanceEvent": {"maintenance": maintenance, "messages": messages},
    })
    .to_string()
}

fn registry() -> String {
    json!({
        "clouds": {"C1": {"id": "C1", "name": "Creative Cloud", "cloudProducts": ["P1", "P2"]}},
        "products": {"P1": {"id": "P1", "name": "Photoshop"}, "P2": {"id": "P2", "name": "Fonts"}, "P3": {"id": "P3", "name": "Sign"}},
        "environments": {},
    })
    .to_string()
}

fn read_with(events: &str, registry: (u16, &str), open: &[&str]) -> Result<ParsedPage, ReadError> {
    let page = Page::at("https://status.adobe.com").with(EVENTS, events).with_status(REGISTRY, registry.0, registry.1);
    page.read(&FORMAT, None, &open_incidents(open)).1
}

fn read(incident: &Value) -> ParsedPage {
    read_with(&events(&json!({"E1": incident}), &json!({})), (200, &registry()), &[]).unwrap()
}

fn at(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}

#[test]
fn an_event_is_an_incident_with_the_texts_its_tokens_point_to() {
    let parsed = read(&open_event());
    assert_eq!(parsed.problems, Vec::<String>::new());
    let [incident] = parsed.snapshot.incidents.as_slice() else { panic!() };
    assert_eq!((incident.id.as_str(), incident.title.as_str()), ("E1", "Files do not sync"));
    assert_eq!((incident.phase, incident.impact), (Some(Phase::Investigating), Some(Impact::Major)));
    assert_eq!(incident.started_at, at(T1));
    assert_eq!(incident.url.as_deref(), Some("https://status.adobe.com/products/P1/E1"));
    let updates: Vec<_> = incident.updates.iter().map(|update| (update.posted_at, update.body.as_deref())).collect();
    let first = "We look into it since May 04, 2026 14:00 UTC.";
    assert_eq!(updates, [(at(T1), Some(first)), (at(T2), Some("It is worse."))]);
}

#[test]
fn products_stand_below_their_cloud_and_regions_below_their_product() {
    let parsed = read(&open_event());
    let shown: Vec<_> = parsed
        .snapshot
        .components
        .iter()
        .map(|component| (component.id.as_str(), component.name.as_str(), component.group.as_deref(), component.status))
        .collect();
    let (out, well) = (ComponentStatus::PartialOutage, ComponentStatus::Operational);
    assert_eq!(
        shown,
        [
            ("P1", "Photoshop", Some("Creative Cloud"), out),
            ("P1/Americas", "Americas", Some("Photoshop"), out),
            ("P1/EMEA", "EMEA", Some("Photoshop"), out),
            ("P2", "Fonts", Some("Creative Cloud"), well),
            ("P3", "Sign", None, well),
        ]
    );
}

#[test]
fn a_region_that_recovered_is_operational_while_the_event_goes_on() {
    let mut event = open_event();
    event["products"]["P1"]["history"][T3.to_string()] = entry("Updated", "Major", "m2", &["EMEA"]);
    let parsed = read(&event);
    assert_eq!(status_of(&parsed, "P1/Americas"), ComponentStatus::Operational);
    assert_eq!(status_of(&parsed, "P1/EMEA"), ComponentStatus::PartialOutage);
}

#[test]
fn an_event_is_over_when_it_is_for_all_its_products() {
    let closed = product(
        "P1",
        "Photoshop",
        &[(T1, entry("Opened", "Major", "m1", &[])), (T2, entry("Closed", "Major", "m3", &[]))],
    );
    let open = product("P2", "Fonts", &[(T1, entry("Opened", "Minor", "m1", &[]))]);
    let parsed = read(&event(&[closed.clone(), open]));
    let incident = &parsed.snapshot.incidents[0];
    assert_eq!((incident.phase, incident.impact), (Some(Phase::Investigating), Some(Impact::Minor)));
    assert_eq!(
        incident.updates.iter().map(|update| update.phase).collect::<Vec<_>>(),
        [Some(Phase::Investigating), None]
    );
    assert_eq!(status_of(&parsed, "P1"), ComponentStatus::Operational);
    assert_eq!(status_of(&parsed, "P2"), ComponentStatus::DegradedPerformance);

    let also =
        product("P2", "Fonts", &[(T1, entry("Opened", "Minor", "m1", &[])), (T3, entry("Closed", "Minor", "m3", &[]))]);
    let parsed = read(&event(&[closed, also]));
    let incident = &parsed.snapshot.incidents[0];
    assert_eq!((incident.phase, incident.resolved_at), (Some(Phase::Resolved), at(T3)));
    assert_eq!(incident.updates.last().unwrap().phase, Some(Phase::Resolved));
}

#[test]
fn the_same_message_for_several_products_is_one_update() {
    let history = [(T1, entry("Opened", "Minor", "m1", &[]))];
    let parsed = read(&event(&[product("P1", "Photoshop", &history), product("P2", "Fonts", &history)]));
    let [update] = parsed.snapshot.incidents[0].updates.as_slice() else { panic!() };
    assert_eq!(update.body.as_deref(), Some("We look into it since May 04, 2026 14:00 UTC."));
    assert_eq!(update.components.len(), 2);
}

#[test]
fn planned_work_has_a_window_and_a_status_of_its_own() {
    let maintenance = |status: &str| {
        let mut maintenance =
            event(&[product("P1", "Photoshop", &[(T1, entry("Scheduled", "Maintenance", "m1", &[]))])]);
        maintenance["status"] = json!(status);
        maintenance["scheduledDate"] = json!(T2);
        maintenance["completedOn"] = json!(T3);
        read_with(&events(&json!({}), &json!({"E1": maintenance})), (200, &registry()), &[]).unwrap()
    };
    let scheduled = maintenance("Scheduled");
    let planned = &scheduled.snapshot.incidents[0];
    assert_eq!((planned.kind, planned.phase, planned.impact), (Kind::Maintenance, Some(Phase::Scheduled), None));
    assert_eq!(planned.window, Some(Window { starts_at: at(T2), ends_at: at(T3) }));
    assert_eq!(planned.components, [Affected { id: "P1".into(), status: None }]);
    assert_eq!(status_of(&scheduled, "P1"), ComponentStatus::Operational);
    assert_eq!(status_of(&maintenance("Started"), "P1"), ComponentStatus::UnderMaintenance);
    assert_eq!(maintenance("Completed").snapshot.incidents[0].phase, Some(Phase::Completed));
    for end in ["Canceled", "Cancelled", "Dismissed"] {
        assert_eq!(maintenance(end).snapshot.incidents, [], "{end}");
    }
}

#[test]
fn planned_work_without_a_status_of_its_own_is_cancelled_when_it_is_for_all_products() {
    let work = |last: [&str; 2]| {
        let history =
            |word: &str| [(T1, entry("Scheduled", "Maintenance", "m1", &[])), (T2, entry(word, "", "m3", &[]))];
        let of = |id: &str, word: &str| product(id, "Photoshop", &history(word));
        let work = event(&[of("P1", last[0]), of("P2", last[1])]);
        let parsed = read_with(&events(&json!({}), &json!({"E1": work})), (200, &registry()), &[]).unwrap();
        parsed.snapshot.incidents.first().map(|work| work.phase)
    };
    assert_eq!(work(["Canceled", "Canceled"]), None);
    assert_eq!(work(["Canceled", "Completed"]), Some(Some(Phase::Completed)));
    assert_eq!(work(["Canceled", "Scheduled"]), Some(Some(Phase::Scheduled)));
}

#[test]
fn what_could_not_be_read_ends_nothing() {
    let mut reopened = open_event();
    let history = &mut reopened["products"]["P1"]["history"];
    history[T2.to_string()] = entry("Closed", "Major", "m3", &[]);
    history[T3.to_string()] = json!(7);
    let mut unheard = open_event();
    unheard["products"]["P1"]["history"][T3.to_string()] = entry("Pondered", "Major", "m3", &[]);
    for event in [reopened, unheard, json!({"id": "E1", "products": null}), json!({"products": {"P1": []}})] {
        let parsed = read(&event);
        assert!(!parsed.snapshot.incidents[0].is_over(), "{event}");
        assert!(!parsed.problems.is_empty(), "{event}");
    }
}

#[test]
fn potential_trouble_is_not_said_to_have_an_impact() {
    let parsed = read(&event(&[product("P1", "Photoshop", &[(T1, entry("Discovery", "Potential", "m1", &[]))])]));
    assert_eq!(parsed.snapshot.incidents[0].impact, None);
    assert_eq!(status_of(&parsed, "P1"), ComponentStatus::Unknown);
}

#[test]
fn what_the_document_lacks_is_withdrawn_only_where_it_is_a_history() {
    let listing = |incidents: Value| {
        let parsed = read_with(&events(&incidents, &json!({})), (200, &registry()), &["E9"]).unwrap();
        assert_eq!(parsed.unlisted.len(), 1);
        parsed.snapshot.coverage.incidents
    };
    let ended = event(&[product("P1", "Photoshop", &[(T1, entry("Closed", "Major", "m3", &[]))])]);
    assert_eq!(listing(json!({"E1": ended})), Listing::Complete);
    assert_eq!(listing(json!({"E1": ended, "E2": 7})), Listing::Partial);
    assert_eq!(listing(json!({"E1": open_event()})), Listing::Partial);
    assert_eq!(listing(json!({})), Listing::Partial);
}

#[test]
fn without_the_registry_products_are_those_of_the_events() {
    let parsed = read_with(&events(&json!({"E1": open_event()}), &json!({})), (403, ""), &[]).unwrap();
    let shown: Vec<_> = parsed
        .snapshot
        .components
        .iter()
        .map(|component| (component.id.as_str(), component.group.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [("P1", Some("Creative Cloud")), ("P1/Americas", Some("Photoshop")), ("P1/EMEA", Some("Photoshop"))]
    );
    assert_eq!(parsed.problems.len(), 1);
}

#[test]
fn another_document_is_not_this_format() {
    for body in ["{}", "{\"incidentEvent\":{}}", "{\"incidentEvent\":{\"incidents\":{}}}"] {
        let error = read_with(body, (200, &registry()), &[]).unwrap_err();
        assert!(matches!(error, ReadError::NotThisFormat(_)), "{error}");
    }
}

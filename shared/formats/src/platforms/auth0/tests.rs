//! Facts about reading Auth0's page. No recording of it is at hand; these documents have the shape its readers expect.
use serde_json::json;
use status::{
    snapshot::Affected,
    words::{Impact, Phase},
};

use super::*;
use crate::testing::{
    Page,
    facts::{open_incidents, status_of},
};

const PAGE: &str = "https://status.auth0.com/";

fn html(properties: &Value) -> String {
    let data = json!({"props": {"pageProps": properties}, "page": "/", "buildId": "b1"});
    format!(
        "<!DOCTYPE html><html><body><script id=\"__NEXT_DATA__\" type=\"application/json\">{data}</script></body></html>"
    )
}

fn region(name: &str, incidents: &[Value]) -> Value {
    json!({"region": name, "environment": "Production", "response": {"uptime": "99.99%", "incidents": incidents}})
}

fn front(regions: &[Value]) -> String {
    html(&json!({"activeIncidents": regions}))
}

fn incident(id: &str, status: &str, impact: &str) -> Value {
    json!({
        "id": id, "name": "Sign-in is slow", "status": status, "impact": impact,
        "created_at": "2026-05-04T14:00:00.000Z", "updated_at": "2026-05-04T14:30:00.000Z",
        "incident_updates": [
            {"id": "u2", "status": status, "body": "Most requests are fast.", "created_at": "2026-05-04T14:30:00.000Z",
             "affected_components": [{"name": "Authentication API"}]},
            {"id": "u1", "status": "investigating", "body": "We look into it.", "created_at": "2026-05-04T14:00:00.000Z",
             "affected_components": [{"name": "Authentication API"}, {"name": "Management API"}]},
        ],
    })
}

/// What was asked for and the end, of a read of these answers by address.
fn read_with(answers: &[(&str, u16, String)], open: &[&str]) -> (Vec<String>, ParsedPage) {
    let page =
        answers.iter().fold(Page::at(PAGE), |page, (address, status, body)| page.with_status(address, *status, body));
    let (asked, parsed) = page.read(&FORMAT, Some("page"), &open_incidents(open));
    (asked, parsed.unwrap())
}

fn read(regions: &[Value]) -> ParsedPage {
    read_with(&[(PAGE, 200, front(regions))], &[]).1
}

#[test]
fn a_region_is_a_component_and_the_group_of_its_parts() {
    let parsed = read(&[region("US-1", &[incident("i1", "monitoring", "major")]), region("EU-1", &[])]);
    assert_eq!(parsed.problems, Vec::<String>::new());
    let of = |id: &str, name: &str, group: &str, status| Component {
        id: id.into(),
        name: name.into(),
        group: Some(group.into()),
        status,
    };
    assert_eq!(
        parsed.snapshot.components,
        [
            of("EU-1", "EU-1", "EU-1", ComponentStatus::Operational),
            of("US-1", "US-1", "US-1", ComponentStatus::PartialOutage),
            of("US-1: Authentication API", "Authentication API", "US-1", ComponentStatus::PartialOutage),
            of("US-1: Management API", "Management API", "US-1", ComponentStatus::Unknown),
        ]
    );
    let [incident] = parsed.snapshot.incidents.as_slice() else { panic!() };
    assert_eq!((incident.phase, incident.impact), (Some(Phase::Monitoring), Some(Impact::Major)));
    assert_eq!(incident.url.as_deref(), Some("https://status.auth0.com/incidents/i1"));
    assert_eq!(incident.started_at, Some("2026-05-04T14:00:00Z".parse().unwrap()));
    assert_eq!(incident.updates.iter().map(|update| update.id.as_str()).collect::<Vec<_>>(), ["u1", "u2"]);
    assert_eq!(incident.components[0], Affected { id: "US-1".into(), status: Some(ComponentStatus::PartialOutage) });
}

#[test]
fn a_region_where_all_is_well_has_no_incident() {
    let well = json!({"id": "x", "name": "All Systems Operational", "status": "operational", "impact": "none"});
    let parsed = read(&[region("US-1", &[well])]);
    assert!(parsed.snapshot.incidents.is_empty());
    assert_eq!(status_of(&parsed, "US-1"), ComponentStatus::Operational);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn an_incident_of_two_regions_is_one_that_is_open_where_it_is_open_in_one() {
    let regions = [
        region("US-1", &[incident("i1", "resolved", "minor")]),
        region("US-3", &[incident("i1", "identified", "minor")]),
    ];
    let mut turned = regions.clone();
    turned.reverse();
    let (parsed, other) = (read(&regions), read(&turned));
    assert_eq!(parsed.snapshot.digest(), other.snapshot.digest());
    let [incident] = parsed.snapshot.incidents.as_slice() else { panic!() };
    assert_eq!(incident.phase, Some(Phase::Identified));
    let named: Vec<_> = incident.components.iter().map(|affected| affected.id.as_str()).collect();
    assert!(named.contains(&"US-1") && named.contains(&"US-3: Management API"), "{named:?}");
    assert_eq!(status_of(&parsed, "US-1"), ComponentStatus::Operational);
    assert_eq!(status_of(&parsed, "US-3"), ComponentStatus::DegradedPerformance);
}

#[test]
fn an_environment_for_trying_out_is_a_region_of_its_own() {
    let preview = json!({"region": "US", "environment": "Preview", "response": {"incidents": []}});
    let parsed = read(&[region("US", &[]), preview]);
    let ids: Vec<_> = parsed.snapshot.components.iter().map(|component| component.id.as_str()).collect();
    assert_eq!(ids, ["US", "US (Preview)"]);
}

#[test]
fn a_status_may_be_the_state_of_a_component() {
    let parsed = read(&[region("US-1", &[incident("i1", "major_outage", "critical")])]);
    assert_eq!((parsed.snapshot.incidents[0].phase, parsed.snapshot.incidents[0].is_over()), (None, false));
    assert_eq!(status_of(&parsed, "US-1"), ComponentStatus::MajorOutage);
}

#[test]
fn a_planned_maintenance_has_a_window_and_is_no_trouble_before_it_begins() {
    let mut maintenance = incident("m1", "scheduled", "maintenance");
    maintenance["scheduled_for"] = json!("2026-05-09T01:00:00Z");
    maintenance["scheduled_until"] = json!("2026-05-09T02:00:00Z");
    let parsed = read(&[region("US-1", &[maintenance.clone()])]);
    let planned = &parsed.snapshot.incidents[0];
    assert_eq!((planned.kind, planned.phase, planned.impact), (Kind::Maintenance, Some(Phase::Scheduled), None));
    assert_eq!(planned.window.unwrap().ends_at, Some("2026-05-09T02:00:00Z".parse().unwrap()));
    assert_eq!(status_of(&parsed, "US-1"), ComponentStatus::Operational);
    maintenance["status"] = json!("in_progress");
    assert_eq!(status_of(&read(&[region("US-1", &[maintenance])]), "US-1"), ComponentStatus::UnderMaintenance);
}

#[test]
fn updates_without_ids_are_told_apart_by_time_and_status_then_text() {
    let at = "2026-05-04T14:00:00Z";
    let updates = |bodies: &[&str]| {
        let updates: Vec<_> = bodies.iter().map(|body| json!({"body": body, "created_at": at})).collect();
        let incident =
            json!({"id": "i1", "name": "n", "status": "investigating", "impact": "minor", "incident_updates": updates});
        let parsed = read(&[region("US-1", &[incident])]);
        parsed.snapshot.incidents[0].updates.iter().map(|update| update.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(updates(&["a", "b"]).len(), 2);
    assert_eq!(updates(&["a", "a"]).len(), 1);
    assert_eq!(updates(&["a"]), updates(&["an edited text"]));
}

#[test]
fn what_left_the_list_is_looked_up_at_its_address_and_in_the_feed() {
    let (by_id, feed) = ("incidents/i1", "feed?domain=samples.auth0.com");
    let page = (PAGE, 200, front(&[region("US-1", &[])]));
    let asked = read_with(std::slice::from_ref(&page), &["i1"]).0;
    assert_eq!(asked, ["", by_id, feed]);

    let entry = "<feed><entry><id>x</id><title>Sign-in is slow</title><link href=\"https://status.auth0.com/incidents/i1\"/>\
                 <updated>2026-05-04T15:00:00Z</updated><content type=\"html\">&lt;p&gt;&lt;small&gt;May 4, 15:00 UTC&lt;/small&gt;\
                 &lt;strong&gt;Resolved&lt;/strong&gt; - Fast again.&lt;/p&gt;</content></entry></feed>";
    let look = |own: (u16, String), feed_body: &str| {
        let answers = [page.clone(), (by_id, own.0, own.1), (feed, 200, feed_body.to_owned())];
        read_with(&answers, &["i1"]).1
    };
    let over = |parsed: &ParsedPage| parsed.snapshot.incidents.iter().any(|incident| incident.is_over());

    let own = html(&json!({"data": {"incident": incident("i1", "resolved", "major")}}));
    let told = look((200, own), "");
    assert!(over(&told) && told.snapshot.coverage.incidents == Listing::Complete);
    let told = look((500, String::new()), entry);
    assert!(over(&told) && told.snapshot.coverage.incidents == Listing::Complete);
    assert_eq!(told.snapshot.incidents[0].updates.len(), 1);

    let other = html(&json!({"incident": incident("i2", "resolved", "major")}));
    let untold = look((200, other), "<feed></feed>");
    assert!(!over(&untold) && untold.snapshot.coverage.incidents == Listing::Partial);
    assert_eq!(untold.problems, ["incident \"i1\" is listed no longer and could not be looked up"]);
    let gone = look((404, String::new()), "<feed></feed>");
    assert_eq!(gone.snapshot.coverage.incidents, Listing::Complete, "withdrawn");
}

#[test]
fn an_id_that_is_no_part_of_an_address_is_not_asked_for() {
    let parsed = read_with(&[(PAGE, 200, front(&[region("US-1", &[])]))], &["../x?y"]).1;
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_damaged_region_costs_itself_and_makes_the_list_partial() {
    for damaged in [
        json!(7),
        json!({"region": "US-1", "response": null}),
        json!({"region": "US-1", "response": {"incidents": null}}),
        json!({"response": {"incidents": []}}),
        region("US-1", &[json!({"name": "n", "status": "investigating"})]),
        region("US-1", &[json!([])]),
    ] {
        let parsed = read(&[damaged.clone(), region("EU-1", &[])]);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "{damaged}");
        assert_eq!(parsed.problems.len(), 1, "{damaged}: {:?}", parsed.problems);
        assert_eq!(status_of(&parsed, "EU-1"), ComponentStatus::Operational, "{damaged}");
    }
    assert_eq!(read(&[]).snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_page_without_the_data_or_with_half_of_it_is_unusable() {
    let unusable = |body: &str| Page::at(PAGE).with("", body).read(&FORMAT, None, &[]).1.unwrap_err();
    let whole = front(&[region("US-1", &[])]);
    assert!(matches!(unusable("<html>hi</html>"), ReadError::NotThisFormat(_)));
    assert!(matches!(unusable(&html(&json!({"other": []}))), ReadError::NotThisFormat(_)));
    assert!(matches!(unusable(&whole[..whole.find("uptime").unwrap()]), ReadError::Malformed(_)));
}

#[test]
fn an_incident_with_the_impact_maintenance_is_maintenance_whatever_its_status() {
    for (status, phase) in [("investigating", Phase::InProgress), ("identified", Phase::InProgress)] {
        let parsed = read(&[region("US-1", &[incident("i1", status, "maintenance")])]);
        let work = &parsed.snapshot.incidents[0];
        assert_eq!((work.kind, work.phase, work.impact), (Kind::Maintenance, Some(phase), None));
        assert_eq!(status_of(&parsed, "US-1"), ComponentStatus::UnderMaintenance);
    }
    let over = read(&[region("US-1", &[incident("i1", "resolved", "maintenance")])]);
    assert_eq!(over.snapshot.incidents[0].phase, Some(Phase::Completed));
}

#[test]
fn a_region_with_an_incident_of_unknown_impact_is_unknown_unless_another_is_known() {
    let odd = || incident("i1", "investigating", "zzyzx");
    let of = |incidents: &[Value]| status_of(&read(&[region("US-1", incidents)]), "US-1");
    assert_eq!(of(&[odd()]), ComponentStatus::Unknown);
    assert_eq!(of(&[odd(), incident("i2", "investigating", "major")]), ComponentStatus::PartialOutage);
    assert_eq!(of(&[incident("i3", "resolved", "zzyzx")]), ComponentStatus::Operational);
}

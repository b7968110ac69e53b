//! Codes of the platform, groups, and the two addresses of the data.
use serde_json::{Value, json};
use status::{
    snapshot::{Kind, Listing},
    words::{ComponentStatus::*, Impact, Phase},
};

use super::{FORMAT, named_id};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{Page, facts::states},
};

const PAGE: &str = "https://status.example.com/";
const BY_PAGE: &str = "sp/api/u/summary_details";

fn document(active: Value, days: Value) -> Value {
    json!({"code": 0, "message": "success", "data": {
        "current_status": [
            {"componentgroup_display_name": "Europe", "enc_componentgroup_id": "grpEurope=", "componentgroup_status": 5,
             "componentgroup_components": [
                {"enc_component_id": "cmpLogin=", "display_name": "Login", "component_status": 5},
                {"enc_component_id": "cmpMail=", "display_name": "Mail", "component_status": 4}]},
            {"enc_component_id": "cmpDocs=", "display_name": "Docs", "component_status": 2,
             "componentgroup_components": []}],
        "active_incident_details": active,
        "resolved_incident_details": days}})
}

fn incident(updates: Value) -> Value {
    json!({"enc_inc_id": "incOne=", "incident_title": "Slow login", "incident_desc": "It is slow.",
        "incident_severity_id": 3, "incident_type": 1, "incident_began_at": "2026-05-04T16:40:00+0200",
        "incident_affected_components": [{"display_name": "Login"}], "incident_status_updates": updates})
}

fn update(id: &str, status: u8, at: &str) -> Value {
    json!({"enc_inc_state_progress_id": id, "incident_status_id": status, "incident_status": "in words",
        "incident_status_desc": format!("<p>Message {id}</p>"), "status_updated_at": at})
}

fn read(document: &Value, open: &[(Kind, &str)]) -> ParsedPage {
    Page::at(PAGE).with(BY_PAGE, document.to_string()).read(&FORMAT, Some("page"), open).1.unwrap()
}

#[test]
fn groups_are_headings_and_a_note_is_no_trouble() {
    let parsed = read(&document(json!([]), json!([])), &[]);
    let components = &parsed.snapshot.components;
    assert_eq!(states(components), [("Docs", Operational), ("Login", PartialOutage), ("Mail", UnderMaintenance)]);
    let groups: Vec<_> = components.iter().map(|component| component.group.as_deref()).collect();
    assert_eq!(groups, [None, Some("Europe"), Some("Europe")]);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(parsed.problems, [""; 0]);
}

#[test]
fn an_incident_has_its_updates_and_the_components_of_that_name() {
    let updates = json!([update("b", 12, "2026-05-04T17:00:00+0200"), update("a", 11, "2026-05-04T16:45:00+0200")]);
    let parsed = read(&document(json!([incident(updates)]), json!([])), &[]);
    let incident = &parsed.snapshot.incidents[0];
    assert_eq!(
        (incident.kind, incident.phase, incident.impact),
        (Kind::Incident, Some(Phase::Identified), Some(Impact::Minor))
    );
    assert_eq!(incident.started_at, Some("2026-05-04T14:40:00Z".parse().unwrap()));
    let ids: Vec<_> = incident.updates.iter().map(|update| (update.id.as_str(), update.body.as_deref())).collect();
    assert_eq!(ids, [("a", Some("Message a")), ("b", Some("Message b"))]);
    assert_eq!(incident.updates[1].posted_at, Some("2026-05-04T15:00:00Z".parse().unwrap()));
    assert_eq!(incident.components[0].id.as_str(), "cmpLogin=");
    assert_eq!(parsed.problems, [""; 0]);
}

#[test]
fn planned_work_is_told_by_its_status() {
    let mut maintenance = incident(json!([update("a", 21, "2026-05-01T10:00:00+0000")]));
    maintenance["incident_severity_id"] = json!(4);
    maintenance["incident_ended_at"] = json!("2026-05-06T12:00:00+0000");
    let parsed = read(&document(json!([maintenance]), json!([])), &[]);
    let maintenance = &parsed.snapshot.incidents[0];
    assert_eq!(
        (maintenance.kind, maintenance.phase, maintenance.impact),
        (Kind::Maintenance, Some(Phase::Scheduled), None)
    );
    let window = maintenance.window.unwrap();
    assert_eq!(window.ends_at, Some("2026-05-06T12:00:00Z".parse().unwrap()));
    assert_eq!((maintenance.started_at, maintenance.resolved_at), (None, None));
}

#[test]
fn what_left_the_active_list_is_found_among_those_that_are_over() {
    let mut over =
        incident(json!([update("a", 11, "2026-05-04T14:45:00+0000"), update("b", 14, "2026-05-04T15:30:00+0000")]));
    over["incident_ended_at"] = json!("2026-05-04T15:29:00+0000");
    let days = json!([{"grp_by_date": "2026-05-03"}, {"grp_by_date": "2026-05-04", "grp_by_incidents_list": [over]}]);
    let parsed = read(&document(json!([]), days), &[(Kind::Incident, "incOne=")]);
    let incident = &parsed.snapshot.incidents[0];
    assert_eq!((incident.phase, incident.is_over()), (Some(Phase::Resolved), true));
    assert_eq!(incident.resolved_at, Some("2026-05-04T15:30:00Z".parse().unwrap()));
    assert_eq!((parsed.unlisted.len(), parsed.snapshot.coverage.incidents), (1, Listing::Complete));
}

#[test]
fn without_a_history_absence_proves_nothing() {
    let mut document = document(json!([]), json!([]));
    document["data"].as_object_mut().unwrap().remove("resolved_incident_details");
    let open = [(Kind::Incident, "incOne=")];
    assert_eq!(read(&document, &open).snapshot.coverage.incidents, Listing::Partial);
    document["data"].as_object_mut().unwrap().remove("active_incident_details");
    assert_eq!(read(&document, &[]).snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_page_that_knows_no_short_address_is_asked_by_its_id() {
    let html = r#"<script>var globals = {"enc_statuspage_id":"Zm9vYmFy-ab_cdEf=","status":1}</script>"#;
    let by_id = "sp/api/public/summary_details/statuspages/Zm9vYmFy-ab_cdEf=";
    let page = Page::at(PAGE).with(PAGE, html).with(by_id, document(json!([]), json!([])).to_string());
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(
        (asked, parsed.unwrap().source.as_ref()),
        (vec![BY_PAGE.into(), "".into(), by_id.into()], "id Zm9vYmFy-ab_cdEf=")
    );
    let (asked, again) = page.read(&FORMAT, Some("id Zm9vYmFy-ab_cdEf="), &[]);
    assert_eq!((asked, again.is_ok()), (vec![by_id.to_owned()], true));
    let (asked, _) = page.read(&FORMAT, Some("id ../../secret"), &[]);
    assert_eq!(asked[0], BY_PAGE);
}

#[test]
fn an_id_is_found_however_it_is_quoted() {
    for html in [
        r#"{"enc_statuspage_id":"abc-DEF_123="}"#,
        r#"{"enc_statuspage_id" : "abc-DEF_123="}"#,
        "globals.encodedStatuspageId =`abc-DEF_123=`;",
        "data-x=\"{&quot;enc_statuspage_id&quot;:&quot;abc-DEF_123=&quot;}\"",
    ] {
        assert_eq!(named_id(html).as_deref(), Some("abc-DEF_123="), "{html}");
    }
    for html in ["enc_statuspage_id", r#""enc_statuspage_id":"a/../b/../c""#, r#""enc_statuspage_id":"never ends"#] {
        assert_eq!(named_id(html), None, "{html}");
    }
}

#[test]
fn what_lists_no_component_is_refused() {
    for body in [r#"{"code":0,"data":{"current_status":[]}}"#, r#"{"code":1100,"message":"no"}"#, "[]", "<html>"] {
        let page = Page::at(PAGE).with(BY_PAGE, body);
        let error = page.read(&FORMAT, None, &[]).1.unwrap_err();
        assert!(matches!(error, ReadError::NotThisFormat(_)), "{body}: {error}");
    }
}

//! Whole reads of both kinds of pages, and what is looked up.
use serde_json::{Value, json};
use status::{
    snapshot::{Kind, Listing},
    words::{ComponentStatus, Impact, Phase},
};

use super::{FORMAT, event::time, instance_of};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::Page,
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            "../../../test_data/salesforce/",
            $case,
            "/@api.status.salesforce.com+v1+",
            $name
        )))
        .unwrap()
    };
}

/// The end of a read of these documents by path, and the paths of all that was asked for; what is not there is 404.
fn ask(page: &str, documents: &[(&str, Value)], open: &[(Kind, &str)]) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    let documents: Vec<_> = documents.iter().map(|(path, body)| (format!("{API}{path}"), body)).collect();
    let page = documents.iter().fold(Page::at(page), |page, (url, body)| page.with(url, *body));
    let (asked, end) = page.read(&FORMAT, None, open);
    (asked.iter().map(|url| url.strip_prefix(API).unwrap().split('?').next().unwrap().to_owned()).collect(), end)
}

const API: &str = "https://api.status.salesforce.com/v1/";
const ALL: &str = "https://status.salesforce.com";
const ONE: &str = "https://status.salesforce.com/instances/NA45";

fn all(active: Value, instances: Value, messages: Value) -> [(&'static str, Value); 3] {
    [("incidents/active", active), ("instances/status/preview", instances), ("generalMessages", messages)]
}

fn in_trouble() -> [(&'static str, Value); 3] {
    all(
        document!("incident", "incidents+active"),
        document!("incident", "instances+status+preview"),
        document!("incident", "generalMessages"),
    )
}

fn at_rest() -> [(&'static str, Value); 3] {
    all(
        document!("all_ok", "incidents+active"),
        document!("all_ok", "instances+status+preview"),
        document!("all_ok", "generalMessages"),
    )
}

fn one() -> Value {
    document!("instance", "instances+NA45+status")
}

fn incidents(parsed: &ParsedPage) -> Vec<(&str, &str, Option<Phase>)> {
    let incidents = parsed.snapshot.incidents.iter();
    incidents.map(|incident| (incident.id.as_str(), &*incident.title, incident.phase)).collect()
}

fn components(parsed: &ParsedPage) -> Vec<(&str, Option<&str>, ComponentStatus)> {
    parsed.snapshot.components.iter().map(|c| (c.id.as_str(), c.group.as_deref(), c.status)).collect()
}

#[test]
fn the_address_says_which_instance_is_meant() {
    let instance = |page: &str| instance_of(&page.parse().unwrap());
    assert_eq!(instance("https://status.salesforce.com/instances/cs96"), Some("CS96".into()));
    assert_eq!(instance("https://status.salesforce.com/instances/CS96/maintenances"), Some("CS96".into()));
    assert_eq!(instance("https://api.status.salesforce.com/v1/instances/NA1/status"), Some("NA1".into()));
    assert_eq!(instance("http://status.salesforce.com/status/NA1"), Some("NA1".into()));
    for all in ["", "/", "/products/Sales_Cloud", "/v1/instances/status/preview", "/instances/", "/instances/a%2Fb"] {
        assert_eq!(instance(&format!("https://status.salesforce.com{all}")), None, "{all}");
    }
}

#[test]
fn all_instances_are_components_by_location() {
    let (asked, parsed) = ask(ALL, &in_trouble(), &[]);
    assert_eq!(asked, ["incidents/active", "instances/status/preview", "generalMessages"]);
    let parsed = parsed.unwrap();
    assert_eq!(
        components(&parsed),
        [
            ("AP7", Some("APAC"), ComponentStatus::UnderMaintenance),
            ("EU12", Some("EMEA"), ComponentStatus::DegradedPerformance),
            ("NA45", Some("NA"), ComponentStatus::MajorOutage),
            ("UM5", Some("EMEA"), ComponentStatus::Operational),
        ]
    );
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
}

#[test]
fn incidents_maintenances_and_messages_about_trouble_are_told() {
    let parsed = ask(ALL, &in_trouble(), &[]).1.unwrap();
    assert_eq!(
        incidents(&parsed),
        [
            ("30000101", "Performance degradation: coreService, search", Some(Phase::Identified)),
            ("message:1801", "Service Disruption - Mail sending", Some(Phase::Investigating)),
            ("700202", "New hardware", Some(Phase::InProgress)),
        ]
    );
    let [incident, message, maintenance] = &parsed.snapshot.incidents[..] else { panic!("three") };
    assert_eq!(incident.impact, Some(Impact::Major));
    assert_eq!(incident.started_at, Some("2026-05-04T14:05:00Z".parse().unwrap()));
    assert_eq!(incident.url.as_deref(), Some("https://status.salesforce.com/incidents/30000101"));
    let named: Vec<_> = incident.components.iter().map(|affected| affected.id.as_str()).collect();
    assert_eq!(named, ["EU12", "NA45"]);
    let updates: Vec<_> = incident.updates.iter().map(|update| (update.id.as_str(), update.phase)).collect();
    assert_eq!(updates, [("501", Some(Phase::Investigating)), ("502", Some(Phase::Identified))]);
    let updates: Vec<_> = message.updates.iter().map(|update| update.body.as_deref().unwrap()).collect();
    assert_eq!(updates, ["Mails leave late.", "Half of the queue is sent."]);
    assert_eq!(maintenance.components[0].id.as_str(), "AP7");
    assert_eq!(maintenance.window.unwrap().ends_at, Some("2026-05-04T18:00:00Z".parse().unwrap()));
}

#[test]
fn one_instance_has_services_that_are_well_or_not_known() {
    let (asked, parsed) = ask(ONE, &[("instances/NA45/status", one())], &[]);
    assert_eq!(asked, ["instances/NA45/status"]);
    let parsed = parsed.unwrap();
    assert_eq!(
        components(&parsed),
        [
            ("NA45", None, ComponentStatus::MajorOutage),
            ("coreService", Some("NA45"), ComponentStatus::Unknown),
            ("liveAgent", Some("NA45"), ComponentStatus::Unknown),
            ("search", Some("NA45"), ComponentStatus::Unknown),
        ]
    );
    let named: Vec<_> = parsed.snapshot.incidents[0].components.iter().map(|affected| affected.id.as_str()).collect();
    assert_eq!(named, ["NA45", "coreService", "search"]);
    let scheduled = parsed.snapshot.incidents.iter().find(|incident| incident.kind == Kind::Maintenance).unwrap();
    assert_eq!((scheduled.id.as_str(), scheduled.phase), ("700201", Some(Phase::Scheduled)));
    let titles: Vec<_> = incidents(&parsed).into_iter().map(|(_, title, _)| title).collect();
    assert!(!titles.contains(&"Performance Degradation - Carts"), "of a product that this instance does not have");

    let mut well = one();
    well["status"] = json!("OK");
    let parsed = ask(ONE, &[("instances/NA45/status", well)], &[]).1.unwrap();
    assert!(components(&parsed).iter().all(|(_, _, status)| *status == ComponentStatus::Operational));
}

#[test]
fn every_word_for_an_instance_has_its_meaning() {
    let status = |word: &str| super::component_status(word);
    assert_eq!(status("DEGRADATION_NONCORE"), Some(ComponentStatus::DegradedPerformance));
    assert_eq!(status("MINOR_INCIDENT_CORE"), Some(ComponentStatus::PartialOutage));
    assert_eq!(status("MAJOR_INCIDENT_NONCORE"), Some(ComponentStatus::PartialOutage));
    assert_eq!(status("INFORMATIONAL_CORE"), Some(ComponentStatus::Operational));
    assert_eq!(status("FINE"), None);
    let mut odd = one();
    odd["status"] = json!("FINE");
    let parsed = ask(ONE, &[("instances/NA45/status", odd)], &[]).1.unwrap();
    assert_eq!(parsed.problems, [r#"instance "NA45": unknown status "FINE""#]);
}

#[test]
fn an_incident_is_over_when_it_says_so_or_all_of_its_impacts_are() {
    let phase = |change: fn(&mut Value)| {
        let mut documents = in_trouble();
        let incident = &mut documents[0].1[0];
        change(incident);
        incident["updatedAt"] = json!("2026-05-04T15:50:00Z");
        let parsed = ask(ALL, &documents, &[]).1.unwrap();
        (parsed.snapshot.incidents[0].phase.unwrap(), parsed.snapshot.incidents[0].resolved_at)
    };
    let end = |incident: &mut Value| incident["IncidentImpacts"][0]["endTime"] = json!("2026-05-04T15:45:00.000Z");
    let ended = Some("2026-05-04T15:45:00Z".parse().unwrap());
    assert_eq!(phase(end), (Phase::Identified, None), "it is still called active");
    assert_eq!(phase(|incident| incident["status"] = json!("Resolved")), (Phase::Resolved, None));
    let end_without_word = |incident: &mut Value| {
        incident["status"] = Value::Null;
        incident["IncidentImpacts"][0]["endTime"] = json!("2026-05-04T15:45:00.000Z");
    };
    assert_eq!(phase(end_without_word), (Phase::Resolved, ended));
    let empty = |incident: &mut Value| {
        incident["status"] = Value::Null;
        incident["IncidentImpacts"][0]["endTime"] = json!("");
    };
    assert_eq!(phase(empty), (Phase::Identified, None), "an empty text is no time");
}

#[test]
fn what_left_the_lists_is_looked_up_by_its_id() {
    let read = |documents: &[(&str, Value)], open: &[(Kind, &str)]| {
        let (asked, parsed) = ask(ALL, documents, open);
        let parsed = parsed.unwrap();
        let found = incidents(&parsed).into_iter().map(|(id, _, phase)| (id.to_owned(), phase.unwrap())).collect();
        (asked[3..].to_vec(), found, parsed.snapshot.coverage.incidents)
    };
    let over = ("message:1803".to_owned(), Phase::Resolved);
    let mut documents = at_rest().to_vec();
    let mut incident = document!("incident", "incidents+30000101");
    documents.push(("incidents/30000101", incident.clone()));
    let id = (Kind::Incident, "30000101");
    let asked = vec!["incidents/30000101".to_owned()];
    let still_open = vec![("30000101".to_owned(), Phase::Identified), over.clone()];
    assert_eq!(read(&documents, &[id]), (asked.clone(), still_open, Listing::Complete));

    incident["status"] = json!("Resolved");
    documents[3].1 = incident;
    let resolved: Vec<_> = vec![("30000101".to_owned(), Phase::Resolved), over.clone()];
    assert_eq!(read(&documents, &[id]), (asked.clone(), resolved, Listing::Complete));

    documents[3].1 = json!({"id": 7});
    assert_eq!(read(&documents, &[id]).2, Listing::Partial, "another incident");
    documents.pop();
    assert_eq!(read(&documents, &[id]), (asked, vec![over.clone()], Listing::Complete), "there is no such incident");
    let (asked, _, listing) = read(&documents, &[(Kind::Incident, "no/id")]);
    assert_eq!((asked, listing), (vec![], Listing::Partial));

    documents.push(("maintenances/700202", document!("incident", "maintenances+700202")));
    documents.push(("generalMessages/1801", document!("incident", "generalMessages+1801")));
    let open = [(Kind::Maintenance, "700202"), (Kind::Incident, "message:1801")];
    let (asked, found, _): (Vec<String>, Vec<(String, Phase)>, _) = read(&documents, &open);
    assert_eq!(asked, ["maintenances/700202", "generalMessages/1801"]);
    assert_eq!(found.len(), 3, "{found:?}");
    documents[3].1["plannedEndTime"] = json!("2026-05-04T15:00:00.000Z");
    assert_eq!(read(&documents, &open[..1]), (vec!["maintenances/700202".to_owned()], vec![over], Listing::Complete));
}

#[test]
fn an_incident_that_goes_on_elsewhere_has_left_the_page_of_an_instance() {
    let mut quiet = one();
    quiet["Incidents"] = json!([]);
    let mut incident = document!("incident", "incidents+30000101");
    incident["instanceKeys"] = json!(["EU12"]);
    let documents = [("instances/NA45/status", quiet), ("incidents/30000101", incident)];
    let parsed = ask(ONE, &documents, &[(Kind::Incident, "30000101")]).1.unwrap();
    assert!(incidents(&parsed).iter().all(|(id, ..)| *id != "30000101"));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn a_message_that_repeats_an_incident_is_not_told() {
    let mut documents = in_trouble();
    documents[2].1[0]["externalId"] = json!("70000001");
    let parsed = ask(ALL, &documents, &[]).1.unwrap();
    let ids: Vec<_> = incidents(&parsed).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["30000101", "700202"]);
}

#[test]
fn cancelled_maintenance_is_not_listed() {
    let mut instance = one();
    let events = instance["Maintenances"][0]["MaintenanceEvents"].as_array_mut().unwrap();
    events.push(json!({"id": 899, "type": "canceled", "message": "Not now.", "createdAt": "2026-05-01T10:00:00Z"}));
    let parsed = ask(ONE, &[("instances/NA45/status", instance)], &[]).1.unwrap();
    assert!(parsed.snapshot.incidents.iter().all(|incident| incident.kind == Kind::Incident));
}

#[test]
fn what_does_not_come_concludes_nothing() {
    let mut documents = at_rest().to_vec();
    documents.remove(1);
    let parsed = ask(ALL, &documents, &[]).1.unwrap();
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Partial, Listing::Partial));
    let error = ask(ONE, &[("instances/NA45/status", json!({"key": "NA45"}))], &[]).1.unwrap_err();
    assert_eq!(error.to_string(), "/v1/instances/NA45/status is no instance: no `Services`");
    assert_eq!(time(&None), None);
}

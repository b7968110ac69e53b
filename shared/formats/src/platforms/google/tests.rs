//! Whole reads of fake dashboards.
use serde_json::{Value, json};
use status::{
    monitor::Match,
    snapshot::Listing,
    words::{Impact, Phase},
};

use super::FORMAT;
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{affected, check, chosen, find_incident, open_incidents},
    },
};

const CLOUD: &str = "https://status.cloud.google.com";

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn open_incident() -> (Value, Value) {
    (
        document(include_str!("../../../test_data/google/open_incident/incidents.json")),
        document(include_str!("../../../test_data/google/open_incident/products.json")),
    )
}

fn cloud(incidents: &Value, products: &Value, open: &[&str]) -> Result<ParsedPage, ReadError> {
    let (incidents, products) = (incidents.to_string(), products.to_string());
    let documents = [("incidents.json", incidents.as_bytes()), ("products.json", products.as_bytes())];
    Page::at(CLOUD).with_all(&documents).read(&FORMAT, None, &open_incidents(open)).1
}

#[test]
fn open_and_ended_incidents_are_read_with_their_components() {
    let (incidents, products) = open_incident();
    check(
        &cloud(&incidents, &products, &[]).unwrap(),
        r##"
        aaaaBBBBccccDDDD0001 "BigTableQuery": unknown
        aaaaBBBBccccDDDD0001/asia-east1 "BigTableQuery" in asia-east1: operational
        aaaaBBBBccccDDDD0001/europe-west1 "BigTableQuery" in europe-west1: partial outage
        aaaaBBBBccccDDDD0002 "Virtual Machines": unknown
        aaaaBBBBccccDDDD0002/asia-east1 "Virtual Machines" in asia-east1: operational
        aaaaBBBBccccDDDD0002/europe-west1 "Virtual Machines" in europe-west1: partial outage
        aaaaBBBBccccDDDD0003 "Name Service": operational
        aaaaBBBBccccDDDD0003/europe-west1 "Name Service" in europe-west1: operational
        Incident ended000000000000000 "Queries are slow", resolved, impact Some(Major), 2026-02-01T08:00:00Z to 2026-02-01T09:30:00Z
          aaaaBBBBccccDDDD0001
          891748012bfadb4a0e1455eaf9dc5aa7 2026-02-01T08:20:00Z - "Queries are slow."
          54e905333d52e81ff347fc37017c3d06 2026-02-01T09:31:00Z - "Queries are fast again."
        Incident ended000000000000001 "Name lookups fail in Belgium", postmortem, impact Some(Critical), 2026-05-04T08:00:00Z to 2026-05-04T09:30:00Z
          aaaaBBBBccccDDDD0003/europe-west1
          2b8981a5e64dea6c29feb6f2bb6c4e76 2026-05-04T08:20:00Z - "Summary: Name lookups fail in Belgium\nDescription: We look into it."
          fdfa3ec85732fbb63cda44b32ca8f86d 2026-05-04T09:31:00Z - "All lookups work again."
          25440fc88d9029de820119db63f23995 2026-05-04T12:00:00Z postmortem "# Mini Incident Report\nA cable was cut."
        Incident open0000000000000001 "Queries and machines fail in several regions", investigating, impact Some(Critical), 2026-05-04T13:00:00Z to -
          aaaaBBBBccccDDDD0001/europe-west1=partial outage aaaaBBBBccccDDDD0001/asia-east1=operational aaaaBBBBccccDDDD0002/europe-west1=partial outage aaaaBBBBccccDDDD0002/asia-east1=operational
          31c6d3aec7130927aed482326203a695 2026-05-04T13:30:00Z - "Summary: Queries fail in Belgium\nDescription: We look into it."
          da69691b32f2202c1bf5efdbf3c5b931 2026-05-04T14:10:00Z - "Summary: Queries and machines fail in several regions\nDescription: We found the cause."
          42d6b7c004fe82e0bc95757e1e69b876 2026-05-04T15:40:00Z - "Summary: Queries and machines fail in several regions\nDescription: Taiwan has recovered."
        components Partial, incidents Complete"##,
    );
}

#[test]
fn a_product_a_region_and_a_product_in_a_region_can_each_be_chosen() {
    let (mut incidents, products) = open_incident();
    incidents[0]["status_impact"] = json!("SERVICE_DISRUPTION");
    let snapshot = cloud(&incidents, &products, &[]).unwrap().snapshot;
    let of_open = |choice| chosen(choice, "open0000000000000001", &snapshot);
    for choice in ["BigTableQuery", "group:europe-west1", "aaaaBBBBccccDDDD0001/europe-west1"] {
        assert_eq!(of_open(choice), Match::Yes, "{choice}");
    }
    for choice in ["Name Service", "group:us-east1", "aaaaBBBBccccDDDD0003/europe-west1"] {
        assert_eq!(of_open(choice), Match::No, "{choice}");
    }
    // it came and went between two reads
    assert_eq!(chosen("group:europe-west1", "ended000000000000001", &snapshot), Match::Yes);
    assert_eq!(chosen("BigTableQuery", "ended000000000000001", &snapshot), Match::No);
    // no location is named, so it is about the product everywhere
    assert_eq!(chosen("Name Service", "open0000000000000002", &snapshot), Match::Yes);
}

#[test]
fn only_the_incidents_say_that_something_changed() {
    let page = Page::at(CLOUD).with("incidents.json", "[]");
    let (asked, result) = page.read(&FORMAT, Some("incidents"), &[]);
    assert_eq!(asked, ["incidents.json", "products.json"]);
    assert!(matches!(result, Err(ReadError::NotThisFormat(_))), "an empty list may be anything's");
}

#[test]
fn a_dashboard_without_locations_has_products_only() {
    let incidents = include_bytes!("../../../test_data/google/workspace/appsstatus+dashboard+incidents.json");
    let products = include_bytes!("../../../test_data/google/workspace/appsstatus+dashboard+products.json");
    let page = Page::at("https://www.google.com/appsstatus/dashboard/")
        .with("incidents.json", incidents)
        .with("products.json", products);
    let parsed = page.read(&FORMAT, None, &[]).1.unwrap();
    let incident = &parsed.snapshot.incidents[0];
    assert_eq!((incident.title.as_str(), incident.impact), ("Letters arrive late", Some(Impact::Major)));
    let url = "https://www.google.com/appsstatus/dashboard/incidents/letters0000000000001";
    assert_eq!(incident.url.as_deref(), Some(url));
    assert_eq!(affected(&incident.components), "wwwwXXXXyyyyZZZZ0001=partial outage");
    assert_eq!(chosen("letters", "letters0000000000001", &parsed.snapshot), Match::Yes);
    assert_eq!(chosen("Slides and Tables", "letters0000000000001", &parsed.snapshot), Match::No);
}

#[test]
fn an_incident_is_open_until_it_has_an_end() {
    let (mut incidents, products) = open_incident();
    for end in [json!(null), json!(""), json!("soon"), json!(7)] {
        incidents[1]["end"] = end.clone();
        let parsed = cloud(&incidents, &products, &[]).unwrap();
        let open = |id: &str| parsed.snapshot.incidents.iter().any(|i| i.id.as_str() == id && !i.is_over());
        assert!(open("open0000000000000001"), "{end}");
    }
    // what it is at present does not end it, nor does an end need it
    incidents[1]["most_recent_update"]["status"] = json!("AVAILABLE");
    let parsed = cloud(&incidents, &products, &[]).unwrap();
    let open = parsed.snapshot.incidents.iter().find(|i| i.id.as_str() == "open0000000000000001").unwrap();
    assert!(!open.is_over());
    assert!(open.components.iter().all(|affected| affected.status.unwrap().as_str() == "operational"));
    incidents[1]["most_recent_update"]["status"] = json!("SERVICE_OUTAGE");
    incidents[1]["end"] = json!("2026-05-04T15:50:00+00:00");
    let parsed = cloud(&incidents, &products, &["open0000000000000001"]).unwrap();
    let ended = parsed.snapshot.incidents.iter().find(|i| i.id.as_str() == "open0000000000000001").unwrap();
    assert_eq!(ended.phase, Some(Phase::Resolved));
    assert!(parsed.unlisted.is_empty());
}

#[test]
fn information_is_no_incident_unless_it_was_one() {
    let (mut incidents, products) = open_incident();
    let id = "open0000000000000002";
    let find = |incidents: &Value, open: &[&str]| {
        let parsed = cloud(incidents, &products, open).unwrap();
        assert_eq!((parsed.snapshot.coverage.incidents, parsed.problems.len()), (Listing::Complete, 0));
        let found = find_incident(&parsed, id);
        found.map(|incident| (incident.phase, incident.impact))
    };
    assert_eq!(find(&incidents, &[]), None);
    assert_eq!(find(&incidents, &[id]), Some((Some(Phase::Investigating), Some(Impact::None))));
    incidents[0]["end"] = json!("2026-05-04T15:50:00+00:00");
    assert_eq!(find(&incidents, &[id]), Some((Some(Phase::Resolved), Some(Impact::None))));
    incidents[0]["status_impact"] = json!("SERVICE_DISRUPTION");
    assert_eq!(find(&incidents, &[]), Some((Some(Phase::Resolved), Some(Impact::Major))));
}

#[test]
fn an_update_keeps_its_identity_when_it_is_edited() {
    let (mut incidents, products) = open_incident();
    let ids = |incidents: &Value| {
        let snapshot = cloud(incidents, &products, &[]).unwrap().snapshot;
        let open = snapshot.incidents.into_iter().find(|i| i.id.as_str() == "open0000000000000001").unwrap();
        open.updates.into_iter().map(|update| update.id).collect::<Vec<_>>()
    };
    let before = ids(&incidents);
    incidents[1]["updates"][0]["text"] = json!("Taiwan and Belgium have recovered.");
    incidents[1]["updates"][0]["when"] = json!("2026-05-04T15:44:00+00:00");
    incidents[1]["updates"][0]["status"] = json!("AVAILABLE");
    assert_eq!(ids(&incidents), before);
    let twin = json!({"created": "2026-05-04T15:40:00+00:00", "when": "2026-05-04T15:40:00+00:00", "text": "Zzz"});
    incidents[1]["updates"].as_array_mut().unwrap().insert(0, twin);
    let with_twin = ids(&incidents);
    assert_eq!((with_twin.len(), &with_twin[..3]), (4, &before[..]));
}

#[test]
fn an_open_incident_that_the_list_dropped_is_withdrawn_but_not_from_an_empty_list() {
    let (mut incidents, products) = open_incident();
    let open = ["gone0000000000000001"];
    let parsed = cloud(&incidents, &products, &open).unwrap();
    assert_eq!((parsed.snapshot.coverage.incidents, parsed.unlisted.len()), (Listing::Complete, 1));
    incidents[1]["id"] = json!(null);
    let parsed = cloud(&incidents, &products, &open).unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "one could not be recognised");
    assert_eq!(parsed.problems, ["an incident without id was left out"]);
    let parsed = cloud(&json!([]), &products, &open).unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert!(parsed.snapshot.components.iter().all(|product| product.status.as_str() == "operational"));
}

#[test]
fn an_outage_of_everything_names_products_and_locations_each_for_themselves() {
    let (mut incidents, products) = open_incident();
    let many = |what: &str| (0..40).map(|n| json!({"title": what, "id": format!("{what}{n}")})).collect::<Value>();
    incidents[1]["affected_products"] = many("p");
    incidents[1]["currently_affected_locations"] = many("l");
    let snapshot = cloud(&incidents, &products, &[]).unwrap().snapshot;
    let open = snapshot.incidents.iter().find(|i| i.id.as_str() == "open0000000000000001").unwrap();
    assert_eq!(open.components.len(), 81);
    for (choice, expected) in [("p7", Match::Yes), ("group:l7", Match::Yes), ("group:l77", Match::No)] {
        assert_eq!(chosen(choice, "open0000000000000001", &snapshot), expected, "{choice}");
    }
}

#[test]
fn long_ended_incidents_are_left_out_but_none_that_is_believed_to_be_open() {
    let (mut incidents, products) = open_incident();
    let ended = incidents[3].clone();
    for n in 0..120 {
        let mut ended = ended.clone();
        ended["id"] = json!(format!("long{n}"));
        ended["modified"] = json!(format!("2025-01-01T00:{:02}:{:02}+00:00", n / 60, n % 60));
        incidents.as_array_mut().unwrap().push(ended);
    }
    let parsed = cloud(&incidents, &products, &["long0"]).unwrap();
    let has = |id: &str| parsed.snapshot.incidents.iter().any(|incident| incident.id.as_str() == id);
    assert_eq!(parsed.snapshot.incidents.len(), 102);
    assert!(has("long0") && !has("long1") && has("long119") && has("open0000000000000001"));
}

#[test]
fn all_that_ended_in_the_last_90_days_is_read_before_what_was_changed_later() {
    let (mut incidents, products) = open_incident();
    let ended = incidents[3].clone();
    let mut add = |id: String, end: &str, modified: &str| {
        let mut ended = ended.clone();
        (ended["id"], ended["end"], ended["modified"]) = (json!(id), json!(end), json!(modified));
        incidents.as_array_mut().unwrap().push(ended);
    };
    for n in 0..120 {
        add(format!("recent{n}"), "2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00");
        add(format!("long{n}"), "2026-01-01T00:00:00+00:00", "2026-05-04T00:00:00+00:00");
    }
    let parsed = cloud(&incidents, &products, &[]).unwrap();
    let ids = parsed.snapshot.incidents.iter().map(|incident| incident.id.as_str());
    let ended: Vec<&str> = ids.filter(|id| id.starts_with("recent") || id.starts_with("long")).collect();
    assert_eq!((ended.len(), ended.iter().all(|id| id.starts_with("recent"))), (120, true));
}

#[test]
fn a_list_of_another_provider_is_refused() {
    let (_, products) = open_incident();
    let error = cloud(&json!([{"id": 1, "name": "x"}]), &products, &[]).unwrap_err();
    assert!(matches!(error, ReadError::NotThisFormat(_)), "{error}");
}

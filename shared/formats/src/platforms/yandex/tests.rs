//! Whole reads of a fake page.
use serde_json::{Value, json};
use status::{monitor::Match, snapshot::Listing};

use super::FORMAT;
use crate::{
    contract::ParsedPage,
    testing::{
        Page,
        facts::{check, chosen, open_incidents},
    },
};

const LIST: &str = "https://status.yandex.cloud/api/incidents?lang=en&installation=all";
const SERVICES: &str = "https://status.yandex.cloud/api/services?lang=en";
const OPEN: &str = "https://status.yandex.cloud/api/incidents/1201?lang=en";

fn incidents() -> Value {
    serde_json::from_str(include_str!("../../../test_data/yandex/open_incident/api+incidents")).unwrap()
}

fn read(page: &str, documents: &[(&str, &Value)], open: &[&str]) -> (Vec<String>, ParsedPage) {
    let documents: Vec<_> = documents.iter().map(|(url, document)| (*url, document.to_string())).collect();
    let mut documents: Vec<_> = documents.iter().map(|(url, document)| (*url, document.as_bytes())).collect();
    documents.push((SERVICES, include_bytes!("../../../test_data/yandex/open_incident/api+services")));
    let (asked, result) = Page::at(page).with_all(&documents).read(&FORMAT, None, &open_incidents(open));
    (asked, result.unwrap())
}

#[test]
fn incidents_are_read_with_services_in_regions_by_way_of_an_older_host() {
    let (asked, parsed) = read("https://status.cloud.yandex.com/", &[(LIST, &incidents())], &[]);
    assert_eq!(asked, [LIST, SERVICES]);
    check(
        &parsed,
        r##"
        2/kz "Machines" in kz: operational
        2/ru "Machines" in ru: major outage
        3/kz "Networks" in kz: operational
        3/ru "Networks" in ru: major outage
        5/kz "Objects" in kz: operational
        5/ru "Objects" in ru: operational
        Incident 1200 "Number 1200 of our fake incidents", postmortem, impact Some(Minor), 2026-05-03T10:00:00Z to 2026-05-03T11:00:00Z
          5/kz
          41 2026-05-03T10:10:00Z investigating "Some objects are missing."
          42 2026-05-03T11:05:00Z resolved "Objects are there again."
          report 2026-05-04T08:00:00Z postmortem "A disk was full."
        Incident 1201 "Number 1201 of our fake incidents", investigating, impact Some(Major), 2026-05-04T13:00:00Z to -
          2/ru=major outage 3/ru=major outage
          51 2026-05-04T13:10:00Z investigating "Machines have no network."
          52 2026-05-04T14:00:00Z - "We found the cause."
        components Complete, incidents Complete"##,
    );
    let url = parsed.snapshot.incidents[1].url.as_deref();
    assert_eq!(url, Some("https://status.yandex.cloud/en/incidents/1201"));
    for (choice, expected) in
        [("group:ru", Match::Yes), ("group:kz", Match::No), ("machines", Match::Yes), ("5/ru", Match::No)]
    {
        assert_eq!(chosen(choice, "1201", &parsed.snapshot), expected, "{choice}");
    }
}

#[test]
fn the_last_comment_ends_an_incident_that_still_is_called_open() {
    let over = |incidents: &Value| {
        let parsed = read("https://status.yandex.cloud", &[(LIST, incidents)], &[]).1;
        parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str() == "1201").unwrap().is_over()
    };
    let mut incidents = incidents();
    incidents["items"][0]["endDate"] = json!("2026-05-04T15:00:00.000Z");
    assert!(!over(&incidents), "an end alone may be a plan");
    incidents["items"][0]["comments"][0]["type"] = json!("resolved");
    assert!(over(&incidents));
}

#[test]
fn what_left_the_list_is_looked_up_by_its_number() {
    let mut list = incidents();
    let mut ended = list["items"].as_array_mut().unwrap().remove(0);
    ended["status"] = json!("resolved");
    let (asked, parsed) =
        read("https://status.cloud.yandex.com", &[(LIST, &list), (OPEN, &ended)], &["1201", "../../x"]);
    assert_eq!(asked, [LIST, OPEN, SERVICES]);
    assert_eq!((parsed.snapshot.incidents.len(), parsed.unlisted.len()), (2, 2));
    assert!(parsed.snapshot.incidents.iter().all(|incident| incident.is_over()));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "one is no number");
    let (_, parsed) = read("https://status.yandex.cloud", &[(LIST, &list)], &["1201"]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete, "withdrawn");
    let (_, parsed) = read("https://status.yandex.cloud", &[(LIST, &list), (OPEN, &json!({}))], &["1201"]);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

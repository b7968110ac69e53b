//! Histories of fake pages: what is asked for, and what is taken from the answers.
use serde_json::{Value, json};

use super::*;
use crate::{contract::KnownIncident, testing::Page};

const NOW: &str = "2026-05-04T16:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// So many incidents that the page listed, one a day, the newest yesterday.
fn known(incidents: i64) -> Vec<KnownIncident> {
    let began_at = |days: i64| at(NOW) - jiff::SignedDuration::from_hours(24 * days);
    let known = |days| KnownIncident { id: id(days).as_str().into(), kind: Kind::Incident, began_at: began_at(days) };
    (1..=incidents).map(known).collect()
}

fn id(days: i64) -> String {
    format!("1nc1dent{days:04}")
}

/// An incident of one day as the list of the API has it.
fn listed(days: i64) -> Value {
    let began_at = at(NOW) - jiff::SignedDuration::from_hours(24 * days);
    let ended_at = began_at + jiff::SignedDuration::from_mins(30);
    json!({
        "id": id(days), "name": format!("Trouble {days}"), "status": "resolved", "impact": "major",
        "created_at": began_at, "started_at": began_at, "resolved_at": ended_at, "updated_at": ended_at,
        "shortlink": null, "components": [], "incident_updates": [],
    })
}

fn incidents(days: std::ops::RangeInclusive<i64>) -> Value {
    json!({"page": {"id": "p4gep4gep4ge"}, "incidents": days.map(listed).collect::<Vec<_>>()})
}

fn maintenances(zone: &str) -> Value {
    json!({"page": {"id": "p4gep4gep4ge", "time_zone": zone}, "scheduled_maintenances": [{
        "id": "w0rkd0ne0001", "name": "New disks", "status": "completed", "impact": "maintenance",
        "scheduled_for": "2026-04-01T02:00:00Z", "scheduled_until": "2026-04-01T04:00:00Z",
        "created_at": "2026-03-20T10:00:00Z", "resolved_at": "2026-04-01T03:50:00Z", "incident_updates": [],
    }]})
}

fn past(code: &str, timestamp: &str) -> Value {
    json!({"code": code, "name": "Slow", "message": "It is over.", "impact": "minor", "timestamp": timestamp})
}

fn asked(page: &Page, known: &[KnownIncident]) -> (Vec<String>, Result<ParsedHistory, ReadError>) {
    page.history(&HISTORY, "api-v2", known)
}

fn ids(history: &ParsedHistory) -> Vec<&str> {
    history.incidents.iter().map(|incident| incident.id.as_str()).collect()
}

#[test]
fn a_page_whose_newest_incidents_reach_far_enough_is_asked_for_planned_work_only() {
    let page = Page::of(&[(MAINTENANCES, &maintenances("Etc/UTC"))]);
    for known in [known(49), known(95)] {
        let (asked, history) = asked(&page, &known);
        assert_eq!(asked, [MAINTENANCES]);
        let history = history.unwrap();
        assert_eq!(ids(&history), ["w0rkd0ne0001"]);
        assert_eq!(history.incidents[0].kind, Kind::Maintenance);
        assert_eq!(history.incidents[0].resolved_at, Some(at("2026-04-01T03:50:00Z")));
    }
}

#[test]
fn older_incidents_are_read_as_far_as_they_are_wanted() {
    let (second, third) = (incidents(51..=100), incidents(101..=150));
    let page = Page::of(&[
        (MAINTENANCES, &maintenances("Etc/UTC")),
        ("api/v2/incidents.json?page=2", &second),
        ("api/v2/incidents.json?page=3", &third),
    ]);
    let (asked, history) = asked(&page, &known(50));
    assert_eq!(asked, [MAINTENANCES, "api/v2/incidents.json?page=2"]);
    assert_eq!(history.unwrap().incidents.len(), 51);
}

#[test]
fn of_a_page_without_end_the_newest_two_hundred_incidents_are_enough() {
    // Each day has many of them, so that no list reaches the 90 days.
    let dense = |from: i64| {
        let mut list = incidents(from..=from + 49);
        for incident in list["incidents"].as_array_mut().unwrap() {
            incident["started_at"] = json!("2026-05-01T00:00:00Z");
        }
        list
    };
    let (second, third, fourth) = (dense(51), dense(101), dense(151));
    let page = Page::of(&[
        (MAINTENANCES, &maintenances("Etc/UTC")),
        ("api/v2/incidents.json?page=2", &second),
        ("api/v2/incidents.json?page=3", &third),
        ("api/v2/incidents.json?page=4", &fourth),
    ]);
    let (asked, history) = asked(&page, &known(50));
    assert_eq!((asked.len(), history.unwrap().incidents.len()), (4, 151));
}

#[test]
fn a_page_that_lists_the_newest_again_is_asked_for_its_displayed_history() {
    let again = incidents(1..=50);
    let first = json!({"months": [{"name": "May", "year": 2026, "incidents": [
        past("1nc1dent0001", "May <var data-var='date'>3</var>, <var data-var='time'>16:00</var> UTC"),
        past("st1ll0pen001", "May <var data-var='date'>4</var>, <var data-var='time'>15:58</var> UTC"),
    ]}, {"name": "March", "year": 2026, "incidents": [
        past("march0000001", "Mar <var data-var='date'>10</var>, <var data-var='time'>08:04</var> - \
            <var data-var='time'>08:08</var> CST"),
        past("march0000002", "Mar <var data-var='date'> 9</var>, <var data-var='time'>23:44</var> - \
            Mar <var data-var='date'>10</var>, <var data-var='time'>02:27</var> CDT"),
        past("n0t1me000001", "some day in March"),
    ]}]});
    let second = json!({"months": [{"name": "February", "year": 2026, "incidents": [
        past("february0001", "Feb <var data-var='date'>20</var>, <var data-var='time'>10:00</var> EST"),
    ]}]});
    let page = Page::of(&[
        (MAINTENANCES, &maintenances("America/Chicago")),
        ("api/v2/incidents.json?page=2", &again),
        ("history.json?page=1", &first),
        ("history.json?page=2", &second),
    ]);
    let (asked, history) = asked(&page, &known(50));
    assert_eq!(asked, [MAINTENANCES, "api/v2/incidents.json?page=2", "history.json?page=1", "history.json?page=2"]);
    let history = history.unwrap();
    assert_eq!(ids(&history), ["february0001", "march0000001", "march0000002", "w0rkd0ne0001"]);
    let times: Vec<_> = history.incidents[..3].iter().map(|it| (it.started_at, it.resolved_at)).collect();
    let between = |from: &str, to: &str| (Some(at(from)), Some(at(to)));
    assert_eq!(
        times,
        [
            between("2026-02-20T15:00:00Z", "2026-02-20T15:00:00Z"),
            between("2026-03-10T14:04:00Z", "2026-03-10T14:08:00Z"),
            between("2026-03-10T04:44:00Z", "2026-03-10T07:27:00Z"),
        ]
    );
    assert_eq!(history.problems.len(), 1, "{:?}", history.problems);
    assert_eq!(history.incidents[0].url.as_deref(), Some("https://status.example.com/incidents/february0001"));
}

#[test]
fn an_incident_may_last_from_one_year_into_the_next() {
    let (began_at, ended_at) = times("Dec 31, 23:00 - Jan 1, 01:00 UTC", 2025, None).unwrap();
    assert_eq!((began_at, ended_at), (at("2025-12-31T23:00:00Z"), at("2026-01-01T01:00:00Z")));
    assert_eq!(times("Dec 31, 23:00 - Jan 1, 01:00 CST", 2025, None), None, "it may be China's or America's");
    assert_eq!(times("Dec 31, 23:00", 2025, None), None, "a time without a zone is no time");
}

#[test]
fn a_page_in_trouble_is_asked_another_time_and_one_without_history_is_not() {
    let (asked_for, history) = asked(&Page::at("https://status.example.com").otherwise(503, ""), &known(50));
    assert_eq!(asked_for, [MAINTENANCES]);
    assert!(matches!(history, Err(ReadError::Status { status: 503, .. })));
    let (asked_for, history) = asked(&Page::at("https://status.example.com"), &known(50));
    assert_eq!(asked_for.len(), 3, "{asked_for:?}");
    assert!(history.unwrap().incidents.is_empty());
    let (_, history) = asked(&Page::at("https://status.example.com").otherwise(200, "<html>"), &known(50));
    assert!(history.unwrap().incidents.is_empty());
}

//! OnlineOrNot: the address of the summary, states, what is open.
use status::page_state::PageState;

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, open_incidents},
};

#[test]
fn summary_is_asked_for_by_host_or_by_name() {
    let url = |page: &str| summary_url(&page.parse().unwrap()).map(|url| url.to_string()).ok();
    let of = |key: &str| Some(format!("https://api.onlineornot.com/v1/status_pages/{key}/summary"));
    assert_eq!(url("https://status.acme.test/x"), of("status.acme.test"));
    assert_eq!(url("https://acme.onlineornot.com"), of("acme"));
    assert_eq!(url("https://onlineornot.com/status-pages"), None);
    assert_eq!(url("https://www.onlineornot.com"), None);
    assert_eq!(url("https://[::1]"), None);
}

#[test]
fn page_has_components_incidents_and_planned_work() {
    let (asked, parsed) = FakePage::case("onlineornot/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["https://api.onlineornot.com/v1/status_pages/status.example.com/summary"]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.snapshot.page.id.as_deref(), Some("pAge7"));
    check(
        &parsed,
        "chat \"Chat\": partial outage
        home \"Homepage\": operational
        mail \"Mail\": under maintenance
        Incident inc-1 \"Chat drops messages\", -, impact Some(Major), 2026-05-04T13:20:00Z to -
          
        Maintenance mw-1 \"New disks for mail\", -, impact None, - to -
          
        components Complete, incidents Complete",
    );
}

#[test]
fn incident_that_left_the_summary_is_over() {
    let page = FakePage::case("onlineornot/all_operational");
    let parsed = page.read(&FORMAT, Some("summary"), &open_incidents(&["inc-1"])).1.unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(parsed.unlisted.iter().map(IncidentId::as_str).collect::<Vec<_>>(), ["inc-1"]);
}

#[test]
fn incident_that_one_answer_lacks_goes_on() {
    let open = FakePage::case("onlineornot/incident_open").read(&FORMAT, Some("summary"), &[]).1.unwrap().snapshot;
    let fine = FakePage::case("onlineornot/all_operational");
    let lacking = fine.read(&FORMAT, Some("summary"), &open_incidents(&["inc-1"])).1.unwrap().snapshot;
    let now = "2026-05-04T16:00:00Z".parse().unwrap();
    let quiet = Snapshot { incidents: Vec::new(), ..open.clone() };
    let told = PageState::baseline(&quiet, now).apply(&open, now);
    let one = |state: &PageState| {
        let known = state.incidents.iter().find(|known| known.incident.id.as_str() == "inc-1").unwrap();
        (known.is_open(), known.episode)
    };
    let (is_open, episode) = one(&told);
    assert!(is_open);
    let after_a_gap = told.apply(&lacking, now);
    assert_eq!(one(&after_a_gap), (true, episode), "one answer proves nothing");
    assert_eq!(one(&after_a_gap.apply(&open, now)), (true, episode), "it is the same, and not opened again");
    assert!(!one(&after_a_gap.apply(&lacking, now)).0, "two answers end it");
}

#[test]
fn answer_of_another_kind_is_no_page() {
    let error = r#"{"success":false,"result":null,"errors":[{"code":10001}]}"#;
    let url = "https://api.onlineornot.com/v1/status_pages/status.example.com/summary";
    let read = FakePage::of(&[(url, error)]).read(&FORMAT, None, &[]).1;
    assert!(matches!(read, Err(ReadError::NotThisFormat(_))), "{read:?}");
}

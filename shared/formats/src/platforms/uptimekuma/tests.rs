//! Uptime Kuma: slugs, states by checks and by days, posts by colour, ends in the history.
use status::words::{ComponentStatus, Impact, Phase};

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{at, check, incident, open_incidents, status_of},
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        include_str!(concat!("../../../test_data/uptimekuma/", $case, "/", $name))
    };
}

const PAGE: &str = "api/status-page/acme";
const CHECKS: &str = "api/status-page/heartbeat/acme";
const HISTORY: &str = "api/status-page/acme/incident-history";
const OPERATIONAL: [(&str, &str); 3] = [
    ("", document!("operational", "+")),
    (PAGE, document!("operational", "api+status-page+acme")),
    (CHECKS, document!("operational", "api+status-page+heartbeat+acme")),
];
const INCIDENT: [(&str, &str); 2] = [
    (PAGE, document!("incident_and_maintenance", "api+status-page+acme")),
    (CHECKS, document!("incident_and_maintenance", "api+status-page+heartbeat+acme")),
];
const SOURCE: Option<&str> = Some("slug acme");

fn page(documents: &[(&str, &str)]) -> FakePage {
    FakePage::of(documents).at_time("2026-05-04T16:00:00Z")
}

fn read(page: &FakePage, open: &[&str]) -> ParsedPage {
    page.read(&FORMAT, SOURCE, &open_incidents(open)).1.unwrap()
}

#[test]
fn slug_is_found_on_the_page_or_in_its_address() {
    let own_domain = page(&OPERATIONAL).read(&FORMAT, None, &[]);
    assert_eq!(own_domain.0, ["", PAGE, CHECKS]);
    let parsed = own_domain.1.unwrap();
    assert_eq!(parsed.source, "slug acme");
    check(
        &parsed,
        "11 \"API\" in Services: operational
        12 \"Website\" in Services: operational
        13 \"Database\" in Inside: operational
        components Complete, incidents Complete",
    );
    let path = FakePage::at("https://acme.example/monitor/status/Acme").at_time("2026-05-04T16:00:00Z");
    let path = path
        .with("https://acme.example/monitor/api/status-page/acme", OPERATIONAL[1].1)
        .with("https://acme.example/monitor/api/status-page/heartbeat/acme", OPERATIONAL[2].1);
    assert_eq!(path.read(&FORMAT, None, &[]).1.unwrap().snapshot.components.len(), 3);
}

#[test]
fn post_in_red_is_an_incident_and_one_in_blue_is_information() {
    let parsed = read(&page(&INCIDENT), &[]);
    let ids: Vec<&str> = parsed.snapshot.incidents.iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(ids, ["7", "maintenance-3"]);
    let down = incident(&parsed, "7");
    assert_eq!((down.phase, down.impact, down.started_at), (None, Some(Impact::Major), at("2026-05-04T15:30:00Z")));
    assert_eq!(down.updates[0].posted_at, at("2026-05-04T15:41:00Z"));
    let upgrade = incident(&parsed, "maintenance-3");
    let window = upgrade.window.unwrap();
    assert_eq!((window.starts_at, window.ends_at), (at("2026-05-04T15:00:00Z"), at("2026-05-04T17:00:00Z")));
    assert_eq!(upgrade.phase, Some(Phase::InProgress));
    let states = ["11", "12", "13", "14"].map(|id| status_of(&parsed, id));
    use ComponentStatus::*;
    assert_eq!(states, [MajorOutage, Operational, UnderMaintenance, Unknown]);
    assert_eq!(parsed.problems, [""; 0]);
}

#[test]
fn state_is_that_of_the_newest_check_that_tells() {
    let state = |checks: &str| {
        let checks = format!("{{\"heartbeatList\":{{\"11\":{checks}}}}}");
        let parsed = read(&page(&[OPERATIONAL[1], (CHECKS, &checks)]), &[]);
        (status_of(&parsed, "11"), parsed.problems.len())
    };
    let check = |status: u8, time: &str| format!("{{\"status\":{status},\"time\":\"{time}\",\"msg\":\"\"}}");
    let (early, late, old) = ("2026-05-04 15:00:00.1", "2026-05-04 15:59:00.1", "2026-04-02 09:59:00.1");
    let of = |checks: &[String]| state(&format!("[{}]", checks.join(",")));
    use ComponentStatus::*;
    assert_eq!(of(&[check(1, early), check(0, late)]), (MajorOutage, 0));
    assert_eq!(of(&[check(0, early), check(1, late)]), (Operational, 0));
    assert_eq!(of(&[check(1, early), check(2, late)]), (Operational, 0), "it is tried again");
    assert_eq!(of(&[check(0, early), check(2, late)]), (MajorOutage, 0));
    assert_eq!(of(&[check(0, old)]), (Unknown, 0), "it is paused");
    assert_eq!(of(&[check(9, late)]), (Unknown, 1));
    assert_eq!(state("[]"), (Unknown, 0));
    // Days in place of checks.
    let day = "2026-05-04T16:00:00.000Z";
    assert_eq!(of(&["0".to_owned(), check(1, day)]), (Operational, 0));
    assert_eq!(of(&[check(0, day)]), (Unknown, 0), "it was down some time of the day");
}

#[test]
fn end_is_in_the_history() {
    let history = |active: bool| {
        format!(
            "{{\"ok\":true,\"incidents\":[{{\"id\":7,\"style\":\"danger\",\"title\":\"The API does not answer\",\
             \"content\":\"It is over.\",\"pin\":false,\"active\":{active},\"createdDate\":\"2026-05-04 15:30:00\",\
             \"lastUpdatedDate\":\"2026-05-04 16:30:00\"}}],\"total\":1,\"nextCursor\":null,\"hasMore\":false}}"
        )
    };
    let with = |history: &str| {
        let page = page(&OPERATIONAL).with(HISTORY, history);
        read(&page, &["7"])
    };
    let over = with(&history(false));
    let ended = incident(&over, "7");
    assert_eq!((ended.phase, ended.resolved_at), (Some(Phase::Resolved), at("2026-05-04T16:30:00Z")));
    assert_eq!(over.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(with(&history(true)).snapshot.coverage.incidents, Listing::Partial, "it is only not shown");
    let gone = with("{\"ok\":true,\"incidents\":[]}");
    assert_eq!((gone.snapshot.coverage.incidents, gone.snapshot.incidents.len()), (Listing::Complete, 0));
    assert_eq!(with("<html>").snapshot.coverage.incidents, Listing::Partial);
    let without = read(&page(&OPERATIONAL), &["7"]);
    assert_eq!(without.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(without.unlisted.len(), 1);
}

#[test]
fn before_version_2_1_a_page_shows_one_incident_or_null() {
    let with = |incident: &str| {
        let document = format!("{{\"incident\":{incident},\"publicGroupList\":[],\"maintenanceList\":[]}}");
        // These servers answer every other address with their page.
        let page = page(&[(PAGE, &document), OPERATIONAL[2]]).otherwise(200, "<!DOCTYPE html><html></html>");
        let (asked, parsed) = page.read(&FORMAT, SOURCE, &open_incidents(&["2"]));
        assert_eq!(asked, [PAGE, CHECKS], "there is no history");
        parsed.unwrap()
    };
    let late = "{\"id\":2,\"style\":\"warning\",\"title\":\"Mails are late\",\"content\":\"Mails take an hour.\",\"pin\":1,\
                \"createdDate\":\"2026-05-04 14:00:00\",\"lastUpdatedDate\":null}";
    let shown = with(late);
    let late = incident(&shown, "2");
    assert_eq!(
        (late.phase, late.impact, late.updates[0].posted_at),
        (None, Some(Impact::Minor), at("2026-05-04T14:00:00Z"))
    );
    let gone = with("null");
    assert_eq!((gone.snapshot.incidents.len(), gone.snapshot.coverage.incidents), (0, Listing::Complete));
    assert_eq!((gone.unlisted, gone.problems), (vec!["2".into()], vec![]));
}

#[test]
fn document_without_its_lists_proves_nothing() {
    for key in ["incidents", "maintenanceList"] {
        let mut page = page(&INCIDENT);
        page.edit(PAGE, |document| drop(document.as_object_mut().unwrap().remove(key)));
        assert_eq!(read(&page, &[]).snapshot.coverage.incidents, Listing::Partial, "{key}");
    }
}

#[test]
fn maintenance_that_is_listed_no_longer_needs_no_look_up() {
    let (asked, parsed) = page(&OPERATIONAL).read(&FORMAT, SOURCE, &open_incidents(&["maintenance-3"]));
    assert_eq!(asked, [PAGE, CHECKS]);
    assert_eq!(parsed.unwrap().snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn recurring_maintenance_has_the_window_of_the_slot_under_way() {
    let window = |slots: serde_json::Value| {
        let mut page = page(&INCIDENT);
        page.edit(PAGE, |document| document["maintenanceList"][0]["timeslotList"] = slots);
        let parsed = read(&page, &[]);
        let window = incident(&parsed, "maintenance-3").window;
        (window.and_then(|window| window.starts_at), window.and_then(|window| window.ends_at), parsed.problems.len())
    };
    let slot = |start: &str, end: &str| serde_json::json!({"startDate": start, "endDate": end});
    let running = slot("2026-05-04T15:30:00.000Z", "2026-05-04T16:30:00.000Z");
    let next = slot("2026-05-05T15:30:00.000Z", "2026-05-05T16:30:00.000Z");
    let of_running = (at("2026-05-04T15:30:00Z"), at("2026-05-04T16:30:00Z"), 0);
    assert_eq!(window([running.clone(), next.clone()].into()), of_running);
    assert_eq!(window([next.clone(), running].into()), of_running);
    // The server keeps its answer for some minutes.
    let over = slot("2026-05-04T14:30:00.000Z", "2026-05-04T15:59:00.000Z");
    assert_eq!(window([over, next.clone()].into()), (at("2026-05-04T14:30:00Z"), at("2026-05-04T15:59:00Z"), 0));
    assert_eq!(window([next].into()).0, at("2026-05-05T15:30:00Z"), "it is the only one");
    assert_eq!(window([slot("2026-05-04 17:00:00", "")].into()), (at("2026-05-04T15:00:00Z"), None, 0));
    assert_eq!(window([slot("tomorrow", "2026-05-04 19:00")].into()), (None, at("2026-05-04T17:00:00Z"), 1));
    assert_eq!(window(serde_json::json!([])), (None, None, 0), "it was begun by hand");
}

#[test]
fn other_documents_are_refused() {
    for document in ["{}", "[]", "<html>", "{\"ok\":false,\"msg\":\"Not Found\"}"] {
        let refused = page(&[(PAGE, document), OPERATIONAL[2]]).read(&FORMAT, SOURCE, &[]).1;
        assert!(matches!(refused, Err(ReadError::NotThisFormat(_))), "{document}");
    }
    let other = page(&[("", "<html>/api/status-page/../../x/manifest.json</html>")]).read(&FORMAT, None, &[]).1;
    assert!(matches!(other, Err(ReadError::NotThisFormat(_))));
}

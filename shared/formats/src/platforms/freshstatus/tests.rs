//! Accounts, incidents without an end, maintenance, and what left the lists.
use serde_json::{Value, json};
use status::{
    snapshot::{Incident, Kind, Listing},
    words::{ComponentStatus::*, Phase},
};

use super::FORMAT;
use crate::{
    contract::ParsedPage,
    testing::{Page, facts::states},
};

const PAGE: &str = "https://status.example.com/";
const OPEN: &str = "https://public-api.freshstatus.io/v1/public-incidents/?account_id=4711&end_time__isempty=true";
const ALL: &str = "https://public-api.freshstatus.io/v1/public-incidents/?account_id=4711";
const COMPONENTS: &str = "https://public-api.freshstatus.io/v1/public-components/?account_id=4711";
const BY_ID: &str = "https://public-api.freshstatus.io/v1/public-incidents/900/?account_id=4711";

fn html(details: &str) -> String {
    format!(r#"<html><script>{{"props":{{"accountDetails":{details},"page":"/"}}}}</script></html>"#)
}

fn list(results: &[&Value]) -> String {
    json!({"count": results.len(), "next": null, "results": results}).to_string()
}

fn incident(id: u64) -> Value {
    json!({"id": id, "title": "Slow search", "description": "<p>We look into it.</p>", "is_planned": false,
        "start_time": "2026-05-04T15:00:00Z", "end_time": null, "scheduled_start_time": null,
        "scheduled_end_time": null, "affected_components": [{"component": 12, "new_status": "PO"}]})
}

fn page(open: &[&Value], all: &[&Value]) -> Page {
    let components = json!({"components": [
        {"id": 10, "name": "Europe", "components": [
            {"id": 11, "name": "Login", "status": "OP"}, {"id": 12, "name": "Search", "status": "PO"}]},
        {"id": 13, "name": "Docs", "status": "PD"}]});
    Page::at(PAGE)
        .with(PAGE, html(r#"{"id":4711,"name":"Example"}"#))
        .with(OPEN, list(open))
        .with(ALL, list(all))
        .with(COMPONENTS, components.to_string())
}

fn read(page: &Page, open: &[(Kind, &str)]) -> (Vec<String>, ParsedPage) {
    let (asked, parsed) = page.read(&FORMAT, Some("account 4711"), open);
    (asked, parsed.unwrap())
}

#[test]
fn the_account_is_looked_for_once() {
    let page = page(&[&incident(900)], &[&incident(900)]);
    let (asked, first) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, ["", OPEN, ALL, COMPONENTS]);
    let first = first.unwrap();
    assert_eq!(first.source, "account 4711");
    let (asked, again) = read(&page, &[(Kind::Incident, "900")]);
    assert_eq!((asked, again.snapshot), (vec![OPEN.into(), ALL.into(), COMPONENTS.into()], first.snapshot));
}

#[test]
fn an_account_is_found_wherever_its_number_stands_and_a_removed_one_is_none() {
    let found = |html: String| {
        let page = page(&[], &[]).with(PAGE, html);
        page.read(&FORMAT, None, &[]).1.map(|parsed| parsed.source.into_owned()).ok()
    };
    let account = Some("account 4711".to_owned());
    assert_eq!(found(html(r#"{"status":"ok","response":{"data":{"account_id":4711,"id":3}}}"#)), account);
    assert_eq!(found(html(r#"{"accountId":4711}"#).replace('"', "&quot;")), account);
    assert_eq!(found(html(r#"{"name":"x"}"#).replace("\"props\"", "\"account_id\":4711,\"props\"")), account);
    assert_eq!(found(html(r#"{"status":"Not Found","isError":true,"id":4711}"#)), None);
    assert_eq!(found(html(r#"{"name":"x"}"#)), None);
    assert_eq!(found(r#"<html>{"accountDetails":{"id":47"#.into()), None);
    assert_eq!(found("<html>powered by Freshstatus</html>".into()), None);
}

#[test]
fn components_stand_below_their_headings() {
    let (_, parsed) = read(&page(&[], &[]), &[]);
    let components = &parsed.snapshot.components;
    assert_eq!(states(components), [("Login", Operational), ("Search", PartialOutage), ("Docs", DegradedPerformance)]);
    let groups: Vec<_> = components.iter().map(|component| component.group.as_deref()).collect();
    assert_eq!(groups, [Some("Europe"), Some("Europe"), None]);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
}

#[test]
fn an_outage_that_the_provider_does_not_count_is_unknown() {
    let components = json!({"components": [
        {"id": 1, "name": "Old region", "status": "MO", "display_options": {"ignore_overall_status": "true"}},
        {"id": 2, "name": "Quiet region", "status": "OP", "display_options": {"ignore_overall_status": "true"}},
        {"id": 3, "name": "Region", "status": "MO", "display_options": {"ignore_overall_status": "false"}},
        {"id": 4, "name": "Odd", "status": "XX", "display_options": []}]});
    let (_, parsed) = read(&page(&[], &[]).with(COMPONENTS, components.to_string()), &[]);
    let expected = [("Old region", Unknown), ("Quiet region", Operational), ("Region", MajorOutage), ("Odd", Unknown)];
    assert_eq!(states(&parsed.snapshot.components), expected);
    assert_eq!(parsed.problems.len(), 1);
}

#[test]
fn a_tree_without_end_is_cut() {
    let mut node = json!({"id": 1, "name": "leaf", "status": "OP"});
    for id in 2..50 {
        node = json!({"id": id, "name": "heading", "components": [node]});
    }
    let (_, parsed) = read(&page(&[], &[]).with(COMPONENTS, json!({"components": [node]}).to_string()), &[]);
    assert_eq!((parsed.snapshot.components.len(), parsed.snapshot.coverage.components), (0, Listing::Partial));
}

#[test]
fn incidents_are_told_without_components_if_these_do_not_come() {
    let (_, parsed) = read(&page(&[&incident(900)], &[]).with_status(COMPONENTS, 500, ""), &[]);
    assert_eq!((parsed.snapshot.incidents.len(), parsed.snapshot.components.len()), (1, 0));
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
}

#[test]
fn an_open_incident_has_no_phase_and_one_with_an_end_is_resolved() {
    let mut ended = incident(901);
    ended["end_time"] = json!("2026-05-04T15:30:00Z");
    let (_, parsed) = read(&page(&[&incident(900)], &[&ended]), &[]);
    let [open, ended] = &parsed.snapshot.incidents[..] else { panic!("{parsed:#?}") };
    assert_eq!((open.phase, open.is_over()), (None, false));
    assert_eq!(open.url.as_deref(), Some("https://status.example.com/incident/900"));
    assert_eq!(open.updates[0].body.as_deref(), Some("We look into it."));
    assert_eq!((open.components[0].id.as_str(), open.components[0].status), ("12", Some(PartialOutage)));
    assert_eq!(
        (ended.phase, ended.resolved_at),
        (Some(Phase::Resolved), Some("2026-05-04T15:30:00Z".parse().unwrap()))
    );
}

#[test]
fn planned_work_stands_where_its_times_say() {
    // It is 16:00 on 4 May.
    let maintenance = |start: &str, end: Option<&str>| -> Incident {
        let mut maintenance = incident(900);
        maintenance["is_planned"] = json!(true);
        maintenance["start_time"] = json!("2026-05-01T08:00:00Z");
        maintenance["scheduled_start_time"] = json!(start);
        maintenance["scheduled_end_time"] = json!("2026-05-04T15:50:00Z");
        maintenance["end_time"] = json!(end);
        read(&page(&[], &[&maintenance]), &[]).1.snapshot.incidents.remove(0)
    };
    let later = maintenance("2026-05-04T17:00:00Z", None);
    assert_eq!((later.kind, later.phase, later.started_at), (Kind::Maintenance, Some(Phase::Scheduled), None));
    assert_eq!(later.window.unwrap().starts_at, Some("2026-05-04T17:00:00Z".parse().unwrap()));
    assert_eq!(
        maintenance("2026-05-04T15:00:00Z", None).phase,
        Some(Phase::InProgress),
        "it takes longer than planned"
    );
    assert_eq!(maintenance("2026-05-04T15:00:00Z", Some("2026-05-04T15:40:00Z")).phase, Some(Phase::Completed));
    assert_eq!(maintenance("2026-05-04T15:00:00Z", Some("2026-05-04T16:40:00Z")).phase, Some(Phase::InProgress));
}

#[test]
fn what_is_in_no_list_is_looked_up_and_may_have_been_deleted() {
    let open = [(Kind::Incident, "900")];
    let (asked, parsed) = read(&page(&[], &[]), &open);
    assert_eq!((asked.len(), asked[3].as_str()), (4, BY_ID));
    assert_eq!((parsed.snapshot.incidents.len(), parsed.snapshot.coverage.incidents), (0, Listing::Complete));
    assert_eq!(parsed.unlisted.len(), 1);

    let mut ended = incident(900);
    ended["end_time"] = json!("2026-05-04T15:30:00Z");
    let (_, parsed) = read(&page(&[], &[]).with(BY_ID, ended.to_string()), &open);
    assert!(parsed.snapshot.incidents[0].is_over());

    for (status, body) in [(500, String::new()), (200, incident(901).to_string()), (200, "<html>".into())] {
        let (_, parsed) = read(&page(&[], &[]).with_status(BY_ID, status, body), &open);
        assert_eq!((parsed.snapshot.coverage.incidents, parsed.problems.len()), (Listing::Partial, 1), "{status}");
    }
    let (asked, parsed) = read(&page(&[], &[]), &[(Kind::Incident, "../x")]);
    assert_eq!((asked.len(), parsed.snapshot.coverage.incidents), (3, Listing::Partial));
}

#[test]
fn more_open_incidents_than_one_page_has_make_the_list_partial() {
    let body = json!({"next": "https://public-api.freshstatus.io/?page=2", "results": [incident(900)]});
    let (asked, parsed) = read(&page(&[], &[]).with(OPEN, body.to_string()), &[]);
    assert_eq!((asked.len(), parsed.snapshot.coverage.incidents), (3, Listing::Partial));
}

#[test]
fn without_the_list_of_open_incidents_there_is_no_reading() {
    let page = page(&[], &[]).with_status(OPEN, 404, "");
    assert!(page.read(&FORMAT, Some("account 4711"), &[]).1.is_err());
    for source in ["account 0", "account -1", "account 47 11", "4711"] {
        assert_eq!(page.read(&FORMAT, Some(source), &[]).0[0], "", "{source}");
    }
}

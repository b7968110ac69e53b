//! Whole reads of a fake page: what is asked for, and what the answers add up to.
use serde_json::{Value, json};
use status::{
    snapshot::{Kind, Listing},
    words::Impact,
};

use super::{INCIDENTS, MAINTENANCES, SUMMARY};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{affected, check, facts},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            "../../../test_data/statuspage/",
            $case,
            "/api+v2+",
            $name,
            ".json"
        )))
        .unwrap()
    };
}

/// What was asked for and the end, of a read of these documents.
fn read(documents: &[(&str, &Value)], open: &[(Kind, &str)]) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    Page::of(documents).read(&super::FORMAT, None, open)
}

fn parsed(documents: &[(&str, &Value)], open: &[(Kind, &str)]) -> ParsedPage {
    read(documents, open).1.unwrap()
}

fn open_incident() -> (Value, Value) {
    (document!("open_incident", "summary"), document!("open_incident", "incidents"))
}

fn maintenance() -> (Value, Value, Value) {
    (
        document!("maintenance", "summary"),
        document!("maintenance", "incidents"),
        document!("maintenance", "scheduled-maintenances"),
    )
}

#[test]
fn an_open_incident_is_read_with_its_components_and_updates() {
    let (summary, history) = open_incident();
    let documents: &[(&str, &Value)] = &[(SUMMARY, &summary), (INCIDENTS, &history)];
    let (asked, parsed) = read(documents, &[(Kind::Incident, "1nc0pen00001")]);
    assert_eq!(asked, [SUMMARY, INCIDENTS]);
    check(
        &parsed.unwrap(),
        r#"
        c0mpapi00001 "API": degraded performance
        c0mpdns00001 "Partner DNS": degraded performance
        c0mpdublin01 "Dublin" in Edge: partial outage
        c0mposaka001 "Osaka" in Edge: operational
        c0mpqueue001 "Queue": operational
        Incident 1nc0ld000001 "Slow answers from Osaka", postmortem, impact Some(Major), 2026-04-01T16:00:00Z to 2026-04-01T17:30:00Z
          c0mpdublin01 c0mposaka001=operational
          upd0ld000001 2026-04-01T16:00:00Z investigating "We look into slow answers from Osaka." [c0mposaka001=partial outage]
          upd0ld000002 2026-04-01T17:30:00Z resolved "Osaka answers quickly again." [c0mposaka001=operational]
          upd0ld000003 2026-04-03T18:00:00Z postmortem "A cable was cut.\n\nTwo roads now lead to Osaka."
        Incident 1nc0pen00001 "Requests fail in Dublin", identified, impact Some(Minor), 2026-05-04T15:00:00Z to -
          c0mpapi00001=degraded performance c0mpdublin01=partial outage
          upd0pen00001 2026-05-04T15:00:00Z investigating "Some requests fail.\nWe are looking for the cause." [c0mpapi00001=degraded performance c0mpdublin01=partial outage]
          upd0pen00002 2026-05-04T15:20:00Z identified "A full disk in Dublin is the cause." [c0mpapi00001=degraded performance]
          upd0pen00003 2026-05-04T15:31:00Z identified "The disk is being emptied."
        components Complete, incidents Complete
"#,
    );
}

#[test]
fn maintenances_are_read_with_their_windows() {
    let (summary, history, _) = maintenance();
    let documents: &[(&str, &Value)] = &[(SUMMARY, &summary), (INCIDENTS, &history)];
    let (asked, parsed) = read(documents, &[(Kind::Maintenance, "ma1ntsoon001")]);
    assert_eq!(asked, [SUMMARY, INCIDENTS]);
    check(
        &parsed.unwrap(),
        r#"
        c0mpapi00001 "API": operational
        c0mpdns00001 "Partner DNS": degraded performance
        c0mpdublin01 "Dublin" in Edge: operational
        c0mposaka001 "Osaka" in Edge: operational
        c0mpqueue001 "Queue": under maintenance
        Incident 1nc0ld000001 "Slow answers from Osaka", postmortem, impact Some(Major), 2026-04-01T16:00:00Z to 2026-04-01T17:30:00Z
          c0mposaka001=operational
          upd0ld000001 2026-04-01T16:00:00Z investigating "We look into slow answers from Osaka." [c0mposaka001=partial outage]
          upd0ld000002 2026-04-01T17:30:00Z resolved "Osaka answers quickly again." [c0mposaka001=operational]
          upd0ld000003 2026-04-03T18:00:00Z postmortem "A cable was cut.\n\nTwo roads now lead to Osaka."
        Maintenance ma1ntnow0001 "Database upgrade", in progress, impact None, 2026-05-04T15:00:21Z to -
          planned 2026-05-04T15:00:00Z to 2026-05-04T17:00:00Z
          c0mpqueue001=under maintenance
          updnow000001 2026-05-02T08:00:00Z scheduled "The database moves to a new version." [c0mpqueue001=operational]
          updnow000002 2026-05-04T15:00:21Z in progress "The upgrade has begun." [c0mpqueue001=under maintenance]
        Maintenance ma1ntsoon001 "New switches in Osaka", scheduled, impact None, - to -
          planned 2026-05-20T01:00:00Z to 2026-05-20T03:00:00Z
          c0mposaka001=operational
          updsoon00001 2026-05-01T12:00:00Z scheduled "We will replace switches." [c0mposaka001=operational]
          updsoon00002 2026-05-04T12:00:00Z scheduled "Moved by a day."
        components Complete, incidents Complete
"#,
    );
}

#[test]
fn a_maintenance_that_left_the_summary_is_looked_up() {
    let (summary, history, maintenances) = maintenance();
    let mut documents: &[(&str, &Value)] = &[(SUMMARY, &summary), (INCIDENTS, &history), (MAINTENANCES, &maintenances)];
    let open = [(Kind::Maintenance, "ma1ntdone001")];
    let (asked, end) = read(documents, &open);
    assert_eq!(asked, [SUMMARY, INCIDENTS, MAINTENANCES]);
    let snapshot = end.unwrap().snapshot;
    let done = snapshot.incidents.iter().find(|incident| incident.id.as_str() == "ma1ntdone001").unwrap();
    assert!(done.is_over());
    assert_eq!(done.resolved_at, Some("2026-04-20T06:25:00Z".parse().unwrap()));
    assert_eq!(affected(&done.components), "c0mpapi00001=operational");
    assert_eq!(snapshot.coverage.incidents, Listing::Complete);

    documents = &documents[..2];
    let parsed = parsed(documents, &open);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(
        parsed.problems,
        ["the history could not be read: nothing at /api/v2/scheduled-maintenances.json (status 404)"]
    );
}

#[test]
fn an_incident_that_left_the_summary_is_found_in_the_history() {
    let (mut summary, history) = open_incident();
    summary["incidents"] = json!([]);
    let documents: &[(&str, &Value)] = &[(SUMMARY, &summary), (INCIDENTS, &history)];
    let snapshot = parsed(documents, &[(Kind::Incident, "1nc0ld000001")]).snapshot;
    let ids: Vec<_> = snapshot.incidents.iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(ids, ["1nc0ld000001", "1nc0pen00001"]);
    assert_eq!(snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn an_incident_in_neither_list_is_gone_only_if_both_were_read() {
    let (summary, history) = open_incident();
    let listing = |documents: &[(&'static str, &Value)], open: &str| {
        parsed(documents, &[(Kind::Incident, open)]).snapshot.coverage.incidents
    };
    let both: &[(&str, &Value)] = &[(SUMMARY, &summary), (INCIDENTS, &history)];
    assert_eq!(listing(both, "withdrawn001"), Listing::Complete);
    assert_eq!(listing(&both[..1], "withdrawn001"), Listing::Partial);
    for other in [json!({"error": "try later"}), json!({"scheduled_maintenances": []})] {
        assert_eq!(listing(&[both[0], (INCIDENTS, &other)], "withdrawn001"), Listing::Partial);
    }
    assert_eq!(listing(&both[..1], "1nc0pen00001"), Listing::Complete);
}

#[test]
fn of_two_views_of_an_incident_the_one_changed_later_counts() {
    let (summary, mut history) = open_incident();
    let phase_of = |history: &Value| {
        let snapshot = parsed(&[(SUMMARY, &summary), (INCIDENTS, history)], &[]).snapshot;
        let incident = snapshot.incidents.into_iter().find(|incident| incident.id.as_str() == "1nc0pen00001");
        incident.unwrap().phase.unwrap().as_str()
    };
    history["incidents"][0]["status"] = json!("resolved");
    assert_eq!(phase_of(&history), "identified");
    // half a minute after the summary's, in another zone
    history["incidents"][0]["updated_at"] = json!("2026-05-04T15:31:30.000Z");
    assert_eq!(phase_of(&history), "resolved");
}

#[test]
fn imitators_and_other_answers_are_not_this_format() {
    let (summary, _) = open_incident();
    let refused = |body: String| {
        let page = Page::of(&[(SUMMARY, body)]);
        match page.read(&super::FORMAT, None, &[]).1 {
            Err(ReadError::NotThisFormat(reason)) => reason,
            other => panic!("{other:?}"),
        }
    };
    let edited = |edit: fn(&mut Value)| {
        let mut summary = summary.clone();
        edit(&mut summary);
        refused(summary.to_string())
    };
    let no = |what: &str| format!("/api/v2/summary.json is no Statuspage summary: {what}");
    let bad_id = no("its page id is not 12 lower-case letters and digits");
    assert_eq!(edited(|doc| doc["page"]["id"] = json!("01JQZ7Y4T8M3K5N6P9R2S1V0WX")), bad_id);
    assert_eq!(edited(|doc| doc["page"] = json!({"id": "P4Q7R2S9T1VX", "name": "x"})), bad_id);
    assert_eq!(edited(|doc| doc["page"] = json!({"name": "x", "status": "UP"})), no("no `page.id`"));
    assert_eq!(edited(|doc| doc["status"] = json!({})), no("no `status.indicator`"));
    for key in ["page", "status", "components", "incidents", "scheduled_maintenances"] {
        let mut without = summary.clone();
        without.as_object_mut().unwrap().remove(key);
        assert_eq!(refused(without.to_string()), no(&format!("no `{key}`")));
        without[key] = Value::Null;
        assert_eq!(refused(without.to_string()), no(&format!("no `{key}`")));
        without[key] = json!(7);
        assert!(refused(without.to_string()).contains("has another shape"), "{key}");
    }
    assert_eq!(refused(r#"{"error":"not found"}"#.into()), no("no `page`"));
    assert!(refused("<!doctype html><title>App</title>".into()).contains("got an HTML page"));
}

#[test]
fn a_summary_that_is_cut_off_is_damaged() {
    let text = open_incident().0.to_string();
    match Page::of(&[(SUMMARY, &text[..text.len() - 1])]).read(&super::FORMAT, None, &[]).1 {
        Err(ReadError::Malformed(reason)) => assert!(reason.contains("is cut off"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_summary_without_components_proves_nothing_by_what_it_leaves_out() {
    let (mut summary, _) = open_incident();
    summary["components"] = json!([]);
    summary["incidents"] = json!([]);
    let documents: &[(&str, &Value)] = &[(SUMMARY, &summary), (INCIDENTS, &json!({"incidents": []}))];
    let parsed = parsed(documents, &[(Kind::Incident, "inc1")]);
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Partial, Listing::Partial));
    assert!(parsed.problems[0].contains("lists no component"), "{:?}", parsed.problems);
}

#[test]
fn a_page_of_unusual_id_must_name_its_time_zone() {
    let (mut summary, history) = open_incident();
    summary["page"]["id"] = json!("page-00042");
    assert!(read(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[]).1.is_ok());
    summary["page"]["id"] = json!("01JSFK5QX36ZRW0TW0ZV0ZYFXQ");
    assert!(read(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[]).1.is_err());
    summary["page"]["id"] = json!("page-00042");
    summary["page"].as_object_mut().unwrap().remove("time_zone");
    assert!(read(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[]).1.is_err());
}

#[test]
fn a_server_error_is_reported_as_such() {
    let page = Page::of::<&str>(&[]).with_status(SUMMARY, 503, "");
    assert!(matches!(page.read(&super::FORMAT, None, &[]).1, Err(ReadError::Status { status: 503, .. })));
}

#[test]
fn a_broken_incident_costs_only_itself_and_makes_the_list_partial() {
    type Break = fn(&mut Value);
    let (summary, history) = open_incident();
    let breaks: [(Break, &str); 3] = [
        (|incident| incident["id"] = Value::Null, "an incident without id was left out"),
        (|incident| incident["id"] = json!(""), "an incident without id was left out"),
        (|incident| incident["incident_updates"] = json!("x"), "an incident of another shape was left out"),
    ];
    for (break_it, problem) in breaks {
        let mut summary = summary.clone();
        let mut broken = summary["incidents"][0].clone();
        break_it(&mut broken);
        summary["incidents"] = json!([broken, summary["incidents"][0]]);
        let parsed = parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[]);
        assert_eq!(parsed.snapshot.incidents.len(), 2);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
        assert_eq!(parsed.problems, [problem]);
    }
}

#[test]
fn damaged_components_are_named_and_prove_nothing() {
    let (mut summary, history) = open_incident();
    summary["components"][0]["status"] = json!("on fire");
    summary["components"][1]["id"] = Value::Null;
    summary["components"][4] = summary["components"][3].clone();
    let parsed = parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[]);
    let lines = facts(&parsed);
    assert!(lines.contains("c0mpapi00001 \"API\": unknown"), "{lines}");
    assert_eq!(parsed.snapshot.components.len(), 3);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(
        parsed.problems,
        [
            r#"component "c0mpapi00001": unknown status "on fire""#,
            "a component without id or name was left out",
            r#"component "c0mpdublin01" is listed more than once"#,
        ]
    );
}

/// A page with nothing open, all components operational, and this indicator.
fn with_indicator(indicator: &str) -> (Value, Value) {
    let mut summary = document!("all_operational", "summary");
    summary["status"] = json!({"indicator": indicator, "description": "Partial System Outage"});
    for component in summary["components"].as_array_mut().unwrap() {
        component["status"] = json!("operational");
    }
    (summary, document!("all_operational", "incidents"))
}

#[test]
fn an_indicator_that_nothing_explains_is_trouble_of_unknown_extent() {
    let expected = [("minor", Impact::Minor), ("major", Impact::Major), ("critical", Impact::Critical)];
    for (indicator, impact) in expected {
        let (summary, history) = with_indicator(indicator);
        let open = |parsed: ParsedPage| parsed.snapshot.incidents.into_iter().find(|incident| !incident.is_over());
        let lone = open(parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[])).unwrap();
        assert_eq!((lone.title.as_str(), lone.impact), ("Partial System Outage", Some(impact)));
        assert!(lone.components.is_empty());

        let known = [(Kind::Incident, lone.id.as_str())];
        let again = parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &known);
        assert_eq!(again.unlisted, []);
        assert_eq!(open(again).unwrap(), lone, "it is the same incident while it lasts");

        let (quiet, _) = with_indicator("none");
        let after = parsed(&[(SUMMARY, &quiet), (INCIDENTS, &history)], &known);
        let ended = after.snapshot.incidents.iter().find(|incident| incident.id == lone.id).unwrap();
        assert!(ended.is_over() && after.unlisted.is_empty());

        let mut bare = quiet.clone();
        bare["components"] = json!([]);
        let in_part = parsed(&[(SUMMARY, &bare), (INCIDENTS, &history)], &known);
        assert_eq!(open(in_part).unwrap().id, lone.id, "a page that lost its components ends nothing");
    }
}

#[test]
fn an_indicator_that_something_explains_adds_nothing() {
    let ours = |parsed: ParsedPage| {
        parsed.snapshot.incidents.into_iter().filter(|incident| incident.id.as_str().starts_with("overall@")).count()
    };
    let (summary, history) = open_incident();
    assert_eq!(ours(parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[])), 0);
    let (mut summary, history) = with_indicator("minor");
    summary["components"][0]["status"] = json!("under_maintenance");
    assert_eq!(ours(parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[])), 0);
    let (summary, history) = with_indicator("wobbly");
    let odd = parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[]);
    assert_eq!(odd.problems, [r#"the page as a whole: unknown indicator "wobbly""#]);
    assert_eq!(ours(odd), 0);
}

#[test]
fn an_indicator_of_maintenance_alone_is_planned_work() {
    let (summary, history) = with_indicator("maintenance");
    let parsed = parsed(&[(SUMMARY, &summary), (INCIDENTS, &history)], &[]);
    let work = parsed.snapshot.incidents.iter().find(|incident| !incident.is_over()).unwrap();
    assert_eq!((work.kind, work.impact), (Kind::Maintenance, None));
}

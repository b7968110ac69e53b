//! Whole reads of a pretend page: what is asked for, and what the answers add up to.
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use status::{
    ids::IncidentId,
    snapshot::{Affected, Kind, Listing},
    words::Phase,
};

use super::{INCIDENTS, MAINTENANCES, SUMMARY};
use crate::{Answer, Answers, ParsedPage, ReadContext, ReadError, Stop, read::answers::endpoint};

const PAGE: &str = "https://status.example.com";

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

/// One pretend page: a document by path, as it would be answered.
struct Pretend(Vec<(&'static str, u16, Bytes)>);

impl Pretend {
    fn new(documents: &[(&'static str, &Value)]) -> Self {
        let answers = documents.iter().map(|(path, document)| (*path, 200, document.to_string().into()));
        Self(answers.collect())
    }

    fn read(&self, open: &[(Kind, &str)]) -> (Vec<String>, Result<ParsedPage, ReadError>) {
        let page = PAGE.parse().unwrap();
        let open: Vec<_> = open.iter().map(|(kind, id)| (*kind, IncidentId::from(*id))).collect();
        let context = ReadContext { page: &page, source: None, open: &open, now: Timestamp::UNIX_EPOCH };
        let (mut answers, mut asked) = (Answers::default(), Vec::new());
        loop {
            match (super::FORMAT.read)(&context, &answers) {
                Ok(parsed) => return (asked, Ok(parsed)),
                Err(Stop::Unusable(error)) => return (asked, Err(error)),
                Err(Stop::Need(urls)) => {
                    for url in urls {
                        assert!(answers.get(&url).is_none(), "{url} was answered already");
                        let found = self.0.iter().find(|(path, ..)| endpoint(&page, path) == url);
                        asked.push(url.path().trim_start_matches('/').to_owned());
                        answers.0.push(Answer {
                            final_url: url.clone(),
                            url,
                            status: found.map_or(404, |found| found.1),
                            content_type: None,
                            headers: vec![],
                            body: found.map_or(Bytes::new(), |found| found.2.clone()),
                        });
                    }
                }
            }
        }
    }

    fn parsed(&self, open: &[(Kind, &str)]) -> ParsedPage {
        self.read(open).1.unwrap()
    }
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

fn affected(list: &[Affected]) -> String {
    let words = list.iter().map(|affected| match affected.status {
        Some(status) => format!("{}={}", affected.id, status.as_str()),
        None => affected.id.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A reading as text, a line for each fact.
fn facts(parsed: &ParsedPage) -> String {
    let mut lines = Vec::new();
    let time = |time: Option<Timestamp>| time.map_or("-".into(), |time| time.to_string());
    for component in &parsed.snapshot.components {
        let group = component.group.as_ref().map(|group| format!(" in {group}")).unwrap_or_default();
        lines.push(format!("{} {}{group}: {}", component.id, component.name, component.status.as_str()));
    }
    for incident in &parsed.snapshot.incidents {
        lines.push(format!(
            "{:?} {} {:?}, {}, impact {:?}, {} to {}",
            incident.kind,
            incident.id,
            incident.title,
            incident.phase.map_or("-", Phase::as_str),
            incident.impact,
            time(incident.started_at),
            time(incident.resolved_at)
        ));
        if let Some(window) = incident.window {
            lines.push(format!("  planned {} to {}", time(window.starts_at), time(window.ends_at)));
        }
        lines.push(format!("  {}", affected(&incident.components)));
        for update in &incident.updates {
            let (id, at, named) = (&update.id, time(update.posted_at), affected(&update.components));
            let (phase, body) = (update.phase.map_or("-", Phase::as_str), update.body.as_deref().unwrap_or("-"));
            lines.push(format!("  {id} {at} {phase} {body:?} [{named}]"));
        }
    }
    let coverage = parsed.snapshot.coverage;
    lines.push(format!("components {:?}, incidents {:?}", coverage.components, coverage.incidents));
    lines.extend(parsed.problems.iter().map(|problem| format!("problem: {problem}")));
    lines.join("\n")
}

#[track_caller]
fn check(parsed: &ParsedPage, expected: &str) {
    let expected: Vec<&str> =
        expected.trim().lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    let facts = facts(parsed);
    assert!(facts.lines().eq(expected), "{facts}");
}

#[test]
fn an_open_incident_is_read_with_its_components_and_updates() {
    let (summary, history) = open_incident();
    let page = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]);
    let (asked, parsed) = page.read(&[(Kind::Incident, "1nc0pen00001")]);
    assert_eq!(asked, [SUMMARY, INCIDENTS]);
    check(
        &parsed.unwrap(),
        r#"
        c0mpapi00001 API: degraded performance
        c0mpdns00001 Partner DNS: degraded performance
        c0mpdublin01 Dublin in Edge: partial outage
        c0mposaka001 Osaka in Edge: operational
        c0mpqueue001 Queue: operational
        Incident 1nc0ld000001 "Slow answers from Osaka", postmortem, impact Some(Major), 2026-04-01T16:00:00Z to 2026-04-01T17:30:00Z
          c0mpdublin01 c0mposaka001=operational
          upd0ld000001 2026-04-01T16:00:00Z investigating "We look into slow answers from Osaka." [c0mposaka001=partial outage]
          upd0ld000002 2026-04-01T17:30:00Z resolved "Osaka answers quickly again." [c0mposaka001=operational]
          upd0ld000003 2026-04-03T18:00:00Z postmortem "A cable was cut.\n\nTwo roads now lead to Osaka." []
        Incident 1nc0pen00001 "Requests fail in Dublin", identified, impact Some(Minor), 2026-05-04T15:00:00Z to -
          c0mpapi00001=degraded performance c0mpdublin01=partial outage
          upd0pen00001 2026-05-04T15:00:00Z investigating "Some requests fail.\nWe are looking for the cause." [c0mpapi00001=degraded performance c0mpdublin01=partial outage]
          upd0pen00002 2026-05-04T15:20:00Z identified "A full disk in Dublin is the cause." [c0mpapi00001=degraded performance]
          upd0pen00003 2026-05-04T15:31:00Z identified "The disk is being emptied." []
        components Complete, incidents Complete
"#,
    );
}

#[test]
fn maintenances_are_read_with_their_windows() {
    let (summary, history, _) = maintenance();
    let page = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]);
    let (asked, parsed) = page.read(&[(Kind::Maintenance, "ma1ntsoon001")]);
    assert_eq!(asked, [SUMMARY, INCIDENTS]);
    check(
        &parsed.unwrap(),
        r#"
        c0mpapi00001 API: operational
        c0mpdns00001 Partner DNS: degraded performance
        c0mpdublin01 Dublin in Edge: operational
        c0mposaka001 Osaka in Edge: operational
        c0mpqueue001 Queue: under maintenance
        Incident 1nc0ld000001 "Slow answers from Osaka", postmortem, impact Some(Major), 2026-04-01T16:00:00Z to 2026-04-01T17:30:00Z
          c0mposaka001=operational
          upd0ld000001 2026-04-01T16:00:00Z investigating "We look into slow answers from Osaka." [c0mposaka001=partial outage]
          upd0ld000002 2026-04-01T17:30:00Z resolved "Osaka answers quickly again." [c0mposaka001=operational]
          upd0ld000003 2026-04-03T18:00:00Z postmortem "A cable was cut.\n\nTwo roads now lead to Osaka." []
        Maintenance ma1ntnow0001 "Database upgrade", in progress, impact None, 2026-05-04T15:00:21Z to -
          planned 2026-05-04T15:00:00Z to 2026-05-04T17:00:00Z
          c0mpqueue001=under maintenance
          updnow000001 2026-05-02T08:00:00Z scheduled "The database moves to a new version." [c0mpqueue001=operational]
          updnow000002 2026-05-04T15:00:21Z in progress "The upgrade has begun." [c0mpqueue001=under maintenance]
        Maintenance ma1ntsoon001 "New switches in Osaka", scheduled, impact None, - to -
          planned 2026-05-20T01:00:00Z to 2026-05-20T03:00:00Z
          c0mposaka001=operational
          updsoon00001 2026-05-01T12:00:00Z scheduled "We will replace switches." [c0mposaka001=operational]
          updsoon00002 2026-05-04T12:00:00Z scheduled "Moved by a day." []
        components Complete, incidents Complete
"#,
    );
}

#[test]
fn a_maintenance_that_left_the_summary_is_looked_up() {
    let (summary, history, maintenances) = maintenance();
    let mut page = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history), (MAINTENANCES, &maintenances)]);
    let open = [(Kind::Maintenance, "ma1ntdone001")];
    let (asked, parsed) = page.read(&open);
    assert_eq!(asked, [SUMMARY, INCIDENTS, MAINTENANCES]);
    let snapshot = parsed.unwrap().snapshot;
    let done = snapshot.incidents.iter().find(|incident| incident.id.as_str() == "ma1ntdone001").unwrap();
    assert!(done.is_over());
    assert_eq!(done.resolved_at, Some("2026-04-20T06:25:00Z".parse().unwrap()));
    assert_eq!(affected(&done.components), "c0mpapi00001=operational");
    assert_eq!(snapshot.coverage.incidents, Listing::Complete);

    page.0.pop();
    let parsed = page.parsed(&open);
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
    let page = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]);
    let snapshot = page.parsed(&[(Kind::Incident, "1nc0ld000001")]).snapshot;
    let ids: Vec<_> = snapshot.incidents.iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(ids, ["1nc0ld000001", "1nc0pen00001"]);
    assert_eq!(snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn an_incident_in_neither_list_is_gone_only_if_both_were_read() {
    let (summary, history) = open_incident();
    let listing = |documents: &[(&'static str, &Value)], open: &str| {
        Pretend::new(documents).parsed(&[(Kind::Incident, open)]).snapshot.coverage.incidents
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
        let snapshot = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, history)]).parsed(&[]).snapshot;
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
        let page = Pretend(vec![(SUMMARY, 200, body.into())]);
        match page.read(&[]).1 {
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
    match Pretend(vec![(SUMMARY, 200, text[..text.len() - 1].to_owned().into())]).read(&[]).1 {
        Err(ReadError::Malformed(reason)) => assert!(reason.contains("is cut off"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_summary_without_components_proves_nothing_by_what_it_leaves_out() {
    let (mut summary, _) = open_incident();
    summary["components"] = json!([]);
    summary["incidents"] = json!([]);
    let page = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &json!({"incidents": []}))]);
    let parsed = page.parsed(&[(Kind::Incident, "inc1")]);
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Partial, Listing::Partial));
    assert!(parsed.problems[0].contains("lists no component"), "{:?}", parsed.problems);
}

#[test]
fn a_page_of_unusual_id_must_name_its_time_zone() {
    let (mut summary, history) = open_incident();
    summary["page"]["id"] = json!("page-00042");
    assert!(Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]).read(&[]).1.is_ok());
    summary["page"]["id"] = json!("01JSFK5QX36ZRW0TW0ZV0ZYFXQ");
    assert!(Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]).read(&[]).1.is_err());
    summary["page"]["id"] = json!("page-00042");
    summary["page"].as_object_mut().unwrap().remove("time_zone");
    assert!(Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]).read(&[]).1.is_err());
}

#[test]
fn a_server_error_is_reported_as_such() {
    let page = Pretend(vec![(SUMMARY, 503, Bytes::new())]);
    assert!(matches!(page.read(&[]).1, Err(ReadError::Status { status: 503, .. })));
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
        let parsed = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]).parsed(&[]);
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
    let parsed = Pretend::new(&[(SUMMARY, &summary), (INCIDENTS, &history)]).parsed(&[]);
    let lines = facts(&parsed);
    assert!(lines.contains("c0mpapi00001 API: unknown"), "{lines}");
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

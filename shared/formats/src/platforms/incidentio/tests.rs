//! Whole reads of a fake page through each of the four sources: what is asked for, and what the answers add up to.
use status::{
    snapshot::{Component, Incident, Kind, Listing, Window},
    words::{ComponentStatus, Impact, Phase},
};

use super::FORMAT;
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, timeline},
    },
};

macro_rules! document {
    ($case:literal, $name:literal) => {
        include_str!(concat!("../../../test_data/incidentio/", $case, "/", $name))
    };
}
macro_rules! stage {
    ($case:literal) => {
        (document!($case, "proxy+status.example.com"), document!($case, "proxy+status.example.com+incidents"))
    };
}

const PROXY: &str = "proxy/status.example.com";
const HISTORY: &str = "proxy/status.example.com/incidents";
const BY_ID: &str = "proxy/status.example.com/incidents/01KKCAFE5T00000000000000CK";
const WIDGET: &str = "api/v1/summary";
const SHIM: &str = "api/v2/summary.json";
const CLERK: &str = "01KKCAFE5T00000000000000CK";
const CLERK_OPEN: &[(Kind, &str)] = &[(Kind::Incident, CLERK)];
const MACHINE_AUTHENTICATION: &str = "01J8ZQ5W3TC0MP0NENT0000000";

fn parsed(documents: &[(&'static str, &str)], source: Option<&str>, open: &[(Kind, &str)]) -> ParsedPage {
    Page::of(documents).read(&FORMAT, source, open).1.unwrap()
}

fn clerk(parsed: &ParsedPage) -> Option<&Incident> {
    parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str() == CLERK)
}

fn in_trouble(components: &[Component]) -> usize {
    components.iter().filter(|component| component.status.is_trouble()).count()
}

fn status_in(incident: &Incident, id: &str) -> Option<ComponentStatus> {
    incident.components.iter().find(|named| named.id.as_str() == id)?.status
}

#[test]
fn the_clerk_incident_is_told_as_it_was_at_each_stage() {
    let stages = [
        stage!("clerk_1_opened"),
        stage!("clerk_2_update"),
        stage!("clerk_3_narrowed"),
        stage!("clerk_4_monitoring"),
        stage!("clerk_5_resolved"),
    ];
    let named = [8, 8, 8, 7, 7];
    let in_trouble_then = [8, 8, 8, 1, 0];
    let phases = [Phase::Investigating, Phase::Investigating, Phase::Investigating, Phase::Monitoring, Phase::Resolved];
    for (n, (summary, history)) in stages.into_iter().enumerate() {
        let parsed = parsed(&[(PROXY, summary), (HISTORY, history)], None, &[]);
        assert_eq!(parsed.problems, [""; 0], "stage {n}");
        assert_eq!(parsed.snapshot.components.len(), 10);
        assert_eq!(in_trouble(&parsed.snapshot.components), in_trouble_then[n], "stage {n}");
        let incident = clerk(&parsed).unwrap();
        assert_eq!(incident.phase, Some(phases[n]));
        let counts: Vec<_> = incident.updates.iter().map(|update| update.components.len()).collect();
        assert_eq!(counts, named[..=n], "stage {n}");
        assert_eq!(incident.components.len(), 8);
        // Left out of the last two updates, it keeps what it had: the page state lets go of it at the end.
        let degraded = Some(ComponentStatus::DegradedPerformance);
        assert_eq!(status_in(incident, MACHINE_AUTHENTICATION), degraded, "stage {n}");
        let others = incident.components.iter().filter(|named| named.id.as_str() != MACHINE_AUTHENTICATION);
        let expected = if n < 3 { degraded } else { Some(ComponentStatus::Operational) };
        assert!(others.into_iter().all(|named| named.status == expected), "stage {n}");
        assert_eq!(incident.resolved_at, if n < 4 { None } else { at("2026-03-10T17:26:00Z") });
    }
}

#[test]
fn an_incident_carries_its_whole_timeline() {
    let (summary, history) = stage!("clerk_4_monitoring");
    let parsed = parsed(&[(PROXY, summary), (HISTORY, history)], None, &[]);
    let incident = clerk(&parsed).unwrap();
    assert_eq!(
        timeline(&incident.updates),
        [
            "26-03-10T15:53:00Z investigating: Some requests fail. We are looking into it.",
            "26-03-10T16:17:00Z investigating: Requests still fail for some; the cause is not known yet.",
            "26-03-10T16:24:00Z investigating: We narrowed it down to one region.",
            "26-03-10T16:34:00Z monitoring: A fix is out and error rates fall.",
        ]
    );
    assert_eq!((incident.kind, incident.impact), (Kind::Incident, None));
    assert_eq!(incident.title, "Elevated error rates");
    // Published at 15:53:21, but its first update is set back.
    assert_eq!(incident.started_at, at("2026-03-10T15:53:00Z"));
    assert_eq!(incident.url.as_deref(), Some("https://status.example.com/incidents/01KKCAFE5T00000000000000CK"));
    let group = |name: &str| {
        let component = parsed.snapshot.components.iter().find(|component| component.name == name);
        component.unwrap().group.as_deref()
    };
    assert_eq!((group("Billing"), group("Documentation")), (Some("Platform"), None));
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
}

#[test]
fn the_history_is_read_once_and_is_no_condition() {
    let (summary, history) = stage!("clerk_5_resolved");
    let page = Page::of(&[(PROXY, summary), (HISTORY, history)]);
    let (asked, first) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, [PROXY, HISTORY]);
    assert!(clerk(&first.unwrap()).is_some());
    let (asked, later) = page.read(&FORMAT, Some("proxy"), &[]);
    assert_eq!(asked, [PROXY]);
    assert!(clerk(&later.unwrap()).is_none());
    let without = parsed(&[(PROXY, summary)], None, &[]);
    assert_eq!(
        without.problems,
        ["the history could not be read: nothing at /proxy/status.example.com/incidents (status 404)"]
    );
}

#[test]
fn an_incident_that_left_the_list_is_looked_up() {
    let (summary, _) = stage!("clerk_5_resolved");
    let by_id = document!("clerk_5_resolved", "proxy+status.example.com+incidents+01KKCAFE5T00000000000000CK");
    let (asked, parsed) = Page::of(&[(PROXY, summary), (BY_ID, by_id)]).read(&FORMAT, Some("proxy"), CLERK_OPEN);
    assert_eq!(asked, [PROXY, BY_ID]);
    let parsed = parsed.unwrap();
    assert_eq!(clerk(&parsed).unwrap().resolved_at, at("2026-03-10T17:26:00Z"));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn only_a_plain_no_says_that_an_incident_is_gone() {
    let (summary, _) = stage!("clerk_5_resolved");
    let answered = |status: u16, body: &str| {
        let page = Page::of(&[(PROXY, summary)]).with_status(BY_ID, status, body);
        let parsed = page.read(&FORMAT, Some("proxy"), CLERK_OPEN).1.unwrap();
        assert!(clerk(&parsed).is_none());
        (parsed.snapshot.coverage.incidents, parsed.problems.len())
    };
    assert_eq!(answered(404, ""), (Listing::Complete, 0));
    assert_eq!(answered(503, ""), (Listing::Partial, 1));
    assert_eq!(answered(200, "<html></html>"), (Listing::Partial, 1));
    assert_eq!(answered(200, r#"{"incident":{"id":"ANOTHER"}}"#), (Listing::Partial, 1));
}

#[test]
fn ids_of_another_platform_are_not_looked_up() {
    let (summary, _) = stage!("clerk_5_resolved");
    let open = [(Kind::Incident, "../api"), (Kind::Incident, "https://h/i/9")];
    let (asked, _) = Page::of(&[(PROXY, summary)]).read(&FORMAT, Some("proxy"), &open);
    assert_eq!(asked, [PROXY]);
}

#[test]
fn the_path_of_a_sub_page_stays_in_front() {
    let page = "http://127.0.0.1:1/p/7".parse().unwrap();
    assert_eq!(super::Source::Proxy.url(&page).as_str(), "http://127.0.0.1:1/p/7/proxy/127.0.0.1:1");
    assert_eq!(super::Source::Feed.url(&page).as_str(), "http://127.0.0.1:1/p/7/feed.atom");
}

#[test]
fn maintenances_have_windows_and_start_when_they_begin() {
    let (summary, history) = stage!("maintenance");
    let parsed = parsed(&[(PROXY, summary), (HISTORY, history)], None, &[]);
    let of = |phase: Phase| {
        let found = parsed.snapshot.incidents.iter().find(|incident| incident.phase == Some(phase));
        found.filter(|found| found.kind == Kind::Maintenance).unwrap()
    };
    let (planned, running) = (of(Phase::Scheduled), of(Phase::InProgress));
    assert_eq!((planned.started_at, running.started_at), (None, at("2026-05-04T15:00:30.5Z")));
    let window = Window { starts_at: at("2026-05-20T15:00:00Z"), ends_at: at("2026-05-20T17:00:00Z") };
    assert_eq!(planned.window, Some(window));
    let billing = parsed.snapshot.components.iter().find(|component| component.name == "Billing");
    assert_eq!(billing.unwrap().status, ComponentStatus::UnderMaintenance);
}

#[test]
fn the_proxy_document_must_be_whole() {
    let (summary, _) = stage!("clerk_1_opened");
    let changed = |key: &str, value: serde_json::Value| {
        let mut document: serde_json::Value = serde_json::from_str(summary).unwrap();
        document["summary"][key] = value;
        let page = Page::of(&[(PROXY, document)]);
        page.read(&FORMAT, Some("proxy"), &[]).1
    };
    let missing = changed("ongoing_incidents", serde_json::Value::Null).unwrap_err();
    assert!(matches!(missing, ReadError::NotThisFormat(_)), "{missing}");
    let empty = changed("components", serde_json::json!([])).unwrap();
    let coverage = empty.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Partial, Listing::Partial));
    assert_eq!(empty.problems.len(), 1, "a page that lost its components concludes nothing, and says so");
    let unsaid = changed("affected_components", serde_json::Value::Null).unwrap();
    let unknown = |component: &Component| component.status == ComponentStatus::Unknown;
    assert!(unsaid.snapshot.components.iter().all(unknown));
    let nameless = changed("ongoing_incidents", serde_json::json!([{"name": "Slow"}])).unwrap();
    assert_eq!(nameless.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(nameless.problems, ["an incident without id was left out"]);
}

#[test]
fn an_unknown_word_is_named_and_not_guessed() {
    let (summary, history) = stage!("clerk_1_opened");
    let odd = summary.replace("\"investigating\"", "\"pondering\"");
    let odd = odd.replace("\"degraded_performance\"", "\"wobbly\"");
    let parsed = parsed(&[(PROXY, &odd), (HISTORY, history)], None, &[]);
    let incident = clerk(&parsed).unwrap();
    assert_eq!((incident.phase, incident.updates[0].phase), (None, None));
    assert_eq!(status_in(incident, MACHINE_AUTHENTICATION), None);
    assert_eq!(parsed.problems, ["unknown component status \"wobbly\"", "unknown phase \"pondering\""]);
}

#[test]
fn the_widget_shows_the_newest_message_and_what_it_affects() {
    let page = Page::of(&[(WIDGET, document!("widget", "api+v1+summary"))]);
    let (asked, parsed) = page.read(&FORMAT, None, CLERK_OPEN);
    assert_eq!(asked, [PROXY, WIDGET]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "widget");
    let incident = clerk(&parsed).unwrap();
    assert_eq!(
        timeline(&incident.updates),
        ["26-03-10T16:17:00Z investigating: Requests still fail for some; the cause is not known yet."]
    );
    assert_eq!((incident.components.len(), incident.started_at), (8, None));
    assert_eq!(parsed.snapshot.components.len(), 9);
    assert_eq!(parsed.snapshot.components[0].group.as_deref(), Some("Sign-in"));
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    let phases: Vec<_> = parsed.snapshot.incidents.iter().map(|incident| incident.phase).collect();
    assert_eq!(phases, [Some(Phase::Investigating), Some(Phase::InProgress), Some(Phase::Scheduled)]);
}

#[test]
fn a_new_message_in_the_widget_is_a_new_update() {
    let first = document!("widget", "api+v1+summary");
    let id = |document: &str| {
        let parsed = parsed(&[(WIDGET, document)], Some("widget"), &[]);
        clerk(&parsed).unwrap().updates[0].id.clone()
    };
    assert_eq!(id(first), id(&first.replace("Requests still", "Many requests still")));
    assert_ne!(id(first), id(&first.replace("2026-03-10T16:17:00Z", "2026-03-10T16:24:00Z")));
}

const IDLE: &str = r#"{"page_title":"Example","page_url":"https://status.example.com/","ongoing_incidents":[],
    "in_progress_maintenances":[],"scheduled_maintenances":[]}"#;

#[test]
fn what_left_the_widget_is_looked_up_by_id_and_then_in_the_feed() {
    let by_id = document!("clerk_5_resolved", "proxy+status.example.com+incidents+01KKCAFE5T00000000000000CK");
    let (asked, found) = Page::of(&[(WIDGET, IDLE), (BY_ID, by_id)]).read(&FORMAT, Some("widget"), CLERK_OPEN);
    assert_eq!(asked, [WIDGET, BY_ID]);
    assert_eq!(clerk(&found.unwrap()).unwrap().phase, Some(Phase::Resolved));

    let feed = document!("feed", "feed.atom");
    let (asked, found) = Page::of(&[(WIDGET, IDLE), ("feed.atom", feed)]).read(&FORMAT, Some("widget"), CLERK_OPEN);
    assert_eq!(asked, [WIDGET, BY_ID, "feed.atom"]);
    let found = found.unwrap();
    assert_eq!(clerk(&found).unwrap().phase, Some(Phase::Monitoring));
    assert_eq!(found.snapshot.incidents.len(), 1);
    assert!(clerk(&found).unwrap().components.is_empty(), "the feed names them without ids");

    let elsewhere = [(Kind::Incident, "01ABSENT")];
    let gone = parsed(&[(WIDGET, IDLE), ("feed.atom", feed)], Some("widget"), &elsewhere);
    assert_eq!(gone.snapshot.coverage.incidents, Listing::Complete);
    let unknown = parsed(&[(WIDGET, IDLE)], Some("widget"), &elsewhere);
    assert_eq!(unknown.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn the_shim_has_updates_but_no_components_of_incidents() {
    let page = Page::of(&[(SHIM, document!("shim", "api+v2+summary.json"))]);
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, [PROXY, WIDGET, SHIM]);
    let parsed = parsed.unwrap();
    let incident = clerk(&parsed).unwrap();
    assert_eq!(incident.impact, Some(Impact::Minor));
    assert_eq!(
        timeline(&incident.updates),
        [
            "26-03-10T15:53:00Z investigating: Some requests fail. We are looking into it.",
            "26-03-10T16:17:00Z investigating: ",
            "26-03-10T16:24:00Z investigating: We narrowed it down to one region.",
        ]
    );
    assert_eq!(incident.updates[1].body, None);
    assert!(incident.components.is_empty());
    assert_eq!(in_trouble(&parsed.snapshot.components), 2);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn all_sources_give_an_incident_and_its_updates_the_same_ids() {
    let (summary, history) = stage!("clerk_3_narrowed");
    let native = parsed(&[(PROXY, summary), (HISTORY, history)], None, &[]);
    let shim = parsed(&[(SHIM, document!("shim", "api+v2+summary.json"))], None, &[]);
    let ids = |parsed: &ParsedPage| {
        let updates = clerk(parsed).unwrap().updates.iter();
        updates.map(|update| update.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&native), ids(&shim));
}

#[test]
fn a_real_statuspage_is_refused() {
    let real = include_str!("../../../test_data/statuspage/open_incident/api+v2+summary.json");
    let (asked, end) = Page::of(&[(SHIM, real)]).read(&FORMAT, None, &[]);
    assert_eq!(asked, [PROXY, WIDGET, SHIM, "feed.atom"]);
    assert!(matches!(end, Err(ReadError::NotThisFormat(_))));
}

#[test]
fn the_feed_shows_the_current_state_of_each_incident() {
    let page = Page::of(&[("feed.atom", document!("feed", "feed.atom"))]);
    let parsed = page.read(&FORMAT, None, &[]).1.unwrap();
    assert_eq!(parsed.source, "feed");
    let incident = clerk(&parsed).unwrap();
    assert_eq!(
        timeline(&incident.updates),
        ["26-03-10T16:34:00Z monitoring: A fix is out and error rates fall. /  / Next news within the hour."]
    );
    assert_eq!(incident.components.len(), 7);
    assert_eq!(incident.url.as_deref(), Some("https://status.example.com/incidents/01KKCAFE5T00000000000000CK"));
    let planned = &parsed.snapshot.incidents[1];
    assert_eq!((planned.kind, planned.phase), (Kind::Maintenance, Some(Phase::Scheduled)));
    assert!(planned.components.is_empty());
    let ended = &parsed.snapshot.incidents[2];
    assert_eq!(status_in(ended, "Delivery (EU)"), Some(ComponentStatus::MajorOutage));
    // Machine authentication was fine when an older incident ended; that says nothing while this one is open.
    let listed = |id: &str| parsed.snapshot.components.iter().any(|component| component.id.as_str() == id);
    assert!(listed("Webhooks") && !listed("Machine authentication"));
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Window);
}

#[test]
fn a_feed_of_another_platform_is_refused() {
    let other = document!("feed", "feed.atom").replace("<generator>incident.io</generator>", "");
    let end = Page::of(&[("feed.atom", &other)]).read(&FORMAT, Some("feed"), &[]).1;
    assert_eq!(end.unwrap_err().to_string(), "the feed at /feed.atom was not generated by incident.io");
}

#[test]
fn a_page_in_trouble_is_not_another_format() {
    for status in [403, 429, 503] {
        let (asked, end) = Page::of::<&str>(&[]).with_status(PROXY, status, "").read(&FORMAT, None, &[]);
        assert_eq!(asked, [PROXY]);
        assert!(matches!(end, Err(ReadError::Status { .. })), "{status}");
    }
    let (asked, end) = Page::of(&[(WIDGET, IDLE)]).read(&FORMAT, Some("proxy"), &[]);
    assert_eq!(asked, [PROXY], "only the source that served before");
    assert!(matches!(end, Err(ReadError::NotThisFormat(_))));
}

#[test]
fn an_incident_ends_with_its_impact_where_every_end_is_given() {
    let (_, history) = stage!("clerk_5_resolved");
    let (summary, _) = stage!("clerk_5_resolved");
    let ended = |ends: &[Option<&str>]| {
        let mut document: serde_json::Value = serde_json::from_str(history).unwrap();
        let impacts = ends.iter().map(|end| serde_json::json!({"start_at": "2026-03-10T15:50:00Z", "end_at": end}));
        document["incidents"][0]["component_impacts"] = impacts.collect();
        let parsed = parsed(&[(PROXY, summary), (HISTORY, &document.to_string())], None, &[]);
        clerk(&parsed).unwrap().resolved_at
    };
    let (early, late) = ("2026-03-10T16:40:00Z", "2026-03-10T17:05:00Z");
    let updated = ended(&[]);
    assert_eq!(updated, at("2026-03-10T17:26:00Z"));
    assert_eq!(ended(&[Some(early), Some(late)]), at(late));
    assert_eq!(ended(&[Some(early), None]), updated, "one was never closed: the update is the end");

    let (open, history) = stage!("clerk_4_monitoring");
    let parsed = parsed(&[(PROXY, open), (HISTORY, history)], None, &[]);
    assert_eq!(clerk(&parsed).unwrap().resolved_at, None);
}

fn shim_of(change: impl FnOnce(&mut serde_json::Value)) -> ParsedPage {
    let mut document: serde_json::Value = serde_json::from_str(document!("shim", "api+v2+summary.json")).unwrap();
    change(&mut document);
    parsed(&[(SHIM, &document.to_string())], Some("shim"), &[])
}

const FEED_RSS: &str = "<rss version='2.0'><channel><title>Example status</title></channel></rss>";

mod history;
mod parent;
mod shim;

//! Flashduty: the number of a page, components by what is under way, look-ups.
use serde_json::{Value, json};
use status::words::Phase;

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{at, check, incident, open_incidents, status_of},
};

const SUMMARY: &str = "api/status-page/7700110022/summary/active";
const SOURCE: &str = "page 7700110022";

#[test]
fn page_has_components_by_section_and_what_is_open_or_planned() {
    let (asked, parsed) = FakePage::case("flashduty/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["", SUMMARY]);
    let parsed = parsed.unwrap();
    assert_eq!((parsed.snapshot.page.name.as_deref(), &*parsed.source), (Some("Acme"), SOURCE));
    check(
        &parsed,
        "c-api \"API\": partial outage
        c-app \"App\" in Chat service: operational
        c-chat \"Chat\" in Chat service: degraded performance
        c-mail \"Mail\": under maintenance
        Incident 7001 \"The API is down for some\", identified, impact None, 2026-05-04T14:00:00Z to -
          c-api=partial outage c-chat=degraded performance
          u-1 2026-05-04T14:00:00Z investigating \"We look into it.\" [c-api=major outage c-chat=degraded performance]
          u-2 2026-05-04T14:30:00Z identified \"A queue is full.\" [c-api=partial outage]
        Maintenance 7002 \"New mail server\", in progress, impact None, 2026-05-04T15:05:00Z to -
          planned 2026-05-04T15:00:00Z to 2026-05-04T18:00:00Z
          c-mail=under maintenance
          u-3 2026-05-04T15:05:00Z in progress \"We have begun.\" [c-mail=under maintenance]
        Maintenance 7003 \"New switches\", scheduled, impact None, - to -
          planned 2026-05-09T15:00:00Z to 2026-05-09T16:00:00Z
          c-app=under maintenance
        components Complete, incidents Complete",
    );
}

#[test]
fn known_page_is_asked_for_one_document() {
    let (asked, parsed) = FakePage::case("flashduty/all_operational").read(&FORMAT, Some(SOURCE), &[]);
    assert_eq!(asked, [SUMMARY]);
    check(
        &parsed.unwrap(),
        "c-api \"API\": operational
        c-app \"App\" in Chat service: operational
        c-chat \"Chat\" in Chat service: operational
        c-mail \"Mail\": operational
        components Complete, incidents Complete",
    );
}

/// A page with one component, `c`, and these changes.
fn page_with(changes: Value) -> FakePage {
    let page = json!({"page_id": 7_700_110_022_u64, "custom_domain": "Status.Example.com",
        "components": [{"component_id": "c", "name": "C"}], "sections": []});
    FakePage::of(&[(SUMMARY, json!({"data": {"page": page, "active_changes": changes}}))])
}

fn read(page: &FakePage, open: &[&str]) -> ParsedPage {
    page.read(&FORMAT, Some(SOURCE), &open_incidents(open)).1.unwrap()
}

#[test]
fn page_below_the_name_that_flashduty_gives_it_asks_the_root_of_the_host() {
    let summary = |name: &str| {
        json!({"data": {"page": {"page_id": "1", "url_name": name, "custom_domain": "status.acme.test",
            "components": []}, "active_changes": []}})
    };
    let html = r#"<script>self.__next_f.push([1,"{\"page_id\": 1, \"x\":[]}"])</script>"#;
    let api = "https://statuspage.flashduty.com/api/status-page/1/summary/active";
    let page = FakePage::at("https://statuspage.flashduty.com/acme").with("", html).with(api, summary("acme"));
    let page = page.with("https://statuspage.flashduty.com/acme", html);
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked.last().map(String::as_str), Some(api));
    assert_eq!(parsed.unwrap().source, "page 1");
    // An address that is nobody's answers with Flashduty's own page.
    let other = page.with(api, summary("flashduty")).read(&FORMAT, None, &[]).1;
    assert!(matches!(other, Err(ReadError::NotThisFormat(_))), "{other:?}");
}

#[test]
fn number_of_a_page_is_one() {
    let number = |html: &str| {
        let url: Url = "https://status.example.com".parse().unwrap();
        page_number(&Answer { status: 200, body: html.to_owned().into(), ..Answer::none(url) }).ok()
    };
    let script = |piece: &str| format!("<script>self.__next_f.push([1,{}])</script>", json!(piece));
    assert_eq!(number(&script(r#"{"page_id":77,"#)).as_deref(), Some("77"));
    assert_eq!(number(&script(r#"{"page_id":"77"}"#)).as_deref(), Some("77"));
    assert_eq!(number(&[script(r#"{"page_i"#), script(r#"d":77}"#)].concat()).as_deref(), Some("77"));
    assert_eq!(number(&script(r#"{"page_id":"../x"}"#)), None);
    assert_eq!(number(&script(r#"{"page_id":null}"#)), None);
    assert_eq!(number("<script>self.__next_f.push(</script>"), None);
    assert_eq!(number(r#"<p>"page_id":77</p>"#), None);
}

#[test]
fn component_is_in_the_worst_state_that_something_under_way_gives_it() {
    let state = |changes: &[(&str, &str)]| {
        let one = |(n, (phase, state)): (usize, &(&str, &str))| {
            json!({"change_id": n + 1, "type": "incident", "title": "T", "status": phase,
                "affected_components": [{"component_id": "c", "status": state}]})
        };
        status_of(&read(&page_with(changes.iter().enumerate().map(one).collect()), &[]), "c")
    };
    assert_eq!(state(&[]), ComponentStatus::Operational);
    assert_eq!(state(&[("identified", "degraded"), ("monitoring", "full_outage")]), ComponentStatus::MajorOutage);
    assert_eq!(state(&[("scheduled", "full_outage")]), ComponentStatus::Operational);
    assert_eq!(state(&[("resolved", "full_outage")]), ComponentStatus::Operational);
    assert_eq!(state(&[("odd", "full_outage")]), ComponentStatus::MajorOutage);
    assert_eq!(state(&[("identified", "odd")]), ComponentStatus::Unknown);
    assert_eq!(state(&[("identified", "odd"), ("identified", "operational")]), ComponentStatus::Unknown);
    assert_eq!(state(&[("identified", "operational"), ("identified", "odd")]), ComponentStatus::Unknown);
    assert_eq!(state(&[("identified", "odd"), ("identified", "degraded")]), ComponentStatus::DegradedPerformance);
}

#[test]
fn event_that_cannot_be_read_leaves_components_unknown_and_ends_nothing() {
    for damaged in [json!([{"title": "T"}]), json!([{"change_id": 1, "type": "incident", "status": "identified"}])] {
        let page = page_with(damaged).with("api/status-page/7700110022/change/info?change_id=9", "");
        let parsed = read(&page, &["9"]);
        assert_eq!(status_of(&parsed, "c"), ComponentStatus::Unknown);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    }
}

#[test]
fn what_is_listed_no_longer_is_looked_up() {
    let info = "api/status-page/7700110022/change/info?change_id=9";
    let change = |status: &str| {
        json!({"data": {"change_id": 9, "type": "incident", "title": "T", "status": status, "affected_components": [],
            "start_at_seconds": 1_777_903_200, "close_at_seconds": 1_777_906_800}})
    };
    let of = |page: FakePage| read(&page, &["9"]);
    let ended = of(page_with(json!([])).with(info, change("resolved")));
    let over = incident(&ended, "9");
    assert_eq!((over.phase, over.resolved_at), (Some(Phase::Resolved), at("2026-05-04T15:00:00Z")));
    assert_eq!((ended.snapshot.coverage.incidents, ended.unlisted.len()), (Listing::Complete, 1));
    let goes_on = of(page_with(json!([])).with(info, change("monitoring")));
    assert_eq!(incident(&goes_on, "9").phase, Some(Phase::Monitoring));
    let withdrawn = of(page_with(json!([])).with_status(info, 404, ""));
    assert_eq!((withdrawn.snapshot.incidents.len(), withdrawn.snapshot.coverage.incidents), (0, Listing::Complete));
    let failed = [page_with(json!([])).with_status(info, 503, ""), page_with(json!([])).with(info, r#"{"error":{}}"#)];
    for page in failed {
        let parsed = of(page);
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
        assert_eq!(parsed.problems, ["event \"9\" is listed no longer and could not be looked up"]);
    }
}

#[test]
fn few_are_looked_up_and_no_other_path_is() {
    let ids = ["1", "2", "3", "4", "5", "6", "7", "../x"];
    let (asked, parsed) = page_with(json!([])).read(&FORMAT, Some(SOURCE), &open_incidents(&ids));
    assert_eq!(asked.len(), 1 + MAX_LOOK_UPS);
    assert!(asked.iter().all(|asked| !asked.contains("..")), "{asked:?}");
    assert_eq!(parsed.unwrap().snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn unknown_words_are_open_and_named() {
    let parsed =
        read(&page_with(json!([{"change_id": 1, "type": "odd", "status": "odd", "affected_components": []}])), &[]);
    let one = incident(&parsed, "1");
    assert_eq!((one.kind, one.phase, one.title.as_str()), (Kind::Incident, None, "(no title)"));
    assert_eq!(parsed.problems.len(), 3, "{:?}", parsed.problems);
    let cancelled = json!([{"change_id": 1, "type": "maintenance", "status": "cancelled", "affected_components": []}]);
    assert_eq!(read(&page_with(cancelled), &[]).snapshot.incidents, []);
}

#[test]
fn description_stands_for_updates_that_are_not_there() {
    let bodies = |updates: Value| {
        let change = json!([{"change_id": 1, "type": "incident", "title": "T", "status": "identified",
            "description": "Slow.", "affected_components": [], "updates": updates}]);
        let parsed = read(&page_with(change), &[]);
        incident(&parsed, "1").updates.iter().map(|update| update.body.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(bodies(json!([])), ["Slow."]);
    assert_eq!(bodies(json!([{"at_seconds": 1_777_903_200, "description": "Slower."}])), ["Slower."]);
}

//! cState: issues of several systems, ends that are looked up, addresses and times as authors and Go write them.
use status::{snapshot::Listing, words::Phase};

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{at, check, incident, open_incidents, status_of},
};

const OPEN: &str = include_str!("../../../test_data/cstate/open_issues/index.json");
const OPERATIONAL: &str = include_str!("../../../test_data/cstate/operational/index.json");
const OLDER: &str = include_str!("../../../test_data/cstate/older_server/index.json");
const API_DOWN: &str = include_str!("../../../test_data/cstate/open_issues/issues+2026-05-02-api-down+index.json");
const DOWN: &str = "issues/2026-05-02-api-down";
const DOWN_DOCUMENT: &str = "issues/2026-05-02-api-down/index.json";

fn read(page: &FakePage, open: &[&str]) -> Result<ParsedPage, ReadError> {
    page.read(&FORMAT, Some("index"), &open_incidents(open)).1
}

#[test]
fn issue_of_several_systems_is_one_incident_with_its_text() {
    let page = FakePage::of(&[(INDEX, OPEN), (DOWN_DOCUMENT, API_DOWN)]);
    let parsed = read(&page, &[]).unwrap();
    let ids: Vec<&str> = parsed.snapshot.incidents.iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(ids, [DOWN, "issues/2026-05-02-slow-pictures"], "information is no incident");
    let down = incident(&parsed, DOWN);
    assert_eq!((down.started_at, down.phase, down.impact), (at("2026-05-02T07:30:00Z"), None, Some(Impact::Critical)));
    assert_eq!(incident(&parsed, "issues/2026-05-02-slow-pictures").impact, Some(Impact::Major));
    let text = "Requests end with errors. We are looking for the cause.\n\nA switch is broken, and is being replaced.";
    assert_eq!(down.updates[0].body.as_deref(), Some(text));
    let named: Vec<(&str, Option<ComponentStatus>)> =
        down.components.iter().map(|it| (it.id.as_str(), it.status)).collect();
    let (out, disrupted) = (ComponentStatus::MajorOutage, ComponentStatus::PartialOutage);
    assert_eq!(named, [("API", Some(out)), ("Website", Some(disrupted))]);
    assert_eq!(status_of(&parsed, "Documentation"), ComponentStatus::Operational, "a notice is no trouble");
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert_eq!(parsed.problems, [""; 0]);
}

#[test]
fn end_is_in_the_document_of_the_issue() {
    let mut page = FakePage::of(&[(INDEX, OPERATIONAL), (DOWN_DOCUMENT, API_DOWN)]);
    page.edit(DOWN_DOCUMENT, |issue| {
        issue["resolved"] = true.into();
        issue["resolvedAt"] = "2026-05-02 11:00:00 +0200 CEST".into();
    });
    let parsed = read(&page, &[DOWN]).unwrap();
    let over = incident(&parsed, DOWN);
    assert_eq!((over.phase, over.resolved_at), (Some(Phase::Resolved), at("2026-05-02T09:00:00Z")));
    assert_eq!((parsed.snapshot.coverage.incidents, &parsed.unlisted[..]), (Listing::Complete, &[DOWN.into()][..]));
    // As cState 4 wrote it.
    page.edit(DOWN_DOCUMENT, |issue| {
        issue["resolved"] = "true".into();
        issue["resolved_at"] = issue.as_object_mut().unwrap().remove("resolvedAt").unwrap();
    });
    assert_eq!(incident(&read(&page, &[DOWN]).unwrap(), DOWN).resolved_at, at("2026-05-02T09:00:00Z"));
}

#[test]
fn issue_without_an_end_that_is_listed_no_longer_is_not_over() {
    let still_open = FakePage::of(&[(INDEX, OPERATIONAL), (DOWN_DOCUMENT, API_DOWN)]);
    let broken = FakePage::of(&[(INDEX, OPERATIONAL)]).with_status(DOWN_DOCUMENT, 500, "");
    for page in [still_open, broken] {
        let parsed = read(&page, &[DOWN]).unwrap();
        assert!(parsed.snapshot.incidents.is_empty());
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
        assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);
    }
    let withdrawn = FakePage::of(&[(INDEX, OPERATIONAL)]).with_status(DOWN_DOCUMENT, 404, "");
    assert_eq!(read(&withdrawn, &[DOWN]).unwrap().snapshot.coverage.incidents, Listing::Complete);
}

#[test]
fn index_without_issues_proves_nothing() {
    let parsed = read(&FakePage::of(&[(INDEX, OLDER)]), &[]).unwrap();
    check(
        &parsed,
        "API \"API\" in Services: partial outage
        Website \"Website\" in Services: operational
        components Complete, incidents Partial",
    );
}

#[test]
fn addresses_outside_the_page_are_followed_nowhere() {
    let mut page = FakePage::of(&[(INDEX, OPEN)]);
    page.edit(INDEX, |index| {
        let issues = &mut index["systems"][1]["unresolvedIssues"];
        issues[0]["permalink"] = "https://evil.example/issues/../../admin?x=1".into();
        issues[1]["permalink"] = "https://evil.example/issues/a%2fb c/".into();
        index["systems"][0]["unresolvedIssues"] = serde_json::json!([]);
    });
    let (asked, parsed) = page.read(&FORMAT, Some("index"), &[]);
    let parsed = parsed.unwrap();
    assert_eq!(asked, [INDEX, "admin/index.json"], "below the page, and plain");
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial, "{:?}", parsed.problems);
}

#[test]
fn at_a_first_read_few_documents_are_asked_for() {
    let mut page = FakePage::of(&[(INDEX, OPEN)]);
    page.edit(INDEX, |index| {
        let issue = index["systems"][0]["unresolvedIssues"][0].clone();
        let many = (0..30).map(|number| {
            let mut issue = issue.clone();
            issue["permalink"] = format!("https://status.example.com/issues/{number}/").into();
            issue
        });
        index["systems"][0]["unresolvedIssues"] = many.collect::<Vec<_>>().into();
    });
    let asked = |source| page.read(&FORMAT, source, &[]).0.len();
    assert_eq!((asked(None), asked(Some("index"))), (1 + MAX_ISSUES_AT_FIRST, 1 + MAX_ISSUES));
    assert_eq!(read(&page, &[]).unwrap().snapshot.incidents.len(), 32);
}

#[test]
fn other_documents_are_refused() {
    for document in ["{}", "[]", "<html>", "{\"is\":\"index\",\"systems\":[]}"] {
        let refused = read(&FakePage::of(&[(INDEX, document)]), &[]);
        assert!(matches!(refused, Err(ReadError::NotThisFormat(_))), "{document}");
    }
}

#[test]
fn times_of_go_are_read_with_their_offset() {
    for (text, expected) in [
        ("2026-05-02 09:30:00 +0200 CEST", "2026-05-02T09:30:00+02:00"),
        ("2026-05-02 09:30:00.5 -0330 NDT", "2026-05-02T09:30:00.5-03:30"),
        ("<no value>", ""),
        ("2026-05-02T09:30:00Z", "2026-05-02T09:30:00Z"),
        ("2026-05-02 09:30:00", "2026-05-02 09:30:00"),
    ] {
        assert_eq!(go_time(text), expected);
    }
}

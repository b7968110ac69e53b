//! Whole reads of a tenant's service health.
use jiff::Timestamp;
use serde_json::json;
use status::{
    snapshot::{Kind, Listing},
    words::{ComponentStatus, Impact, Phase},
};

use super::{FORMAT, impact, meaning, phase};
use crate::{
    contract::{Answers, ParsedPage, ReadContext, ReadError, Stop},
    testing::{
        Page,
        facts::{incident, open_incidents, status_of},
    },
};

const PAGE: &str = "https://graph.microsoft.com/v1.0/admin/serviceAnnouncement";
const OVERVIEWS: &str = "https://graph.microsoft.com/v1.0/admin/serviceAnnouncement/healthOverviews?$expand=issues";
const ISSUE: &str = "https://graph.microsoft.com/v1.0/admin/serviceAnnouncement/issues/TM900001";
const WELL: &str =
    include_str!("../../../test_data/microsoft365graph/all_operational/v1.0+admin+serviceAnnouncement+healthOverviews");
const OPEN: &str =
    include_str!("../../../test_data/microsoft365graph/issue_open/v1.0+admin+serviceAnnouncement+healthOverviews");

fn read(answers: &[(&str, &str)], open: &[&str]) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    Page::at(PAGE).with_all(answers).read(&FORMAT, Some("overviews"), &open_incidents(open))
}

#[test]
fn services_are_components_and_issues_are_incidents_of_theirs() {
    let (asked, parsed) = read(&[(OVERVIEWS, OPEN)], &[]);
    assert_eq!(asked.len(), 1, "{asked:?}");
    let parsed = parsed.unwrap();
    let states = ["Exchange", "microsoftteams", "SharePoint"].map(|id| status_of(&parsed, id));
    let expected = [ComponentStatus::Operational, ComponentStatus::DegradedPerformance, ComponentStatus::MajorOutage];
    assert_eq!(states, expected);
    let advisory = incident(&parsed, "TM900001");
    assert_eq!(
        (advisory.kind, advisory.phase, advisory.impact),
        (Kind::Incident, Some(Phase::Investigating), Some(Impact::Minor))
    );
    assert_eq!(advisory.components[0].id.as_str(), "microsoftteams");
    let bodies: Vec<_> = advisory.updates.iter().map(|update| update.body.as_deref().unwrap()).collect();
    assert_eq!(bodies, ["Calls of some users drop.", "We have found the cause.\n\nA fix is under way."]);
    let major = incident(&parsed, "SP900002");
    assert_eq!((major.phase, major.impact), (Some(Phase::Identified), Some(Impact::Major)));
    let over = incident(&parsed, "EX900003");
    assert_eq!(over.phase, Some(Phase::Resolved));
    assert_eq!(over.resolved_at.unwrap().to_string(), "2026-05-01T12:00:00Z");
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
}

#[test]
fn issue_that_left_the_answer_is_looked_up() {
    let resolved = r#"{"id": "TM900001", "title": "Calls drop", "service": "Microsoft Teams", "status": "serviceRestored",
        "classification": "advisory", "isResolved": true, "startDateTime": "2026-05-04T14:00:00Z",
        "endDateTime": "2026-05-04T15:30:00Z", "lastModifiedDateTime": "2026-05-04T15:40:00Z", "posts": []}"#;
    let (asked, parsed) = read(&[(OVERVIEWS, WELL), (ISSUE, resolved)], &["TM900001"]);
    assert_eq!(asked.len(), 2, "{asked:?}");
    let parsed = parsed.unwrap();
    assert_eq!(incident(&parsed, "TM900001").resolved_at.unwrap().to_string(), "2026-05-04T15:30:00Z");
    assert_eq!(parsed.unlisted.len(), 1);
    let gone = read(&[(OVERVIEWS, WELL)], &["TM900001"]).1.unwrap();
    assert_eq!(gone.snapshot.coverage.incidents, Listing::Complete, "it was looked for");
    let unclear = read(&[(OVERVIEWS, WELL), (ISSUE, "<html>")], &["TM900001"]).1.unwrap();
    assert_eq!(unclear.snapshot.coverage.incidents, Listing::Partial);
}

/// A page of the list with this one service, which goes on there.
fn page_of(service: &str, next: Option<&str>) -> String {
    json!({"@odata.nextLink": next, "value": [
        {"id": service, "service": service, "status": "serviceOperational", "issues": []},
    ]})
    .to_string()
}

fn at(query: &str) -> String {
    OVERVIEWS.replace("$expand=issues", query)
}

#[test]
fn list_that_goes_on_is_followed_and_asked_for_at_once_by_the_next_read() {
    let [second, third] = ["$expand=issues&$skip=1", "$expand=issues&$skiptoken=a%20b"].map(at);
    let first = page_of("one", Some(&second));
    let documents = [(OVERVIEWS, &*first), (&second, &page_of("two", Some(&third))), (&third, &page_of("three", None))];
    let page = Page::at(PAGE).with_all(&documents);
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    let below = |url: &str| url.strip_prefix(PAGE).unwrap().trim_start_matches('/').to_owned();
    let all = [OVERVIEWS, &second, &third].map(below);
    assert_eq!(asked, all);
    let parsed = parsed.unwrap();
    let ids: Vec<&str> = parsed.snapshot.components.iter().map(|component| component.id.as_str()).collect();
    assert_eq!(ids, ["one", "two", "three"]);
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Complete, Listing::Complete));
    assert_eq!(parsed.problems, Vec::<String>::new());

    let context = ReadContext { page: &page.page, source: Some(&parsed.source), open: &[], now: Timestamp::UNIX_EPOCH };
    let Err(Stop::Need(first)) = (FORMAT.read)(&context, &Answers::default()) else { panic!("it has no answers") };
    let first: Vec<String> = first.iter().map(|request| below(request.url.as_str())).collect();
    assert_eq!(first, all, "a change may be on any of them");
    let again = page.read(&FORMAT, Some(&parsed.source), &[]).1.unwrap();
    assert_eq!((again.source, again.snapshot), (parsed.source.clone(), parsed.snapshot));
    // The list is shorter by now, and nothing is concluded from what the old link has.
    let shorter = page.with(OVERVIEWS, page_of("one", None)).with(&second, "gone");
    let shorter = shorter.read(&FORMAT, Some(&parsed.source), &[]).1.unwrap();
    assert_eq!((&*shorter.source, shorter.snapshot.components.len()), ("overviews", 1));
}

#[test]
fn page_of_the_list_that_cannot_be_read_is_not_left_out() {
    let second = at("$skip=1");
    let page = Page::at(PAGE).with(OVERVIEWS, page_of("one", Some(&second)));
    for (status, body) in [(503, ""), (200, "<html>"), (404, "")] {
        let end = page.clone().with_status(&second, status, body).read(&FORMAT, Some("overviews"), &[]).1;
        assert!(end.is_err(), "{status}");
    }
}

#[test]
fn link_to_elsewhere_is_not_followed_and_what_it_has_is_missing() {
    let long = at(&format!("$skip={}", "1".repeat(600)));
    for link in [
        "https://evil.test/v1.0/admin/serviceAnnouncement/healthOverviews?$skip=1",
        "https://graph.microsoft.com.evil.test/v1.0/admin/serviceAnnouncement/healthOverviews?$skip=1",
        "http://graph.microsoft.com/v1.0/admin/serviceAnnouncement/healthOverviews?$skip=1",
        "https://graph.microsoft.com:8443/v1.0/admin/serviceAnnouncement/healthOverviews?$skip=1",
        "https://graph.microsoft.com/v1.0/users?$skip=1",
        "https://graph.microsoft.com/v1.0/admin/serviceAnnouncement/healthOverviews/../issues?$skip=1",
        "https://graph.microsoft.com/?$skip=100",
        "//evil.test/x?$skip=1",
        OVERVIEWS,
        "?$expand=issues",
        "https://[",
        "",
        &long,
    ] {
        let (asked, parsed) = read(&[(OVERVIEWS, &page_of("one", Some(link)))], &[]);
        assert_eq!(asked.len(), 1, "{link}: {asked:?}");
        let parsed = parsed.unwrap();
        let coverage = parsed.snapshot.coverage;
        assert_eq!((coverage.components, coverage.incidents), (Listing::Partial, Listing::Partial), "{link}");
        assert_eq!(parsed.problems, ["the list goes on after 1 services, and 1 of its pages were read"]);
        assert_eq!(parsed.source, "overviews");
    }
    // Whoever is named in front of the host is not told anything.
    let named = "https://me:secret@graph.microsoft.com/v1.0/admin/serviceAnnouncement/healthOverviews?$skip=1";
    let asked = read(&[(OVERVIEWS, &page_of("one", Some(named)))], &[]).0;
    assert_eq!(asked, ["healthOverviews?$expand=issues", "healthOverviews?$skip=1"]);
}

#[test]
fn list_without_end_is_read_for_five_pages() {
    let links: Vec<String> = (0..9).map(|number| at(&format!("$skip={number}"))).collect();
    let documents = links.iter().zip(&links[1..]).map(|(url, next)| (url.as_str(), page_of(url, Some(next))));
    let documents: Vec<(&str, String)> = documents.collect();
    let page = Page::at(PAGE).with_all(&documents).with(OVERVIEWS, page_of("one", Some(&links[0])));
    let (asked, parsed) = page.read(&FORMAT, Some("overviews"), &[]);
    let parsed = parsed.unwrap();
    assert_eq!((asked.len(), parsed.snapshot.components.len()), (5, 5));
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
    assert_eq!(parsed.problems, ["the list goes on after 5 services, and 5 of its pages were read"]);
    // In a circle.
    let circle = page_of("two", Some(OVERVIEWS));
    let circle = read(&[(OVERVIEWS, &page_of("one", Some(&links[0]))), (&links[0], &circle)], &[]);
    assert_eq!((circle.0.len(), circle.1.unwrap().snapshot.coverage.components), (2, Listing::Partial));
}

#[test]
fn words_are_those_of_the_documentation_in_any_case_and_any_other_is_unknown() {
    let well = ["serviceOperational", "ServiceRestored", "falsePositive", "resolvedExternal", "mitigatedExternal"];
    assert!(well.iter().all(|word| meaning(word).is_some_and(|(status, _)| status == ComponentStatus::Operational)));
    for unknown in ["unknownFutureValue", "operational", ""] {
        assert_eq!((meaning(unknown), impact(unknown)), (None, None), "{unknown}");
    }
    let restored = Some(Phase::Resolved);
    assert_eq!(phase(restored, Some(false)), Some(Phase::Monitoring), "it says itself that it is not over");
    assert_eq!(phase(None, Some(true)), restored);
    assert_eq!(phase(Some(Phase::Postmortem), Some(true)), Some(Phase::Postmortem));
    assert_eq!((phase(None, None), phase(restored, None)), (None, restored));
}

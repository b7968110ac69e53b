//! Whole reads of a tenant's service health.
use status::{
    snapshot::{Kind, Listing},
    words::{ComponentStatus, Impact, Phase},
};

use super::{FORMAT, impact, meaning, phase};
use crate::{
    contract::{ParsedPage, ReadError},
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

#[test]
fn answer_that_goes_on_vouches_for_nothing_that_it_lacks() {
    let next =
        OPEN.replacen("\"value\"", "\"@odata.nextLink\": \"https://graph.microsoft.com/?$skip=100\", \"value\"", 1);
    let parsed = read(&[(OVERVIEWS, &next)], &[]).1.unwrap();
    let coverage = parsed.snapshot.coverage;
    assert_eq!((coverage.components, coverage.incidents), (Listing::Partial, Listing::Partial));
    assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);
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

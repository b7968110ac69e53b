//! Whole reads of the page: what its posts add up to, and that the time of an answer is no news.
use status::{
    snapshot::Listing,
    words::{ComponentStatus, Phase},
};

use super::{ADMIN_CENTER, CONSUMER, FORMAT, PAGE, POWER_PLATFORM};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{Page, facts::open_incidents},
};

const WELL: &str = include_str!("../../../test_data/microsoft365/all_well/api+feed+mac");
const DEGRADED: &str = include_str!("../../../test_data/microsoft365/degraded/api+feed+mac");
const RESTORED: &str = include_str!("../../../test_data/microsoft365/restored/api+feed+mac");
const OTHER_CENTER: &str = include_str!("../../../test_data/microsoft365/all_well/api+feed+ppac");
const SERVICES: &str = include_str!("../../../test_data/microsoft365/all_well/api+posts+m365Consumer");
const SLOW_DRIVE: &str = include_str!("../../../test_data/microsoft365/degraded/api+posts+m365Consumer");

/// The end of a read of these documents; an empty one does not come.
fn read(admin_center: &str, consumer: &str, open: &[&str]) -> Result<ParsedPage, ReadError> {
    let documents = [(ADMIN_CENTER, admin_center), (POWER_PLATFORM, OTHER_CENTER), (CONSUMER, consumer)]
        .into_iter()
        .filter(|(_, body)| !body.is_empty());
    let page = Page::at(PAGE).otherwise(400, "").with_all(&documents.collect::<Vec<_>>());
    page.read(&FORMAT, Some("posts"), &open_incidents(open)).1
}

fn facts(parsed: &ParsedPage) -> Vec<(&str, &str, Option<Phase>, Option<ComponentStatus>)> {
    let incidents = parsed.snapshot.incidents.iter();
    incidents
        .map(|incident| (incident.id.as_str(), &*incident.title, incident.phase, incident.components[0].status))
        .collect()
}

fn coverage(parsed: &ParsedPage) -> (Listing, Listing) {
    (parsed.snapshot.coverage.components, parsed.snapshot.coverage.incidents)
}

#[test]
fn an_item_that_calls_its_service_available_is_no_incident() {
    let parsed = read(WELL, SERVICES, &[]).unwrap();
    assert_eq!(facts(&parsed), []);
    let components = parsed.snapshot.components.iter();
    let groups: Vec<_> = components.map(|c| (c.id.as_str(), c.group.as_deref(), c.status)).collect();
    assert_eq!(
        groups,
        [
            ("mac", None, ComponentStatus::Operational),
            ("ppac", None, ComponentStatus::Operational),
            ("consumer:OneDrive", Some("Consumer"), ComponentStatus::Operational),
            ("consumer:Outlook", Some("Consumer"), ComponentStatus::Operational),
            ("consumer:TeamsFree", Some("Consumer"), ComponentStatus::Operational),
        ]
    );
    assert_eq!(coverage(&parsed), (Listing::Complete, Listing::Complete));
}

#[test]
fn trouble_is_an_incident_of_the_service_it_hits() {
    let parsed = read(DEGRADED, SLOW_DRIVE, &[]).unwrap();
    let degraded = Some(ComponentStatus::DegradedPerformance);
    assert_eq!(
        facts(&parsed),
        [
            ("consumer:OneDrive", "OneDrive: Service degradation", Some(Phase::Investigating), degraded),
            ("mac", "Administrators may not be able to sign in", Some(Phase::Investigating), degraded),
        ]
    );
    let update = &parsed.snapshot.incidents[1].updates[0];
    assert_eq!(update.body.as_deref(), Some("Sign-in to the admin center fails for some. We look into it."));
}

#[test]
fn the_time_of_the_answer_is_no_news() {
    let minute_later = DEGRADED.replace("15:59:", "16:00:").replace("000000000001", "00000000000f");
    let digest = |document: &str| read(document, SERVICES, &["mac"]).unwrap().snapshot.digest();
    assert_eq!(digest(DEGRADED), digest(&minute_later));
    let update = |document: &str| read(document, SERVICES, &[]).unwrap().snapshot.incidents[0].updates[0].id.clone();
    assert_ne!(update(DEGRADED), update(&DEGRADED.replace("may not be able", "are not able")));
    assert_ne!(update(DEGRADED), update(&DEGRADED.replace("Service degradation", "Service interruption")));
}

#[test]
fn trouble_is_over_when_the_item_says_so_and_not_when_it_is_missing() {
    let gone = read(WELL, SERVICES, &["mac"]).unwrap();
    assert_eq!((facts(&gone), coverage(&gone).1), (vec![], Listing::Complete));
    let unsure = read(&WELL.replace("Available", "Unknown"), SERVICES, &["mac"]).unwrap();
    assert_eq!((facts(&unsure), coverage(&unsure).1), (vec![], Listing::Partial));
    let unread = read(WELL, "", &["consumer:OneDrive"]).unwrap();
    assert_eq!(coverage(&unread), (Listing::Partial, Listing::Partial));
    assert_eq!(unread.problems, [format!("{CONSUMER} answered with status 400")]);
    let shorter = read(WELL, &SERVICES.replace("\"OneDrive\"", "\"Drive\""), &["consumer:OneDrive"]).unwrap();
    assert_eq!(coverage(&shorter).1, Listing::Partial);
}

#[test]
fn a_restored_service_ends_its_trouble_without_a_message_that_would_hide_the_next() {
    let parsed = read(RESTORED, SERVICES, &["mac"]).unwrap();
    let [incident] = &parsed.snapshot.incidents[..] else { panic!("one incident") };
    assert_eq!((incident.phase, incident.updates.len()), (Some(Phase::Resolved), 0));
    assert_eq!(parsed.snapshot.components[0].status, ComponentStatus::Operational);
}

#[test]
fn an_unknown_word_is_told_once_and_concludes_nothing() {
    let parsed = read(&DEGRADED.replace("Service degradation", "Advisory"), SERVICES, &[]).unwrap();
    let [incident] = &parsed.snapshot.incidents[..] else { panic!("one incident") };
    assert_eq!((incident.phase, incident.components[0].status), (None, Some(ComponentStatus::Unknown)));
    assert_eq!(incident.updates[0].posted_at, Some("2026-05-04T15:59:00Z".parse().unwrap()));
    assert_eq!(parsed.problems, [r#""Microsoft 365 admin center": unknown status "Advisory""#]);
}

#[test]
fn a_feed_without_the_item_is_unusable() {
    let error = read("<rss><channel><title>Status</title></channel></rss>", SERVICES, &[]).unwrap_err();
    assert_eq!(error.to_string(), "no item of /api/feed/mac says how its service is");
}

//! Whole reads: what stands in the feed, what has left it, and the tables.
use status::{
    snapshot::Listing,
    words::{ComponentStatus, Phase},
};

use super::{FEED, FORMAT, PAGE, SECOND_OPINION, split_stage};
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{Page, facts::open_incidents},
};

const EMPTY: &str =
    include_str!("../../../test_data/azure/all_well/@rssfeed.azure.status.microsoft+en-us+status+feed+");
const EVENTS: &str =
    include_str!("../../../test_data/azure/front_door/@rssfeed.azure.status.microsoft+en-us+status+feed+");
const WELL: &str = include_str!("../../../test_data/azure/all_well/en-us+status");
const TROUBLE: &str = include_str!("../../../test_data/azure/front_door/en-us+status");
const DEGRADED: &str = include_str!("../../../test_data/azure/feed_emptied/@status.cloud.microsoft+api+posts+azure");
const FRONT_DOOR: &str = "aaaa0001-0000-4000-8000-000000000001";

/// The end of a read of these documents; an empty one does not come.
fn read(feed: &str, tables: &str, opinion: &str, open: &[&str]) -> Result<ParsedPage, ReadError> {
    let documents =
        [(FEED, feed), (PAGE, tables), (SECOND_OPINION, opinion)].into_iter().filter(|(_, body)| !body.is_empty());
    let page = Page::at(PAGE).otherwise(400, "").with_all(&documents.collect::<Vec<_>>());
    page.read(&FORMAT, Some("feed"), &open_incidents(open)).1
}

#[test]
fn what_the_feed_lists_is_open_unless_its_title_says_otherwise() {
    let parsed = read(EVENTS, TROUBLE, "", &[]).unwrap();
    let incidents = parsed.snapshot.incidents.iter();
    let facts: Vec<_> = incidents.map(|i| (&i.id.as_str()[..8], &*i.title, i.phase)).collect();
    assert_eq!(
        facts,
        [
            ("aaaa0001", "Front door - Connections fail", Some(Phase::Investigating)),
            ("aaaa0002", "Virtual Machines – West Europe", Some(Phase::Resolved)),
        ]
    );
    let front_door = &parsed.snapshot.incidents[0];
    assert_eq!(front_door.started_at, Some("2026-05-04T14:10:00Z".parse().unwrap()), "a zone of Z is UTC");
    assert_eq!(front_door.updates[0].posted_at, Some("2026-05-04T15:20:00Z".parse().unwrap()));
    let body = "Customers may see \"503\" at the edge.\n\nWe found a wrong setting and take it back.";
    assert_eq!(front_door.updates[0].body.as_deref(), Some(body));
}

#[test]
fn categories_name_what_is_affected_and_may_tell_the_state() {
    let parsed = read(EVENTS, TROUBLE, "", &[]).unwrap();
    let front_door = &parsed.snapshot.incidents[0].components;
    let named: Vec<_> = front_door.iter().map(|one| (one.id.as_str(), one.status)).collect();
    let down = Some(ComponentStatus::MajorOutage);
    assert_eq!(named, [("asia-pacific/Front door", down), ("europe/Front door", down)]);
    let ended = EVENTS.replace("<category>Front door", "<category>Resolved</category><category>Front door");
    let parsed = read(&ended, TROUBLE, "", &[]).unwrap();
    assert_eq!(parsed.snapshot.incidents[0].phase, Some(Phase::Resolved));
}

#[test]
fn a_review_is_news_of_an_open_event_only() {
    let phase = |open: &[&str]| {
        let parsed = read(EVENTS, TROUBLE, "", open).unwrap();
        let review = parsed.snapshot.incidents.iter().find(|incident| incident.title == "Storage – East US");
        review.and_then(|review| review.phase)
    };
    assert_eq!(phase(&[]), None);
    assert_eq!(phase(&["aaaa0003-0000-4000-8000-000000000003"]), Some(Phase::Postmortem));
}

#[test]
fn an_item_that_is_written_anew_is_the_same_event() {
    let facts = |feed: &str| {
        let parsed = read(feed, TROUBLE, "", &[]).unwrap();
        let incident = parsed.snapshot.incidents.iter().find(|incident| incident.title.starts_with("Front")).unwrap();
        (incident.id.clone(), incident.updates[0].id.clone())
    };
    let (id, update) = facts(EVENTS);
    assert_eq!(facts(&EVENTS.replace("15:20:00Z", "15:50:00Z")), (id.clone(), update.clone()), "a new date only");
    let (same, new) = facts(&EVENTS.replace("take it back", "took it back"));
    assert!(same == id && new != update);
    let without_guid = EVENTS.replace("guid", "other");
    let (id, _) = facts(&without_guid);
    assert_ne!(id.as_str(), "https://azure.status.microsoft/en-us/status/", "all items link to the page");
    assert_eq!(
        facts(&without_guid.replace("14:10:00", "15:10:00").replace(">Front door -", ">Active - Front door -")).0,
        id
    );
    let linked = EVENTS.replacen(
        "/en-us/status/</link>\n      <cat",
        "/en-us/status/history/?trackingId=abc1-2d3</link>\n      <cat",
        1,
    );
    assert_eq!(facts(&linked).0.as_str(), "ABC1-2D3");
}

#[test]
fn what_has_left_the_feed_is_over_if_the_feed_can_be_believed() {
    let listing = |feed: &str, tables: &str, opinion: &str| {
        let parsed = read(feed, tables, opinion, &[FRONT_DOOR]).unwrap();
        assert!(parsed.snapshot.incidents.iter().all(|incident| incident.id.as_str() != FRONT_DOOR));
        parsed.snapshot.coverage.incidents
    };
    let others = EVENTS.replace("aaaa0001", "cccc0001");
    assert_eq!(listing(&others, "", ""), Listing::Complete, "it lists others");
    assert_eq!(listing(EMPTY, WELL, ""), Listing::Complete, "the tables are fine");
    assert_eq!(listing(EMPTY, "", &DEGRADED.replace("Service degradation", "Available")), Listing::Complete);
    assert_eq!(listing(EMPTY, TROUBLE, DEGRADED), Listing::Partial);
    assert_eq!(listing(EMPTY, TROUBLE, ""), Listing::Partial);
    assert_eq!(listing(EMPTY, "", "<html></html>"), Listing::Partial);
}

#[test]
fn a_component_is_a_service_in_a_geography() {
    let parsed = read(EVENTS, TROUBLE, "", &[]).unwrap();
    let components = parsed.snapshot.components.iter();
    let facts: Vec<_> = components.map(|c| (c.id.as_str(), &*c.name, c.group.as_deref().unwrap(), c.status)).collect();
    assert_eq!(
        facts,
        [
            ("asia-pacific/Front door", "Front door", "Asia Pacific", ComponentStatus::MajorOutage),
            ("asia-pacific/Virtual Machines", "Virtual Machines", "Asia Pacific", ComponentStatus::DegradedPerformance),
            ("europe/Front door", "Front door", "Europe", ComponentStatus::MajorOutage),
            ("europe/Functions & jobs", "Functions & jobs", "Europe", ComponentStatus::Operational),
            ("europe/Virtual Machines", "Virtual Machines", "Europe", ComponentStatus::PartialOutage),
        ]
    );
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);
}

#[test]
fn tables_that_are_cut_off_or_strange_conclude_nothing() {
    let components = |tables: &str| {
        let parsed = read(EMPTY, tables, "", &[]).unwrap();
        (parsed.snapshot.components.len(), parsed.snapshot.coverage.components, parsed.problems)
    };
    let (count, listing, problems) = components(&WELL[..WELL.len() - 9]);
    assert_eq!((count, listing), (0, Listing::Partial));
    let cut = format!("no tables of regions: damaged: the page is cut off after {} bytes", WELL.len() - 9);
    assert_eq!(problems, [cut]);
    let (count, _, problems) = components("<html><p>Now all new</html>");
    assert_eq!((count, &*problems[0]), (0, "no tables of regions: the page has none that is known"));
    let (count, listing, problems) = components(&WELL.replace("data-label=\"Good\"", "data-label=\"Splendid\""));
    assert_eq!((count, listing), (5, Listing::Complete), "the symbol says it too");
    assert_eq!(problems, [r#"a cell has the unknown label "Splendid""#]);
    let (count, listing, _) = components(&WELL.replace("data-label", "title").replace("xlink:href", "x"));
    assert_eq!((count, listing), (0, Listing::Partial));
}

#[test]
fn a_feed_of_someone_else_is_refused() {
    let refused = |feed: &str| read(feed, WELL, "", &[]).unwrap_err().to_string();
    let other = "/en-us/status/feed/ is a feed, but does not say that it is Azure's";
    assert_eq!(refused("<rss><channel><title>News</title></channel></rss>"), other);
    assert_eq!(refused("{}"), "expected a feed at /en-us/status/feed/, got a JSON object of 2 bytes");
}

#[test]
fn the_stage_is_what_a_text_opens_with() {
    assert_eq!(split_stage("Mitigated - Storage - East US"), (Some("Resolved"), "Storage - East US"));
    assert_eq!(split_stage("[Active] – Storage"), (Some("Investigating"), "Storage"));
    assert_eq!(split_stage("Post Incident Review (PIR) – Storage"), (Some("Postmortem"), "Storage"));
    assert_eq!(split_stage("Preliminary PIR: Storage"), (Some("Postmortem"), "Storage"));
    assert_eq!(split_stage("Storage - East US - Mitigated"), (Some("Resolved"), "Storage - East US"));
    assert_eq!(split_stage("Storage - not mitigated"), (None, "Storage - not mitigated"));
    assert_eq!(split_stage("Resolved"), (None, "Resolved"));
}

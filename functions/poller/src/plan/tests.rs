//! Each decision, on a page of a few words.
use std::time::Duration;

use jiff::Timestamp;
use outbound::Validators;
use status::{
    ids::{IncidentId, ProviderId, UpdateId},
    snapshot::{Coverage, Incident, Kind, Page, Update, Window},
    words::{Event, Phase},
};

use super::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
}

fn page() -> Provider {
    Provider {
        id: ProviderId::new("acme"),
        name: "Acme".into(),
        page_url: "https://status.acme.test".into(),
        format: None,
        interval: None,
    }
}

fn incident(phase: Phase) -> Incident {
    Incident {
        id: IncidentId::new("i1"),
        kind: Kind::Incident,
        title: "Errors".into(),
        phase: Some(phase),
        impact: None,
        url: None,
        started_at: Some(at(0)),
        resolved_at: None,
        window: None,
        components: Vec::new(),
        updates: vec![Update {
            id: UpdateId::new(phase.as_str()),
            phase: Some(phase),
            posted_at: Some(at(0)),
            body: Some(phase.as_str().into()),
            components: Vec::new(),
        }],
    }
}

/// The page lists these incidents, and looked up all others.
fn full(incidents: Vec<Incident>) -> FullRead {
    let snapshot = Snapshot {
        page: Page { id: None, name: Some("Acme".into()), url: None },
        components: Vec::new(),
        incidents,
        coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
    };
    let first = FirstResponses {
        validators: Validators { etag: Some("\"1\"".into()), last_modified: None },
        raw_digest: "00ff".into(),
        max_age: Some(Duration::from_secs(10)),
    };
    FullRead {
        format: "statuspage",
        parsed: ParsedPage { snapshot, source: "summary".into(), unlisted: Vec::new(), problems: Vec::new() },
        first: Some(first),
        moved_to: None,
        resolved: None,
        landed: page().page_url.parse().unwrap(),
    }
}

fn read(cached: Option<&PageHead>, full: FullRead, minute: i64) -> PageRead {
    let accepted = Accepted { identity: crate::identity::identity_of(&page(), &full), is_other: false };
    PageRead::new(&page(), cached, full, accepted, at(minute))
}

fn committed(decision: Decision) -> Commit {
    match decision {
        Decision::Commit(commit) => *commit,
        Decision::Unchanged(head) => panic!("nothing to commit: {head:?}"),
    }
}

/// The page after its first read, with these incidents.
fn stored(incidents: Vec<Incident>) -> PageRecord {
    committed(plan(&page(), None, &read(None, full(incidents), 0), at(0))).page
}

fn events(commit: &Commit) -> Vec<Event> {
    commit.alerts.iter().map(|alert| alert.event).collect()
}

#[test]
fn the_first_read_is_a_baseline_without_alerts() {
    let commit = committed(plan(&page(), None, &read(None, full(vec![incident(Phase::Investigating)]), 0), at(0)));

    assert_eq!((commit.read_version, commit.page.head.version), (None, 1));
    assert_eq!(events(&commit), []);
    assert_eq!(commit.incidents.len(), 1);
    assert!(commit.incidents[0].backfilled);
    assert!(commit.page_summary.is_some());
    assert_eq!(commit.page.head.etag.as_deref(), Some("\"1\""));
    assert_eq!(commit.page.head.body_digest.as_deref(), Some("00ff"));
    assert_eq!(commit.page.head.open, [(Kind::Incident, IncidentId::new("i1"))]);
}

#[test]
fn the_same_content_needs_no_stored_state() {
    let head = stored(vec![incident(Phase::Investigating)]).head;
    let same = || full(vec![incident(Phase::Investigating)]);

    assert!(read(Some(&head), same(), 1).means_the_same(Some(&head)));
    assert!(!read(None, same(), 1).means_the_same(None));
    let unsettled = PageHead { unsettled: true, ..head.clone() };
    assert!(!read(Some(&unsettled), same(), 1).means_the_same(Some(&unsettled)));
    let other = full(vec![incident(Phase::Monitoring)]);
    assert!(!read(Some(&head), other, 1).means_the_same(Some(&head)));
}

#[test]
fn an_unchanged_state_keeps_its_stored_version() {
    let stored = stored(vec![incident(Phase::Investigating)]);
    // Another process cached an older head, so the digests differ though the state is the stored one.
    let cached = PageHead { version: 7, snapshot_digest: "older".into(), ..stored.head.clone() };
    let read = read(Some(&cached), full(vec![incident(Phase::Investigating)]), 1);
    assert!(!read.means_the_same(Some(&cached)));

    let Decision::Unchanged(head) = plan(&page(), Some(&stored), &read, at(1)) else { panic!("nothing changed") };
    assert_eq!(head, stored.head);
}

#[test]
fn a_change_is_committed_on_the_stored_version_with_its_alerts() {
    let mut stored = stored(vec![]);
    let cached = stored.head.clone();
    // Another poller has committed since the head was cached.
    stored.head.version = 5;

    let opened = read(Some(&cached), full(vec![incident(Phase::Investigating)]), 1);
    let opened = committed(plan(&page(), Some(&stored), &opened, at(1)));
    assert_eq!((opened.read_version, opened.page.head.version), (Some(5), 6));
    assert_eq!(events(&opened), [Event::Opened]);
    assert!(opened.page_summary.is_some());

    let resolved = read(Some(&opened.page.head), full(vec![incident(Phase::Resolved)]), 2);
    let resolved = committed(plan(&page(), Some(&opened.page), &resolved, at(2)));
    assert_eq!(events(&resolved), [Event::Resolved]);
    assert_eq!(resolved.page.head.open, []);
}

#[test]
fn a_page_this_process_never_read_is_planned_as_new_so_that_a_stored_one_is_a_conflict() {
    let commit = committed(plan(&page(), None, &read(None, full(vec![incident(Phase::Resolved)]), 3), at(3)));
    assert_eq!(commit.read_version, None);
    assert_eq!(events(&commit), []);
}

#[test]
fn after_a_change_of_source_absence_ends_nothing() {
    let stored = stored(vec![incident(Phase::Investigating)]);
    let other_source = |minute| {
        let mut full = full(vec![]);
        full.parsed.source = "history".into();
        read(Some(&stored.head), full, minute)
    };

    let moved = committed(plan(&page(), Some(&stored), &other_source(1), at(1)));
    assert_eq!(events(&moved), []);
    assert_eq!(moved.page.head.source, "history");
    assert_eq!(moved.page.head.open.len(), 1);
    assert!(moved.page.head.unsettled, "it has to be looked up again");
}

#[test]
fn an_open_incident_that_is_not_listed_is_looked_up_again() {
    let stored = stored(vec![incident(Phase::Investigating)]);
    let gone = committed(plan(&page(), Some(&stored), &read(Some(&stored.head), full(vec![]), 1), at(1)));
    assert!(gone.page.head.unsettled);
    let gone = committed(plan(&page(), Some(&gone.page), &read(Some(&gone.page.head), full(vec![]), 2), at(2)));
    assert_eq!(events(&gone), [Event::Resolved]);
    assert!(!gone.page.head.unsettled);
}

#[test]
fn identity_is_the_id_alone() {
    let stored = stored(vec![incident(Phase::Investigating)]);
    let window = Some(Window { starts_at: Some(at(0)), ends_at: Some(at(60)) });
    let planned = Incident { kind: Kind::Maintenance, window, ..incident(Phase::InProgress) };

    let changed = committed(plan(&page(), Some(&stored), &read(Some(&stored.head), full(vec![planned]), 1), at(1)));

    assert_eq!(changed.page.page_state.incidents.len(), 1);
    assert_eq!(changed.incidents[0].incident.kind, Kind::Incident, "it stays what it was opened as");
    assert_eq!(changed.page.head.open, [(Kind::Incident, IncidentId::new("i1"))]);
    assert!(!changed.page.head.unsettled, "it is listed, whatever its kind");
    assert_eq!(changed.page.head.read_again_at, Some(at(60)));
}

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
        unchanged_cost: None,
    };
    FullRead {
        format: "statuspage",
        parsed: ParsedPage { snapshot, source: "summary".into(), unlisted: Vec::new(), problems: Vec::new() },
        first: Some(first),
        moved_to: None,
        resolved: None,
        resolved_for: Initiator::Us,
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
fn history_of_a_page_waits_from_its_first_read_or_from_the_first_change_with_a_reader_of_it() {
    let mut stored = stored(vec![]);
    assert_eq!(stored.head.import_pending_since, Some(at(0)));
    let mut changed = |pending_since, imported_at| {
        (stored.head.import_pending_since, stored.head.imported_at) = (pending_since, imported_at);
        let opened = read(Some(&stored.head), full(vec![incident(Phase::Investigating)]), 1);
        let head = committed(plan(&page(), Some(&stored), &opened, at(1))).page.head;
        (head.import_pending_since, head.imported_at)
    };
    assert_eq!(changed(Some(at(0)), None), (Some(at(0)), None));
    assert_eq!(changed(None, Some(at(0))), (None, Some(at(0))));
    assert_eq!(changed(None, None), (Some(at(1)), None), "it was read by an earlier version");
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

/// A feed with these entries, which was read in full.
fn feed(incidents: Vec<Incident>) -> FullRead {
    let mut full = full(incidents);
    full.format = "feed";
    full.parsed.snapshot.coverage = Coverage { components: Listing::Partial, incidents: Listing::Window };
    full
}

fn entry(number: usize, minute: i64) -> Incident {
    // Texts that do not compress well.
    let text: String = (0..12).map(|part| status::ids::digest(&[&number.to_string(), &part.to_string()])).collect();
    // Nor does the id, so that there is no room even for the entries without their texts.
    let path: String =
        (0..40).map(|part| status::ids::digest(&["id", &number.to_string(), &part.to_string()])).collect();
    let mut entry =
        Incident { id: IncidentId::new(format!("https://acme.test/{path}")), ..incident(Phase::Investigating) };
    entry.updates[0].posted_at = Some(at(minute));
    entry.updates[0].body = Some(text);
    entry
}

#[test]
fn feed_that_never_ends_is_kept_within_bounds_and_each_entry_is_told_once() {
    let mut stored = committed(plan(&page(), None, &read(None, feed(vec![]), 0), at(0))).page;
    let mut told = 0;
    for poll in 1..=7 {
        let minute = poll as i64;
        let entries = |page: usize| (0..100).map(|n| entry(page * 100 + n, minute)).collect::<Vec<_>>();
        let read = read(Some(&stored.head), feed(entries(poll)), minute);
        let commit = committed(plan(&page(), Some(&stored), &read, at(minute)));
        let [alert] = commit.alerts.as_slice() else { panic!("{} alerts", commit.alerts.len()) };
        assert_eq!((alert.event, alert.summary.len()), (Event::Summary, 100));
        told += alert.summary.len();
        assert!(has_room(&commit.page.page_state), "poll {poll}");
        let open: usize = commit.page.head.open.iter().map(|(_, id)| id.as_str().len() + 24).sum();
        assert!(open <= 48 * 1024, "{open} bytes of open incidents in the head");
        assert_eq!(commit.incidents.len(), 100, "the history has each of them");
        stored = commit.page;
        if poll % 6 == 1 {
            // The same page again is no news, and soon no write: texts dropped elsewhere leave room for others.
            let again = |stored: &PageRecord| {
                let read = self::read(Some(&stored.head), feed(entries(poll)), minute);
                plan(&page(), Some(stored), &read, at(minute))
            };
            if let Decision::Commit(commit) = again(&stored) {
                assert_eq!(commit.alerts, []);
                stored = commit.page;
            }
            assert!(matches!(again(&stored), Decision::Unchanged(_)), "poll {poll}");
        }
    }
    assert_eq!(told, 700);
    assert!(stored.page_state.incidents.len() < 700);
}

#[test]
fn page_with_more_than_there_is_room_for_is_told_once_and_says_so() {
    let entries = || {
        let mut entries: Vec<Incident> = (0..1_000).map(|n| entry(n, 1)).collect();
        for (number, entry) in entries.iter_mut().enumerate() {
            let part = |part: usize| status::ids::digest(&[&number.to_string(), "id", &part.to_string()]);
            entry.id = IncidentId::new((0..30).map(part).collect::<String>());
        }
        entries
    };
    let stored = committed(plan(&page(), None, &read(None, feed(vec![]), 0), at(0))).page;
    let first = committed(plan(&page(), Some(&stored), &read(Some(&stored.head), feed(entries()), 1), at(1)));
    let told: usize = first.alerts.iter().map(|alert| alert.summary.len()).sum();
    assert!(told == 1_000 && first.alerts.len() < 10, "{told} in {} summaries", first.alerts.len());
    assert!(has_room(&first.page.page_state) && first.page.page_state.incidents.len() < 1_000);
    assert!(first.page.head.left_out.as_ref().unwrap().contains("not kept"), "{:?}", first.page.head.left_out);

    let again = read(Some(&first.page.head), feed(entries()), 2);
    let Decision::Unchanged(head) = plan(&page(), Some(&first.page), &again, at(2)) else { panic!("it is the same") };
    assert_eq!(head.left_out, first.page.head.left_out);
}

#[test]
fn incident_that_cannot_be_looked_up_is_asked_for_at_growing_pauses() {
    let quiet = || {
        let mut full = full(vec![]);
        // The history gives no answer.
        full.parsed.snapshot.coverage.incidents = Listing::Partial;
        full
    };
    let stored = stored(vec![incident(Phase::Investigating)]);
    let mut head = stored.head.clone();
    let (mut in_full, mut last) = (0, 0);
    for minute in 1..=60 * 24 * 60 {
        let due = head.unsettled || head.read_again_at.is_some_and(|again| again <= at(minute));
        if !due && minute > 1 {
            continue;
        }
        (in_full, last) = (in_full + 1, minute);
        let read = read(Some(&head), quiet(), minute);
        head = match plan(&page(), Some(&stored), &read, at(minute)) {
            Decision::Unchanged(head) => head,
            Decision::Commit(commit) => panic!("nothing changed: {:?}", commit.alerts),
        };
    }
    assert!((10..2_000).contains(&in_full), "{in_full} of {} reads in full", 60 * 24 * 60);
    assert!(last > 60 * 24 * 60 - 61, "it is looked up to the end, once an hour");

    let listed = read(Some(&head), full(vec![incident(Phase::Investigating)]), last + 1);
    let Decision::Unchanged(head) = plan(&page(), Some(&stored), &listed, at(last + 1)) else { panic!("the same") };
    assert_eq!((head.unsettled, head.read_again_at, head.unlisted_since), (false, None, None));
}

#[test]
fn another_page_that_was_confirmed_begins_with_a_baseline() {
    let stored = stored(vec![incident(Phase::Investigating)]);
    let other =
        || Incident { id: IncidentId::new("b1"), title: "Something else".into(), ..incident(Phase::Identified) };
    let full = full(vec![other()]);
    let accepted = Accepted { identity: crate::identity::identity_of(&page(), &full), is_other: true };
    let read = PageRead::new(&page(), Some(&stored.head), full, accepted, at(1));
    let followed = committed(plan(&page(), Some(&stored), &read, at(1)));
    assert_eq!(events(&followed), [], "what is there is no news, and nothing ends");
    assert_eq!(followed.page.head.open.len(), 2);
    assert!(followed.page.page_state.find(&"b1".into()).unwrap().backfilled);
}

#[test]
fn row_without_an_identity_takes_the_one_that_is_read() {
    let mut stored = stored(vec![]);
    stored.head.identity = None;
    let read = read(Some(&stored.head), full(vec![]), 1);
    assert!(!read.means_the_same(Some(&stored.head)));
    let adopted = committed(plan(&page(), Some(&stored), &read, at(1)));
    assert_eq!(adopted.page.head.identity.unwrap().name.as_deref(), Some("Acme"));
    assert_eq!(adopted.alerts, []);
}

//! Incidents of pages that state no phase, only that something is open.
use status::{
    snapshot::{Incident, Listing, Snapshot, Window},
    words::{ComponentStatus::*, Phase::*},
};

use crate::page::{Watcher, at, incident, maintenance, page};

const QUIET: &[(&str, status::words::ComponentStatus)] = &[("api", Operational)];

/// Open since so many seconds, if the page says since when.
fn open(id: &str, since: Option<i64>) -> Incident {
    Incident { started_at: since.map(at), ..incident(id, &[], &[("api", MajorOutage)]) }
}

fn listing(incidents: &[Incident], listing: Listing) -> Snapshot {
    let mut page = page(QUIET, incidents);
    page.coverage.incidents = listing;
    page
}

fn watching() -> Watcher {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    watcher
}

#[test]
fn open_incident_without_a_phase_is_told_and_so_is_its_end() {
    for list in [Listing::Complete, Listing::Partial] {
        for since in [None, Some(30)] {
            let mut watcher = watching();
            assert_eq!(watcher.events(&listing(&[open("down", since)], list)), ["opened down"], "{list:?} {since:?}");
            assert!(watcher.read(&listing(&[open("down", since)], list)).is_empty());
            let over = Incident { resolved_at: Some(at(200)), ..open("down", since) };
            assert_eq!(watcher.events(&listing(&[over], list)), ["resolved down"], "{list:?} {since:?}");
        }
    }
}

#[test]
fn planned_work_without_a_phase_is_told() {
    let mut watcher = watching();
    let work = Incident { phase: None, started_at: None, ..maintenance("work", &[], 7200) };
    assert_eq!(watcher.events(&page(QUIET, &[work])), ["scheduled work"]);
}

#[test]
fn what_began_before_the_first_read_is_no_news_without_a_phase() {
    let mut watcher = watching();
    assert!(watcher.read(&page(QUIET, &[open("old", Some(-9000))])).is_empty());
    let past = Window { starts_at: Some(at(-9000)), ends_at: Some(at(-8000)) };
    let work = Incident { phase: None, started_at: None, window: Some(past), ..maintenance("work", &[], 0) };
    assert!(watcher.read(&page(QUIET, &[open("old", Some(-9000)), work])).is_empty());
}

/// Many posts of feeds are no incidents, or never get an end.
#[test]
fn undated_post_of_a_feed_is_no_news() {
    let mut watcher = watching();
    assert!(watcher.read(&listing(&[open("post", Some(30))], Listing::Window)).is_empty());
}

#[test]
fn incident_without_a_phase_that_is_listed_again_is_told_again() {
    let mut watcher = watching();
    let down = page(QUIET, &[open("down", None)]);
    assert_eq!(watcher.events(&down), ["opened down"]);
    assert!(watcher.read(&page(QUIET, &[])).is_empty());
    assert_eq!(watcher.events(&page(QUIET, &[])), ["resolved down"]);
    assert_eq!(watcher.events(&down), ["opened down"]);
    assert!(watcher.read(&down).is_empty());
}

#[test]
fn incident_that_its_page_has_as_open_again_is_reopened_without_a_phase() {
    let over = [
        Incident { phase: Some(Resolved), ..open("down", None) },
        Incident { resolved_at: Some(at(100)), ..open("down", None) },
        incident("down", &[(100, Resolved)], &[]),
    ];
    for over in over {
        let mut watcher = watching();
        let down = page(QUIET, &[open("down", None)]);
        assert_eq!(watcher.events(&down), ["opened down"]);
        assert_eq!(watcher.events(&page(QUIET, std::slice::from_ref(&over))), ["resolved down"]);
        // A list without its part about ends says nothing.
        assert!(watcher.read(&listing(&[open("down", None)], Listing::Partial)).is_empty());
        assert_eq!(watcher.events(&down), ["opened down"]);
        let known = &watcher.page_state.as_ref().unwrap().incidents[0];
        assert_eq!((known.incident.phase, known.incident.resolved_at, known.episode), (None, None, 2));
        assert_eq!(watcher.events(&page(QUIET, &[over])), ["resolved down"]);
    }
}

#[test]
fn unknown_word_after_the_end_reopens_nothing() {
    let mut watcher = watching();
    let updates = [(30, Investigating), (90, Resolved)];
    assert_eq!(watcher.events(&page(QUIET, &[incident("slow", &updates[..1], &[])])), ["opened slow"]);
    assert_eq!(watcher.events(&page(QUIET, &[incident("slow", &updates, &[])])), ["resolved slow"]);
    let unknown = Incident { phase: None, resolved_at: None, ..incident("slow", &updates, &[]) };
    assert!(watcher.read(&page(QUIET, &[unknown])).is_empty());
}

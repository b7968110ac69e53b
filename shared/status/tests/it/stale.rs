//! Posts without an end become stale; what a page lists as open never does.
use status::{
    page_summary::PageSummary,
    snapshot::{Listing, Snapshot},
    words::{ComponentStatus, Phase},
};

use crate::page::{Watcher, affected, at, incident, maintenance, page, provider};

const DAY: i64 = 24 * 3600;

/// A feed with these entries.
fn feed(incidents: &[status::snapshot::Incident]) -> Snapshot {
    let mut snapshot = page(&[], incidents);
    snapshot.coverage.components = Listing::Partial;
    snapshot.coverage.incidents = Listing::Window;
    snapshot
}

fn post(id: &str, days: i64) -> status::snapshot::Incident {
    incident(id, &[(days * DAY, Phase::Investigating)], &[])
}

fn state_of(watcher: &Watcher) -> ComponentStatus {
    PageSummary::of(&provider().id, watcher.page_state.as_ref().unwrap()).state
}

fn is_stale(watcher: &Watcher, id: &str) -> bool {
    watcher.page_state.as_ref().unwrap().find(&id.into()).unwrap().is_stale()
}

#[test]
fn post_older_than_two_weeks_is_stale_from_the_first_read() {
    let mut watcher = Watcher::default();
    watcher.read(&feed(&[post("old", -15), post("new", -13)]));

    let state = watcher.page_state.as_ref().unwrap();
    assert!(is_stale(&watcher, "old") && !is_stale(&watcher, "new"));
    assert_eq!(state.find(&"old".into()).unwrap().no_news_since, Some(at(-15 * DAY)));
    assert_eq!(state.open().len(), 1, "only the new one is looked for at every read");
    assert_eq!(state_of(&watcher), ComponentStatus::DegradedPerformance);
    let summary = PageSummary::of(&provider().id, state);
    let listed: Vec<_> = summary.open.iter().map(|item| (item.id.as_str(), item.no_news_since.is_some())).collect();
    assert_eq!(listed, [("new", false), ("old", true)]);
}

#[test]
fn post_becomes_stale_by_time_alone_and_without_an_alert() {
    let mut watcher = Watcher::default();
    watcher.read(&feed(&[]));
    assert_eq!(watcher.events(&feed(&[post("i1", 0)])), ["opened i1"]);
    let due = watcher.page_state.as_ref().unwrap().due_at(at(60)).unwrap();
    assert!(due >= at(14 * DAY) && due <= at(14 * DAY + 60), "{due}");

    assert!(watcher.events_at(at(14 * DAY - 60)).is_empty());
    assert!(!is_stale(&watcher, "i1"));
    assert!(watcher.events_at(due).is_empty(), "it is no news");
    assert!(is_stale(&watcher, "i1"));
    assert_ne!(state_of(&watcher), ComponentStatus::DegradedPerformance);
    assert_eq!(watcher.page_state.as_ref().unwrap().due_at(due), None);
    assert!(watcher.events(&feed(&[post("i1", 0)])).is_empty());
}

#[test]
fn news_makes_a_stale_incident_open_again_and_its_end_is_told() {
    let mut watcher = Watcher::default();
    watcher.read(&feed(&[post("i1", -20), post("i2", -20)]));
    assert!(is_stale(&watcher, "i1"));
    let more = incident("i1", &[(-20 * DAY, Phase::Investigating), (30, Phase::Monitoring)], &[]);
    assert_eq!(watcher.events(&feed(&[more, post("i2", -20)])), ["updated i1"]);
    assert!(!is_stale(&watcher, "i1"));
    assert_eq!(watcher.page_state.as_ref().unwrap().open().len(), 1);

    let over = incident("i2", &[(-20 * DAY, Phase::Investigating), (60, Phase::Resolved)], &[]);
    assert_eq!(watcher.events(&feed(&[over])), ["resolved i2"]);
    assert!(!is_stale(&watcher, "i2"));
}

#[test]
fn news_that_is_dated_back_counts_from_when_it_is_seen() {
    let mut watcher = Watcher::default();
    watcher.read(&feed(&[]));
    assert_eq!(watcher.events(&feed(&[post("i1", -40)])), ["opened i1"]);
    assert!(!is_stale(&watcher, "i1"), "it was told a moment ago");
    watcher.events_at(at(14 * DAY + 120));
    assert!(is_stale(&watcher, "i1"));
}

#[test]
fn incident_that_a_page_lists_is_never_stale() {
    for listing in [Listing::Complete, Listing::Partial] {
        let mut watcher = Watcher::default();
        let mut listed = page(&[("web", ComponentStatus::MajorOutage)], &[post("i1", -90)]);
        listed.coverage.incidents = listing;
        watcher.read(&listed);
        watcher.events_at(at(90 * DAY));
        watcher.read(&listed);
        assert!(!is_stale(&watcher, "i1"), "{listing:?}");
        assert_ne!(state_of(&watcher), ComponentStatus::Operational);
    }
}

#[test]
fn planned_work_is_stale_two_weeks_after_its_planned_end() {
    let mut watcher = Watcher::default();
    let ahead = maintenance("m1", &[(-20 * DAY, Phase::Scheduled)], 10 * DAY);
    watcher.read(&feed(&[ahead]));
    assert!(!is_stale(&watcher, "m1"));
    watcher.events_at(at(23 * DAY));
    assert!(!is_stale(&watcher, "m1"));
    watcher.events_at(at(25 * DAY));
    assert!(is_stale(&watcher, "m1"));
}

#[test]
fn component_that_only_a_stale_post_names_is_well_and_causes_no_alert() {
    let down = |incidents: &[status::snapshot::Incident]| Snapshot {
        components: page(&[("web", ComponentStatus::MajorOutage)], &[]).components,
        ..feed(incidents)
    };
    let named = |days: i64| status::snapshot::Incident {
        components: affected(&[("web", ComponentStatus::MajorOutage)]),
        ..post("i1", days)
    };
    let mut watcher = Watcher::default();
    watcher.read(&down(&[named(-20)]));
    assert_ne!(state_of(&watcher), ComponentStatus::MajorOutage);
    for _ in 0..3 {
        assert!(watcher.events(&down(&[named(-20)])).is_empty());
        assert_ne!(state_of(&watcher), ComponentStatus::MajorOutage);
    }
    assert!(watcher.page_state.as_ref().unwrap().is_settled());

    let mut watcher = Watcher::default();
    watcher.read(&feed(&[]));
    assert_eq!(watcher.events(&down(&[named(0)])), ["opened i1"]);
    assert_eq!(state_of(&watcher), ComponentStatus::MajorOutage);
    assert!(watcher.events_at(at(15 * DAY)).is_empty());
    assert_ne!(state_of(&watcher), ComponentStatus::MajorOutage);
}

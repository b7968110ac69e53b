//! What the clock alone brings of a maintenance.
use jiff::Timestamp;
use status::{
    snapshot::Window,
    words::{ComponentStatus::Operational, Phase::*},
};

use crate::page::{Watcher, at, maintenance, page};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const CALM: [(&str, status::words::ComponentStatus); 1] = [("api", Operational)];

/// It has read a maintenance that is announced for this time.
fn announced_for(starts: i64) -> Watcher {
    let mut watcher = Watcher::default();
    watcher.read(&page(&CALM, &[]));
    watcher.read(&page(&CALM, &[maintenance("m", &[(10, Scheduled)], starts)]));
    watcher
}

#[test]
fn start_is_reminded_of_once_within_the_hour_before() {
    let mut watcher = announced_for(DAY);
    assert_eq!(watcher.page_state.as_ref().unwrap().due_at(at(60)), Some(at(DAY - HOUR)));
    assert!(watcher.struck(at(DAY - HOUR - 1)).is_empty());
    assert_eq!(watcher.struck(at(DAY - HOUR)), ["reminder m"]);
    assert!(watcher.struck(at(DAY - HOUR + 60)).is_empty());
    assert_eq!(watcher.page_state.unwrap().due_at(at(DAY - HOUR + 60)), None);
}

#[test]
fn start_that_has_passed_is_not_reminded_of() {
    let mut watcher = announced_for(DAY);
    assert!(watcher.struck(at(DAY)).is_empty());
    assert_eq!(watcher.page_state.unwrap().due_at(at(DAY)), None);
}

#[test]
fn what_is_announced_within_the_hour_needs_no_reminder() {
    let mut watcher = announced_for(HOUR / 2);
    assert!(watcher.struck(at(HOUR / 4)).is_empty());
}

#[test]
fn start_that_is_moved_is_reminded_of_again() {
    let mut watcher = announced_for(DAY);
    assert_eq!(watcher.struck(at(DAY - 60)), ["reminder m"]);
    assert_eq!(
        watcher.told(&page(&CALM, &[maintenance("m", &[(10, Scheduled), (20, Scheduled)], 2 * DAY)])),
        ["changed m"]
    );
    assert!(watcher.struck(at(DAY)).is_empty());
    assert_eq!(watcher.struck(at(2 * DAY - 60)), ["reminder m"]);
}

#[test]
fn work_may_be_planned_for_the_end_of_time() {
    let mut work = maintenance("m", &[(10, InProgress)], DAY);
    work.window = Some(Window { starts_at: Some(Timestamp::MIN), ends_at: Some(Timestamp::MAX) });
    let mut watcher = announced_for(DAY);
    watcher.read(&page(&CALM, &[work]));
    assert!(watcher.struck(at(2 * DAY)).is_empty());
}

#[test]
fn plans_that_were_given_up_are_remembered() {
    let mut watcher = announced_for(DAY);
    watcher.read(&page(&CALM, &[maintenance("m", &[(10, Scheduled), (20, Scheduled)], 2 * DAY)]));
    watcher.read(&page(&CALM, &[maintenance("m", &[(10, Scheduled), (20, Scheduled)], 2 * DAY)]));
    let page_state = watcher.page_state.unwrap();
    let rescheduled: Vec<_> =
        page_state.incidents[0].rescheduled.iter().map(|rescheduled| rescheduled.from.starts_at).collect();
    assert_eq!(rescheduled, [Some(at(DAY))]);
}

#[test]
fn maintenance_of_the_baseline_is_reminded_of() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&CALM, &[maintenance("m", &[(10, Scheduled)], HOUR / 2)]));
    assert_eq!(watcher.struck(at(60)), ["reminder m"]);
}

#[test]
fn cancelled_maintenance_is_not_reminded_of() {
    let mut watcher = announced_for(DAY);
    watcher.read(&page(&CALM, &[]));
    assert_eq!(watcher.told(&page(&CALM, &[])), ["cancelled m"]);
    assert!(watcher.struck(at(DAY - 60)).is_empty());
}

#[test]
fn work_that_goes_on_past_its_planned_end_is_told_once() {
    let mut watcher = announced_for(DAY);
    watcher.struck(at(DAY - 60));
    let under_way = page(&CALM, &[maintenance("m", &[(10, Scheduled), (DAY, InProgress)], DAY)]);
    assert_eq!(watcher.told(&under_way), ["started m"]);
    let ends = DAY + HOUR;
    assert!(watcher.struck(at(ends + 599)).is_empty());
    assert_eq!(watcher.struck(at(ends + 600)), ["overran m"]);
    assert!(watcher.struck(at(ends + 2 * HOUR)).is_empty());
    assert!(watcher.told(&under_way).is_empty(), "a read does not tell it again");
}

#[test]
fn work_that_never_began_does_not_overrun() {
    let mut watcher = announced_for(DAY);
    watcher.struck(at(DAY - 60));
    assert!(watcher.struck(at(2 * DAY)).is_empty());
}

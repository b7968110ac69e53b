//! Maintenances: reminders and overruns, which time alone causes, and a kind that changes.
use jiff::Timestamp;
use status::{
    snapshot::{Incident, Kind, Window},
    words::{ComponentStatus::Operational, Phase::*},
};

use crate::page::{Watcher, at, incident, maintenance, page};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const CALM: [(&str, status::words::ComponentStatus); 1] = [("api", Operational)];

/// Has read a maintenance that is to start at this time.
fn announced_for(starts: i64) -> Watcher {
    let mut watcher = Watcher::default();
    watcher.read(&page(&CALM, &[]));
    watcher.read(&page(&CALM, &[maintenance("m", &[(10, Scheduled)], starts)]));
    watcher
}

#[test]
fn there_is_one_reminder_within_the_hour_before_the_start() {
    let mut watcher = announced_for(DAY);
    assert_eq!(watcher.page_state.as_ref().unwrap().due_at(at(60)), Some(at(DAY - HOUR)));
    assert!(watcher.events_at(at(DAY - HOUR - 1)).is_empty());
    assert_eq!(watcher.events_at(at(DAY - HOUR)), ["reminder m"]);
    assert!(watcher.events_at(at(DAY - HOUR + 60)).is_empty());
    assert_eq!(watcher.page_state.unwrap().due_at(at(DAY - HOUR + 60)), None);
}

#[test]
fn start_that_has_passed_is_not_reminded_of() {
    let mut watcher = announced_for(DAY);
    assert!(watcher.events_at(at(DAY)).is_empty());
    assert_eq!(watcher.page_state.unwrap().due_at(at(DAY)), None);
}

#[test]
fn what_is_announced_within_the_hour_needs_no_reminder() {
    let mut watcher = announced_for(HOUR / 2);
    assert!(watcher.events_at(at(HOUR / 4)).is_empty());
}

#[test]
fn start_that_is_moved_is_reminded_of_again() {
    let mut watcher = announced_for(DAY);
    assert_eq!(watcher.events_at(at(DAY - 60)), ["reminder m"]);
    assert_eq!(
        watcher.events(&page(&CALM, &[maintenance("m", &[(10, Scheduled), (20, Scheduled)], 2 * DAY)])),
        ["changed m"]
    );
    assert!(watcher.events_at(at(DAY)).is_empty());
    assert_eq!(watcher.events_at(at(2 * DAY - 60)), ["reminder m"]);
}

#[test]
fn work_may_be_planned_for_the_end_of_time() {
    let mut work = maintenance("m", &[(10, InProgress)], DAY);
    work.window = Some(Window { starts_at: Some(Timestamp::MIN), ends_at: Some(Timestamp::MAX) });
    let mut watcher = announced_for(DAY);
    watcher.read(&page(&CALM, &[work]));
    assert!(watcher.events_at(at(2 * DAY)).is_empty());
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
    assert_eq!(watcher.events_at(at(60)), ["reminder m"]);
}

#[test]
fn cancelled_maintenance_is_not_reminded_of() {
    let mut watcher = announced_for(DAY);
    watcher.read(&page(&CALM, &[]));
    assert_eq!(watcher.events(&page(&CALM, &[])), ["cancelled m"]);
    assert!(watcher.events_at(at(DAY - 60)).is_empty());
}

#[test]
fn work_that_goes_on_past_its_planned_end_is_alerted_once() {
    let mut watcher = announced_for(DAY);
    watcher.events_at(at(DAY - 60));
    let under_way = page(&CALM, &[maintenance("m", &[(10, Scheduled), (DAY, InProgress)], DAY)]);
    assert_eq!(watcher.events(&under_way), ["started m"]);
    let ends = DAY + HOUR;
    assert!(watcher.events_at(at(ends + 599)).is_empty());
    assert_eq!(watcher.events_at(at(ends + 600)), ["overran m"]);
    assert!(watcher.events_at(at(ends + 2 * HOUR)).is_empty());
    assert!(watcher.events(&under_way).is_empty(), "a read does not tell it again");
}

#[test]
fn work_that_never_began_does_not_overrun() {
    let mut watcher = announced_for(DAY);
    watcher.events_at(at(DAY - 60));
    assert!(watcher.events_at(at(2 * DAY)).is_empty());
}

#[test]
fn what_was_announced_as_maintenance_stays_maintenance() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&CALM, &[]));
    let planned = maintenance("m", &[(10, Scheduled)], 2 * DAY);
    assert_eq!(watcher.events(&page(&CALM, std::slice::from_ref(&planned))), ["scheduled m"]);

    let renamed = Incident { kind: Kind::Incident, ..planned };
    assert!(watcher.events(&page(&CALM, &[renamed])).is_empty(), "another kind alone is no news");
    let begun = incident("m", &[(10, Scheduled), (20, Investigating)], &[]);
    assert_eq!(watcher.events(&page(&CALM, &[begun])), ["started m"]);
    let state = watcher.page_state.as_ref().unwrap();
    assert_eq!(state.open(), [(Kind::Maintenance, "m".into())]);
    assert_eq!(state.incidents[0].incident.phase, Some(InProgress));
    let over = incident("m", &[(10, Scheduled), (20, Investigating), (30, Resolved)], &[]);
    assert_eq!(watcher.events(&page(&CALM, &[over])), ["completed m"]);
}

#[test]
fn an_incident_that_a_page_calls_maintenance_stays_an_incident() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&CALM, &[]));
    let open = incident("i", &[(10, Investigating)], &[]);
    assert_eq!(watcher.events(&page(&CALM, &[open])), ["opened i"]);
    let renamed = maintenance("i", &[(10, Investigating), (20, InProgress)], 2 * DAY);
    assert_eq!(watcher.events(&page(&CALM, &[renamed])), ["updated i"]);
    let over = maintenance("i", &[(10, Investigating), (20, InProgress), (30, Completed)], 2 * DAY);
    assert_eq!(watcher.events(&page(&CALM, &[over])), ["resolved i"]);
}

#[test]
fn one_id_is_one_incident_whatever_its_kind() {
    let planned = maintenance("m", &[(10, Scheduled)], 2 * DAY);
    let newer = incident("m", &[(10, Scheduled), (20, Investigating)], &[]);
    let snapshot = page(&CALM, &[planned, newer]).sorted();
    assert_eq!(snapshot.incidents.iter().map(|it| it.kind).collect::<Vec<_>>(), [Kind::Incident]);
}

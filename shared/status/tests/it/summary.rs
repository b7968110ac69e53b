//! Too many changes in one read are told in one alert.
use status::{
    alert::{Alert, alerts, summarised},
    diff::diff,
    page_state::PageState,
    snapshot::Snapshot,
    words::{ComponentStatus, Event, Phase, Severity},
};

use crate::page::{at, incident, page, provider};

/// `from..to` incidents in this phase, with the updates up to it.
fn read(from: i64, to: i64, phase: Phase) -> Snapshot {
    let updates: &[(i64, Phase)] = match phase {
        Phase::Resolved => &[(0, Phase::Investigating), (600, Phase::Resolved)],
        _ => &[(0, Phase::Investigating)],
    };
    let incidents: Vec<_> =
        (from..to).map(|n| incident(&format!("i{n}"), updates, &[("web", ComponentStatus::MajorOutage)])).collect();
    page(&[("web", ComponentStatus::Operational), ("api", ComponentStatus::Operational)], &incidents)
}

/// One read as a poller takes it.
fn poll(state: &mut PageState, snapshot: &Snapshot, second: i64) -> Vec<Alert> {
    let before = state.clone();
    let mut after = before.apply(snapshot, at(second));
    let changes = diff(&before, &after);
    let found = alerts(&provider(), &before, &after, &changes, at(second));
    let found = summarised(&provider(), found, &changes, &mut after, at(second));
    *state = after;
    found
}

#[test]
fn twenty_changes_are_told_one_by_one_and_one_more_at_once() {
    let mut state = PageState::baseline(&read(0, 0, Phase::Investigating), at(0));
    assert_eq!(poll(&mut state, &read(0, 20, Phase::Investigating), 60).len(), 20);

    let mut state = PageState::baseline(&read(0, 0, Phase::Investigating), at(0));
    let found = poll(&mut state, &read(0, 21, Phase::Investigating), 60);
    let [summary] = found.as_slice() else { panic!("{} alerts", found.len()) };
    assert_eq!((summary.event, summary.severity), (Event::Summary, Severity::Minor));
    assert_eq!(summary.incident.title, "21 changes at once: 21 opened");
    assert!(summary.incident.id.as_str().starts_with("summary@"));
    assert_eq!(summary.summary.len(), 21);
    let item = &summary.summary[0];
    assert_eq!((item.incident.as_str(), item.event), ("i0", Event::Opened));
    assert_eq!(item.components[0].id.as_str(), "web");
    assert!(state.incidents.iter().all(|known| known.opened_in.as_ref() == Some(&summary.incident.id)));
    assert!(poll(&mut state, &read(0, 21, Phase::Investigating), 120).is_empty());
}

#[test]
fn incident_that_gets_worse_among_many_changes_is_told_by_itself() {
    let mut state = PageState::baseline(&read(0, 0, Phase::Investigating), at(0));
    let summary = poll(&mut state, &read(0, 30, Phase::Investigating), 60).remove(0);
    let mut changed = read(1, 30, Phase::Resolved);
    let worse = [("web", ComponentStatus::MajorOutage), ("api", ComponentStatus::MajorOutage)];
    changed.incidents.push(incident("i0", &[(0, Phase::Investigating), (600, Phase::Identified)], &worse));
    let found = poll(&mut state, &changed, 660);
    assert_eq!(found.iter().map(|alert| alert.event).collect::<Vec<_>>(), [Event::Updated, Event::Summary]);
    assert_eq!((found[0].incident.id.as_str(), found[0].widened), ("i0", true));
    assert_eq!(found[0].opened_in.as_ref(), Some(&summary.incident.id));
    assert_eq!(found[1].summary.len(), 29);
}

#[test]
fn the_same_changes_are_the_same_summary_and_others_another() {
    let quiet = PageState::baseline(&read(0, 0, Phase::Investigating), at(0));
    let of = |to: i64, second: i64| poll(&mut quiet.clone(), &read(0, to, Phase::Investigating), second).remove(0);
    assert_eq!(of(30, 60).id, of(30, 120).id);
    assert_eq!(of(30, 60).incident.id, of(30, 120).incident.id);
    assert_ne!(of(30, 60).id, of(31, 60).id);
}

#[test]
fn end_of_an_incident_names_the_summary_that_opened_it() {
    let mut state = PageState::baseline(&read(0, 0, Phase::Investigating), at(0));
    let summary = poll(&mut state, &read(0, 30, Phase::Investigating), 60).remove(0);
    let mut one_over = read(1, 30, Phase::Investigating);
    one_over.incidents.extend(read(0, 1, Phase::Resolved).incidents);
    let found = poll(&mut state, &one_over, 660);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].event, found[0].opened_in.as_ref()), (Event::Resolved, Some(&summary.incident.id)));

    let mut all_over = one_over.clone();
    all_over.incidents = read(0, 30, Phase::Resolved).incidents;
    let found = poll(&mut state, &all_over, 720);
    let [ends] = found.as_slice() else { panic!("{} alerts", found.len()) };
    assert_eq!(ends.incident.title, "29 changes at once: 29 resolved");
    assert!(ends.summary.iter().all(|item| item.opened_in.as_ref() == Some(&summary.incident.id)));
}

#[test]
fn incident_that_was_told_by_itself_names_no_summary_and_a_new_episode_forgets_it() {
    let mut state = PageState::baseline(&read(0, 0, Phase::Investigating), at(0));
    poll(&mut state, &read(0, 1, Phase::Investigating), 60);
    poll(&mut state, &read(0, 31, Phase::Investigating), 120);
    let found = poll(&mut state, &read(0, 1, Phase::Resolved), 660);
    assert_eq!(found.iter().find(|alert| alert.incident.id.as_str() == "i0").unwrap().opened_in, None);

    let mut state = PageState::baseline(&read(0, 0, Phase::Investigating), at(0));
    poll(&mut state, &read(0, 30, Phase::Investigating), 60);
    poll(&mut state, &read(0, 30, Phase::Resolved), 660);
    let again = [(0, Phase::Investigating), (600, Phase::Resolved), (900, Phase::Investigating)];
    let mut reopened = read(1, 30, Phase::Resolved);
    reopened.incidents.push(incident("i0", &again, &[]));
    assert_eq!(poll(&mut state, &reopened, 960)[0].event, Event::Opened);
    assert_eq!(state.find(&"i0".into()).unwrap().opened_in, None);
}

#[test]
fn summary_of_a_hostile_page_names_few_components() {
    let components: Vec<(String, ComponentStatus)> =
        (0..1_000).map(|n| (format!("c{n}"), ComponentStatus::MajorOutage)).collect();
    let named: Vec<(&str, ComponentStatus)> =
        components.iter().map(|(name, status)| (name.as_str(), *status)).collect();
    let incidents: Vec<_> =
        (0..100).map(|n| incident(&format!("i{n}"), &[(0, Phase::Investigating)], &named)).collect();
    let well: Vec<_> = named.iter().map(|(name, _)| (*name, ComponentStatus::Operational)).collect();
    let mut state = PageState::baseline(&page(&well, &[]), at(0));
    let summary = poll(&mut state, &page(&named, &incidents), 60).remove(0);
    let total: usize = summary.summary.iter().map(|item| item.components.len()).sum();
    assert_eq!((summary.summary.len(), total), (100, 2_000));
    assert!(!summary.summary[99].tags_everything, "that it names nothing says as much");
}

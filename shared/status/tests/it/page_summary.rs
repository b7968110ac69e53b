//! What lists and bars show of a page.
use jiff::Timestamp;
use status::{
    availability::{DayState, Period, Seen, by_component, daily_states, of_page},
    ids::ComponentId,
    incident_timeline::IncidentTimeline,
    page_summary::PageSummary,
    snapshot::{Affected, Listing},
    words::{ComponentStatus::*, Impact, Phase::*},
};

use crate::page::{Watcher, affected, at, incident, maintenance, page};

const DAY: i64 = 24 * 3600;

/// What is believed after these reads.
fn believed(reads: &[status::snapshot::Snapshot]) -> status::page_state::PageState {
    let mut watcher = Watcher::default();
    reads.iter().for_each(|read| _ = watcher.read(read));
    watcher.page_state.unwrap()
}

fn page_summary(reads: &[status::snapshot::Snapshot]) -> PageSummary {
    PageSummary::of(&"acme".into(), &believed(reads))
}

#[test]
fn a_page_is_as_bad_as_its_worst_component_or_what_is_open() {
    let quiet = page(&[("api", Operational), ("web", Operational)], &[]);
    let calm = page_summary(std::slice::from_ref(&quiet));
    assert_eq!((calm.state, calm.components, calm.in_trouble, calm.open.len()), (Operational, 2, 0, 0));
    let slow = incident("slow", &[(30, Investigating)], &[("api", DegradedPerformance)]);
    let bad = page(&[("api", DegradedPerformance), ("web", Operational)], std::slice::from_ref(&slow));
    let seen = page_summary(&[quiet.clone(), bad]);
    assert_eq!((seen.state, seen.in_trouble), (DegradedPerformance, 1));
    assert_eq!((seen.open[0].since, seen.open[0].components.as_slice()), (at(30), &["api".to_owned()][..]));
    let unsaid = page_summary(&[quiet.clone(), page(&[], &[incident("feed", &[(30, Investigating)], &[])])]);
    assert_eq!(unsaid.state, DegradedPerformance, "an incident is trouble though no component says so");
}

fn seen(since: Timestamp, until: Timestamp) -> Seen<'static> {
    Seen { period: Period { since, until }, gaps: &[] }
}

#[test]
fn an_open_incident_is_never_green() {
    let quiet = page(&[("api", Operational), ("web", Operational)], &[]);
    let impacts = [None, Some(Impact::None), Some(Impact::Minor), Some(Impact::Major), Some(Impact::Critical)];
    for impact in impacts {
        for named in [&[][..], &[("api", Operational)][..]] {
            for phase in [Investigating, Identified, Monitoring] {
                let mut open = incident("late", &[(30, phase)], named);
                open.impact = impact;
                let page_state = believed(&[quiet.clone(), page(&[("api", Operational)], &[open])]);
                let state = PageSummary::of(&"acme".into(), &page_state).state;
                assert!(state.is_trouble(), "{impact:?} {phase:?} {named:?}: {state:?}");
                let timelines: Vec<_> = page_state.incidents.iter().map(IncidentTimeline::of).collect();
                let seen = seen(page_state.baseline_at, at(7200));
                let today = daily_states(&of_page(&timelines), seen, 1, at(7200))[0].1;
                let green = DayState::Watched { worst: Operational, seconds: 0 };
                assert!(!named.is_empty() || today != green, "{impact:?} {phase:?}");
            }
        }
    }
    let mut over = incident("late", &[(30, Investigating), (60, Resolved)], &[]);
    over.impact = Some(Impact::None);
    assert_eq!(page_summary(&[quiet.clone(), page(&[("api", Operational)], &[over])]).state, Operational);
}

#[test]
fn a_page_whose_words_are_all_unknown_is_not_green() {
    assert_eq!(page_summary(&[page(&[("api", Unknown), ("web", Unknown)], &[])]).state, Unknown);
    assert_eq!(page_summary(&[page(&[("api", Unknown), ("web", Operational)], &[])]).state, Operational);
    assert_eq!(page_summary(&[page(&[("api", Unknown), ("web", PartialOutage)], &[])]).state, PartialOutage);
    assert_eq!(page_summary(&[page(&[], &[])]).state, Operational, "a page without components has none to doubt");
    let mut names = page(&[("api", Unknown)], &[]);
    names.coverage.components = Listing::Partial;
    assert_eq!(page_summary(&[names]).state, Operational, "names without states are those of old incidents");
}

#[test]
fn planned_work_is_no_trouble_before_it_begins() {
    let quiet = page(&[("api", Operational)], &[]);
    let planned = maintenance("work", &[(10, Scheduled)], DAY);
    let seen = page_summary(&[quiet.clone(), page(&[("api", Operational)], &[planned])]);
    assert_eq!((seen.state, seen.maintenances().count(), seen.incidents().count()), (Operational, 1, 0));
    assert_eq!(seen.open[0].since, at(DAY), "it stands where it begins");
    let running = maintenance("work", &[(10, Scheduled), (60, InProgress)], 60);
    assert_eq!(page_summary(&[quiet.clone(), page(&[("api", Operational)], &[running])]).state, UnderMaintenance);
    let mut posted_as_incident = maintenance("work", &[(10, Investigating)], 60);
    posted_as_incident.window = None;
    assert_eq!(page_summary(&[quiet, page(&[("api", Operational)], &[posted_as_incident])]).state, UnderMaintenance);
}

#[test]
fn a_component_is_held_as_the_updates_that_name_it_say() {
    let mut slow = incident("slow", &[(30, Investigating), (600, Monitoring), (900, Resolved)], &[]);
    slow.updates[0].components = affected(&[("api", MajorOutage), ("web", DegradedPerformance)]);
    slow.updates[1].components = affected(&[("api", Operational)]);
    slow.components = affected(&[("api", Operational), ("web", Operational)]);
    let quiet = page(&[("api", Operational), ("web", Operational)], &[]);
    let page_state = believed(&[quiet.clone(), page(&[("api", Operational), ("web", Operational)], &[slow])]);
    let timeline = IncidentTimeline::of(&page_state.incidents[0]);
    let held: Vec<_> =
        timeline.intervals.iter().map(|held| (held.component.as_str(), held.status, held.from, held.until)).collect();
    assert_eq!(
        held,
        [("api", Some(MajorOutage), at(30), Some(at(600))), ("web", Some(DegradedPerformance), at(30), Some(at(900))),]
    );
    assert_eq!((timeline.began_at, timeline.ended_at, timeline.first_said_at), (at(30), Some(at(900)), Some(at(30))));
}

#[test]
fn a_component_that_joins_later_was_not_hit_before() {
    let mut slow = incident("slow", &[(30, Investigating), (600, Investigating), (900, Resolved)], &[]);
    slow.updates[0].components = affected(&[("api", DegradedPerformance)]);
    slow.updates[1].components = affected(&[("api", DegradedPerformance), ("web", MajorOutage)]);
    slow.components = affected(&[("api", Operational), ("web", Operational)]);
    slow.started_at = Some(at(10));
    let page_state = believed(&[page(&[], &[]), page(&[], &[slow])]);
    let timeline = IncidentTimeline::of(&page_state.incidents[0]);
    let held: Vec<_> =
        timeline.intervals.iter().map(|held| (held.component.as_str(), held.status, held.from, held.until)).collect();
    assert_eq!(
        held,
        [("api", Some(DegradedPerformance), at(10), Some(at(900))), ("web", Some(MajorOutage), at(600), Some(at(900)))],
        "what is said again goes on, and who is named first was hit from the start"
    );
}

#[test]
fn work_without_a_stated_state_is_maintenance_and_no_trouble() {
    let mut work = maintenance("work", &[(10, Scheduled), (60, InProgress), (120, Completed)], 60);
    work.components = vec![Affected { id: "api".into(), status: None }];
    let page_state = believed(&[page(&[], &[]), page(&[], &[work])]);
    let timeline = IncidentTimeline::of(&page_state.incidents[0]);
    assert_eq!(timeline.intervals[0].status, Some(UnderMaintenance));
}

#[test]
fn a_bar_claims_nothing_of_days_before_the_page_was_watched() {
    let mut slow = incident("slow", &[(30, Investigating)], &[]);
    slow.components = vec![Affected { id: "api".into(), status: Some(PartialOutage) }];
    let page_state = believed(&[page(&[("api", Operational)], &[]), page(&[("api", PartialOutage)], &[slow])]);
    let timelines: Vec<IncidentTimeline> = page_state.incidents.iter().map(IncidentTimeline::of).collect();
    let now = at(2 * DAY);
    let watched = seen(page_state.baseline_at, now);
    let by_component = by_component(&timelines);
    let days = daily_states(&by_component[&ComponentId::new("api")], watched, 5, now);
    assert_eq!(days.len(), 5);
    let seen: Vec<DayState> = days.iter().map(|(_, day)| *day).collect();
    assert_eq!(seen[..2], [DayState::NotWatched, DayState::NotWatched]);
    for day in &seen[2..] {
        assert!(matches!(day, DayState::Watched { worst: PartialOutage, .. }), "{seen:?}");
    }
    assert!(matches!(seen[3], DayState::Watched { seconds: DAY, .. }), "{seen:?}");
    assert_eq!(by_component.get(&ComponentId::new("web")), None);
    let other = daily_states(&[], watched, 1, now);
    assert_eq!(other[0].1, DayState::Watched { worst: Operational, seconds: 0 });
}

#[test]
fn overlapping_trouble_is_counted_once() {
    let one = incident("one", &[(0, Investigating), (3600, Resolved)], &[]);
    let two = incident("two", &[(1800, Investigating), (5400, Resolved)], &[]);
    let page_state = believed(&[page(&[], &[]), page(&[], &[one, two])]);
    let timelines: Vec<IncidentTimeline> = page_state.incidents.iter().map(IncidentTimeline::of).collect();
    let watched = seen(page_state.baseline_at, at(7200));
    let today = daily_states(&of_page(&timelines), watched, 1, at(7200));
    let DayState::Watched { worst, seconds } = today[0].1 else { panic!("{today:?}") };
    assert_eq!((worst, seconds), (Unknown, 5400), "which components it hit was not said");
}

#[test]
fn a_component_that_joins_a_page_is_known_since_then() {
    let mut watcher = Watcher::default();
    let one = page(&[("api", Operational)], &[]);
    let two = page(&[("api", Operational), ("web", Operational)], &[]);
    for read in [&one, &two, &two, &one, &two] {
        let before = watcher.page_state.as_ref().map(|state| state.joined_at.clone());
        watcher.read(read);
        let joined = &watcher.page_state.as_ref().unwrap().joined_at;
        assert!(!joined.contains_key(&ComponentId::new("api")), "it was there at the first read");
        assert_eq!(joined.contains_key(&ComponentId::new("web")), read.components.len() == 2);
        let again = before.filter(|before| !before.is_empty() && read.components.len() == 2);
        assert!(again.is_none_or(|before| before == *joined), "an unchanged page changes nothing");
    }
}

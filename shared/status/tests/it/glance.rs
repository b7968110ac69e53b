//! What lists and bars show of a page.
use status::{
    glance::Glance,
    ids::ComponentId,
    snapshot::Affected,
    span::{Day, Span, bar},
    words::{ComponentStatus::*, Impact, Phase::*},
};

use crate::page::{Watcher, affected, at, incident, maintenance, page};

const DAY: i64 = 24 * 3600;

/// What is believed after these reads.
fn believed(reads: &[status::snapshot::Snapshot]) -> status::belief::Belief {
    let mut watcher = Watcher::default();
    reads.iter().for_each(|read| _ = watcher.read(read));
    watcher.belief.unwrap()
}

fn glance(reads: &[status::snapshot::Snapshot]) -> Glance {
    Glance::of(&"acme".into(), &believed(reads))
}

#[test]
fn a_page_is_as_bad_as_its_worst_component_or_what_is_open() {
    let quiet = page(&[("api", Operational), ("web", Operational)], &[]);
    let calm = glance(std::slice::from_ref(&quiet));
    assert_eq!((calm.state, calm.components, calm.in_trouble, calm.open.len()), (Operational, 2, 0, 0));
    let slow = incident("slow", &[(30, Investigating)], &[("api", DegradedPerformance)]);
    let bad = page(&[("api", DegradedPerformance), ("web", Operational)], std::slice::from_ref(&slow));
    let seen = glance(&[quiet.clone(), bad]);
    assert_eq!((seen.state, seen.in_trouble), (DegradedPerformance, 1));
    assert_eq!((seen.open[0].since, seen.open[0].components.as_slice()), (at(30), &["api".to_owned()][..]));
    let unsaid = glance(&[quiet.clone(), page(&[], &[incident("feed", &[(30, Investigating)], &[])])]);
    assert_eq!(unsaid.state, DegradedPerformance, "an incident is trouble though no component says so");
    let mut notice = incident("notice", &[(30, Investigating)], &[]);
    notice.impact = Some(Impact::None);
    assert_eq!(glance(&[quiet, page(&[("api", Operational)], &[notice])]).state, Operational);
}

#[test]
fn planned_work_is_no_trouble_before_it_begins() {
    let quiet = page(&[("api", Operational)], &[]);
    let planned = maintenance("work", &[(10, Scheduled)], DAY);
    let seen = glance(&[quiet.clone(), page(&[("api", Operational)], &[planned])]);
    assert_eq!((seen.state, seen.maintenances().count(), seen.incidents().count()), (Operational, 1, 0));
    assert_eq!(seen.open[0].since, at(DAY), "it stands where it begins");
    let running = maintenance("work", &[(10, Scheduled), (60, InProgress)], 60);
    assert_eq!(glance(&[quiet.clone(), page(&[("api", Operational)], &[running])]).state, UnderMaintenance);
}

#[test]
fn a_component_is_held_as_the_updates_that_name_it_say() {
    let mut slow = incident("slow", &[(30, Investigating), (600, Monitoring), (900, Resolved)], &[]);
    slow.updates[0].components = affected(&[("api", MajorOutage), ("web", DegradedPerformance)]);
    slow.updates[1].components = affected(&[("api", Operational)]);
    slow.components = affected(&[("api", Operational), ("web", Operational)]);
    let quiet = page(&[("api", Operational), ("web", Operational)], &[]);
    let belief = believed(&[quiet.clone(), page(&[("api", Operational), ("web", Operational)], &[slow])]);
    let span = Span::of(&belief.incidents[0]);
    let held: Vec<_> =
        span.held.iter().map(|held| (held.component.as_str(), held.status, held.from, held.until)).collect();
    assert_eq!(
        held,
        [("api", Some(MajorOutage), at(30), Some(at(600))), ("web", Some(DegradedPerformance), at(30), Some(at(900))),]
    );
    assert_eq!((span.began_at, span.ended_at, span.first_said_at), (at(30), Some(at(900)), Some(at(30))));
}

#[test]
fn a_component_that_joins_later_was_not_hit_before() {
    let mut slow = incident("slow", &[(30, Investigating), (600, Investigating), (900, Resolved)], &[]);
    slow.updates[0].components = affected(&[("api", DegradedPerformance)]);
    slow.updates[1].components = affected(&[("api", DegradedPerformance), ("web", MajorOutage)]);
    slow.components = affected(&[("api", Operational), ("web", Operational)]);
    slow.started_at = Some(at(10));
    let belief = believed(&[page(&[], &[]), page(&[], &[slow])]);
    let span = Span::of(&belief.incidents[0]);
    let held: Vec<_> =
        span.held.iter().map(|held| (held.component.as_str(), held.status, held.from, held.until)).collect();
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
    let belief = believed(&[page(&[], &[]), page(&[], &[work])]);
    let span = Span::of(&belief.incidents[0]);
    assert_eq!(span.held[0].status, Some(UnderMaintenance));
}

#[test]
fn a_bar_claims_nothing_of_days_before_the_page_was_watched() {
    let mut slow = incident("slow", &[(30, Investigating)], &[]);
    slow.components = vec![Affected { id: "api".into(), status: Some(PartialOutage) }];
    let belief = believed(&[page(&[("api", Operational)], &[]), page(&[("api", PartialOutage)], &[slow])]);
    let spans: Vec<Span> = belief.incidents.iter().map(Span::of).collect();
    let now = at(2 * DAY);
    let days = bar(&spans, Some(&ComponentId::new("api")), belief.baseline_at, 5, now);
    assert_eq!(days.len(), 5);
    let seen: Vec<Day> = days.iter().map(|(_, day)| *day).collect();
    assert_eq!(seen[..2], [Day::NotWatched, Day::NotWatched]);
    for day in &seen[2..] {
        assert!(matches!(day, Day::Watched { worst: PartialOutage, .. }), "{seen:?}");
    }
    assert!(matches!(seen[3], Day::Watched { seconds: DAY, .. }), "{seen:?}");
    let other = bar(&spans, Some(&ComponentId::new("web")), belief.baseline_at, 1, now);
    assert_eq!(other[0].1, Day::Watched { worst: Operational, seconds: 0 });
}

#[test]
fn overlapping_trouble_is_counted_once() {
    let one = incident("one", &[(0, Investigating), (3600, Resolved)], &[]);
    let two = incident("two", &[(1800, Investigating), (5400, Resolved)], &[]);
    let belief = believed(&[page(&[], &[]), page(&[], &[one, two])]);
    let spans: Vec<Span> = belief.incidents.iter().map(Span::of).collect();
    let today = bar(&spans, None, belief.baseline_at, 1, at(7200));
    let Day::Watched { worst, seconds } = today[0].1 else { panic!("{today:?}") };
    assert_eq!((worst, seconds), (Unknown, 5400), "which components it hit was not said");
}

//! Pages at sizes at which work that grows with the square of a list could not end before the test runner gives up.
use status::{
    alert::{alerts, summarised},
    diff::{ChangeKind, diff},
    ids::{ComponentId, IncidentId, UpdateId},
    page_state::PageState,
    snapshot::{Affected, Component, Incident, Snapshot},
    words::{ComponentStatus, Phase},
};

use crate::page::{at, incident, page, provider};

/// One incident with so many updates, whose ids are of this read.
fn endless(number: i64, updates: i64, read: &str) -> Incident {
    let moments: Vec<(i64, Phase)> = (0..updates).map(|n| (n, Phase::Investigating)).collect();
    let mut incident = incident(&format!("i{number}"), &moments, &[]);
    for (update, n) in incident.updates.iter_mut().zip(0..) {
        update.id = UpdateId::new(format!("{read}-{n}"));
    }
    incident
}

fn many(count: usize) -> Snapshot {
    let component = |n: usize, status| Component {
        id: ComponentId::new(format!("c{n}")),
        name: format!("Part {n}"),
        group: Some(format!("Group {n}")),
        status,
    };
    let components = (0..count).map(|n| component(n, ComponentStatus::MajorOutage)).collect();
    Snapshot { components, ..page(&[], &[]) }
}

#[test]
fn endless_incident_whose_update_ids_change_is_merged_and_nothing_is_news() {
    const UPDATES: i64 = 40_000;
    let read = |name: &str| page(&[], &[endless(1, UPDATES, name)]);
    let first = PageState::baseline(&read("a"), at(0));
    let second = first.apply(&read("b"), at(60));
    assert_eq!(second.incidents[0].incident.updates.len() as i64, UPDATES);
    assert!(diff(&first, &second).iter().all(|change| change.kind == ChangeKind::Edited));
    assert_eq!(second.apply(&read("b"), at(120)), second);
}

#[test]
fn endless_incident_whose_updates_are_all_new_is_merged_and_told() {
    const UPDATES: i64 = 40_000;
    let mut later = endless(1, UPDATES, "b");
    later.updates.iter_mut().for_each(|update| update.body = update.body.as_ref().map(|body| format!("again {body}")));
    let first = PageState::baseline(&page(&[], &[endless(1, UPDATES, "a")]), at(0));
    let second = first.apply(&page(&[], &[later]), at(60));
    assert_eq!(second.incidents[0].incident.updates.len() as i64, 2 * UPDATES);
    let changes = diff(&first, &second);
    let found = alerts(&provider(), &first, &second, &changes, at(60));
    assert_eq!(found[0].updates.len() as i64, UPDATES);
}

#[test]
fn thousands_of_incidents_components_and_names_cost_no_search_for_each() {
    const COUNT: usize = 12_000;
    let mut quiet = many(COUNT);
    quiet.components.iter_mut().for_each(|component| component.status = ComponentStatus::Operational);
    let first = PageState::baseline(&quiet, at(0));

    // Everything fails and is renamed at once, each component has an incident, and one names them all.
    let mut bad = many(COUNT);
    for (component, n) in bad.components.iter_mut().zip(0..) {
        component.name = format!("Unit {n}");
        component.group = Some(format!("Cluster {n}"));
    }
    let affected = |n: usize| Affected { id: ComponentId::new(format!("c{n}")), status: None };
    let mut of_all = incident("all", &[(30, Phase::Investigating)], &[]);
    of_all.components = (0..COUNT).map(affected).collect();
    of_all.updates[0].components = of_all.components.clone();
    bad.incidents.push(of_all);
    for n in 0..COUNT {
        let mut one = incident(&format!("i{n}"), &[(30, Phase::Investigating)], &[]);
        one.components = vec![affected(n)];
        bad.incidents.push(one);
    }
    let second = first.apply(&bad, at(60));
    assert_eq!(second.incidents.len(), COUNT + 1);
    assert!(!second.former_groups.is_empty() && !second.former_names.is_empty());
    let changes = diff(&first, &second);
    assert_eq!(changes.len(), COUNT + 1);
    let mut told = second.clone();
    let found =
        summarised(&provider(), alerts(&provider(), &first, &second, &changes, at(60)), &changes, &mut told, at(60));
    assert_eq!(found.iter().map(|alert| alert.summary.len()).sum::<usize>(), COUNT + 1);

    // All of them end, and the components recover.
    let mut over = quiet.clone();
    over.incidents = bad.incidents.clone();
    for incident in &mut over.incidents {
        incident.phase = Some(Phase::Resolved);
    }
    let third = told.apply(&over, at(120));
    assert!(third.incidents.iter().all(|known| !known.is_open()));
    assert_eq!(diff(&second, &third).len(), COUNT + 1);
}

#[test]
fn thousands_of_incidents_under_other_ids_are_recognised_after_a_migration() {
    const COUNT: i64 = 20_000;
    let titled = |id: String, n: i64| {
        let mut incident = incident(&id, &[(n, Phase::Investigating)], &[]);
        incident.title = if n % 2 == 0 { "The same title".to_owned() } else { format!("Trouble number {n}") };
        incident
    };
    let listed = |name: &str| page(&[], &(0..COUNT).map(|n| titled(format!("{name}{n}"), n)).collect::<Vec<_>>());
    let first = PageState::baseline(&listed("a"), at(0));
    let second = first.migrate(&listed("b"), at(60));
    let adopted = second.incidents.iter().filter(|known| known.page_id.is_some()).count() as i64;
    assert_eq!(adopted, COUNT / 2, "those whose title tells them from all others");
    let known = second.find(&IncidentId::new("a1")).unwrap();
    assert_eq!(known.id_on_page().as_str(), "b1");
}

#[test]
fn incidents_that_name_nothing_share_the_components_that_get_worse_within_bounds() {
    const COUNT: usize = 5_000;
    let mut quiet = many(COUNT);
    quiet.components.iter_mut().for_each(|component| component.status = ComponentStatus::Operational);
    let first = PageState::baseline(&quiet, at(0));
    let nameless = (0..1_000).map(|n| incident(&format!("i{n:03}"), &[(30, Phase::Investigating)], &[]));
    let bad = Snapshot { incidents: nameless.collect(), ..many(COUNT) };
    let second = first.apply(&bad, at(60));
    let attributed: usize = second.incidents.iter().map(|known| known.attributed.len()).sum();
    assert_eq!(attributed, 2 * COUNT);
    let own = second.incidents.iter().filter(|known| known.incident.id.as_str().starts_with("components@"));
    assert_eq!(own.count(), 0, "the first of them explains every component");
}

//! What an alert says beside its event: severity and title before, components that joined, how long each was in
//! trouble.
use status::{
    alert::{Alert, NamedComponent, Trouble},
    page_state::HowEnded,
    snapshot::{Incident, Listing, Window},
    words::{
        ComponentStatus::{self, *},
        Event, Impact,
        Phase::*,
        Severity,
    },
};

use crate::page::{Watcher, affected, at, incident, maintenance, page};

const CALM: [(&str, ComponentStatus); 2] = [("api", Operational), ("web", Operational)];

/// Has read a page without an incident.
fn watching(components: &[(&str, ComponentStatus)]) -> Watcher {
    let mut watcher = Watcher::default();
    watcher.read(&page(components, &[]));
    watcher
}

/// The only alert of one more read with this incident.
fn only(watcher: &mut Watcher, components: &[(&str, ComponentStatus)], seen: &Incident) -> Alert {
    let mut alerts = watcher.read(&page(components, std::slice::from_ref(seen)));
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    alerts.remove(0)
}

fn component<'a>(alert: &'a Alert, id: &str) -> &'a NamedComponent {
    alert.components.iter().find(|component| component.id.as_str() == id).unwrap()
}

/// `seconds` after the first update, an update names these.
fn naming(mut incident: Incident, named: &[&[(&str, ComponentStatus)]]) -> Incident {
    for (update, named) in incident.updates.iter_mut().zip(named) {
        update.components = affected(named);
    }
    incident
}

#[test]
fn severity_before_is_told_when_it_changes_in_either_direction() {
    let mut watcher = watching(&CALM);
    let minor = incident("i", &[(30, Investigating)], &[]);
    assert_eq!(only(&mut watcher, &CALM, &minor).severity_before, None);
    let major = Incident { impact: Some(Impact::Critical), ..minor.clone() };
    let escalated = only(&mut watcher, &CALM, &major);
    assert_eq!((escalated.severity_before, escalated.severity), (Some(Severity::Minor), Severity::Major));
    let milder = only(&mut watcher, &CALM, &minor);
    assert_eq!(
        (milder.severity_before, milder.severity, milder.widened),
        (Some(Severity::Major), Severity::Minor, false)
    );
}

#[test]
fn components_that_join_an_open_incident_are_marked() {
    let mut watcher = watching(&CALM);
    let opened = only(&mut watcher, &CALM, &incident("i", &[(30, Investigating)], &[("api", MajorOutage)]));
    assert!(!component(&opened, "api").joined);
    let wider =
        incident("i", &[(30, Investigating), (90, Identified)], &[("api", MajorOutage), ("web", PartialOutage)]);
    let joined = only(&mut watcher, &CALM, &wider);
    assert_eq!((component(&joined, "api").joined, component(&joined, "web").joined), (false, true));
}

#[test]
fn rewritten_title_is_told_once() {
    let mut watcher = watching(&CALM);
    let open = incident("i", &[(30, Investigating)], &[]);
    only(&mut watcher, &CALM, &open);
    let renamed = Incident { title: "Sign-in fails in Europe".into(), ..open.clone() };
    let told = only(&mut watcher, &CALM, &renamed);
    assert_eq!((told.event, told.title_before.as_deref()), (Event::Updated, Some("i is slow")));
    assert!(told.updates.is_empty() && !told.widened);
    assert!(watcher.read(&page(&CALM, &[renamed])).is_empty());
}

#[test]
fn title_that_goes_to_and_fro_has_one_alert_id_for_each_wording() {
    let mut watcher = watching(&CALM);
    let open = incident("i", &[(30, Investigating)], &[]);
    only(&mut watcher, &CALM, &open);
    let other = Incident { title: "Sign-in fails in Europe".into(), ..open.clone() };
    let mut ids = Vec::new();
    for seen in [&other, &open, &other, &open, &other, &open, &other] {
        ids.extend(watcher.read(&page(&CALM, std::slice::from_ref(seen))).into_iter().map(|alert| alert.id));
    }
    assert_eq!(ids.len(), 5, "what never stops is told no more");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2);
}

#[test]
fn title_that_follows_the_state_or_quotes_a_text_is_no_news() {
    for (before, after, body) in [
        ("API errors", "API errors - Monitoring", "x"),
        ("API errors", "[Update] API  Errors", "x"),
        ("We see errors", "We see errors on the API", "We see errors on the API and look into it."),
    ] {
        let mut watcher = watching(&CALM);
        let mut open = incident("i", &[(30, Investigating)], &[]);
        open.title = before.into();
        only(&mut watcher, &CALM, &open);
        open.title = after.into();
        open.updates[0].body = Some(body.into());
        assert!(watcher.read(&page(&CALM, &[open])).is_empty(), "{after}");
    }
}

#[test]
fn new_title_that_comes_with_an_update_is_part_of_it() {
    let mut watcher = watching(&CALM);
    only(&mut watcher, &CALM, &incident("i", &[(30, Investigating)], &[]));
    let mut later = incident("i", &[(30, Investigating), (90, Identified)], &[]);
    later.title = "Sign-in fails in Europe".into();
    let told = only(&mut watcher, &CALM, &later);
    assert_eq!((told.updates.len(), told.title_before.as_deref()), (1, Some("i is slow")));
    assert!(watcher.read(&page(&CALM, &[later])).is_empty());
}

#[test]
fn title_rewritten_by_the_end_or_after_it_causes_no_alert_of_its_own() {
    let mut watcher = watching(&CALM);
    only(&mut watcher, &CALM, &incident("i", &[(30, Investigating)], &[]));
    let mut over = incident("i", &[(30, Investigating), (90, Resolved)], &[]);
    over.title = "A bad deploy, explained".into();
    assert_eq!(only(&mut watcher, &CALM, &over).event, Event::Resolved);
    over.title = "Another story altogether".into();
    assert!(watcher.read(&page(&CALM, &[over])).is_empty());
}

#[test]
fn another_source_that_words_the_title_differently_rewrites_nothing() {
    let mut watcher = watching(&CALM);
    let mut open = incident("i", &[(30, Investigating)], &[]);
    only(&mut watcher, &CALM, &open);
    open.title = "Acme: i is rather slow".into();
    let before = watcher.page_state.unwrap();
    let after = before.migrate(&page(&CALM, &[open]), at(600));
    assert!(status::diff::diff(&before, &after).iter().all(|change| !change.kind.is_alertable()));
}

#[test]
fn time_in_trouble_runs_from_the_start_to_the_update_or_the_end() {
    let both: &[_] = &[("api", DegradedPerformance), ("web", DegradedPerformance)];
    let web: &[_] = &[("web", Operational)];
    let mut watcher = watching(&CALM);
    let first = naming(incident("i", &[(30, Investigating)], both), &[both]);
    let opened = only(&mut watcher, both, &first);
    let trouble = Trouble { status: Some(DegradedPerformance), from: at(30), until: None, seconds: None };
    assert_eq!(component(&opened, "api").trouble, Some(trouble));

    let state: &[_] = &[("api", DegradedPerformance), ("web", Operational)];
    let second = naming(incident("i", &[(30, Investigating), (630, Monitoring)], state), &[both, web]);
    let updated = only(&mut watcher, state, &second);
    assert_eq!(component(&updated, "api").trouble.unwrap().until, None);
    let recovered = component(&updated, "web").trouble.unwrap();
    assert_eq!((recovered.until, recovered.seconds), (Some(at(630)), Some(600)));

    let updates = [(30, Investigating), (630, Monitoring), (5_610, Resolved)];
    let third = naming(incident("i", &updates, state), &[both, web, web]);
    let over = only(&mut watcher, &CALM, &third);
    assert_eq!(over.how_ended, Some(HowEnded::ByProvider));
    let last = component(&over, "api").trouble.unwrap();
    assert_eq!((last.until, last.seconds), (Some(at(5_610)), Some(5_580)));
    assert_eq!(component(&over, "web").trouble.unwrap().until, Some(at(630)));
}

#[test]
fn recovery_that_only_the_component_list_shows_has_no_time() {
    let named: &[_] = &[("api", MajorOutage)];
    let mut watcher = watching(&[("api", Operational)]);
    only(&mut watcher, named, &naming(incident("i", &[(30, Investigating)], named), &[named]));
    let calm: &[_] = &[("api", Operational)];
    let recovered = naming(incident("i", &[(30, Investigating)], calm), &[named]);
    watcher.read(&page(calm, &[recovered]));
    let over = naming(incident("i", &[(30, Investigating), (900, Resolved)], calm), &[named]);
    let over = only(&mut watcher, calm, &over);
    assert_eq!(component(&over, "api").trouble.unwrap().until, None);
}

#[test]
fn times_are_not_told_of_what_has_none() {
    let named: &[_] = &[("api", MajorOutage)];
    // No update names it.
    let mut watcher = watching(&[("api", Operational)]);
    assert_eq!(only(&mut watcher, named, &incident("i", &[(30, Investigating)], named)).components[0].trouble, None);
    // Only we know when it began.
    let mut watcher = watching(&[("api", Operational)]);
    let open = Incident { started_at: None, ..naming(incident("i", &[(30, Investigating)], named), &[named]) };
    assert_eq!(only(&mut watcher, named, &open).components[0].trouble, None);
    // Components alone.
    let mut watcher = watching(&[("api", Operational)]);
    assert_eq!(watcher.read(&page(named, &[]))[0].components[0].trouble, None);
    // A second episode.
    let mut watcher = watching(&[("api", Operational)]);
    let first = naming(incident("i", &[(30, Investigating), (90, Resolved)], named), &[named]);
    watcher.read(&page(&[("api", Operational)], &[first]));
    let again = incident("i", &[(30, Investigating), (90, Resolved), (150, Investigating)], named);
    let again = only(&mut watcher, named, &naming(again, &[named, &[], named]));
    assert_eq!((again.incident.episode, again.components[0].trouble), (2, None));
}

#[test]
fn component_that_no_page_lists_is_released_by_the_end_alone() {
    let named: &[_] = &[("api", MajorOutage), ("gone", MajorOutage)];
    let mut watcher = watching(&CALM);
    only(&mut watcher, named, &incident("i", &[(30, Investigating)], named));
    let over = only(&mut watcher, &CALM, &incident("i", &[(30, Investigating), (90, Resolved)], named));
    assert_eq!((component(&over, "api").released, component(&over, "gone").released), (false, true));

    let mut watcher = Watcher::default();
    let partial = |incidents: &[Incident]| {
        let mut snapshot = page(&[("api", Operational)], incidents);
        snapshot.coverage.components = Listing::Partial;
        snapshot
    };
    watcher.read(&partial(&[]));
    watcher.read(&partial(&[incident("i", &[(30, Investigating)], named)]));
    watcher.read(&partial(&[]));
    let over = watcher.read(&partial(&[])).remove(0);
    assert_eq!(over.how_ended, Some(HowEnded::NoLongerListed));
    assert!(over.components.iter().all(|component| component.released));
}

#[test]
fn maintenance_that_vanishes_before_its_start_is_cancelled_and_afterwards_no_longer_listed() {
    let vanishing = |starts: i64, phase| {
        let mut watcher = watching(&CALM);
        let mut planned = maintenance("m", &[(10, Scheduled)], starts);
        planned.phase = phase;
        planned.updates[0].phase = phase;
        watcher.read(&page(&CALM, &[planned]));
        watcher.read(&page(&CALM, &[]));
        let alert = watcher.read(&page(&CALM, &[])).remove(0);
        assert_eq!((alert.how_ended, alert.note.is_some()), (Some(HowEnded::NoLongerListed), true));
        alert.event
    };
    for phase in [Some(Scheduled), None] {
        assert_eq!(vanishing(100_000, phase), Event::Cancelled, "{phase:?}");
        assert_eq!(vanishing(100, phase), Event::Completed, "{phase:?}");
    }
    assert_eq!(vanishing(100_000, Some(InProgress)), Event::Completed);
}

#[test]
fn maintenance_without_a_phase_is_started_when_it_gets_one() {
    for phase in [InProgress, Verifying] {
        let mut watcher = watching(&CALM);
        let mut planned = maintenance("m", &[(10, Scheduled)], 100_000);
        planned.phase = None;
        planned.updates[0].phase = None;
        watcher.read(&page(&CALM, std::slice::from_ref(&planned)));
        planned.phase = Some(phase);
        assert_eq!(watcher.events(&page(&CALM, std::slice::from_ref(&planned))), ["started m"], "{phase:?}");
        planned.window = planned.window.map(|window| Window { ends_at: Some(at(200_000)), ..window });
        assert_eq!(watcher.events(&page(&CALM, &[planned])), ["changed m"]);
    }
}

//! Components without an incident, edits, the component filter, ids, source health.
use std::collections::BTreeSet;

use status::{
    alert::Alert,
    component_match::Subject,
    monitor::{ComponentChoice, ComponentFilter, Group, Match, Scope},
    snapshot::{Incident, Listing},
    words::{
        ComponentStatus::*,
        Event, Impact,
        Phase::{self, *},
        Severity,
    },
};

use crate::page::{Watcher, at, incident, maintenance, page};

#[test]
fn component_change_that_an_update_explains_is_folded_into_its_alert() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational)], &[]));
    let named = [("api", MajorOutage)];
    let alerts = watcher.read(&page(&named, &[incident("i", &[(30, Investigating)], &named)]));
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].components[0].status, MajorOutage);
}

#[test]
fn component_changes_without_an_incident_make_one_alert_per_read() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational), ("web", Operational), ("cdn", Operational)], &[]));
    let alerts =
        watcher.read(&page(&[("api", PartialOutage), ("web", DegradedPerformance), ("cdn", Operational)], &[]));
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].event, alerts[0].severity), (Event::Opened, Severity::Major));
    assert_eq!(alerts[0].components.len(), 2);
    assert_eq!(alerts[0].incident.title, "api and 1 more: partial outage");
}

#[test]
fn recovery_without_an_incident_is_held_until_a_second_reading_and_an_opening_never() {
    let mut watcher = Watcher::default();
    let (up, down) = (page(&[("api", Operational)], &[]), page(&[("api", MajorOutage)], &[]));
    watcher.read(&up);
    assert_eq!(watcher.read(&down).len(), 1);
    assert!(watcher.read(&up).is_empty(), "may be flapping");
    assert!(!watcher.page_state.as_ref().unwrap().is_settled());
    assert!(watcher.read(&down).is_empty(), "it was");
    assert!(watcher.read(&up).is_empty());
    let alerts = watcher.read(&up);
    assert_eq!(alerts.iter().map(|alert| alert.event).collect::<Vec<_>>(), [Event::Resolved]);
    assert!(watcher.page_state.as_ref().unwrap().is_settled());
    assert!(watcher.read(&up).is_empty());
}

#[test]
fn incident_that_comes_to_explain_the_trouble_ends_our_own() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational)], &[]));
    let ours = watcher.read(&page(&[("api", MajorOutage)], &[]))[0].incident.id.clone();
    let named = [("api", MajorOutage)];
    let alerted = watcher.events(&page(&named, &[incident("i", &[(100, Investigating)], &named)]));
    assert_eq!(alerted, [format!("resolved {ours}"), "opened i".to_owned()]);
}

#[test]
fn maintenance_on_a_component_without_a_notice_is_of_maintenance_severity() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational)], &[]));
    assert_eq!(watcher.read(&page(&[("api", UnderMaintenance)], &[]))[0].severity, Severity::Maintenance);
}

#[test]
fn edited_text_is_kept_as_edited_and_not_alerted() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational)], &[]));
    let mut open = incident("i", &[(30, Investigating)], &[]);
    watcher.read(&page(&[("api", Operational)], &[open.clone()]));
    open.updates[0].body = Some("said better".into());
    assert!(watcher.read(&page(&[("api", Operational)], &[open.clone()])).is_empty());
    let incident_state = &watcher.page_state.as_ref().unwrap().incidents[0];
    assert_eq!(incident_state.edited.values().collect::<Vec<_>>(), [&at(120)]);
    assert_eq!(incident_state.incident.updates[0].body.as_deref(), Some("said better"));
    // A body the source does not give is no edit to nothing.
    open.updates[0].body = None;
    assert!(watcher.read(&page(&[("api", Operational)], &[open])).is_empty());
    let incident_state = &watcher.page_state.as_ref().unwrap().incidents[0];
    assert_eq!(incident_state.incident.updates[0].body.as_deref(), Some("said better"));
}

#[test]
fn edit_that_changes_phase_or_severity_is_alerted() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational)], &[]));
    let mut open = incident("i", &[(30, Investigating)], &[]);
    watcher.read(&page(&[("api", Operational)], &[open.clone()]));
    open.phase = Some(Identified);
    open.updates[0].phase = Some(Identified);
    assert_eq!(watcher.events(&page(&[("api", Operational)], &[open.clone()])), ["updated i"]);
    open.impact = Some(Impact::Critical);
    let alerts = watcher.read(&page(&[("api", Operational)], &[open]));
    assert_eq!((alerts[0].severity, alerts[0].widened), (Severity::Major, true));
}

#[test]
fn postmortem_after_the_end_neither_reopens_nor_alerts() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational)], &[]));
    let story = [(30, Investigating), (90, Resolved), (200, Postmortem)];
    watcher.read(&page(&[("api", Operational)], &[incident("i", &story[..1], &[])]));
    assert_eq!(watcher.events(&page(&[("api", Operational)], &[incident("i", &story[..2], &[])])), ["resolved i"]);
    assert!(watcher.read(&page(&[("api", Operational)], &[incident("i", &story, &[])])).is_empty());
    assert_eq!(watcher.page_state.unwrap().incidents[0].incident.updates.len(), 3);
}

#[test]
fn older_picture_from_a_cache_undoes_nothing() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational)], &[]));
    let story = [(30, Investigating), (90, Resolved)];
    let open = page(&[("api", Operational)], &[incident("i", &story[..1], &[])]);
    watcher.read(&open);
    watcher.read(&page(&[("api", Operational)], &[incident("i", &story, &[])]));
    assert!(watcher.read(&open).is_empty());
    assert!(!watcher.page_state.unwrap().incidents[0].is_open());
}

/// One update, which says the same whenever it is dated.
fn dated(seconds: i64, phase: Phase) -> Incident {
    let mut incident = incident("i", &[(seconds, phase)], &[]);
    incident.updates[0].body = Some("All is slow".into());
    incident
}

#[test]
fn update_that_is_dated_now_at_every_read_is_alerted_once() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[], &[]));
    assert_eq!(watcher.events(&page(&[], &[dated(60, Investigating)])), ["opened i"]);
    for read in 2..20 {
        assert!(watcher.events(&page(&[], &[dated(60 * read, Investigating)])).is_empty(), "{read}");
        assert!(!watcher.page_state.as_ref().unwrap().is_settled());
    }
    assert_eq!(watcher.events(&page(&[], &[dated(1200, Resolved)])), ["resolved i"]);
    let ended = watcher.page_state.clone();
    let edited = |watcher: &Watcher| watcher.page_state.as_ref().unwrap().incidents[0].edited.len();
    for read in 21..40 {
        assert!(watcher.events(&page(&[], &[dated(60 * read, Resolved)])).is_empty(), "{read}");
        assert_eq!(edited(&watcher), 0);
    }
    let [before, after] =
        [&ended, &watcher.page_state].map(|page_state| &page_state.as_ref().unwrap().incidents[0].incident);
    assert_eq!(before, after, "it did not start or end again and again");
}

#[test]
fn repetition_is_alerted_when_its_time_is_seen_to_stay() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[], &[]));
    watcher.read(&page(&[], &[dated(60, Investigating)]));
    let alerted: Vec<_> = (2..12).flat_map(|_| watcher.events(&page(&[], &[dated(110, Investigating)]))).collect();
    assert_eq!(alerted, ["updated i"]);
    assert!(watcher.page_state.as_ref().unwrap().is_settled());
    assert_eq!(watcher.page_state.as_ref().unwrap().incidents[0].incident.updates.len(), 2);
}

#[test]
fn repetition_beside_what_it_repeats_or_after_the_end_is_alerted_at_once() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[], &[]));
    watcher.read(&page(&[], &[dated(60, Investigating)]));
    let mut both = dated(60, Investigating);
    both.updates.extend(dated(110, Investigating).updates);
    assert_eq!(watcher.events(&page(&[], &[both])), ["updated i"]);
    assert_eq!(watcher.events(&page(&[], &[dated(170, Resolved)])), ["resolved i"]);
    assert_eq!(watcher.events(&page(&[], &[dated(230, Investigating)])), ["opened i"]);
}

#[test]
fn maintenance_is_alerted_by_its_own_events() {
    let mut watcher = Watcher::default();
    let calm = [("api", Operational)];
    watcher.read(&page(&calm, &[]));
    let story = [(10, Scheduled), (20, Scheduled), (3600, InProgress), (7000, Completed)];
    assert_eq!(watcher.events(&page(&calm, &[maintenance("m", &story[..1], 3600)])), ["scheduled m"]);
    assert_eq!(watcher.events(&page(&calm, &[maintenance("m", &story[..2], 5400)])), ["changed m"]);
    assert_eq!(watcher.events(&page(&calm, &[maintenance("m", &story[..3], 5400)])), ["started m"]);
    assert_eq!(watcher.events(&page(&calm, &[maintenance("m", &story, 5400)])), ["completed m"]);
    watcher.read(&page(&calm, &[maintenance("n", &story[..1], 3600)]));
    watcher.read(&page(&calm, &[]));
    assert_eq!(watcher.events(&page(&calm, &[])), ["cancelled n"]);
}

#[test]
fn component_filter_has_three_answers() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("API", Operational), ("Web", Operational)], &[]));
    let mut alert_of = |id: &str, named: &[(&str, status::words::ComponentStatus)]| {
        let now = [("API", Operational), ("Web", Operational)];
        let alerts = watcher.read(&page(&now, &[incident(id, &[(30, Investigating)], named)]));
        alerts.into_iter().find(|alert| alert.incident.id.as_str() == id).unwrap()
    };
    let filter = ComponentFilter::Chosen(vec![ComponentChoice::Component(" api".into())]);
    let answer = |alert: &Alert| Subject::of(alert).answer(&filter, None);
    assert_eq!(answer(&alert_of("one", &[("API", DegradedPerformance)])), Match::Yes);
    assert_eq!(answer(&alert_of("other", &[("Web", DegradedPerformance)])), Match::No);
    assert_eq!(answer(&alert_of("untagged", &[])), Match::Unknown);
    let everything = [("API", Operational), ("Web", DegradedPerformance)];
    assert_eq!(answer(&alert_of("everything", &everything)), Match::Unknown);
}

#[test]
fn incident_that_names_all_of_a_partial_list_does_not_concern_everything() {
    let mut watcher = Watcher::default();
    let partial = |named: &[(&str, status::words::ComponentStatus)], incidents: &[_]| {
        let mut page = page(named, incidents);
        page.coverage.components = Listing::Partial;
        page
    };
    watcher.read(&partial(&[], &[]));
    let named = [("ec2-us-east-1", MajorOutage), ("s3-us-east-1", DegradedPerformance)];
    let alerts = watcher.read(&partial(&named, &[incident("all", &[(30, Investigating)], &named)]));
    assert_eq!((alerts.len(), alerts[0].components.len(), alerts[0].tags_everything), (1, 2, false));
}

#[test]
fn incident_words_of_a_group_stand_for_their_maintenance_counterparts() {
    let group = Group {
        name: None,
        quiet_hours: None,
        digest: None,
        follow_up: None,
        id: "g".into(),
        account: "local".into(),
        destinations: vec![],
        severities: vec![Severity::Major, Severity::Maintenance],
        events: vec![Event::Opened, Event::Resolved],
        scope: Scope::All,
    };
    assert!(group.wants(Event::Scheduled, Severity::Maintenance));
    assert!(group.wants(Event::Cancelled, Severity::Maintenance));
    assert!(!group.wants(Event::Changed, Severity::Maintenance));
    assert!(!group.wants(Event::Opened, Severity::Minor));
    assert!(!group.wants(Event::Unreadable, Severity::Minor), "source health is off by default");
}

#[test]
fn same_fact_found_twice_is_one_alert_and_different_facts_differ() {
    let run = || {
        let mut watcher = Watcher::default();
        let calm = [("api", Operational)];
        watcher.read(&page(&calm, &[]));
        let story = [(30, Investigating), (70, Monitoring), (130, Resolved)];
        (1..=3).flat_map(|n| watcher.read(&page(&calm, &[incident("i", &story[..n], &[])]))).map(|a| a.id).collect()
    };
    let (first, second): (Vec<_>, Vec<_>) = (run(), run());
    assert_eq!(first, second);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn incident_without_components_explains_what_turns_bad_with_its_news_and_nothing_else() {
    let mut watcher = Watcher::default();
    let calm = [("api", Operational), ("web", Operational)];
    watcher.read(&page(&calm, &[]));
    let story = [(30, Investigating)];
    let open = incident("untagged", &story, &[]);
    let api_down = [("api", MajorOutage), ("web", Operational)];
    assert_eq!(watcher.events(&page(&api_down, std::slice::from_ref(&open))), ["opened untagged"]);
    assert!(watcher.read(&page(&api_down, std::slice::from_ref(&open))).is_empty(), "it stays explained");
    let both_down = [("api", MajorOutage), ("web", MajorOutage)];
    let alerts = watcher.read(&page(&both_down, &[open]));
    assert_eq!(alerts.len(), 1, "an incident that is left open must not silence the rest of the page");
    assert_eq!(alerts[0].components.iter().map(|component| component.name.as_str()).collect::<Vec<_>>(), ["web"]);
}

#[test]
fn component_that_is_removed_while_in_trouble_did_not_recover() {
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational), ("web", Operational)], &[]));
    watcher.read(&page(&[("api", MajorOutage), ("web", Operational)], &[]));
    let alerts = watcher.read(&page(&[("web", Operational)], &[]));
    assert_eq!(
        (alerts[0].event, alerts[0].note.as_deref()),
        (Event::Resolved, Some("no longer listed by the provider"))
    );
}

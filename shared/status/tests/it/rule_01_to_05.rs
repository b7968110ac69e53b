//! No data, baseline, clocks, lookup in the history, components left unnamed.
use status::{
    page_state::{HowEnded, Origin, PageState},
    snapshot::{Affected, Listing, Snapshot},
    words::{ComponentStatus::*, Phase::*, Severity},
};

use crate::page::{Watcher, affected, at, incident, page};

const QUIET: &[(&str, status::words::ComponentStatus)] = &[("api", Operational)];

fn slow(updates: &[(i64, status::words::Phase)]) -> Snapshot {
    page(&[("api", DegradedPerformance)], &[incident("slow", updates, &[("api", DegradedPerformance)])])
}

/// Rule 1: a failed read yields no snapshot, so it cannot reach a page state; a read that vouches for nothing resolves
/// nothing, however often it is repeated.
#[test]
fn read_without_coverage_resolves_nothing() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    assert_eq!(watcher.events(&slow(&[(30, Investigating)])), ["opened slow"]);
    let mut blind = page(&[], &[]);
    blind.coverage.incidents = Listing::Partial;
    blind.coverage.components = Listing::Partial;
    for _ in 0..5 {
        assert!(watcher.read(&blind).is_empty());
    }
    let page_state = watcher.page_state.unwrap();
    assert!(page_state.incidents[0].is_open());
    assert_eq!(page_state.components[0].status, DegradedPerformance);
}

#[test]
fn first_read_is_a_baseline_that_tells_nothing() {
    let mut watcher = Watcher::default();
    let past = incident("past", &[(-900, Investigating), (-600, Resolved)], &[]);
    let mut baseline = slow(&[(-30, Investigating)]);
    baseline.incidents.push(past);
    assert!(watcher.read(&baseline).is_empty());
    let page_state = watcher.page_state.as_ref().unwrap();
    assert!(page_state.incidents.iter().all(|incident_state| incident_state.backfilled));
    // What happens to it afterwards is news.
    assert_eq!(watcher.events(&slow(&[(-30, Investigating), (40, Monitoring)])), ["updated slow"]);
}

#[test]
fn history_that_becomes_visible_later_is_backfilled() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let old = incident("old", &[(-9000, Investigating), (-8000, Resolved)], &[]);
    assert!(watcher.read(&page(QUIET, &[old])).is_empty());
    assert!(watcher.page_state.unwrap().incidents[0].backfilled);
}

#[test]
fn incident_that_opened_and_ended_between_two_reads_is_alerted_as_both() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let brief = incident("brief", &[(10, Investigating), (40, Resolved)], &[]);
    assert_eq!(watcher.events(&page(QUIET, &[brief])), ["opened brief", "resolved brief"]);
}

#[test]
fn provider_clock_and_our_clock_are_kept_apart() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let alert = &watcher.read(&slow(&[(-200, Investigating)]))[0];
    assert_eq!(alert.incident.started_at, Some(at(-200)));
    assert_eq!(alert.incident.first_seen_at, at(60));
    assert_eq!(alert.seen_at, at(60));
}

#[test]
fn incident_resolved_in_the_history_ends_with_the_providers_time() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    watcher.read(&slow(&[(30, Investigating)]));
    let over = page(QUIET, &[incident("slow", &[(30, Investigating), (90, Resolved)], &[("api", Operational)])]);
    let alerts = watcher.read(&over);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].incident.ended_at, Some(at(90)));
    assert_eq!(alerts[0].note, None);
}

#[test]
fn incident_in_neither_list_nor_history_ends_at_the_second_read_in_those_words() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    watcher.read(&slow(&[(30, Investigating)]));
    let gone = page(QUIET, &[]);
    assert!(watcher.read(&gone).is_empty(), "one read without it proves nothing");
    assert!(!watcher.page_state.as_ref().unwrap().is_settled());
    let alerts = watcher.read(&gone);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].note.as_deref(), Some("no longer listed by the provider"));
    assert_eq!(watcher.page_state.as_ref().unwrap().incidents[0].ended.unwrap().how, HowEnded::NoLongerListed);
    assert!(watcher.read(&gone).is_empty());
    // It comes back: an alert reopens it.
    let alerts = watcher.read(&slow(&[(30, Investigating)]));
    assert_eq!((alerts[0].event.as_str(), alerts[0].incident.episode), ("opened", 2));
}

#[test]
fn one_read_that_lists_it_again_starts_the_count_anew() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let open = slow(&[(30, Investigating)]);
    let gone = page(&[("api", DegradedPerformance)], &[]);
    watcher.read(&open);
    for _ in 0..4 {
        assert!(watcher.read(&gone).is_empty());
        assert!(watcher.read(&open).is_empty());
    }
}

/// The Clerk case: eight components degraded, seven named at the end.
#[test]
fn component_left_unnamed_keeps_its_status_until_the_end_and_is_released_then() {
    let mut watcher = Watcher::default();
    let both = [("auth", DegradedPerformance), ("mail", DegradedPerformance)];
    let calm = [("auth", Operational), ("mail", Operational)];
    watcher.read(&page(&calm, &[]));
    let updates = [(30, Investigating), (90, Monitoring), (150, Resolved)];
    watcher.read(&page(&both, &[incident("i", &updates[..1], &both)]));

    let named = [("mail", Operational)];
    let monitoring =
        page(&[("auth", DegradedPerformance), ("mail", Operational)], &[incident("i", &updates[..2], &named)]);
    let alerts = watcher.read(&monitoring);
    let auth = alerts[0].components.iter().find(|component| component.id.as_str() == "auth").unwrap();
    assert_eq!((auth.status, auth.was), (DegradedPerformance, None), "left out is not recovered");
    let mail = alerts[0].components.iter().find(|component| component.id.as_str() == "mail").unwrap();
    assert_eq!((mail.status, mail.was), (Operational, Some(DegradedPerformance)));

    let alerts = watcher.read(&page(&calm, &[incident("i", &updates, &named)]));
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].components.iter().all(|component| component.status == Operational), "nothing hangs at the end");
    assert_eq!(watcher.page_state.unwrap().incidents[0].incident.components, affected(&calm));
}

/// The same on a page that lists no components of its own (a widget): the end releases what it never named again.
#[test]
fn component_known_only_from_the_incident_is_released_at_its_end() {
    let partial = |mut snapshot: Snapshot| {
        snapshot.coverage.components = Listing::Partial;
        snapshot
    };
    let mut watcher = Watcher::default();
    watcher.read(&partial(page(&[], &[])));
    let open = incident("i", &[(30, Investigating)], &[("auth", MajorOutage)]);
    watcher.read(&partial(page(&[("auth", MajorOutage)], &[open])));
    let over = incident("i", &[(30, Investigating), (90, Resolved)], &[]);
    assert_eq!(watcher.events(&partial(page(&[], std::slice::from_ref(&over)))), ["resolved i"]);
    let page_state = watcher.page_state.as_ref().unwrap();
    assert_eq!(page_state.components[0].status, Operational);
    assert!(page_state.incidents.iter().all(|incident_state| incident_state.origin == Origin::Provider));
    assert!(watcher.read(&partial(page(&[], &[over]))).is_empty());
}

/// An update dated wrongly and corrected: what follows is not older than it, whatever the times say.
#[test]
fn update_that_was_dated_too_late_hides_nothing_that_follows() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let mut wrong = incident("slow", &[(30, Investigating), (40_000, Monitoring)], &[]);
    watcher.read(&page(QUIET, std::slice::from_ref(&wrong)));
    wrong.updates[1].posted_at = Some(at(60));
    assert!(watcher.read(&page(QUIET, std::slice::from_ref(&wrong))).is_empty(), "only a time was edited");
    let mut over = incident("slow", &[(30, Investigating), (60, Monitoring), (90, Resolved)], &[]);
    over.updates[1].id = wrong.updates[1].id.clone();
    assert_eq!(watcher.events(&page(QUIET, &[over])), ["resolved slow"]);
}

/// The end is set back before the last update; a cache that does not have it yet reopens nothing.
#[test]
fn end_that_was_dated_too_early_is_not_undone_by_a_cache() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let story = [(30, Investigating), (90, Monitoring)];
    let open = page(QUIET, &[incident("slow", &story, &[])]);
    watcher.read(&open);
    let mut over = incident("slow", &[(30, Investigating), (60, Resolved), (90, Monitoring)], &[]);
    over.phase = Some(Resolved);
    assert_eq!(watcher.events(&page(QUIET, &[over])), ["resolved slow"]);
    assert!(watcher.read(&open).is_empty());
}

#[test]
fn what_is_called_planned_today_and_not_tomorrow_is_one_thing() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let planned = crate::page::maintenance("work", &[(10, Scheduled)], 3600);
    assert_eq!(watcher.events(&page(QUIET, &[planned])), ["scheduled work"]);
    let over = incident("work", &[(10, Scheduled), (90, Resolved)], &[]);
    assert_eq!(watcher.events(&page(QUIET, &[over])), ["completed work"]);
}

/// A new source of the same page: nothing that ended before is news, and what it does not know cannot hang.
#[test]
fn page_that_moves_to_another_source_tells_no_history_and_leaves_nothing_open_of_our_own() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    watcher.read(&page(&[("api", MajorOutage)], &[]));
    let past = incident("imported", &[(10, Investigating), (50, Resolved)], &[]);
    let mut elsewhere = page(&[], &[past]);
    elsewhere.coverage.components = Listing::Partial;
    elsewhere.coverage.incidents = Listing::Partial;
    let before = watcher.page_state.unwrap();
    let after = before.migrate(&elsewhere, at(300));
    let changes = status::diff::diff(&before, &after);
    let alerts = status::alert::alerts(&crate::page::provider(), &before, &after, &changes, at(300));
    let alerted: Vec<_> = alerts.iter().map(|alert| (alert.event.as_str(), alert.note.as_deref())).collect();
    assert_eq!(alerted, [("resolved", Some("no longer listed by the provider"))]);
}

/// The new source calls the incident, its updates and its components otherwise.
fn elsewhere(updates: &[(i64, status::words::Phase)], state: status::words::ComponentStatus) -> Snapshot {
    let mut incident = incident("01NEW", updates, &[("01API", state)]);
    incident.title = "Slow is slow".into();
    for update in &mut incident.updates {
        let text = update.body.take().unwrap();
        update.body = Some(format!("<b>{text}</b>").replace("<b>", " ").replace("</b>", "\n"));
        update.posted_at = update.posted_at.map(|posted| posted + jiff::SignedDuration::from_mins(3));
    }
    page(&[("01API", state)], &[incident])
}

#[test]
fn incident_that_has_another_id_at_the_new_source_is_the_same_one() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    assert_eq!(watcher.events(&slow(&[(30, Investigating)])), ["opened slow"]);

    let before = watcher.page_state.take().unwrap();
    let after = before.migrate(&elsewhere(&[(30, Investigating)], DegradedPerformance), at(300));
    let changes = status::diff::diff(&before, &after);
    let alerts = status::alert::alerts(&crate::page::provider(), &before, &after, &changes, at(300));
    assert!(alerts.is_empty(), "{alerts:#?}");
    assert_eq!(after.open(), [(status::snapshot::Kind::Incident, "01NEW".into())], "it is looked up under its new id");

    watcher.page_state = Some(after);
    let monitored = elsewhere(&[(30, Investigating), (90, Monitoring)], DegradedPerformance);
    assert_eq!(watcher.events(&monitored), ["updated slow"]);
    assert!(watcher.events(&monitored).is_empty());
    let over = elsewhere(&[(30, Investigating), (90, Monitoring), (200, Resolved)], Operational);
    assert_eq!(watcher.events(&over), ["resolved slow"]);
    for _ in 0..3 {
        assert!(watcher.events(&over).is_empty());
    }
}

#[test]
fn of_two_incidents_that_read_alike_neither_is_taken_for_the_old_one() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    watcher.read(&slow(&[(30, Investigating)]));
    let before = watcher.page_state.unwrap();
    let mut two = elsewhere(&[(30, Investigating)], DegradedPerformance);
    two.incidents.push(status::snapshot::Incident { id: "02NEW".into(), ..two.incidents[0].clone() });
    let after = before.migrate(&two, at(300));
    assert_eq!(after.open().len(), 3);
}

#[test]
fn one_incident_of_the_new_source_is_not_two_old_ones() {
    let mut watcher = Watcher::default();
    watcher.read(&page(QUIET, &[]));
    let mut two = slow(&[(30, Investigating)]);
    two.incidents.push(status::snapshot::Incident { id: "slow2".into(), ..two.incidents[0].clone() });
    watcher.read(&two);
    let after = watcher.page_state.unwrap().migrate(&elsewhere(&[(30, Investigating)], DegradedPerformance), at(300));
    let open: Vec<_> = after.open().into_iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(open, ["01NEW", "slow", "slow2"]);
}

#[test]
fn a_page_that_lost_all_its_components_concludes_nothing() {
    let quiet = page(&[("api", Operational), ("web", DegradedPerformance)], &[]);
    let slow = incident("slow", &[(30, Investigating)], &[("api", MajorOutage)]);
    let mut watcher = Watcher::default();
    watcher.read(&page(&[("api", Operational), ("web", Operational)], &[]));
    watcher.read(&quiet);
    assert_eq!(watcher.events(&page(&[("api", MajorOutage), ("web", DegradedPerformance)], &[slow])), ["opened slow"]);
    for _ in 0..5 {
        assert_eq!(watcher.events(&page(&[], &[])), Vec::<String>::new());
    }
    let page_state = watcher.page_state.as_ref().unwrap();
    assert_eq!(page_state.components.len(), 2);
    assert!(page_state.find(&"slow".into()).unwrap().is_open());

    let over = incident("slow", &[(30, Investigating), (400, Resolved)], &[("api", Operational)]);
    assert_eq!(watcher.events(&page(&[], &[over])), ["resolved slow"], "what the page says does count");
}

#[test]
fn ended_incident_keeps_its_severity_whatever_becomes_of_its_components() {
    let mut over = incident("one", &[(0, Investigating), (60, Resolved)], &[]);
    over.impact = None;
    over.components = vec![Affected { id: "web".into(), status: None }];
    // Another thing is wrong with it by now.
    let snapshot = page(&[("web", MajorOutage)], &[over]);
    let first = PageState::baseline(&snapshot, at(3_600));
    let again = first.apply(&snapshot, at(3_660));
    assert_eq!(first, again);
    let one = again.incidents.iter().find(|known| known.incident.id.as_str() == "one").unwrap();
    assert_eq!(one.severity, Severity::Minor);
}

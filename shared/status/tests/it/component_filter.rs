//! Truth rule 8: what a component filter answers.
use status::{
    alert::Alert,
    component_match::{PageNames, Subject},
    ids::ComponentId,
    monitor::{ComponentChoice, ComponentFilter, Match},
    snapshot::{Affected, Component, Incident, Listing, Snapshot},
    words::{ComponentStatus, ComponentStatus::*, Phase::*},
};

use crate::page::{Watcher, incident, maintenance, page};

type Named<'a> = &'a [(&'a str, ComponentStatus)];

fn choice(text: &str) -> ComponentChoice {
    match text.strip_prefix("group:") {
        Some(group) => ComponentChoice::Group(group.to_owned()),
        None => ComponentChoice::Component(text.to_owned()),
    }
}

/// What a filter of these entries answers to the last alert of the watcher's page.
fn answer(watcher: &Watcher, alert: &Alert, entries: &[&str]) -> Match {
    let filter = ComponentFilter::Chosen(entries.iter().map(|entry| choice(entry)).collect());
    let names = PageNames::of(watcher.page_state.as_ref().unwrap(), true);
    Subject::of(alert).answer(&filter, Some(&names))
}

/// The answer to the opening of an incident that names `named`, on a page that shows `shown`.
fn opening(shown: Named<'_>, named: Named<'_>, entries: &[&str]) -> Match {
    let mut watcher = Watcher::default();
    let calm: Vec<_> = shown.iter().map(|(name, _)| (*name, Operational)).collect();
    watcher.read(&page(&calm, &[]));
    let alerts = watcher.read(&page(shown, &[incident("i", &[(30, Investigating)], named)]));
    let alert = alerts.into_iter().find(|alert| alert.incident.id.as_str() == "i").unwrap();
    answer(&watcher, &alert, entries)
}

const CALM: Named<'static> = &[("API", Operational), ("App", Operational), ("Web", Operational)];
const API_DOWN: Named<'static> = &[("API", MajorOutage), ("App", Operational), ("Web", Operational)];

#[test]
fn a_component_in_a_worse_state_matches_however_many_are_tagged() {
    for worse in [UnderMaintenance, DegradedPerformance, PartialOutage, MajorOutage] {
        let everything = [("API", worse), ("App", Operational), ("Web", Operational)];
        assert_eq!(opening(CALM, &everything, &["API"]), Match::Yes, "{worse:?}");
        assert_eq!(opening(CALM, &[("API", worse), ("App", worse), ("Web", worse)], &["api"]), Match::Yes);
    }
    // The page itself shows it.
    let tagged = [("API", Operational), ("App", Operational), ("Web", Operational)];
    assert_eq!(opening(API_DOWN, &tagged, &["API"]), Match::Yes);
    assert_eq!(opening(API_DOWN, &[], &["API"]), Match::Yes);
}

#[test]
fn all_tagged_while_the_chosen_one_is_operational_is_unknown() {
    let everything = [("API", Operational), ("App", MajorOutage), ("Web", DegradedPerformance)];
    assert_eq!(opening(CALM, &everything, &["API"]), Match::Unknown);
    assert_eq!(opening(CALM, CALM, &["API", "Web"]), Match::Unknown);
    assert_eq!(opening(CALM, &[], &["API"]), Match::Unknown);
}

#[test]
fn tagged_as_operational_beside_worse_ones_is_no_match_but_alone_it_is_one() {
    assert_eq!(opening(CALM, &[("API", Operational), ("App", MajorOutage)], &["API"]), Match::No);
    assert_eq!(opening(CALM, &[("API", Operational), ("App", MajorOutage)], &["API", "App"]), Match::Yes);
    assert_eq!(opening(CALM, &[("API", Operational), ("App", Operational)], &["API"]), Match::Yes);
    assert_eq!(opening(CALM, &[("API", Unknown), ("App", MajorOutage)], &["API"]), Match::Yes);
}

#[test]
fn trouble_of_another_incident_is_not_this_ones() {
    assert_eq!(opening(API_DOWN, &[("App", DegradedPerformance)], &["API"]), Match::No);
}

#[test]
fn a_component_that_recovers_in_an_update_matches_and_later_ones_are_not_its_business() {
    let mut watcher = Watcher::default();
    watcher.read(&page(CALM, &[]));
    let mut read = |updates: &[_], api, app| {
        let named = [("API", api), ("App", app)];
        let alert = watcher.read(&page(CALM, &[incident("i", updates, &named)])).remove(0);
        answer(&watcher, &alert, &["API"])
    };
    let story = [(30, Investigating), (60, Identified), (90, Identified), (120, Monitoring)];
    assert_eq!(read(&story[..1], MajorOutage, MajorOutage), Match::Yes);
    assert_eq!(read(&story[..2], Operational, MajorOutage), Match::Yes);
    assert_eq!(read(&story[..3], Operational, MajorOutage), Match::No);
}

#[test]
fn planned_work_matches_by_its_tag_before_anything_is_worse_and_after_others_are() {
    let mut watcher = Watcher::default();
    watcher.read(&page(CALM, &[]));
    let mut read = |updates: &[_], app| {
        let named = [("API", Operational), ("App", app)];
        let affected = |(id, status): &(&str, _)| Affected { id: ComponentId::new(id), status: Some(*status) };
        let planned = Incident { components: named.iter().map(affected).collect(), ..maintenance("m", updates, 7200) };
        let alert = watcher.read(&page(CALM, &[planned])).remove(0);
        (answer(&watcher, &alert, &["API"]), answer(&watcher, &alert, &["Web"]))
    };
    let story = [(30, Scheduled), (60, InProgress)];
    assert_eq!(read(&story[..1], Operational), (Match::Yes, Match::No));
    assert_eq!(read(&story, UnderMaintenance), (Match::Yes, Match::No));
}

#[test]
fn a_filter_that_fits_nothing_is_unknown_and_entries_that_fit_decide() {
    let named = [("App", MajorOutage)];
    assert_eq!(opening(CALM, &named, &["Aip"]), Match::Unknown);
    assert_eq!(opening(CALM, &named, &["group:Europe", "Aip"]), Match::Unknown);
    assert_eq!(opening(CALM, &named, &["Aip", "Web"]), Match::No);
    assert_eq!(opening(CALM, &named, &["Aip", "App"]), Match::Yes);
}

fn listed(components: &[(&str, &str, Option<&str>)], incidents: &[Incident]) -> Snapshot {
    let component = |(id, name, group): &(&str, &str, Option<&str>)| Component {
        id: ComponentId::new(id),
        name: (*name).to_owned(),
        group: group.map(str::to_owned),
        status: Operational,
    };
    Snapshot { components: components.iter().map(component).collect(), ..page(&[], incidents) }
}

#[test]
fn a_rename_with_the_same_id_is_followed_until_another_component_takes_the_name() {
    let mut watcher = Watcher::default();
    watcher.read(&listed(&[("1", "API", None), ("2", "App", None)], &[]));
    let renamed = [("1", "Core API", None), ("2", "App", None)];
    let broken = incident("i", &[(30, Investigating)], &[("1", MajorOutage)]);
    let alert = watcher.read(&listed(&renamed, std::slice::from_ref(&broken))).remove(0);
    assert_eq!(answer(&watcher, &alert, &["API"]), Match::Yes);
    assert_eq!(answer(&watcher, &alert, &["Core  api"]), Match::Yes);
    assert_eq!(answer(&watcher, &alert, &["App"]), Match::No);
    let retaken = [("1", "Core API", None), ("2", "App", None), ("3", "API", None)];
    let next = incident("i", &[(30, Investigating), (60, Identified)], &[("1", MajorOutage)]);
    let alert = watcher.read(&listed(&retaken, &[next])).remove(0);
    assert_eq!(answer(&watcher, &alert, &["API"]), Match::No);
}

#[test]
fn a_renamed_group_is_followed_with_its_new_components() {
    let mut watcher = Watcher::default();
    watcher.read(&listed(&[("1", "API", Some("Europe")), ("2", "App", Some("Asia"))], &[]));
    let renamed = [("1", "API", Some("EU")), ("2", "App", Some("Asia")), ("3", "Web", Some("EU"))];
    let broken = incident("i", &[(30, Investigating)], &[("3", MajorOutage)]);
    let alert = watcher.read(&listed(&renamed, &[broken])).remove(0);
    assert_eq!(answer(&watcher, &alert, &["group:europe"]), Match::Yes);
    assert_eq!(answer(&watcher, &alert, &["group:Asia"]), Match::No);
    assert_eq!(answer(&watcher, &alert, &["Europe"]), Match::Unknown);
}

#[test]
fn a_page_that_may_have_more_than_it_lists_answers_no_and_finds_nothing_unmatched() {
    let mut watcher = Watcher::default();
    let partial = |incidents: &[Incident]| {
        let mut page = page(CALM, incidents);
        page.coverage.components = Listing::Partial;
        page
    };
    watcher.read(&partial(&[]));
    let alert = watcher.read(&partial(&[incident("i", &[(30, Investigating)], &[("App", MajorOutage)])])).remove(0);
    assert_eq!(answer(&watcher, &alert, &["EC2 (us-east-1)"]), Match::No);
}

#[test]
fn unmatched_entries_are_found_once_the_page_is_known_to_list_all_or_to_name_none() {
    let filter = ComponentFilter::Chosen(vec![choice("API"), choice("Aip"), choice("group:Nowhere")]);
    let unmatched = |snapshot: &Snapshot, is_whole: bool| -> Vec<String> {
        let mut watcher = Watcher::default();
        watcher.read(snapshot);
        let names = PageNames::of(watcher.page_state.as_ref().unwrap(), is_whole);
        names.unmatched(&filter).into_iter().map(ToString::to_string).collect()
    };
    assert_eq!(unmatched(&page(CALM, &[]), false), ["Aip", "group:Nowhere"]);
    let partial = |mut snapshot: Snapshot| {
        snapshot.coverage.components = Listing::Partial;
        snapshot
    };
    assert!(unmatched(&partial(page(CALM, &[])), true).is_empty());
    // A feed that writes of incidents without a component; nothing proves an empty one, or a damaged one.
    let untagged = partial(page(&[], &[incident("i", &[(30, Investigating)], &[])]));
    assert_eq!(unmatched(&untagged, true).len(), 3);
    assert!(unmatched(&untagged, false).is_empty());
    assert!(unmatched(&partial(page(&[], &[])), true).is_empty());
}

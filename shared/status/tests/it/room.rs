//! What is kept of a page that has more than there is room for.
use std::collections::BTreeSet;

use status::{
    bounds::bound,
    ids::IncidentId,
    page_state::PageState,
    snapshot::{Incident, Listing, Snapshot},
    words::Phase,
};

use crate::page::{Watcher, at, incident, page};

const DAY: i64 = 24 * 3600;

fn bytes(state: &PageState) -> usize {
    serde_json::to_vec(state).unwrap().len()
}

fn ids(incidents: &[Incident]) -> BTreeSet<IncidentId> {
    incidents.iter().map(|incident| incident.id.clone()).collect()
}

fn feed(incidents: &[Incident]) -> Snapshot {
    let mut snapshot = page(&[], incidents);
    snapshot.coverage.incidents = Listing::Window;
    snapshot
}

/// Applies the snapshot as a poller does that has so much room.
fn keep(known: &PageState, snapshot: &Snapshot, room: usize, second: i64) -> (PageState, Option<String>) {
    let mut state = known.apply(snapshot, at(second));
    let left_out = state.fit(&ids(&snapshot.incidents), |state| bytes(state) <= room);
    (state, left_out.problem())
}

#[test]
fn what_fits_is_kept_as_it_is() {
    let snapshot = feed(&[incident("i1", &[(0, Phase::Investigating)], &[])]);
    let state = PageState::baseline(&snapshot, at(0));
    let mut kept = state.clone();
    assert_eq!(kept.fit(&ids(&snapshot.incidents), |_| true).problem(), None);
    assert_eq!(kept, state);
}

#[test]
fn oldest_ended_go_first_then_old_texts_then_stale_ones_and_open_ones_last() {
    let ended = |n: i64| incident(&format!("e{n}"), &[(n - DAY, Phase::Investigating), (n, Phase::Resolved)], &[]);
    let stale = |n: i64| incident(&format!("s{n}"), &[(n - 20 * DAY, Phase::Investigating)], &[]);
    let open = |n: i64| incident(&format!("o{n}"), &[(n, Phase::Investigating), (n + 1, Phase::Identified)], &[]);
    let all: Vec<Incident> = (0..16).map(ended).chain((0..16).map(stale)).chain((0..16).map(open)).collect();
    let state = PageState::baseline(&feed(&all), at(100));
    let kinds = |state: &PageState| {
        let of = |first: &str| state.incidents.iter().filter(|it| it.incident.id.as_str().starts_with(first)).count();
        (of("e"), of("s"), of("o"))
    };
    let with = |room: usize| {
        let mut kept = state.clone();
        let problem = kept.fit(&ids(&all), |state| bytes(state) <= room).problem();
        (kinds(&kept), problem)
    };
    let mut last = ((16, 16, 16), None);
    let mut seen = BTreeSet::new();
    for room in (0..=bytes(&state)).rev().step_by(200) {
        let (kept, problem) = with(room);
        assert!(kept.0 <= last.0.0 && kept.1 <= last.0.1 && kept.2 <= last.0.2, "less room keeps no more");
        assert!(kept.1 == 16 || kept.0 == 0, "stale ones go after ended ones: {kept:?}");
        assert!(kept.2 == 16 || kept.1 == 0, "open ones go last: {kept:?}");
        seen.insert(problem.as_deref().is_some_and(|problem| problem.contains("texts")));
        last = (kept, problem);
    }
    assert_eq!(last.0, (0, 0, 0));
    let problem = last.1.unwrap();
    assert!(problem.contains("48 incidents are not kept"), "{problem}");
    assert_eq!(seen.len(), 2);

    let mut kept = state.clone();
    kept.fit(&ids(&all), |state| state.incidents.len() <= 40);
    let left: Vec<bool> = ["e0", "e1", "e15"].map(|id| kept.find(&id.into()).is_some()).to_vec();
    assert_eq!(left, [false, false, true], "the oldest");
}

#[test]
fn page_that_is_too_large_is_kept_the_same_at_every_read_and_told_once() {
    let all: Vec<Incident> = (0..40).map(|n| incident(&format!("i{n}"), &[(n, Phase::Investigating)], &[])).collect();
    let snapshot = feed(&all);
    let quiet = PageState::baseline(&feed(&[]), at(0));
    let room = bytes(&quiet.apply(&snapshot, at(60))) / 3;
    let (first, problem) = keep(&quiet, &snapshot, room, 60);
    let problem = problem.unwrap();
    assert!(problem.contains("incidents"), "{problem}");
    assert!(bytes(&first) <= room && !first.incidents.is_empty() && !first.left_out.is_empty());

    let (second, again) = keep(&first, &snapshot, room, 120);
    assert!(second == first && again == Some(problem), "nothing to write");
    let mut watcher = Watcher::default();
    watcher.page_state = Some(first.clone());
    assert!(watcher.events(&snapshot).is_empty(), "those that are left out are no news");

    // Once the page lists them no more, they are forgotten.
    let (absent, _) = keep(&first, &feed(&all[39..]), room, 180);
    let (last, _) = keep(&absent, &feed(&all[39..]), room, 240);
    assert!(last.left_out.is_empty(), "{:?}", last.left_out);
}

#[test]
fn incident_that_is_left_out_and_omitted_for_one_read_is_not_told_again() {
    let all: Vec<Incident> = (0..40).map(|n| incident(&format!("i{n}"), &[(n, Phase::Investigating)], &[])).collect();
    let quiet = PageState::baseline(&feed(&[]), at(0));
    let room = bytes(&quiet.apply(&feed(&all), at(60))) / 3;
    let (first, _) = keep(&quiet, &feed(&all), room, 60);
    let omitted = all.iter().position(|it| first.find(&it.id).is_none()).expect("not all are kept");
    let others: Vec<Incident> = all.iter().filter(|it| it.id != all[omitted].id).cloned().collect();
    let (second, _) = keep(&first, &feed(&others), room, 120);

    let mut watcher = Watcher::default();
    watcher.page_state = Some(second.clone());
    assert!(watcher.events(&feed(&all)).is_empty(), "it is listed again");
    let (third, _) = keep(&second, &feed(&all), room, 180);
    assert_eq!(third.left_out, first.left_out, "as if nothing had happened");

    let mut ended = all.clone();
    ended[omitted] = incident(all[omitted].id.as_str(), &[(0, Phase::Investigating), (200, Phase::Resolved)], &[]);
    for before in [second, third] {
        watcher.page_state = Some(before);
        assert_eq!(watcher.events(&feed(&ended)), [format!("resolved {}", all[omitted].id)], "its end is told");
    }
}

#[test]
fn dropped_texts_are_no_news_when_they_come_again() {
    let updates: Vec<(i64, Phase)> = (0..30).map(|n| (n, Phase::Investigating)).collect();
    let snapshot = page(&[], &[incident("i1", &updates, &[])]);
    let state = PageState::baseline(&snapshot, at(100));
    let room = bytes(&state) - 150;
    let mut kept = state.clone();
    assert!(kept.fit(&ids(&snapshot.incidents), |state| bytes(state) <= room).problem().unwrap().contains("texts"));
    assert_eq!(kept.incidents[0].incident.updates.len(), 30, "an update itself is never dropped");
    assert!(kept.incidents[0].incident.updates[29].body.is_some(), "the newest text stays");

    let mut watcher = Watcher::default();
    watcher.page_state = Some(kept.clone());
    assert!(watcher.events(&snapshot).is_empty());
    assert_eq!(keep(&kept, &snapshot, room, 200).0, kept);
}

#[test]
fn one_text_and_all_texts_of_an_incident_are_bounded() {
    let mut endless = incident("i1", &[(0, Phase::Investigating), (1, Phase::Identified)], &[]);
    endless.updates[0].body = Some("ü".repeat(1_000_000));
    let (snapshot, cut) = bound(page(&[], &[endless]), []);
    assert!(snapshot.incidents[0].updates[0].body.as_ref().unwrap().len() < 70_000);
    assert_eq!(cut.texts, 1);

    let many: Vec<(i64, Phase)> = (0..50).map(|n| (n, Phase::Investigating)).collect();
    let mut many = incident("i1", &many, &[]);
    many.updates.iter_mut().for_each(|update| update.body = Some("x".repeat(60_000)));
    let (snapshot, cut) = bound(page(&[], &[many]), []);
    assert_eq!(cut.texts, 46);
    let updates = &snapshot.incidents[0].updates;
    assert!(updates.len() == 50 && updates[49].body.is_some() && updates[45].body.is_none());
}

#[test]
fn what_fits_is_found_by_a_handful_of_measurements() {
    let all: Vec<Incident> = (0..200).map(|n| incident(&format!("i{n}"), &[(n, Phase::Investigating)], &[])).collect();
    let state = PageState::baseline(&feed(&all), at(500));
    let whole = bytes(&state);
    for room in (0..=whole).rev().step_by(whole / 20) {
        let measured = std::cell::Cell::new(0);
        let mut kept = state.clone();
        kept.fit(&ids(&all), |state| {
            measured.set(measured.get() + 1);
            bytes(state) <= room
        });
        assert!(measured.get() <= 9, "{} measurements for {room} of {whole}", measured.get());
        let is_full = bytes(&kept) > room * 8 / 10 || kept == state;
        assert!(is_full || room < whole / 8, "{} of {room}", bytes(&kept));
    }
}

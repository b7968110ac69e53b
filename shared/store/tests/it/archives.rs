//! Incidents that had ended before the first read of their page: many in one item, and every list as if each had rows
//! of its own.
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{Timestamp, ToSpan as _};
use status::{
    ids::{IncidentId, ProviderId},
    page_state::{Ended, HowEnded, IncidentState},
    snapshot::{Affected, Kind, Update},
    words::ComponentStatus,
};
use store::{Commit, CommitError, Cursor, CursorPage, Store};

use crate::world::{When, World, at, commit, incident_state, incompressible, world};

const NOW: &str = "10:00:00";

fn acme() -> ProviderId {
    ProviderId::new("acme")
}

/// It began so many hours before the first read, and has ended.
fn ended(id: &str, hours: i64) -> IncidentState {
    let began = at(NOW) - hours.hours();
    let mut state = incident_state(id, began);
    state.first_seen_at = at(NOW);
    state.ended = Some(Ended { at: began + 20.minutes(), how: HowEnded::ByProvider });
    state.backfilled = true;
    let components = vec![Affected { id: "api".into(), status: Some(ComponentStatus::MajorOutage) }];
    state.incident.components = vec![Affected { id: "api".into(), status: None }];
    let (posted_at, body) = (Some(began), Some(format!("We see errors in {id}.")));
    state.incident.updates = vec![Update { id: "u1".into(), phase: None, posted_at, body, components }];
    state
}

/// So many, over more than a year, some at the same time; and one that is open, one that is planned work.
fn history(incidents: i64) -> Vec<IncidentState> {
    let mut all: Vec<_> = (0..incidents).map(|number| ended(&format!("i{number:03}"), number / 2 * 397)).collect();
    all.push(IncidentState { ended: None, ..ended("open", 1) });
    let mut work = ended("work", 2);
    work.incident.kind = Kind::Maintenance;
    all.push(work);
    all
}

fn baseline(provider: &str, incidents: Vec<IncidentState>) -> Commit {
    Commit { now: at(NOW), ..commit(provider, 1, incidents, Vec::new()) }
}

fn change(version: u64, incidents: Vec<IncidentState>) -> Commit {
    Commit { now: at("11:00:00"), ..commit("acme", version, incidents, Vec::new()) }
}

fn retitled(mut state: IncidentState) -> IncidentState {
    state.incident.title = "Edited later".to_owned();
    state
}

async fn of_type(world: &World, kind: &str) -> Vec<HashMap<String, AttributeValue>> {
    let items = world.client().scan().table_name("statuswire").send().await.unwrap().items.unwrap();
    items.into_iter().filter(|item| item["type"].as_s().unwrap() == kind).collect()
}

/// Everything that a list has, a few rows at a time.
async fn paged<T>(read: impl AsyncFn(Option<Cursor>) -> CursorPage<T>) -> Vec<(Cursor, T)> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = read(cursor).await;
        rows.extend(page.rows);
        cursor = rows.last().map(|(cursor, _)| cursor.clone());
        if !page.more {
            return rows;
        }
    }
}

/// Every list, as text.
async fn lists(store: &Store, step: usize) -> Vec<String> {
    let (acme, now) = (&acme(), at(NOW));
    let (from, to) = (now - 9_000.hours(), now - 800.hours());
    let keep = |provider: ProviderId, state: IncidentState| (provider, state);
    let recent = paged(async |cursor| store.recent_page(now, cursor.as_ref(), step, keep).await.unwrap()).await;
    let newest = paged(async |cursor| store.newest_timelines(acme, cursor.as_ref(), step).await.unwrap()).await;
    let between =
        paged(async |cursor| store.timelines_between(acme, (from, to), cursor.as_ref(), step).await.unwrap()).await;
    let (mut whole, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.timelines_of(acme, step as u32, cursor.as_deref()).await.unwrap();
        whole.extend(page.timelines);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert!(whole.iter().all(|timeline| timeline.intervals.len() == 1), "each has an interval");
    assert!(newest.iter().all(|(_, timeline)| timeline.intervals.is_empty()), "in brief it has none");
    assert!(recent.len() > 20 && newest.len() > 40 && between.len() > 20, "there is something to compare");
    let lines = recent.iter().map(|row| format!("{row:?}")).chain(newest.iter().map(|row| format!("{row:?}")));
    lines
        .chain(between.iter().map(|row| format!("{row:?}")))
        .chain(whole.iter().map(|row| format!("{row:?}")))
        .collect()
}

/// As if no incident were in an archive.
fn with_rows(mut incidents: Vec<IncidentState>) -> Vec<IncidentState> {
    incidents.iter_mut().for_each(|state| state.backfilled = false);
    incidents
}

fn without_backfilled(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| line.replace("backfilled: true", "backfilled: false")).collect()
}

#[tokio::test]
async fn history_of_a_first_read_is_written_at_once_in_few_items() {
    let world = world().await;
    let before = world.store.counts();
    world.store.commit(&baseline("acme", history(60))).await.unwrap();
    assert_eq!(world.store.counts().writes - before.writes, 1);
    let archives = of_type(&world, "archive").await;
    assert!((2..=13).contains(&archives.len()), "one for each month with incidents, and one of older ones");
    assert_eq!((of_type(&world, "incident").await.len(), of_type(&world, "span").await.len()), (2, 2));
    // These names are part of every table.
    let mut names: Vec<&String> = archives.iter().flat_map(HashMap::keys).collect();
    names.sort();
    names.dedup();
    let expected =
        ["gsi1pk", "gsi1sk", "incidents", "newest", "oldest", "pk", "provider", "read_at", "sk", "type", "v"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn lists_are_the_same_with_archives_as_with_rows() {
    let (archived, rows) = (world().await, world().await);
    for (provider, skipped) in [("acme", 0), ("other", 3)] {
        let all: Vec<_> = history(60).into_iter().skip(skipped).collect();
        archived.store.commit(&baseline(provider, all.clone())).await.unwrap();
        rows.store.commit(&baseline(provider, with_rows(all))).await.unwrap();
    }
    assert!(of_type(&rows, "archive").await.is_empty());
    for step in [1, 7, 200] {
        assert_eq!(without_backfilled(lists(&archived.store, step).await), lists(&rows.store, step).await, "{step}");
    }
    // Some change, so that rows and archives are mixed.
    let some: Vec<_> = history(60).into_iter().step_by(3).map(retitled).collect();
    archived.store.commit(&change(2, some.clone())).await.unwrap();
    rows.store.commit(&change(2, with_rows(some))).await.unwrap();
    for step in [1, 7, 200] {
        assert_eq!(without_backfilled(lists(&archived.store, step).await), lists(&rows.store, step).await, "{step}");
    }
}

#[tokio::test]
async fn archived_incident_is_found_by_its_id_alone_and_among_others() {
    let world = world().await;
    let all = history(60);
    world.store.commit(&baseline("acme", all.clone())).await.unwrap();
    let mut wanted = Vec::new();
    for state in &all {
        let id = &state.incident.id;
        for kind in [Kind::Incident, Kind::Maintenance] {
            assert_eq!(world.store.incident(&acme(), kind, id).await.unwrap().as_ref(), Some(state), "{id}");
        }
        wanted.push((acme(), state.incident.kind, id.clone()));
    }
    assert_eq!(world.store.incident(&acme(), Kind::Incident, &"none".into()).await.unwrap(), None);
    wanted.push((acme(), Kind::Incident, "none".into()));
    let mut found = world.store.incidents(&wanted, |_, state| state).await.unwrap();
    found.sort_by_key(|state| state.incident.id.clone());
    assert_eq!(found, all);
}

#[tokio::test]
async fn incident_that_changes_leaves_its_archive_and_the_last_one_takes_it_along() {
    let world = world().await;
    let all: Vec<_> = (0..4).map(|number| ended(&format!("i{number}"), number)).collect();
    world.store.commit(&baseline("acme", all.clone())).await.unwrap();
    assert_eq!(of_type(&world, "archive").await.len(), 1);
    let mut reopened = all[2].clone();
    reopened.ended = None;
    reopened.episode = 2;
    world.store.commit(&change(2, vec![reopened.clone()])).await.unwrap();
    let found = world.store.incident(&acme(), Kind::Incident, &"i2".into()).await.unwrap();
    assert_eq!(found, Some(reopened));
    let ids = async || {
        let page = world.store.newest_timelines(&acme(), None, 10).await.unwrap();
        page.rows.iter().map(|(_, timeline)| timeline.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, ["i0", "i1", "i2", "i3"]);
    // The others stay as they were read.
    assert_eq!(world.store.incident(&acme(), Kind::Incident, &"i3".into()).await.unwrap().as_ref(), Some(&all[3]));

    // Its start moves: it is in one place.
    let mut moved = retitled(all[0].clone());
    moved.incident.started_at = Some(at(NOW) - 50.hours());
    world.store.commit(&change(3, vec![moved])).await.unwrap();
    assert_eq!(ids().await, ["i1", "i2", "i3", "i0"]);
    world.store.commit(&change(4, vec![retitled(all[1].clone()), retitled(all[3].clone())])).await.unwrap();
    assert!(of_type(&world, "archive").await.is_empty());
    assert_eq!(ids().await, ["i1", "i2", "i3", "i0"]);
}

#[tokio::test]
async fn writer_that_loses_or_dies_changes_no_archive() {
    let world = world().await;
    let all = history(60);
    let lost = async |requests| {
        let dying = world.dying_after(requests, When::BeforeRequest);
        dying.commit(&baseline("acme", history(70))).await.unwrap_err();
        of_type(&world, "archive").await
    };
    assert!(lost(0).await.is_empty());
    world.store.commit(&baseline("acme", all.clone())).await.unwrap();
    let written = of_type(&world, "archive").await;
    let again = world.store.commit(&baseline("acme", history(70))).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    let edited = |title: &str| {
        let mut edited = all[5].clone();
        edited.incident.title = title.to_owned();
        change(2, vec![edited])
    };
    for requests in [0, 1] {
        let dying = world.dying_after(requests, When::BeforeRequest);
        dying.commit(&edited("dead")).await.unwrap_err();
    }
    let is_same = |mut now: Vec<_>, mut before: Vec<_>| {
        let key = |item: &HashMap<String, AttributeValue>| item["sk"].as_s().unwrap().clone();
        now.sort_by_key(key);
        before.sort_by_key(key);
        now == before
    };
    assert!(is_same(of_type(&world, "archive").await, written));
    world.store.commit(&edited("winner")).await.unwrap();
    let written = of_type(&world, "archive").await;
    let lost = world.store.commit(&edited("loser")).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    assert!(is_same(of_type(&world, "archive").await, written));
    let found = world.store.incident(&acme(), Kind::Incident, &all[5].incident.id).await.unwrap();
    assert_eq!(found.unwrap().incident.title, "winner");
}

/// A release that knows no archives writes rows of an incident that is in one.
#[tokio::test]
async fn rows_come_before_an_archive() {
    let (world, other) = (world().await, world().await);
    let all: Vec<_> = (0..4).map(|number| ended(&format!("i{number}"), number)).collect();
    world.store.commit(&baseline("acme", all.clone())).await.unwrap();
    other.store.commit(&baseline("acme", with_rows(vec![retitled(all[1].clone())]))).await.unwrap();
    for kind in ["incident", "span"] {
        for item in of_type(&other, kind).await {
            world.client().put_item().table_name("statuswire").set_item(Some(item)).send().await.unwrap();
        }
    }
    let found = world.store.incident(&acme(), Kind::Incident, &"i1".into()).await.unwrap().unwrap();
    assert_eq!(found.incident.title, "Edited later");
    let titles = |rows: Vec<String>| rows.iter().filter(|title| *title == "Edited later").count();
    let newest = world.store.newest_timelines(&acme(), None, 10).await.unwrap().rows;
    assert_eq!(newest.len(), 4);
    assert_eq!(titles(newest.into_iter().map(|(_, timeline)| timeline.title).collect()), 1);
    let recent = world.store.recent_page(at(NOW), None, 10, |_, state| state.incident.title).await.unwrap().rows;
    assert_eq!(recent.len(), 4);
    assert_eq!(titles(recent.into_iter().map(|(_, title)| title).collect()), 1);
}

#[tokio::test]
async fn what_is_long_or_too_much_has_rows_of_its_own_and_nothing_is_lost() {
    let world = world().await;
    let mut all: Vec<_> = (0..200).map(|number| ended(&format!("i{number:03}"), number / 50)).collect();
    for (number, state) in all.iter_mut().enumerate() {
        let bytes = if number == 7 { 40_000 } else { 9_000 };
        state.incident.updates = vec![incompressible(number as u64, bytes)];
    }
    let mut first = baseline("acme", all.clone());
    // The state is cut to the room that it has; the history is not.
    first.page.page_state.incidents.truncate(10);
    world.store.commit(&first).await.unwrap();
    let archives = of_type(&world, "archive").await.len();
    assert!((5..=8).contains(&archives), "no more than there is room for: {archives}");
    let rows = of_type(&world, "incident").await.len();
    assert!((1..150).contains(&rows), "{rows}");
    let wanted: Vec<_> = all.iter().map(|state| (acme(), Kind::Incident, state.incident.id.clone())).collect();
    let mut found = world.store.incidents(&wanted, |_, state| state).await.unwrap();
    found.sort_by_key(|state| state.incident.id.clone());
    assert!(found == all);
    let listed = paged(async |cursor| world.store.newest_timelines(&acme(), cursor.as_ref(), 30).await.unwrap()).await;
    assert_eq!(listed.len(), 200);
}

#[tokio::test]
async fn archives_go_from_table_to_table() {
    let (world, other) = (world().await, world().await);
    world.store.commit(&baseline("acme", history(60))).await.unwrap();
    let (items, next) = world.store.export_page(None).await.unwrap();
    assert!(next.is_none() && items.iter().any(|item| item.kind() == "archive"));
    other.store.import_items(items).await.unwrap();
    assert_eq!(lists(&other.store, 50).await, lists(&world.store, 50).await);
    let edited: Vec<_> = history(60).into_iter().take(30).map(retitled).collect();
    other.store.commit(&change(2, edited)).await.unwrap();
    assert_eq!(lists(&other.store, 50).await.len(), lists(&world.store, 50).await.len());
}

/// A list of all pages goes on below the newest of many archives.
#[tokio::test]
async fn list_of_all_pages_reads_only_the_archives_it_needs() {
    let world = world().await;
    for number in 0..120_i64 {
        let of_page: Vec<_> = (0..3).map(|nth| ended(&format!("i{nth}"), number + nth)).collect();
        world.store.commit(&baseline(&format!("page-{number:03}"), of_page)).await.unwrap();
    }
    let reads = async |cursor: Option<&Cursor>| {
        let before = world.store.counts().reads;
        let page = world.store.recent_page(at(NOW), cursor, 20, |_, _| ()).await.unwrap();
        assert_eq!((page.rows.len(), page.more), (20, true));
        (world.store.counts().reads - before, page.rows.last().unwrap().0.clone())
    };
    let (first, cursor) = reads(None).await;
    assert_eq!(first, 2);
    let (second, cursor) = reads(Some(&cursor)).await;
    assert_eq!((second, cursor.at() < at(NOW) - 10.hours()), (2, true));
    let all = paged(async |cursor| world.store.recent_page(at(NOW), cursor.as_ref(), 20, |_, _| ()).await.unwrap());
    let all: Vec<Timestamp> = all.await.iter().map(|(cursor, ())| cursor.at()).collect();
    assert!(all.len() == 360 && all.is_sorted_by(|newer, older| newer >= older));
}

/// Ids that need escaping, and one that is longer than a key.
#[tokio::test]
async fn archived_incident_has_any_id() {
    let world = world().await;
    let ids = ["arn:aws:health/1#a~b%", &"x".repeat(3_000), "é"];
    let all: Vec<_> = ids.iter().zip(0..).map(|(id, hours)| ended(id, hours)).collect();
    world.store.commit(&baseline("acme", all)).await.unwrap();
    for id in ids {
        let found = world.store.incident(&acme(), Kind::Incident, &IncidentId::new(id)).await.unwrap();
        assert_eq!(found.unwrap().incident.id.as_str(), id);
    }
    let listed = paged(async |cursor| world.store.newest_timelines(&acme(), cursor.as_ref(), 1).await.unwrap()).await;
    assert_eq!(listed.len(), 3);
}

#[tokio::test]
async fn imported_history_is_archived_beside_that_of_the_first_read_and_each_incident_is_listed_once() {
    let world = world().await;
    let first: Vec<IncidentState> = (0..4).map(|number| ended(&format!("i{number}"), 24 * number)).collect();
    world.store.commit(&baseline("acme", first)).await.unwrap();
    // One of them is known already.
    let imported: Vec<IncidentState> = (3..8).map(|number| ended(&format!("i{number}"), 24 * number)).collect();
    let import = Commit { incidents: imported, ..change(2, Vec::new()) };
    world.store.import_history(&import).await.unwrap();
    let timelines = world.store.timelines_of(&acme(), 100, None).await.unwrap().timelines;
    let ids: Vec<&str> = timelines.iter().map(|timeline| timeline.id.as_str()).collect();
    assert_eq!(ids, ["i0", "i1", "i2", "i3", "i4", "i5", "i6", "i7"]);
    assert!(of_type(&world, "span").await.is_empty(), "no rows of their own");
    let again = world.store.import_history(&Commit { page: import.page.clone(), ..import }).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");

    let more: Vec<IncidentState> = (6..10).map(|number| ended(&format!("i{number}"), 24 * number)).collect();
    world.store.import_history(&Commit { incidents: more, ..change(3, Vec::new()) }).await.unwrap();
    let timelines = world.store.timelines_of(&acme(), 100, None).await.unwrap().timelines;
    assert_eq!(timelines.len(), 10, "a second import keeps the first");
}

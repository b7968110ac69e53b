//! First reads of pages with a long history, of which a part is written before the page: by two pollers at once, and by
//! some that die.
use jiff::Timestamp;
use status::{
    ids::{IncidentId, ProviderId},
    page_state::{Ended, HowEnded, IncidentState},
    snapshot::Kind,
};
use store::{Commit, CommitError, Store};

use crate::world::{When, World, at, commit, incident_state, world};

/// Of a page with so many ended incidents and an open one, read at this time. Each incident says who read it.
fn baseline(by: &str, ended: usize, now: Timestamp) -> Commit {
    let state = |number: usize| {
        let mut state = incident_state(&format!("i{number:03}"), at("09:30:00"));
        state.incident.title = by.to_owned();
        state.ended = (number > 0).then(|| Ended { at: at("09:40:00"), how: HowEnded::ByProvider });
        state
    };
    Commit { now, ..commit("acme", 1, (0..=ended).map(state).collect(), Vec::new()) }
}

/// Who wrote the history of each incident, by number.
async fn writers(world: &World, incidents: usize) -> Vec<Option<String>> {
    let mut writers = Vec::new();
    for number in 0..incidents {
        let id = IncidentId::new(format!("i{number:03}"));
        let found = world.store.incident(&ProviderId::new("acme"), Kind::Incident, &id).await.unwrap();
        writers.push(found.map(|state: IncidentState| state.incident.title));
    }
    writers
}

async fn is_stored(world: &World) -> bool {
    world.store.page(&ProviderId::new("acme")).await.unwrap().is_some()
}

async fn requests(store: &Store, commit: &Commit) -> (u64, u64) {
    let before = store.counts();
    store.commit(commit).await.unwrap();
    let after = store.counts();
    (after.reads - before.reads, after.writes - before.writes)
}

#[tokio::test]
async fn fifty_incidents_take_two_requests_and_fewer_take_one() {
    for (ended, writes) in [(0, 1), (48, 1), (49, 2), (99, 3)] {
        let world = world().await;
        assert_eq!(requests(&world.store, &baseline("us", ended, at("10:00:00"))).await, (0, writes), "{ended}");
        assert_eq!(writers(&world, ended + 1).await, vec![Some("us".to_owned()); ended + 1]);
        let timelines = world.store.timelines_of(&ProviderId::new("acme"), 500, None).await.unwrap().timelines;
        assert_eq!(timelines.len(), ended + 1);
    }
}

#[tokio::test]
async fn baseline_that_loses_the_race_leaves_the_rows_of_the_winner() {
    for time in ["09:59:00", "10:00:00", "10:01:00"] {
        let world = world().await;
        world.store.commit(&baseline("winner", 120, at("10:00:00"))).await.unwrap();
        let lost = world.store.commit(&baseline("loser", 140, at(time))).await;
        assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
        let mut expected = vec![Some("winner".to_owned()); 121];
        expected.resize(141, None);
        assert_eq!(writers(&world, 141).await, expected, "read at {time}");
    }
}

/// The same of a page whose stored state is replaced by a new baseline.
#[tokio::test]
async fn baseline_in_place_of_a_stored_page_is_fenced_by_its_version() {
    let world = world().await;
    world.store.commit(&baseline("before", 120, at("09:00:00"))).await.unwrap();
    let replacing = |by, time| baseline(by, 120, at(time)).replacing(Some(1));
    world.store.commit(&replacing("winner", "10:00:00")).await.unwrap();
    let lost = world.store.commit(&replacing("loser", "10:00:30")).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    assert_eq!(writers(&world, 121).await, vec![Some("winner".to_owned()); 121]);
    assert_eq!(world.store.page(&"acme".into()).await.unwrap().unwrap().head.version, 2);
}

/// Each combination of a first writer that dies or loses after any of its requests, and a second that commits.
#[tokio::test]
async fn of_two_baselines_the_later_read_leaves_its_rows_whoever_is_first() {
    for (first, second) in [("10:00:00", "10:00:30"), ("10:00:30", "10:00:00")] {
        for died_after in 0..=2 {
            let world = world().await;
            let dying = world.dying_after(died_after, When::BeforeRequest);
            dying.commit(&baseline("first", 120, at(first))).await.unwrap_err();
            assert!(!is_stored(&world).await);
            let written = writers(&world, 121).await;
            assert_eq!(written.iter().flatten().count() > 0, died_after > 0);
            assert_eq!(written[0], None, "what is open is written with the page");

            world.store.commit(&baseline("second", 120, at(second))).await.unwrap();
            assert!(is_stored(&world).await);
            for (now, before) in writers(&world, 121).await.into_iter().zip(written) {
                let is_of_first = before.is_some() && second < first;
                assert_eq!(now.unwrap(), if is_of_first { "first" } else { "second" }, "{died_after}");
            }
        }
    }
}

/// A change of a page may be as large as its history.
#[tokio::test]
async fn large_change_that_loses_leaves_the_rows_of_the_winner() {
    let world = world().await;
    world.store.commit(&baseline("before", 120, at("09:00:00"))).await.unwrap();
    let change = |by, time| {
        let mut change = baseline(by, 120, at(time));
        (change.page.head.version, change.read_version) = (2, Some(1));
        change
    };
    world.store.commit(&change("winner", "10:00:00")).await.unwrap();
    let lost = world.store.commit(&change("loser", "10:00:01")).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    assert_eq!(writers(&world, 121).await, vec![Some("winner".to_owned()); 121]);
}

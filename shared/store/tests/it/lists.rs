//! What lists, calendars and bars are read from.
use jiff::civil::date;
use status::{
    glance::Glance,
    health::{HealthState, SourceHealth},
    ids::ProviderId,
    snapshot::{Kind, Window},
};
use store::Round;

use crate::world::{at, commit, tracked, world};

#[tokio::test]
async fn glances_of_all_pages_are_one_query() {
    let world = world().await;
    for provider in ["github", "stripe"] {
        let mut commit = commit(provider, 1, vec![tracked("i1", at("10:00:00"))], vec![]);
        commit.glance = Some(Glance::of(&ProviderId::new(provider), &commit.page.belief));
        world.store.commit(&commit).await.unwrap();
    }
    let before = world.store.counts();
    let glances = world.store.glances().await.unwrap();
    assert_eq!(world.store.counts().reads - before.reads, 1);
    let seen: Vec<_> = glances.iter().map(|glance| (glance.provider.as_str(), glance.open.len())).collect();
    assert_eq!(seen, [("github", 1), ("stripe", 1)]);
}

#[tokio::test]
async fn a_page_is_among_the_failing_until_it_can_be_read() {
    let world = world().await;
    let health = |state| SourceHealth {
        state,
        since: at("10:00:00"),
        failures: 3,
        reason: Some("status 500".into()),
        not_before: None,
        problems: Vec::new(),
        moved_to: None,
        read_at: None,
    };
    let github = ProviderId::new("github");
    world.store.put_health(&github, &health(HealthState::Unreadable)).await.unwrap();
    assert_eq!(world.store.failing().await.unwrap(), [(github.clone(), health(HealthState::Unreadable))]);
    world.store.put_health(&github, &health(HealthState::Readable)).await.unwrap();
    assert!(world.store.failing().await.unwrap().is_empty());
}

#[tokio::test]
async fn incidents_of_a_page_come_newest_first_and_move_with_their_start() {
    let world = world().await;
    let github = ProviderId::new("github");
    let all = ["07:00:00", "09:00:00", "08:00:00"].map(|time| tracked(time, at(time)));
    world.store.commit(&commit("github", 1, all.to_vec(), vec![])).await.unwrap();
    let ids = async |limit| {
        let page = world.store.spans_of(&github, limit, None).await.unwrap();
        page.spans.iter().map(|span| span.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(10).await, ["09:00:00", "08:00:00", "07:00:00"]);
    assert_eq!(ids(2).await.len(), 2);
    let mut set_back = tracked("09:00:00", at("06:00:00"));
    set_back.incident.title = "Set back by the vendor".into();
    world.store.commit(&commit("github", 2, vec![set_back], vec![])).await.unwrap();
    assert_eq!(ids(10).await, ["08:00:00", "07:00:00", "09:00:00"]);
}

#[tokio::test]
async fn planned_work_is_found_by_the_month_it_begins_in() {
    let world = world().await;
    let planned = |starts_at: &str| {
        let mut work = tracked("work", at("10:00:00"));
        work.incident.kind = Kind::Maintenance;
        work.incident.window = Some(Window { starts_at: Some(starts_at.parse().unwrap()), ends_at: None });
        work
    };
    let found = async |month: i8| {
        let found = world.store.planned_in(date(2026, month, 9)).await.unwrap();
        found.iter().map(|(provider, span)| format!("{provider} {}", span.id)).collect::<Vec<_>>()
    };
    world.store.commit(&commit("github", 1, vec![planned("2026-11-30T23:00:00Z")], vec![])).await.unwrap();
    assert_eq!((found(11).await, found(12).await), (vec!["github work".to_owned()], vec![]));
    world.store.commit(&commit("github", 2, vec![planned("2026-12-01T23:00:00Z")], vec![])).await.unwrap();
    assert_eq!((found(11).await, found(12).await), (vec![], vec!["github work".to_owned()]), "it was put off");
    let both = world.store.planned_between(date(2026, 11, 1), date(2026, 12, 31)).await.unwrap();
    assert_eq!(both.len(), 1);
}

#[tokio::test]
async fn the_newest_round_of_each_poller_is_kept() {
    let world = world().await;
    let round = |shard, minute: &str| Round { shard, of: 2, began_at: at(minute), pages: 7, unreadable: 1 };
    for round in [round(0, "10:00:00"), round(1, "10:00:00"), round(0, "10:01:00")] {
        world.store.put_round(&round).await.unwrap();
    }
    let mut rounds = world.store.rounds().await.unwrap();
    rounds.sort_by_key(|round| round.shard);
    assert_eq!(rounds, [round(0, "10:01:00"), round(1, "10:00:00")]);
}

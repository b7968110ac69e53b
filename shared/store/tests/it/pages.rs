//! Commits, the outbox, history and source health.
use std::{collections::HashSet, slice};

use status::{
    health::{HealthState, SourceHealth},
    ids::{AlertId, IncidentId, ProviderId},
    page_state::IncidentState,
    snapshot::Kind,
    words::Event,
};
use store::{CommitError, WrittenBy};

use crate::world::{World, alert, at, commit, incident_state, incompressible, world, world_in};

#[tokio::test]
async fn a_committed_page_is_read_back_in_full() {
    let world = world().await;
    let provider = ProviderId::new("github");
    let first =
        commit("github", 1, vec![incident_state("i1", at("09:30:00"))], vec![alert("github", "i1", Event::Opened)]);

    assert_eq!(world.store.page(&provider).await.unwrap(), None);
    let row = world.store.commit(&first).await.unwrap().unwrap();

    assert_eq!(world.store.page(&provider).await.unwrap().unwrap(), first.page);
    assert_eq!(world.store.outbox().await.unwrap(), slice::from_ref(&row));
    let stored = world.store.alert(&row.alerts[0]).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&first.alerts[0]));
    let id = IncidentId::new("i1");
    for expected in [Kind::Incident, Kind::Maintenance] {
        let incident = world.store.incident(&provider, expected, &id).await.unwrap();
        assert_eq!(incident.as_ref(), Some(&first.incidents[0]), "the id alone identifies it");
    }
    assert_eq!(world.store.incident(&provider, Kind::Incident, &IncidentId::new("i2")).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_writers_one_commits_and_the_other_leaves_no_trace() {
    let world = world().await;
    world.store.commit(&commit("github", 1, vec![], vec![])).await.unwrap();
    let writer = |incident: &str| {
        let alerts = vec![alert("github", incident, Event::Opened)];
        commit("github", 2, vec![incident_state(incident, at("09:30:00"))], alerts)
    };
    let (a, b) = (writer("a"), writer("b"));

    let (of_a, of_b) = tokio::join!(world.store.commit(&a), world.store.commit(&b));

    assert!(of_a.is_ok() != of_b.is_ok());
    let (winner, loser) = if of_a.is_ok() { (&a, &b) } else { (&b, &a) };
    assert!(matches!(of_a.and(of_b), Err(CommitError::Conflict)));
    let provider = ProviderId::new("github");
    assert_eq!(world.store.page(&provider).await.unwrap().unwrap(), winner.page);
    assert_eq!(world.store.alert(&loser.alerts[0].id).await.unwrap(), None);
    assert_eq!(world.store.outbox().await.unwrap().len(), 1);
    assert_eq!(history(&world, &provider).await, winner.incidents);
}

#[tokio::test]
async fn a_replayed_commit_is_a_conflict() {
    let world = world().await;
    for version in [1, 2] {
        let commit = commit("github", version, vec![], vec![alert("github", "i1", Event::Opened)]);
        world.store.commit(&commit).await.unwrap();
        let again = world.store.commit(&commit).await;
        assert!(matches!(again, Err(CommitError::Conflict)), "version {version}: {again:?}");
    }
    assert_eq!(world.store.outbox().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_commit_larger_than_a_transaction_is_stored_whole() {
    let world = world().await;
    let ids: Vec<String> = (0..250).map(|n| format!("i{n}")).collect();
    let incidents = ids.iter().map(|id| incident_state(id, at("09:30:00"))).collect();
    let alerts = ids.iter().map(|id| alert("github", id, Event::Opened)).collect();
    let large = commit("github", 1, incidents, alerts);

    let row = world.store.commit(&large).await.unwrap().unwrap();

    let expected: Vec<AlertId> = large.alerts.iter().map(|alert| alert.id.clone()).collect();
    assert_eq!(row.alerts, expected);
    assert_eq!(world.store.outbox().await.unwrap(), slice::from_ref(&row));
    for (id, alert) in row.alerts.iter().zip(&large.alerts) {
        assert_eq!(world.store.alert(id).await.unwrap().as_ref(), Some(alert));
    }
    assert_eq!(history(&world, &ProviderId::new("github")).await.len(), 250);
    let again = world.store.commit(&large).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(world.store.outbox().await.unwrap(), [row]);
}

#[tokio::test]
async fn a_few_large_documents_do_not_break_the_limit_of_a_transaction() {
    let world = world().await;
    let incidents = (0..20).map(|n| {
        let mut incident_state = incident_state(&format!("i{n}"), at("09:30:00"));
        incident_state.incident.updates.push(incompressible(n, 300_000));
        incident_state
    });
    let mut large = commit("github", 1, incidents.collect(), vec![]);
    large.page.page_state.incidents.clear();

    world.store.commit(&large).await.unwrap();

    let (provider, id) = (ProviderId::new("github"), IncidentId::new("i19"));
    let found = world.store.incident(&provider, Kind::Incident, &id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&large.incidents[19]));
}

#[tokio::test]
async fn an_item_that_the_database_refuses_is_too_large_and_no_other_failure() {
    let world = world().await;
    let mut large = commit("github", 1, vec![], vec![]);
    let id = incompressible(0, 420_000).body.unwrap();
    large.page.head.open.push((Kind::Incident, IncidentId::new(id)));

    let refused = world.store.commit(&large).await.unwrap_err();
    assert!(matches!(refused, CommitError::TooLarge { .. }), "{refused:?}");
    assert_eq!(world.store.page(&ProviderId::new("github")).await.unwrap(), None);
}

#[tokio::test]
async fn a_page_state_over_the_limit_is_refused_and_named() {
    let world = world().await;
    let mut large = commit("github", 1, vec![incident_state("i1", at("09:30:00"))], vec![]);
    large.page.page_state.incidents[0].incident.updates.push(incompressible(0, 500_000));

    let refused = world.store.commit(&large).await.unwrap_err();

    let CommitError::TooLarge { what, bytes } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(what, "the state of page github");
    assert!(bytes > store::DOCUMENT_LIMIT);
    assert_eq!(world.store.page(&ProviderId::new("github")).await.unwrap(), None);
}

#[tokio::test]
async fn the_outbox_keeps_the_order_of_commits() {
    let world = world().await;
    for version in 1..=12 {
        for provider in ["github", "stripe", "openai"] {
            let alerts = vec![alert(provider, &format!("i{version}"), Event::Opened)];
            world.store.commit(&commit(provider, version, vec![], alerts)).await.unwrap();
        }
    }

    let rows = world.store.outbox().await.unwrap();

    for provider in ["github", "stripe", "openai"] {
        let of_provider = rows.iter().filter(|row| row.provider.as_str() == provider);
        let versions: Vec<WrittenBy> = of_provider.map(|row| row.by).collect();
        let expected: Vec<WrittenBy> = (1..=12).map(|version| WrittenBy::Page { version }).collect();
        assert_eq!(versions, expected);
    }
    world.store.clear(&rows[0]).await.unwrap();
    world.store.clear(&rows[0]).await.unwrap();
    assert_eq!(world.store.outbox().await.unwrap(), rows[1..]);
}

#[tokio::test]
async fn a_commit_without_alerts_leaves_the_outbox_alone() {
    let world = world().await;
    let row = world.store.commit(&commit("github", 1, vec![], vec![])).await.unwrap();
    assert_eq!(row, None);
    assert_eq!(world.store.outbox().await.unwrap(), []);
}

#[tokio::test]
async fn heads_of_more_pages_than_one_batch_are_found() {
    let world = world().await;
    let ids: Vec<ProviderId> = (0..230).map(|n| ProviderId::new(format!("p{n}"))).collect();
    for id in &ids[..150] {
        world.store.commit(&commit(id.as_str(), 1, vec![], vec![])).await.unwrap();
    }
    let writes = world.store.counts().writes;

    // A repeated key would be refused by the service.
    let asked: Vec<ProviderId> = ids.iter().chain(&ids[..5]).cloned().collect();
    let heads = world.store.page_heads(&asked).await.unwrap();

    let found: HashSet<&ProviderId> = heads.keys().collect();
    assert_eq!(found, ids[..150].iter().collect());
    assert_eq!(heads[&ids[7]], commit("p7", 1, vec![], vec![]).page.head);
    assert_eq!(world.store.counts().writes, writes, "a read writes nothing");
}

#[tokio::test]
async fn requests_are_counted_where_they_leave() {
    let world = world().await;
    let before = world.store.counts();
    world.store.commit(&commit("github", 1, vec![], vec![])).await.unwrap();
    world.store.clone().page(&ProviderId::new("github")).await.unwrap();
    world.store.page_heads(&[]).await.unwrap();
    let after = world.store.counts();
    assert_eq!((after.writes - before.writes, after.reads - before.reads), (1, 1));
}

#[tokio::test]
async fn recent_incidents_are_newest_first_over_months_and_pages() {
    let world = world().await;
    let starts = [
        ("github", "a", "2126-11-23T08:00:00Z"),
        ("stripe", "b", "2126-11-23T08:00:00.5Z"),
        ("github", "c", "2126-10-31T23:59:59Z"),
        ("github", "d", "2126-03-01T00:00:00Z"),
        ("github", "too-old", "2125-03-01T00:00:00Z"),
    ];
    for (n, (provider, id, start)) in starts.iter().enumerate() {
        let incidents = vec![incident_state(id, start.parse().unwrap())];
        let version = if *provider == "stripe" { 1 } else { n as u64 + 1 };
        let mut commit = commit(provider, version, incidents, vec![]);
        let stored = world.store.page(&ProviderId::new(*provider)).await.unwrap();
        commit.read_version = stored.map(|page| page.head.version);
        world.store.commit(&commit).await.unwrap();
    }
    let recent = async |limit| {
        let found = world.store.recent_incidents(at("12:00:00"), limit, |id, state| (id, state)).await.unwrap();
        let ids = found.into_iter().map(|(_, incident_state)| incident_state.incident.id.to_string());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(recent(10).await, ["b", "a", "c", "d"]);
    assert_eq!(recent(3).await, ["b", "a", "c"]);
}

#[tokio::test]
async fn health_and_its_alert_are_committed_together() {
    let world = world().await;
    let health = SourceHealth {
        state: HealthState::Unreadable,
        since: at("10:00:00"),
        failures: 3,
        reason: Some("status 500".into()),
        not_before: None,
        refused: false,
        unrecognised: false,
        gone_since: None,
        failed_at: Some(at("10:01:00")),
        told_with: None,
        untold: false,
        problems: Vec::new(),
        moved_to: None,
        read_at: None,
        gaps: Vec::new(),
        moved: None,
        last_good_at: None,
    };
    let (github, stripe) = (ProviderId::new("github"), ProviderId::new("stripe"));
    let alerts = [alert("github", "source@1", Event::Unreadable)];

    world.store.put_health(&stripe, &health).await.unwrap();
    let row = world.store.commit_health(&github, &health, &alerts, at("10:00:00")).await.unwrap();

    let row = row.unwrap();
    assert_eq!(row.by, WrittenBy::Health { at: at("10:00:00") });
    assert_eq!(world.store.outbox().await.unwrap(), [row]);
    assert_eq!(world.store.alert(&alerts[0].id).await.unwrap().as_ref(), Some(&alerts[0]));
    let healths = world.store.healths(&[github, stripe, ProviderId::new("none")]).await.unwrap();
    assert_eq!(healths.into_values().collect::<Vec<_>>(), [health.clone(), health]);
}

#[tokio::test]
async fn data_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let commit = commit("github", 1, vec![], vec![alert("github", "i1", Event::Opened)]);

    let first = world_in(&file).await;
    let row = first.store.commit(&commit).await.unwrap().unwrap();
    first.stop().await;
    let second = world_in(&file).await;

    let page = second.store.page(&ProviderId::new("github")).await.unwrap();
    assert_eq!(page.unwrap(), commit.page);
    assert_eq!(second.store.outbox().await.unwrap(), [row]);
}

/// All incidents of the page in the history, newest first.
async fn history(world: &World, provider: &ProviderId) -> Vec<IncidentState> {
    let found = world.store.recent_incidents(at("23:59:59"), 1_000, |id, state| (id, state)).await.unwrap();
    found.into_iter().filter(|(of, _)| of == provider).map(|(_, incident)| incident).collect()
}

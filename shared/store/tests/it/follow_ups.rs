//! Planned follow-ups: found when they are due, told once, and never of a page that changed meanwhile.
use accounts::audit::{AuditEntry, Values};
use status::{
    alert::Alert,
    ids::IncidentId,
    mute::{Mute, Muted},
    words::Event,
};
use store::{Edit, EditError, Episode, PlannedFollowUp};

use crate::world::{World, alert as alert_about, at, commit, world};

fn planned(incident: &str, due: &str) -> PlannedFollowUp {
    PlannedFollowUp {
        destination: "hook".into(),
        account: "ours".into(),
        groups: vec!["g".into()],
        episode: Episode { provider: "acme".into(), incident: incident.into(), number: 1 },
        alert: "a1".into(),
        minutes: 30,
        due_at: at(due),
    }
}

fn still_open() -> Alert {
    Alert { follow_up: Some(30), destination: Some("hook".into()), ..alert_about("acme", "i1", Event::Updated) }
}

async fn due(world: &World, now: &str) -> Vec<PlannedFollowUp> {
    let due = world.store.due_rows(at(now), 10).await.unwrap();
    assert!(due.destinations.is_empty(), "nothing waits for them: {due:?}");
    due.follow_ups
}

#[tokio::test]
async fn follow_up_is_planned_once_and_found_when_it_is_due() {
    let world = world().await;
    let first = planned("i1", "10:30:00");
    world.store.plan_follow_up(&first).await.unwrap();
    world.store.plan_follow_up(&planned("i1", "10:10:00")).await.unwrap();
    assert_eq!(world.store.next_held().await.unwrap(), Some(at("10:30:00")));
    assert!(due(&world, "10:29:59").await.is_empty());
    assert_eq!(due(&world, "10:30:00").await, std::slice::from_ref(&first));

    world.store.postpone_follow_up(&first, at("12:00:00")).await.unwrap();
    assert!(due(&world, "11:00:00").await.is_empty());
    assert_eq!(due(&world, "12:00:00").await, [planned("i1", "12:00:00")]);
    let stale = world.store.settle_follow_ups(&[first], &[still_open()], None, at("12:00:00")).await.unwrap();
    assert_eq!((stale, due(&world, "12:00:00").await.len()), (None, 1), "it is not as it was known");
}

#[tokio::test]
async fn follow_up_is_told_once_and_only_of_the_page_that_was_read() {
    let world = world().await;
    let (first, alert) = (planned("i1", "10:30:00"), still_open());
    world.store.commit(&commit("acme", 1, Vec::new(), Vec::new())).await.unwrap();
    world.store.plan_follow_up(&first).await.unwrap();
    world.store.commit(&commit("acme", 2, Vec::new(), Vec::new())).await.unwrap();
    let settle = async |version| {
        let alerts = std::slice::from_ref(&alert);
        world
            .store
            .settle_follow_ups(std::slice::from_ref(&first), alerts, Some(version), at("10:30:00"))
            .await
            .unwrap()
    };
    assert_eq!(settle(1).await, None, "the page changed meanwhile");
    assert_eq!(due(&world, "10:30:00").await, std::slice::from_ref(&first));
    let row = settle(2).await.unwrap();
    assert_eq!(row.alerts, std::slice::from_ref(&alert.id));
    assert_eq!(settle(2).await, None, "it is told");
    assert_eq!(world.store.outbox().await.unwrap(), [row]);
    assert_eq!(world.store.alert(&alert.id).await.unwrap(), Some(alert.clone()));
    let of_incident = world.store.alerts_of(&"acme".into(), &IncidentId::new("i1")).await.unwrap();
    assert!(of_incident.is_empty(), "it is the affair of one account: {of_incident:?}");

    world.store.plan_follow_up(&first).await.unwrap();
    assert!(due(&world, "23:00:00").await.is_empty(), "a later alert plans no second one");
    assert_eq!(world.store.next_held().await.unwrap(), None);
}

#[tokio::test]
async fn follow_up_that_nobody_wants_is_settled_without_an_alert() {
    let world = world().await;
    let first = planned("i1", "10:30:00");
    world.store.plan_follow_up(&first).await.unwrap();
    assert_eq!(world.store.settle_follow_ups(&[first], &[], None, at("10:30:00")).await.unwrap(), None);
    assert!(due(&world, "23:00:00").await.is_empty());
    assert!(world.store.outbox().await.unwrap().is_empty());
}

#[tokio::test]
async fn follow_up_that_was_acknowledged_since_it_was_looked_at_is_not_told() {
    let world = world().await;
    let mute = Mute {
        account: "ours".into(),
        provider: "acme".into(),
        incident: "i1".into(),
        episode: 1,
        muted: Muted::FollowUp,
        title: "API is slow".to_owned(),
        by: "jo@example.com".to_owned(),
        at: at("10:20:00"),
    };
    let edit = || {
        Edit::of(AuditEntry {
            account: "ours".into(),
            at: at("10:20:00"),
            id: "1".to_owned(),
            who: "jo@example.com".to_owned(),
            action: "incident.acknowledged".to_owned(),
            target: String::new(),
            before: Values::new(),
            after: Values::new(),
        })
    };
    let first = [planned("i1", "10:30:00")];
    world.store.commit(&commit("acme", 1, Vec::new(), Vec::new())).await.unwrap();
    let version = world.store.page(&"acme".into()).await.unwrap().unwrap().head.version;
    world.store.plan_follow_up(&first[0]).await.unwrap();
    world.store.save_mute(&mute, &edit()).await.unwrap();
    assert!(matches!(world.store.save_mute(&mute, &edit()).await, Err(EditError::Conflict)), "once is enough");
    let settle =
        async || world.store.settle_follow_ups(&first, &[still_open()], Some(version), at("10:30:00")).await.unwrap();
    assert_eq!((settle().await, due(&world, "10:30:00").await.len()), (None, 1));
    assert_eq!(world.store.mutes(&"ours".into()).await.unwrap(), std::slice::from_ref(&mute));
    assert!(world.store.mutes(&"theirs".into()).await.unwrap().is_empty());

    world.store.remove_mute(&mute, &edit()).await.unwrap();
    assert!(matches!(world.store.remove_mute(&mute, &edit()).await, Err(EditError::Conflict)));
    assert!(settle().await.is_some(), "somebody undid it in time");
}

//! What waits for the end of quiet hours: told once, dropped if it ended, and found when it is due.
use status::{
    alert::Alert,
    held_alerts::held_summary,
    ids::{AlertId, DestinationId},
    words::Event,
};
use store::{DueRows, Episode, HeldAlert, Told};

use crate::world::{World, alert as alert_about, at, world};

fn episode(incident: &str) -> Episode {
    Episode { provider: "acme".into(), incident: incident.into(), number: 1 }
}

fn held(incident: &str, alert: &str, due: &str) -> HeldAlert {
    HeldAlert {
        destination: "hook".into(),
        account: "ours".into(),
        episode: episode(incident),
        alert: alert.into(),
        due_at: at(due),
    }
}

fn hook() -> DestinationId {
    "hook".into()
}

async fn waiting(world: &World) -> Vec<String> {
    let held = world.store.held_of(&hook()).await.unwrap().waiting;
    held.iter().map(|it| format!("{} {} {}", it.episode.incident, it.alert, it.due_at.strftime("%H:%M"))).collect()
}

#[tokio::test]
async fn newest_alert_of_each_incident_waits_until_the_first_time() {
    let world = world().await;
    assert_eq!(world.store.next_held().await.unwrap(), None);
    world.store.hold(&held("i1", "a1", "07:00:00"), true).await.unwrap();
    world.store.hold(&held("i2", "a2", "06:00:00"), true).await.unwrap();
    world.store.hold(&held("i1", "a3", "09:00:00"), false).await.unwrap();
    assert_eq!(waiting(&world).await, ["i2 a2 06:00", "i1 a3 07:00"]);
    assert_eq!(world.store.next_held().await.unwrap(), Some(at("06:00:00")));
    assert_eq!(world.store.due_rows(at("05:59:59"), 10).await.unwrap(), DueRows::default());
    let due = world.store.due_rows(at("06:00:00"), 10).await.unwrap();
    assert_eq!((due.destinations, due.follow_ups), ([hook()].into(), Vec::new()));
    assert!(world.store.forget_held(&hook(), &episode("i2"), &"a4".into()).await.unwrap());
    assert_eq!(waiting(&world).await, ["i1 a3 07:00"]);
}

#[tokio::test]
async fn end_of_what_only_waited_is_dropped_however_often_it_comes() {
    let world = world().await;
    let (end, other) = (AlertId::new("end"), AlertId::new("other"));
    assert!(!world.store.drop_held(&hook(), &episode("i1"), &end).await.unwrap(), "nothing waited");
    world.store.hold(&held("i1", "a1", "07:00:00"), true).await.unwrap();
    world.store.hold(&held("i1", "a2", "07:00:00"), false).await.unwrap();
    for _ in 0..2 {
        assert!(world.store.drop_held(&hook(), &episode("i1"), &end).await.unwrap());
        assert!(waiting(&world).await.is_empty());
        assert_eq!(world.store.next_held().await.unwrap(), None);
    }
    assert!(!world.store.drop_held(&hook(), &episode("i1"), &other).await.unwrap());
    assert!(world.store.forget_held(&hook(), &episode("i1"), &"a3".into()).await.unwrap());
    assert!(world.store.drop_held(&hook(), &episode("i1"), &end).await.unwrap(), "it is still known");
    // Something was told before the quiet hours.
    world.store.hold(&held("i2", "a3", "07:00:00"), false).await.unwrap();
    assert!(!world.store.drop_held(&hook(), &episode("i2"), &end).await.unwrap());
}

#[tokio::test]
async fn what_waited_is_told_once() {
    let world = world().await;
    let opened: Alert = alert_about("acme", "i1", Event::Opened);
    world.store.hold(&held("i1", "a1", "07:00:00"), true).await.unwrap();
    let known = world.store.held_of(&hook()).await.unwrap().waiting;
    let summary = held_summary(&hook(), std::slice::from_ref(&opened), at("07:00:00")).unwrap();
    world.store.hold(&held("i1", "a2", "07:00:00"), false).await.unwrap();
    let told = world
        .store
        .tell_held(Told { held: &known, summary: Some(&summary), aside: &[] }, at("07:00:00"))
        .await
        .unwrap();
    assert_eq!((told, world.store.outbox().await.unwrap().len()), (None, 0), "it is not as it was known");
    let known = world.store.held_of(&hook()).await.unwrap().waiting;
    let row = world
        .store
        .tell_held(Told { held: &known, summary: Some(&summary), aside: &[] }, at("07:00:00"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.alerts, std::slice::from_ref(&summary.id));
    assert_eq!(world.store.alert(&summary.id).await.unwrap(), Some(summary.clone()));
    assert_eq!(
        world
            .store
            .tell_held(Told { held: &known, summary: Some(&summary), aside: &[] }, at("07:01:00"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(world.store.outbox().await.unwrap(), [row]);
    assert!(waiting(&world).await.is_empty());
    assert!(!world.store.drop_held(&hook(), &episode("i1"), &"end".into()).await.unwrap(), "its end is told");
}

#[tokio::test]
async fn what_a_summary_told_is_neither_held_nor_told_by_a_task_that_comes_again() {
    let world = world().await;
    let opened: Alert = alert_about("acme", "i1", Event::Opened);
    let first = held("i1", "a1", "07:00:00");
    world.store.hold(&first, true).await.unwrap();
    let summary = held_summary(&hook(), &[opened], at("07:00:00")).unwrap();
    let told = Told { held: std::slice::from_ref(&first), summary: Some(&summary), aside: &[] };
    assert!(world.store.tell_held(told, at("07:00:00")).await.unwrap().is_some());
    world.store.hold(&held("i1", "a1", "08:00:00"), true).await.unwrap();
    assert!(waiting(&world).await.is_empty(), "of a digest");
    assert!(!world.store.forget_held(&hook(), &episode("i1"), &"a1".into()).await.unwrap(), "after quiet hours");
    assert!(!world.store.untold(&episode("i1"), &[hook()]).await.unwrap().contains(&hook()));
    // What follows waits for the next summary, and its end is told.
    world.store.hold(&held("i1", "a2", "08:00:00"), false).await.unwrap();
    assert_eq!(waiting(&world).await, ["i1 a2 08:00"]);
    assert!(!world.store.drop_held(&hook(), &episode("i1"), &"end".into()).await.unwrap());
    assert!(world.store.forget_held(&hook(), &episode("i1"), &"a3".into()).await.unwrap());
    assert!(waiting(&world).await.is_empty());
}

#[tokio::test]
async fn what_is_muted_waits_without_a_time_and_its_end_drops_it() {
    let world = world().await;
    let (end, muted) = (AlertId::new("end"), held("i1", "a1", "07:00:00"));
    world.store.hold(&muted, true).await.unwrap();
    let told = Told { aside: std::slice::from_ref(&muted), ..Told::default() };
    assert_eq!(world.store.tell_held(told, at("07:00:00")).await.unwrap(), None);
    assert!(waiting(&world).await.is_empty());
    assert_eq!(world.store.next_held().await.unwrap(), None);
    // It is muted no more: what comes next waits for its own time.
    world.store.hold(&held("i1", "a2", "09:00:00"), false).await.unwrap();
    assert_eq!(waiting(&world).await, ["i1 a2 09:00"]);
    assert_eq!(world.store.next_held().await.unwrap(), Some(at("09:00:00")));
    assert_eq!(world.store.tell_held(told, at("09:00:00")).await.unwrap(), None, "another alert waits");
    assert_eq!(waiting(&world).await, ["i1 a2 09:00"]);
    let muted = held("i1", "a2", "09:00:00");
    let told = Told { aside: std::slice::from_ref(&muted), ..Told::default() };
    world.store.tell_held(told, at("09:00:00")).await.unwrap();
    assert!(world.store.drop_held(&hook(), &episode("i1"), &end).await.unwrap(), "nothing was told");
}

#[tokio::test]
async fn whoever_only_waits_was_told_nothing() {
    let world = world().await;
    let untold = async |incident: &str| {
        let of_all = world.store.held_of(&hook()).await.unwrap().untold;
        let found = world.store.untold(&episode(incident), &[hook(), "other".into()]).await.unwrap();
        // What its end dropped stays untold; of several rows of one destination that is what is asked.
        assert!(of_all.contains(&episode(incident)) || !found.contains(&hook()));
        found.contains(&hook())
    };
    assert!(!untold("i1").await, "nothing waits");
    let first = held("i1", "a1", "07:00:00");
    world.store.hold(&first, true).await.unwrap();
    assert!(untold("i1").await);
    world.store.tell_held(Told { aside: &[first], ..Told::default() }, at("07:00:00")).await.unwrap();
    assert!(untold("i1").await, "it was put aside");
    world.store.drop_held(&hook(), &episode("i1"), &"end".into()).await.unwrap();
    assert!(!untold("i1").await, "it is over");
    world.store.hold(&held("i2", "a2", "07:00:00"), false).await.unwrap();
    assert!(!untold("i2").await, "something was told before");
}

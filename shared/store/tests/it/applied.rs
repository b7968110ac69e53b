//! The mark of applied settings: when it is there, and when it must not be.
use status::{ids::AccountId, monitor::Destination};
use store::{AccountSettings, Store};

use crate::{
    settings::{OURS, monitor, settings},
    world::{When, world},
};

fn ours() -> AccountId {
    AccountId::new(OURS)
}

fn other_settings() -> AccountSettings {
    AccountSettings { monitors: vec![monitor(OURS, "m1", "acme")], ..settings() }
}

/// As a start does it.
async fn start(store: &Store, wanted: &AccountSettings) -> Result<(), store::StoreError> {
    if store.already_applied(&ours(), wanted).await?.is_none() {
        let applied = store.apply(&ours(), wanted).await?;
        store.note_applied(&ours(), wanted, &applied).await?;
    }
    Ok(())
}

async fn is_applied(store: &Store, wanted: &AccountSettings) -> bool {
    store.already_applied(&ours(), wanted).await.unwrap().is_some()
}

#[tokio::test]
async fn settings_that_were_applied_before_cost_one_request() {
    let world = world().await;
    start(&world.store, &settings()).await.unwrap();
    let before = world.store.counts();

    let known = world.store.already_applied(&ours(), &settings()).await.unwrap().unwrap();

    let after = world.store.counts();
    assert_eq!((after.reads - before.reads, after.writes - before.writes), (1, 0));
    assert_eq!((known.written, known.removed, known.unchanged), (0, 0, 7));
    let mut in_another_order = settings();
    in_another_order.monitors.reverse();
    assert!(is_applied(&world.store, &in_another_order).await);
}

#[tokio::test]
async fn every_difference_is_seen() {
    let world = world().await;
    start(&world.store, &settings()).await.unwrap();
    let changes: [fn(&mut AccountSettings); 6] = [
        |it| it.pages[0].name.push('!'),
        |it| it.pages.clear(),
        |it| it.monitors[0].provider = "acme".into(),
        |it| drop(it.monitors.pop()),
        |it| it.groups[0].severities.truncate(1),
        |it| {
            let Destination { settings, .. } = &mut it.destinations[0];
            settings.0.insert("url".into(), "https://hooks.example.com/3".into());
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = settings();
        change(&mut changed);
        assert!(!is_applied(&world.store, &changed).await, "change {number}");
    }
    let theirs = AccountId::new("theirs");
    assert_eq!(world.store.already_applied(&theirs, &settings()).await.unwrap(), None, "another account");
}

#[tokio::test]
async fn what_was_not_noted_is_not_applied() {
    let world = world().await;
    let applied = world.store.apply(&ours(), &settings()).await.unwrap();
    assert!(!is_applied(&world.store, &settings()).await, "what follows from it may not be done");
    world.store.note_applied(&ours(), &settings(), &applied).await.unwrap();
    assert!(is_applied(&world.store, &settings()).await);
}

/// Nothing counts as applied after a stop at any request, and the next start makes up for it.
#[tokio::test]
async fn start_that_stopped_half_way_is_made_up_for() {
    for when in [When::BeforeRequest, When::AfterResponse] {
        for requests in 0.. {
            let world = world().await;
            start(&world.store, &settings()).await.unwrap();
            let is_done = start(&world.dying_after(requests, when), &other_settings()).await.is_ok();
            let is_old = is_applied(&world.store, &settings()).await;
            let unchanged = world.store.apply(&ours(), &settings()).await.unwrap();
            assert!(!is_old || unchanged.written + unchanged.removed == 0, "{when:?} {requests}: it was changed");

            start(&world.store, &other_settings()).await.unwrap();
            let again = world.store.apply(&ours(), &other_settings()).await.unwrap();
            assert_eq!((again.written, again.removed), (0, 0), "{when:?} {requests}");
            if is_done {
                assert!(requests > 3, "it is not done without requests");
                break;
            }
        }
    }
}

#[tokio::test]
async fn of_two_applies_at_the_same_time_none_is_noted() {
    let world = world().await;
    let (one, other) = (settings(), other_settings());
    let first = world.store.apply(&ours(), &one).await.unwrap();
    let second = world.store.apply(&ours(), &other).await.unwrap();
    // The first may have written after the second had read.
    world.store.note_applied(&ours(), &one, &first).await.unwrap();
    world.store.note_applied(&ours(), &other, &second).await.unwrap();
    assert!(!is_applied(&world.store, &one).await);
    assert!(!is_applied(&world.store, &other).await);
    start(&world.store, &other).await.unwrap();
    assert!(is_applied(&world.store, &other).await);

    // Nor is one that found nothing to write while another one wrote.
    let nothing = world.store.apply(&ours(), &other).await.unwrap();
    let change = world.store.apply(&ours(), &one).await.unwrap();
    world.store.note_applied(&ours(), &one, &change).await.unwrap();
    world.store.note_applied(&ours(), &other, &nothing).await.unwrap();
    assert!(!is_applied(&world.store, &other).await);
}

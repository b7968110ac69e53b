//! Destinations with handles, read for many deliveries at once.
use std::collections::BTreeMap;

use futures_util::future::{join_all, poll_immediate};
use status::{
    ids::{AccountId, DestinationId, IncidentId, ProviderId},
    monitor::{Destination, Settings},
};
use store::{AccountSettings, Episode};

use crate::world::{World, world};

const NUMBER: usize = 120;

fn id(number: usize) -> DestinationId {
    DestinationId::new(format!("hook-{number}"))
}

async fn with_destinations() -> (World, Episode) {
    let world = world().await;
    let destination = |number| Destination {
        label: None,
        id: id(number),
        account: "ours".into(),
        channel: "webhook".to_owned(),
        settings: Settings(BTreeMap::from([("url".to_owned(), number.to_string())])),
    };
    let destinations = (0..NUMBER).map(destination).collect();
    let settings = AccountSettings { destinations, ..AccountSettings::default() };
    world.store.apply(&AccountId::new("ours"), &settings).await.unwrap();
    let episode = Episode { provider: ProviderId::new("github"), incident: IncidentId::new("i1"), number: 1 };
    (world, episode)
}

#[tokio::test]
async fn destinations_that_are_read_at_once_share_requests() {
    let (world, episode) = with_destinations().await;
    let before = world.store.counts().reads;
    // The last one does not exist, and one is asked for twice.
    let numbers = (0..=NUMBER).chain([7]);
    let found = join_all(numbers.clone().map(async |number| {
        let (found, _) = world.store.destination_and_handle(&id(number), &episode, false).await.unwrap();
        found.map(|found| found.destination.id)
    }));
    for (number, found) in numbers.zip(found.await) {
        assert_eq!(found, (number < NUMBER).then(|| id(number)));
    }
    // Fifty fit into a request, and the second one for the same item is not in the group of the first.
    let reads = world.store.counts().reads - before;
    assert!((3..=5).contains(&reads), "{reads}");
}

#[tokio::test]
async fn callers_that_are_dropped_hold_up_nobody() {
    let (world, episode) = with_destinations().await;
    let read = |number| {
        let (store, episode) = (world.store.clone(), episode.clone());
        async move { store.destination_and_handle(&id(number), &episode, false).await.unwrap().0.unwrap().destination.id }
    };
    for dropped_after in [0, 1, 2] {
        // The first one leads, the second one would be next.
        let mut first = Box::pin(read(0));
        let mut second = Box::pin(read(1));
        let third = tokio::spawn(read(2));
        // The store has a thread of its own, so that an answer may come at any time.
        let mut is_over = poll_immediate(&mut first).await.is_some();
        _ = poll_immediate(&mut second).await;
        for _ in 0..dropped_after {
            tokio::task::yield_now().await;
            is_over = is_over || poll_immediate(&mut first).await.is_some();
        }
        drop(first);
        drop(second);
        assert_eq!(third.await.unwrap(), id(2));
        assert_eq!(read(3).await, id(3));
    }
}

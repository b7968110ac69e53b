//! Which destinations were notified of an incident.
use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use status::ids::{AlertId, DestinationId, IncidentId, ProviderId};
use store::{Episode, NotifiedMark, notified_shards};

use crate::world::{World, at, world};

fn episode(number: u32) -> Episode {
    Episode { provider: ProviderId::new("github"), incident: IncidentId::new("https://status.example.com/i#1"), number }
}

fn destinations(numbers: std::ops::Range<usize>) -> Vec<DestinationId> {
    numbers.map(|n| DestinationId::new(format!("d{n:03}"))).collect()
}

#[tokio::test]
async fn notified_destinations_are_kept_per_episode() {
    let world = world().await;
    let notified: HashSet<_> = destinations(0..120).into_iter().collect();
    let (first, second) = (AlertId::new("alert_1"), AlertId::new("alert_2"));
    world.store.mark_notified(&episode(1), &first, &notified, at("10:00:00")).await.unwrap();
    world.store.mark_notified(&episode(1), &second, &notified, at("10:01:00")).await.unwrap();

    let asked = destinations(60..260);
    let found = world.store.notified(&episode(1), &asked).await.unwrap();
    let mark = NotifiedMark { alert: second, quiet: None };
    assert_eq!(found, destinations(60..120).into_iter().map(|id| (id, mark.clone())).collect());
    assert_eq!(world.store.notified(&episode(2), &asked).await.unwrap(), HashMap::new());
    let of_one = world.store.notified_of(&DestinationId::new("d119"), [episode(1), episode(2)]).await.unwrap();
    assert_eq!(of_one, [episode(1)].into());
    assert!(world.store.notified_of(&DestinationId::new("d120"), [episode(1)]).await.unwrap().is_empty());
}

/// All that a shard has, in pages of 7.
async fn of_shard(world: &World, shard: Option<u8>) -> Vec<DestinationId> {
    let mut found: Vec<DestinationId> = Vec::new();
    loop {
        let page = world.store.all_notified(&episode(1), shard, found.last(), 7).await.unwrap();
        assert!(page.destinations.len() <= 7);
        found.extend(page.destinations);
        if !page.more {
            return found;
        }
    }
}

#[tokio::test]
async fn notified_destinations_are_spread_over_shards_and_paged_without_loss() {
    let world = world().await;
    let notified: HashSet<_> = destinations(0..120).into_iter().collect();
    world.store.mark_notified(&episode(1), &AlertId::new("alert_1"), &notified, at("10:00:00")).await.unwrap();
    let (mut found, mut largest) = (Vec::new(), 0);
    for shard in notified_shards() {
        let of_shard = of_shard(&world, shard).await;
        assert!(of_shard.is_sorted());
        largest = largest.max(of_shard.len());
        found.extend(of_shard);
    }
    found.sort();
    assert_eq!(found, destinations(0..120));
    assert!(largest < 30, "{largest} of 120 are in one of eight shards");
}

#[tokio::test]
async fn marks_from_before_there_were_shards_are_found() {
    let world = world().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for id in destinations(0..3) {
        let row = world.client().put_item().table_name("statuswire");
        let row = row.item("pk", text("TOLD#github#https://status.example.com/i%231#1"));
        let row = row.item("sk", text(&format!("DESTINATION#{id}"))).item("type", text("told"));
        row.item("destination", text(id.as_str())).item("alert", text("alert_0")).send().await.unwrap();
    }
    let new: HashSet<_> = destinations(2..4).into_iter().collect();
    world.store.mark_notified(&episode(1), &AlertId::new("alert_1"), &new, at("10:00:00")).await.unwrap();
    assert_eq!(of_shard(&world, None).await, destinations(0..3));
    let found = world.store.notified(&episode(1), &destinations(0..5)).await.unwrap();
    let by = |id: &str| found.get(&DestinationId::new(id)).map(|mark| mark.alert.as_str());
    let marks = ["d000", "d001", "d002", "d003", "d004"].map(by);
    assert_eq!(marks, [Some("alert_0"), Some("alert_0"), Some("alert_1"), Some("alert_1"), None]);
}

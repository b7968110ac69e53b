//! Which destinations were notified of an incident.
use std::collections::{HashMap, HashSet};

use status::ids::{AlertId, DestinationId, IncidentId, ProviderId};
use store::Episode;

use crate::world::{at, world};

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
    assert_eq!(found, destinations(60..120).into_iter().map(|id| (id, second.clone())).collect());
    assert_eq!(world.store.notified(&episode(2), &asked).await.unwrap(), HashMap::new());
}

#[tokio::test]
async fn notified_destinations_are_paged_without_loss() {
    let world = world().await;
    let notified: HashSet<_> = destinations(0..120).into_iter().collect();
    world.store.mark_notified(&episode(1), &AlertId::new("alert_1"), &notified, at("10:00:00")).await.unwrap();

    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = world.store.all_notified(&episode(1), cursor.as_deref(), 50).await.unwrap();
        found.extend(page.destinations);
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(found, destinations(0..120));
}

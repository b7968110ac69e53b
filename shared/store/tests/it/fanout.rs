//! How far the fan-out of an alert is.
use status::words::Event;
use store::FanoutProgress;

use crate::world::{World, alert, at, world};

async fn save(world: &World, before: Option<&str>, writer: &str, progress: &str) -> bool {
    let now = FanoutProgress { writer: writer.to_owned(), progress: progress.to_owned() };
    let alert = alert("github", "i1", Event::Opened);
    world.store.save_progress(&alert, before, &now).await.unwrap()
}

async fn stored(world: &World) -> Option<FanoutProgress> {
    let alert = alert("github", "i1", Event::Opened);
    let (found, progress) = world.store.alert_and_progress(&alert.id).await.unwrap();
    assert_eq!(found, Some(alert));
    progress
}

#[tokio::test]
async fn only_the_router_that_read_what_was_stored_writes_over_it() {
    let world = world().await;
    world.store.put_alert(&alert("github", "i1", Event::Opened), at("10:00:00")).await.unwrap();
    assert_eq!(stored(&world).await, None);
    assert!(save(&world, None, "one", "1").await);
    assert!(save(&world, None, "one", "2").await, "its own row, also if it does not know of it");
    assert!(!save(&world, None, "two", "1").await, "it did not read what was stored");
    assert!(save(&world, Some("one"), "two", "3").await);
    assert!(!save(&world, None, "one", "4").await, "two has taken over");
    assert!(save(&world, Some("one"), "two", "5").await);
    let expected = FanoutProgress { writer: "two".to_owned(), progress: "5".to_owned() };
    assert_eq!(stored(&world).await, Some(expected));
}

#[tokio::test]
async fn alert_that_is_not_stored_has_no_progress() {
    let world = world().await;
    assert_eq!(world.store.alert_and_progress(&"alert".into()).await.unwrap(), (None, None));
}

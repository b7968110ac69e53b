//! The list of all providers.
use status::{
    health::{Blame, Failure, SourceHealth},
    platform_fault::PlatformFault,
};
use store::Round;

use crate::world::{World, at, component, incident, snapshot};

#[tokio::test]
async fn open_incident_of_a_watched_provider_is_listed() {
    let world = World::start(&["acme"]).await;
    let (_, _, before) = world.get("/").await;
    assert!(before.contains("Not checked yet"));
    world.read("acme", &snapshot(&[component("api", "API")], &[]), at("09:00:00")).await;
    let broken = incident("i1", "Slow logins", at("10:00:00"));
    world.read("acme", &snapshot(&[component("api", "API")], &[broken]), at("10:01:00")).await;
    let (status, _, after) = world.get("/").await;
    assert_eq!(status, 200);
    assert!(after.contains("/incidents/acme/i1") && after.contains("Slow logins"));
}

#[tokio::test]
async fn what_cannot_be_seen_is_said() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), at("09:00:00")).await;
    let failing = Failure::new("answered 503");
    let (health, _) = SourceHealth::after_failed_read(None, failing, Blame::Page, at("09:10:00"));
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    let fault = PlatformFault { pages: 30, ..PlatformFault::begin("statuspage", "Statuspage", None, at("09:10:00")) };
    world.store.commit_platform_fault(&fault, None, at("09:20:00")).await.unwrap();
    let no_internet_since = Some(at("09:30:00"));
    let round = Round { shard: 0, of: 1, began_at: at("09:40:00"), pages: 0, unreadable: 0, no_internet_since };
    world.store.put_round(&round).await.unwrap();
    for path in ["/", "/?wall=1"] {
        let (_, _, page) = world.get(path).await;
        assert!(page.contains("Most status pages on Statuspage unreachable since"), "{page}");
        assert!(page.contains("no internet since"), "{page}");
    }
    let (_, _, page) = world.get("/").await;
    assert!(page.contains("Operational") && page.contains(" as of "), "a bare state would claim too much: {page}");
}

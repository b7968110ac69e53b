//! The list of all providers.
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

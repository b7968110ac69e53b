//! The promises when nothing fails.
use tests::{
    status_page::{Incident, StatusPage},
    status_page_server::Reply,
    world::{SECRET, World},
};

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

#[tokio::test]
async fn incident_is_sent_from_opening_to_end_once_and_in_order() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    assert!(world.round_events().await.is_empty(), "the first read is a baseline");
    let incident = Incident::new("i1", &["API"]).post("investigating");
    world.server.show("acme", &operational().with(incident.clone()));
    assert_eq!(world.round_events().await, ["opened i1"]);
    assert!(world.round_events().await.is_empty());
    let incident = incident.post("monitoring");
    world.server.show("acme", &operational().with(incident.clone()));
    assert_eq!(world.round_events().await, ["updated i1"]);
    world.server.show("acme", &operational().with(incident.post("resolved")));
    assert_eq!(world.round_events().await, ["resolved i1"]);
    assert!(world.round_events().await.is_empty());

    let hook = standardwebhooks::Webhook::new(SECRET).unwrap();
    for message in world.receiver.messages() {
        hook.verify(&message.raw, &message.headers).unwrap();
    }
    world.finish().await;
}

#[tokio::test]
async fn unchanged_page_costs_one_request_and_nothing_in_the_store() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    world.round().await;
    let asked = world.server.request_count();
    let summary = world.round().await;
    assert_eq!((summary.pages, summary.unchanged, summary.requests), (1, 1, 1));
    assert_eq!((summary.store_reads, summary.store_writes, summary.processed), (0, 0, 0));
    assert_eq!(world.server.request_count(), asked + 1);
    world.finish().await;
}

#[tokio::test]
async fn end_is_found_once_the_history_can_be_read_again_although_the_page_is_unchanged() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    world.server.show("acme", &operational().with(incident.clone()));
    assert_eq!(world.round_events().await, ["opened i1"]);
    let over = operational().with(incident.post("resolved"));
    world.server.show("acme", &over);
    world.server.set("/p/acme/api/v2/incidents.json", Reply::status(500));
    for _ in 0..3 {
        assert!(world.round_events().await.is_empty(), "nobody knows how it ended");
    }
    world.server.show("acme", &over);
    assert_eq!(world.round_events().await, ["resolved i1"]);
    world.finish().await;
}

#[tokio::test]
async fn look_up_that_is_older_than_the_page_does_not_hide_the_end() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    let open = operational().with(incident.clone());
    world.server.show("acme", &open);
    assert_eq!(world.round_events().await, ["opened i1"]);
    let over = operational().with(incident.post("resolved"));
    world.server.show("acme", &over);
    // The summary is fresh; the history comes from a cache.
    world.server.set("/p/acme/api/v2/incidents.json", Reply::json(open.history()));
    assert!(world.round_events().await.is_empty());
    world.server.show("acme", &over);
    assert_eq!(world.round_events().await, ["resolved i1"], "although the summary has not changed since");
    world.finish().await;
}

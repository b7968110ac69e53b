//! The promises when nothing fails.
use tests::{
    page::{Incident, StatusPage},
    vendor::Reply,
    world::{SECRET, World},
};

fn calm() -> StatusPage {
    StatusPage::calm(&["API", "Web"])
}

#[tokio::test]
async fn incident_is_sent_from_opening_to_end_once_and_in_order() {
    let world = World::start().await;
    world.vendor.show("acme", &calm());
    assert!(world.told().await.is_empty(), "the first read is a baseline");
    let incident = Incident::new("i1", &["API"]).say("investigating");
    world.vendor.show("acme", &calm().with(incident.clone()));
    assert_eq!(world.told().await, ["opened i1"]);
    assert!(world.told().await.is_empty());
    let incident = incident.say("monitoring");
    world.vendor.show("acme", &calm().with(incident.clone()));
    assert_eq!(world.told().await, ["updated i1"]);
    world.vendor.show("acme", &calm().with(incident.say("resolved")));
    assert_eq!(world.told().await, ["resolved i1"]);
    assert!(world.told().await.is_empty());

    let hook = standardwebhooks::Webhook::new(SECRET).unwrap();
    for message in world.inbox.got() {
        hook.verify(&message.raw, &message.headers).unwrap();
    }
    world.finish().await;
}

#[tokio::test]
async fn unchanged_page_costs_one_request_and_nothing_in_the_store() {
    let world = World::start().await;
    world.vendor.show("acme", &calm());
    world.round().await;
    world.round().await;
    let asked = world.vendor.asked_in_all();
    let summary = world.round().await;
    assert_eq!((summary.pages, summary.unchanged, summary.requests), (1, 1, 1));
    assert_eq!((summary.store_reads, summary.store_writes), (0, 0));
    assert_eq!(world.vendor.asked_in_all(), asked + 1);
    world.finish().await;
}

#[tokio::test]
async fn end_is_found_once_the_history_can_be_read_again_although_the_page_is_unchanged() {
    let world = World::start().await;
    world.vendor.show("acme", &calm());
    world.round().await;
    let incident = Incident::new("i1", &["API"]).say("investigating");
    world.vendor.show("acme", &calm().with(incident.clone()));
    assert_eq!(world.told().await, ["opened i1"]);
    let over = calm().with(incident.say("resolved"));
    world.vendor.show("acme", &over);
    world.vendor.set("/p/acme/api/v2/incidents.json", Reply::status(500));
    for _ in 0..3 {
        assert!(world.told().await.is_empty(), "nobody knows how it ended");
    }
    world.vendor.show("acme", &over);
    assert_eq!(world.told().await, ["resolved i1"]);
    world.finish().await;
}

#[tokio::test]
async fn look_up_that_is_older_than_the_page_does_not_hide_the_end() {
    let world = World::start().await;
    world.vendor.show("acme", &calm());
    world.round().await;
    let incident = Incident::new("i1", &["API"]).say("investigating");
    let open = calm().with(incident.clone());
    world.vendor.show("acme", &open);
    assert_eq!(world.told().await, ["opened i1"]);
    let over = calm().with(incident.say("resolved"));
    world.vendor.show("acme", &over);
    // The summary is fresh; the history comes from a cache.
    world.vendor.set("/p/acme/api/v2/incidents.json", Reply::json(open.history()));
    assert!(world.told().await.is_empty());
    world.vendor.show("acme", &over);
    assert_eq!(world.told().await, ["resolved i1"], "although the summary has not changed since");
    world.finish().await;
}

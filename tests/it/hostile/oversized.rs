//! A stored page state that holds more than is ever read, as an earlier version may have left one.
use std::io::Write as _;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use flate2::{Compression, write::DeflateEncoder};
use statuswire::local_app::TABLE;
use tests::{
    status_page::{Incident, StatusPage},
    world::World,
};

/// Small where it is stored, and hundreds of megabytes of text.
fn bomb() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    (0..200).for_each(|_| encoder.write_all(&vec![b' '; 1 << 20]).unwrap());
    encoder.finish().unwrap()
}

#[tokio::test]
async fn page_whose_stored_state_is_too_large_begins_anew_and_goes_on() {
    let world = World::start().await;
    let (calm, incident) = (StatusPage::operational(&["API"]), Incident::new("i1", &["API"]).post("investigating"));
    world.server.show("acme", &calm);
    world.round().await;
    let version = world.page("acme").await.head.version;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let replaced = world.app.stack.dynamodb.update_item().table_name(TABLE);
    let replaced = replaced.key("pk", text("PAGE#acme")).key("sk", text("PAGE"));
    let replaced = replaced.update_expression("SET belief = :state");
    replaced.expression_attribute_values(":state", AttributeValue::B(Blob::new(bomb()))).send().await.unwrap();

    // What it was before is lost, so that this is a first read, of which nothing is told.
    world.server.show("acme", &calm.clone().with(incident.clone()));
    assert!(world.round_events().await.is_empty());
    let stored = world.page("acme").await;
    assert_eq!((stored.head.version, stored.page_state.incidents.len()), (version + 1, 1));
    assert!(world.round_events().await.is_empty());
    world.server.show("acme", &calm.with(incident.post("resolved")));
    assert_eq!(world.round_events().await, ["resolved i1"]);
    world.finish().await;
}

//! Schema versions: every item has one, and an item of a newer release is neither read nor written over.
use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use status::{health::SourceHealth, ids::ProviderId, words::Event};
use store::{DeliveryClaim, Owner, StoreError, SuppressionCause};

use crate::world::{World, alert, at, commit, incident_state, world};

const WRITTEN: &str = "2";
const NEWER: &str = "3";

type Item = HashMap<String, AttributeValue>;

/// Everything in the table.
async fn items(world: &World) -> Vec<Item> {
    world.client().scan().table_name("statuswire").send().await.unwrap().items.unwrap()
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).map_or("", |value| value.as_s().or(value.as_n()).unwrap())
}

/// Gives every item of this type a version, and an attribute that this release does not know.
async fn set_version(world: &World, kind: &str, version: &str) -> Vec<Item> {
    for mut item in of_type(world, kind).await {
        item.insert("v".into(), AttributeValue::N(version.into()));
        item.insert("of_tomorrow".into(), AttributeValue::S("kept".into()));
        world.client().put_item().table_name("statuswire").set_item(Some(item)).send().await.unwrap();
    }
    let found = of_type(world, kind).await;
    assert!(!found.is_empty(), "{kind}");
    found
}

async fn of_type(world: &World, kind: &str) -> Vec<Item> {
    items(world).await.into_iter().filter(|item| text(item, "type") == kind).collect()
}

fn is_newer<T: std::fmt::Debug>(read: Result<T, StoreError>) -> bool {
    match read.unwrap_err() {
        StoreError::Newer { version, .. } => version == 3,
        other => panic!("{other}"),
    }
}

fn claim() -> DeliveryClaim {
    let alert = alert("acme", "i1", Event::Opened);
    DeliveryClaim {
        delivery: "d1".into(),
        alert: alert.id,
        destination: "hook".into(),
        provider: "acme".into(),
        incident: "i1".into(),
        unknown: false,
    }
}

fn health() -> SourceHealth {
    let fields = json!({"state": "readable", "since": at("10:00:00"), "failures": 0, "reason": null,
        "not_before": null, "problems": []});
    serde_json::from_value(fields).unwrap()
}

fn owner() -> Owner {
    Owner { host: "here".to_owned(), instance: "1".to_owned() }
}

/// A page with an open incident, its alert, its health, a suppressed address and a claimed delivery.
async fn filled() -> World {
    let world = world().await;
    let (state, opened) = (incident_state("i1", at("10:00:00")), alert("acme", "i1", Event::Opened));
    world.store.commit(&commit("acme", 1, vec![state], vec![opened])).await.unwrap();
    world.store.put_health(&"acme".into(), &health()).await.unwrap();
    world.store.suppress("a@b.test", SuppressionCause::Bounced, "it bounced", at("10:00:00")).await.unwrap();
    world.store.claim(&claim(), &owner(), Duration::ZERO, at("10:00:00")).await.unwrap();
    world
}

#[tokio::test]
async fn every_item_carries_the_version_of_its_form() {
    let world = filled().await;
    let items = items(&world).await;
    assert!(items.len() > 7);
    for item in items {
        assert_eq!(text(&item, "v"), WRITTEN, "{} {}", text(&item, "pk"), text(&item, "sk"));
    }
}

#[tokio::test]
async fn page_of_a_newer_release_is_not_read_and_not_written_over() {
    let world = filled().await;
    let (acme, newer) = (ProviderId::new("acme"), set_version(&world, "page", NEWER).await);
    assert!(is_newer(world.store.page(&acme).await));
    assert!(is_newer(world.store.page_heads(std::slice::from_ref(&acme)).await));
    let baseline = commit("acme", 1, vec![incident_state("i1", at("10:00:00"))], Vec::new());
    world.store.commit(&baseline).await.unwrap_err();
    assert_eq!(of_type(&world, "page").await, newer);
}

#[tokio::test]
async fn what_is_replaced_without_a_read_is_not_if_it_is_of_a_newer_release() {
    let world = filled().await;
    let kept = set_version(&world, "health", NEWER).await;
    assert!(is_newer(world.store.put_health(&"acme".into(), &health()).await));
    assert_eq!(of_type(&world, "health").await, kept);
    let suppression = set_version(&world, "suppression", NEWER).await;
    let again = world.store.suppress("a@b.test", SuppressionCause::NoMailbox, "550", at("11:00:00")).await;
    assert!(is_newer(again));
    assert!(is_newer(world.store.suppression("a@b.test").await));
    assert_eq!(of_type(&world, "suppression").await, suppression);
    let delivery = set_version(&world, "delivery", NEWER).await;
    assert!(is_newer(world.store.claim(&claim(), &owner(), Duration::ZERO, at("12:00:00")).await));
    assert_eq!(of_type(&world, "delivery").await, delivery);
}

#[tokio::test]
async fn items_without_a_version_are_read_and_continued() {
    let world = filled().await;
    for mut item in items(&world).await {
        item.remove("v");
        world.client().put_item().table_name("statuswire").set_item(Some(item)).send().await.unwrap();
    }
    let page = world.store.page(&"acme".into()).await.unwrap().unwrap();
    assert_eq!(page.page_state.incidents[0].incident.id.as_str(), "i1");
    world.store.commit(&commit("acme", 2, vec![incident_state("i1", at("10:00:00"))], Vec::new())).await.unwrap();
    world.store.put_health(&"acme".into(), &health()).await.unwrap();
    world.store.claim(&claim(), &owner(), Duration::ZERO, at("12:00:00")).await.unwrap();
    for kind in ["page", "health", "delivery"] {
        let found = items(&world).await.into_iter().find(|item| text(item, "type") == kind);
        assert_eq!(text(&found.unwrap(), "v"), WRITTEN, "{kind}");
    }
}

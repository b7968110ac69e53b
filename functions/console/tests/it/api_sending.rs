//! What programs have sent: tests, questions for consent, and deliveries once more.
use std::time::Duration;

use accounts::sign_up::SignUp;
use http::StatusCode;
use serde_json::{Value, json};
use status::{
    alert::{Alert, IncidentFacts},
    ids::{DeliveryId, DestinationId},
    provider::Provider,
    snapshot::Kind,
    words::Event,
};
use store::{Claim, DeliveryClaim, DeliveryEnd, Owner, Told, Verdict};

use crate::{
    api::HOOK,
    destinations::queued,
    watch::ago,
    world::{Client, World},
};

const JO: &str = "jo@example.com";
const EVIL: &str = "evil@example.com";
const MAIL: &str = r#"{"channel": "email", "settings": {"address": "on-call@example.org"}}"#;

async fn world() -> (World, Client) {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    (world, client)
}

async fn add(client: &Client, body: &str) -> String {
    let made = client.post("/destinations", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn test_is_queued_and_one_too_soon_is_told_when_to_come_again() {
    let (world, client) = world().await;
    let path = format!("/destinations/{}/test", add(&client, HOOK).await);
    let mut jo = world.signed_in(JO, 1).await;
    let reader = world.token(&mut jo, "read").await;
    assert_eq!(reader.post(&path, "").await.status, StatusCode::FORBIDDEN);
    let mut evil = world.signed_in(EVIL, 2).await;
    let evil = world.token(&mut evil, "write").await;
    assert_eq!(evil.post(&path, "").await.status, StatusCode::NOT_FOUND);
    assert!(queued(&world, "webhook").await.is_empty());

    let sent = client.post(&path, "").await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    let [task] = &queued(&world, "webhook").await[..] else { panic!("one test is queued") };
    assert_eq!(sent.json(), json!({"alert": task.alert, "destination": task.destination}));
    let soon = client.post(&path, "").await;
    assert_eq!((soon.status, soon.named("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "5"), "{}", soon.body);
    assert!(jo.open("/account/audit").await.body.contains("destination tested"));
}

#[tokio::test]
async fn owner_of_an_address_is_asked_when_it_is_new_and_not_otherwise() {
    let (world, client) = world().await;
    let path = format!("/destinations/{}", add(&client, MAIL).await);
    assert_eq!(queued(&world, "email").await.len(), 1, "asked as on the pages");
    let renamed = r#"{"channel": "email", "label": "Ops", "settings": {"address": "on-call@example.org"}}"#;
    assert_eq!(client.send("PUT", &path, &[("if-match", "*")], renamed).await.status, StatusCode::OK);
    let again = client.post(&format!("{path}/consent"), "").await;
    assert_eq!((again.status, again.named("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "600"), "{}", again.body);
    let untested = client.post(&format!("{path}/test"), "").await;
    assert_eq!((untested.status, &untested.json()["code"]), (StatusCode::CONFLICT, &json!("not_sent")));
    assert!(queued(&world, "email").await.is_empty());
    let moved = renamed.replace("on-call@", "night@");
    assert_eq!(client.send("PUT", &path, &[("if-match", "*")], &moved).await.status, StatusCode::OK);
    let mut jo = world.signed_in(JO, 1).await;
    assert_eq!(jo.open("/account/audit").await.body.matches("consent asked").count(), 2, "of each address");
    let hook = add(&client, HOOK).await;
    let needless = client.post(&format!("/destinations/{hook}/consent"), "").await;
    assert_eq!((needless.status, needless.json()), (StatusCode::ACCEPTED, json!({"asked": false})));
}

/// A delivery that ended like this.
async fn delivered(world: &World, destination: &str, end: DeliveryEnd) -> Value {
    let facts = IncidentFacts {
        id: "i1".into(),
        episode: 1,
        kind: Kind::Incident,
        title: "Payments fail".to_owned(),
        phase: None,
        impact: None,
        url: None,
        started_at: Some(ago(2)),
        ended_at: None,
        window: None,
        first_seen_at: ago(1),
    };
    let (id, name) = ("stripe".into(), "Stripe".to_owned());
    let provider = Provider { id, name, page_url: String::new(), format: None, interval: None };
    let alert = Alert::new(&provider, Event::Opened, facts, "update", ago(1));
    world.store.tell_held(Told { summary: Some(&alert), ..Told::default() }, ago(1)).await.unwrap();
    let destination = DestinationId::new(destination);
    let claim = DeliveryClaim {
        delivery: DeliveryId::derive(&alert.id, &destination),
        alert: alert.id.clone(),
        destination: destination.clone(),
        provider: alert.provider.clone(),
        incident: alert.incident.id.clone(),
        unknown: false,
    };
    let owner = Owner { host: "here".to_owned(), instance: "1".to_owned() };
    let Claim::Yours(claimed) = world.store.claim(&claim, &owner, Duration::ZERO, ago(1)).await.unwrap() else {
        panic!("nobody else has it")
    };
    world.store.record(&claimed, Verdict::Ended(end), None, None, ago(1)).await.unwrap();
    json!({"alert": alert.id, "destination": destination})
}

#[tokio::test]
async fn delivery_that_failed_is_sent_again_and_one_that_arrived_is_not() {
    let (world, client) = world().await;
    let (failed, fine) = (add(&client, HOOK).await, add(&client, HOOK).await);
    let lost = delivered(&world, &failed, DeliveryEnd::GivenUp).await.to_string();
    let mut evil = world.signed_in(EVIL, 2).await;
    let evil = world.token(&mut evil, "write").await;
    assert_eq!(evil.post("/deliveries", &lost).await.status, StatusCode::NOT_FOUND);
    let again = client.post("/deliveries", &lost).await;
    assert_eq!((again.status, &again.json()["state"]), (StatusCode::ACCEPTED, &json!("pending")), "{}", again.body);
    let [task] = &queued(&world, "webhook").await[..] else { panic!("one delivery is queued") };
    assert_eq!(again.json()["id"], json!(task.delivery));
    let arrived = delivered(&world, &fine, DeliveryEnd::Sent).await.to_string();
    let refused = client.post("/deliveries", &arrived).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::CONFLICT, &json!("not_sent")));
    let unknown = json!({"alert": "none", "destination": failed}).to_string();
    assert_eq!(client.post("/deliveries", &unknown).await.status, StatusCode::NOT_FOUND);
    let wrong = client.post("/deliveries", r#"{"alert": 1}"#).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(queued(&world, "webhook").await.is_empty());
}

//! What programs have sent: tests, questions for consent, and deliveries once more.
use accounts::sign_up::SignUp;
use http::StatusCode;
use serde_json::{Value, json};
use store::{Claim, DeliveryEnd, Verdict};

use crate::{
    api::HOOK,
    destinations::queued,
    mutes::claimed,
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

/// Their token stands for somebody who reads the mail of that address.
#[tokio::test]
async fn own_address_is_asked_although_a_link_was_mailed_there_just_now() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.browser(1);
    jo.submit("/account/sign-in", "address=jo%40example.com").await;
    assert_eq!(jo.submit(&world.link_to(JO), "").await.status, StatusCode::SEE_OTHER);
    let client = world.token(&mut jo, "write").await;
    let path = add(&client, &MAIL.replace("on-call@example.org", JO)).await;
    assert_eq!(queued(&world, "email").await.len(), 1);
    let again = client.post(&format!("/destinations/{path}/consent"), "").await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS, "{}", again.body);
}

/// A delivery that ended like this.
async fn delivered(world: &World, destination: &str, end: DeliveryEnd) -> Value {
    let (alert, delivery, claim) = claimed(world, &destination.into()).await;
    let Claim::Yours(record) = claim else { panic!("nobody else has it") };
    world.store.record(&record, Verdict::Ended(end), None, None, ago(1)).await.unwrap();
    json!({"alert": alert.id, "destination": delivery.destination})
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

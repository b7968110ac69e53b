//! A receiver of Standard Webhooks: what it checks of a message.
use fakes::Fakes;
use jiff::Timestamp;
use standardwebhooks::Webhook;

use crate::{Answer, ask};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const BODY: &str = r#"{"type":"incident.opened"}"#;

async fn deliver(fakes: &Fakes, at: i64, signature: &str) -> Answer {
    let seconds = at.to_string();
    let headers = [("webhook-id", "m1"), ("webhook-timestamp", &*seconds), ("webhook-signature", signature)];
    ask(fakes, "POST", "/hooks.example.com/status?key=secret", &headers, BODY.to_owned()).await
}

fn signed(secret: &str, at: i64) -> String {
    Webhook::new(secret).unwrap().sign("m1", at, BODY.as_bytes()).unwrap()
}

#[tokio::test]
async fn signature_is_checked_where_the_secret_is_known() {
    let fakes = Fakes::unlimited();
    let now = Timestamp::now().as_second();
    let other = signed("whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=", now);
    assert_eq!(deliver(&fakes, now, &other).await.status, 200, "it cannot tell");
    fakes.set_webhook_secret("https://hooks.example.com/status", SECRET);
    assert_eq!(deliver(&fakes, now, &other).await.status, 401);
    assert_eq!(deliver(&fakes, now, &signed(SECRET, now)).await.status, 200);
    let both = format!("{other} {}", signed(SECRET, now));
    assert_eq!(deliver(&fakes, now, &both).await.status, 200, "while a secret is changed there are two");
}

#[tokio::test]
async fn message_without_its_headers_or_from_another_time_is_refused() {
    let fakes = Fakes::unlimited();
    let now = Timestamp::now().as_second();
    for off in [-301, 302] {
        assert_eq!(deliver(&fakes, now + off, &signed(SECRET, now + off)).await.status, 401);
    }
    assert_eq!(deliver(&fakes, now - 290, &signed(SECRET, now - 290)).await.status, 200);
    assert_eq!(deliver(&fakes, now, "v0,x").await.status, 400);
    assert_eq!(ask(&fakes, "POST", "/hooks.example.com/status", &[], BODY.to_owned()).await.status, 400);
    assert_eq!(ask(&fakes, "GET", "/hooks.example.com/status", &[], String::new()).await.status, 405);
}

#[tokio::test]
async fn receiver_that_was_deleted_is_gone() {
    let fakes = Fakes::unlimited();
    let now = Timestamp::now().as_second();
    fakes.delete("/status");
    assert_eq!(deliver(&fakes, now, &signed(SECRET, now)).await.status, 410);
}

#[tokio::test]
async fn receiver_that_does_not_care_takes_what_is_not_signed_at_all() {
    let fakes = Fakes::unlimited();
    fakes.take_unsigned_webhooks();
    let path = "/hooks.example.com/status";
    assert_eq!(ask(&fakes, "POST", path, &[], BODY.to_owned()).await.status, 200);
    assert_eq!(ask(&fakes, "POST", path, &[("webhook-id", "m1")], BODY.to_owned()).await.status, 400);
    fakes.set_webhook_secret("/status", SECRET);
    assert_eq!(ask(&fakes, "POST", path, &[], BODY.to_owned()).await.status, 400);
}

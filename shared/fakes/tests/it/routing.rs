//! Whom a request is taken to be for, and what `/receiver.json` shows of it.
use axum::{Router, body::Body, routing::get};
use fakes::{Fakes, Service};
use http::Request;
use serde_json::{Value, json};

use tower::ServiceExt as _;

use crate::{ask, post, send};

const SIGNED: [(&str, &str); 3] =
    [("webhook-id", "m1"), ("webhook-timestamp", "0"), ("webhook-signature", "v1,secret")];

#[tokio::test]
async fn host_or_prefix_says_which_platform_is_meant() {
    let fakes = Fakes::unlimited();
    for (path, service, seen) in [
        ("/hooks.slack.com/services/T0/B0/x", Service::SLACK, "/services/T0/B0/x"),
        ("/slack.com/api/chat.postMessage", Service::SLACK, "/api/chat.postMessage"),
        ("/pretend/slack/services/T0/B0/x", Service::SLACK, "/services/T0/B0/x"),
        ("/discord.com/api/webhooks/1/x", Service::DISCORD, "/api/webhooks/1/x"),
        ("/ptb.discord.com/api/webhooks/1/x", Service::DISCORD, "/api/webhooks/1/x"),
        ("/discordapp.com/api/webhooks/1/x", Service::DISCORD, "/api/webhooks/1/x"),
        ("/pretend/discord/api/webhooks/1/x", Service::DISCORD, "/api/webhooks/1/x"),
        (
            "/prod-1.logic.azure.com:443/workflows/f/triggers/manual/paths/invoke",
            Service::TEAMS,
            "/workflows/f/triggers/manual/paths/invoke",
        ),
        ("/d.environment.api.powerplatform.com/x", Service::TEAMS, "/x"),
        (
            "/pretend/teams/workflows/f/triggers/manual/paths/invoke",
            Service::TEAMS,
            "/workflows/f/triggers/manual/paths/invoke",
        ),
        ("/email.eu-west-1.amazonaws.com/v2/email/outbound-emails", Service::SES, "/v2/email/outbound-emails"),
        ("/sqs.eu-west-1.amazonaws.com/x", Service::WEBHOOK, "/x"),
        ("/example.com/hook", Service::WEBHOOK, "/hook"),
        ("/example.com", Service::WEBHOOK, "/"),
        ("/notslack.com/services", Service::WEBHOOK, "/services"),
        ("/slack.com.example.com/x", Service::WEBHOOK, "/x"),
        ("/slack.example.com/services/T0/B0/x", Service::SLACK, "/services/T0/B0/x"),
        ("/localhost:8080/hook", Service::WEBHOOK, "/hook"),
        ("/pretend/webhook/hook", Service::WEBHOOK, "/hook"),
    ] {
        post(&fakes, path, &json!({})).await;
        let received = fakes.received().pop().unwrap();
        assert_eq!((received.service(), &*received.path), (service, seen), "{path}");
    }
    ask(&fakes, "POST", "/example.com/services/T0/B0/x", &SIGNED, String::new()).await;
    assert_eq!(fakes.received().pop().unwrap().service(), Service::WEBHOOK, "it is signed as one");
}

#[tokio::test]
async fn path_of_nobody_is_not_found_and_not_kept() {
    let fakes = Fakes::unlimited();
    for path in ["/api/v1/unknown", "/favicon", "/pretend/pigeon/x"] {
        assert_eq!(post(&fakes, path, &json!({})).await.status, 404, "{path}");
    }
    assert!(fakes.received().is_empty());
}

#[tokio::test]
async fn listing_shows_what_was_received_without_secrets() {
    let fakes = Fakes::unlimited();
    let slack = json!({"text": "t", "blocks": [{"type": "divider", "block_id": "alert-1"}]});
    post(&fakes, "/hooks.slack.com/services/T0/B0/SECRET", &slack).await;
    let bot = json!({"channel": "#status", "text": "t"});
    let headers = [("authorization", "Bearer xoxb-SECRET"), ("content-type", "application/json")];
    ask(&fakes, "POST", "/pretend/slack/api/chat.postMessage", &headers, bot.to_string()).await;
    post(&fakes, "/discord.com/api/webhooks/12/SECRET?wait=true", &json!({"content": "c"})).await;
    let flow = "/a.logic.azure.com/workflows/SECRET/triggers/manual/paths/invoke?sig=SECRET";
    post(&fakes, flow, &json!({})).await;
    let webhook = json!({"data": {"alert": {"id": "alert-2"}}});
    post(&fakes, "/example.com/SECRET?key=SECRET", &webhook).await;
    post(&fakes, "/pretend/webhook/replay", &webhook).await;

    let request = Request::get("/receiver.json").body(Body::empty()).unwrap();
    let answer = send(&fakes, request).await;
    assert!(!answer.text().contains("SECRET"), "{}", answer.text());
    assert!(!format!("{:?}", fakes.received()).contains("SECRET"));
    let list = answer.json();
    let of = |key: &str| -> Vec<Value> { list.as_array().unwrap().iter().map(|it| it[key].clone()).collect() };
    assert_eq!(of("channel"), ["slack", "slack", "discord", "teams", "webhook", "webhook"]);
    assert_eq!(
        of("destination"),
        [
            "hooks.slack.com/services/T0/B0/…",
            "/api/chat.postMessage C0000000001",
            "discord.com/api/webhooks/12/…",
            "a.logic.azure.com/workflows/…/triggers/manual/paths/invoke",
            "example.com/…",
            "/replay",
        ]
    );
    let null = Value::Null;
    assert_eq!(
        of("alert_id"),
        [json!("alert-1"), null.clone(), null.clone(), null, json!("alert-2"), json!("alert-2")]
    );
    assert_eq!(of("status"), [200, 200, 200, 202, 400, 400]);
    assert_eq!(list[0]["body"], slack);
    assert!(list[0]["received_at"].is_string());
}

#[tokio::test]
async fn local_mode_remembers_the_newest_500() {
    let fakes = Fakes::new();
    for number in 0..503 {
        post(&fakes, &format!("/hooks.slack.com/services/T0/B0/{number}"), &json!({"text": "t"})).await;
    }
    fakes.has(503).await;
    let received = fakes.received();
    assert_eq!((received.len(), &*received[0].path), (500, "/services/T0/B0/3"));
    assert_eq!(fakes.slack_posts().len(), 500);
}

#[tokio::test]
async fn server_that_has_routes_of_its_own_keeps_them() {
    let own = Router::new()
        .route("/", get(|| async { "own" }))
        .route("/api/v1/providers/{id}", get(|| async { "own" }))
        .route("/replay/proxy/{host}/incidents/{id}", get(|| async { "own" }));
    let fakes = Fakes::unlimited();
    let app = own.merge(fakes.receivers());
    for (path, status) in [
        ("/", 200),
        ("/api/v1/providers/a.com", 200),
        ("/replay/proxy/a.com/incidents/1", 200),
        ("/api/v1/other", 404),
        ("/example.com/hook", 405),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(app.clone().oneshot(request).await.unwrap().status().as_u16(), status, "{path}");
    }
    assert_eq!(fakes.received().len(), 1);
}

#[tokio::test]
async fn no_fake_shows_a_secret_of_a_request() {
    const SECRET: &str = "s3cretT0kenOfTheRequest";
    let mut shown = Vec::new();
    for (service, example) in fakes::example_paths() {
        let fakes = Fakes::unlimited();
        let path = format!("{}?key={SECRET}", example.replace("SECRET", SECRET));
        let headers = [("authorization", &*format!("Bearer xoxb-{SECRET}")), ("content-type", "application/json")];
        let body =
            json!({"text": format!("see {SECRET}"), "deep": [{"token": SECRET}, {"a": format!("xoxb-{SECRET}")}]});
        ask(&fakes, "POST", &path, &headers, body.to_string()).await;
        let [received] = &fakes.received()[..] else { panic!("{}: one request", service.name()) };
        let list = ask(&fakes, "GET", "/receiver.json", &[], String::new()).await;
        if list.text().contains(SECRET) || format!("{received:?}").contains(SECRET) {
            shown.push(service.name());
        }
    }
    assert!(shown.is_empty(), "their requests are shown with a secret: {shown:?}");
}

#[tokio::test]
async fn bodies_the_log_and_the_listing_are_bounded_in_bytes() {
    let fakes = Fakes::new();
    let large = json!({"text": "x".repeat(2 << 20)});
    assert_eq!(post(&fakes, "/pretend/webhook/large", &large).await.status, 413);
    assert!(fakes.received().is_empty());
    for _ in 0..40 {
        // Control characters are written with six times their bytes.
        let body = "\u{1}".repeat(900_000);
        ask(&fakes, "POST", "/pretend/webhook/hook", &[], body).await;
    }
    for _ in 0..40 {
        ask(&fakes, "POST", "/pretend/webhook/hook", &[], "\u{1}".repeat(40_000)).await;
    }
    let kept: usize = fakes.received().iter().map(|received| received.body.len()).sum();
    assert!(kept <= 8 << 20, "{kept}");
    let list = ask(&fakes, "GET", "/receiver.json", &[], String::new()).await;
    assert!(list.body.len() <= (2 << 20) + 1000, "{}", list.body.len());
    assert!(list.json().as_array().unwrap().len() > 5, "the newest fit");
}

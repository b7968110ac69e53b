//! The API of an account.
use std::net::SocketAddr;

use account_api::{Operation, operations};
use accounts::sign_up::SignUp;
use axum::{body::Body, extract::ConnectInfo};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::{
    pages::{component, incident, read},
    watch::ago,
    world::{Client, World, answer},
};

const JO: &str = "jo@example.com";
const EVIL: &str = "evil@example.com";
const WATCH: &str = r#"{"provider": "github"}"#;
pub(crate) const HOOK: &str = r#"{"channel": "webhook", "label": "Ops", "settings": {"url": "https://hooks.example.com/a-secret-path",
    "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}}"#;
const PAGE: &str = r#"{"url": "https://status.example.com", "name": "Example"}"#;
const BOARD: &str = r#"{"name": "Vendors", "providers": ["github"]}"#;
const GROUP: &str = r#"{"name": "On call", "severities": ["major"]}"#;

async fn world() -> (World, Client) {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    (world, client)
}

/// One of each kind, with the path of each.
async fn filled(client: &Client) -> Vec<(String, Value)> {
    let mut made = Vec::new();
    for (kind, body) in
        [("monitors", WATCH), ("groups", GROUP), ("destinations", HOOK), ("pages", PAGE), ("boards", BOARD)]
    {
        let answer = client.post(&format!("/{kind}"), body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{kind}: {}", answer.body);
        let location = answer.named("location").strip_prefix("/api/v1/account").unwrap().to_owned();
        made.push((location, answer.json()));
    }
    made
}

#[tokio::test]
async fn what_is_made_is_read_replaced_and_removed() {
    let (_world, client) = world().await;
    for (path, made) in filled(&client).await {
        let read = client.get(&path).await;
        assert_eq!((read.status, read.json()), (StatusCode::OK, made.clone()), "{path}");
        let tag = read.named("etag").to_owned();
        let known = client.send("GET", &path, &[("if-none-match", &tag)], "").await;
        assert_eq!((known.status, known.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        // As it was read, read-only fields and all.
        let replaced = client.send("PUT", &path, &[("if-match", &tag)], &made.to_string()).await;
        assert_eq!(replaced.status, StatusCode::OK, "{path}: {}", replaced.body);
        assert!(replaced.named("etag").starts_with("\"2-"), "{:?}", replaced.headers);
        let list = client.get(path.rsplit_once('/').unwrap().0).await.json();
        let (kind, listed) = list.as_object().unwrap().iter().next().unwrap();
        assert!(listed.as_array().unwrap().contains(&replaced.json()), "{kind}: {list}");
        let removed = client.send("DELETE", &path, &[("if-match", "\"2\"")], "").await;
        assert_eq!((removed.status, removed.body.as_str()), (StatusCode::NO_CONTENT, ""), "{path}");
        assert_eq!(client.get(&path).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(client.get("/groups").await.json()["groups"][0]["name"], "Default");
}

#[tokio::test]
async fn example_of_the_document_makes_what_it_says() {
    let (world, _) = world().await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "admin").await;
    // What the example of a mute is about.
    let open = incident("p31zjtct2jer", "Actions is slow", ago(1), &[]);
    read(&world.store, "github", &[component("actions", "Actions", None)], &[open], ago(1)).await;
    let (paths, _) = account_api::document();
    let mut made = 0;
    for (path, operations) in paths {
        let body = &operations["post"]["requestBody"]["content"]["application/json"]["example"];
        if body.is_object() {
            let answer = client.post(path.strip_prefix(account_api::ROOT).unwrap(), &body.to_string()).await;
            let documented = operations["post"]["responses"].as_object().unwrap();
            // There is no such delivery.
            let is_expected = answer.status.is_success() || path.ends_with("/deliveries");
            assert!(is_expected, "{path}: {}", answer.body);
            assert!(documented.contains_key(answer.status.as_str()), "{path}: {}", answer.status);
            made += 1;
        }
    }
    assert_eq!(made, 9);
}

#[tokio::test]
async fn change_of_a_version_that_is_gone_shows_both() {
    let (_world, client) = world().await;
    let (path, _) = filled(&client).await.remove(0);
    let narrowed = r#"{"provider": "github", "components": ["Actions"]}"#;
    for method in ["PUT", "DELETE"] {
        let without = client.send(method, &path, &[], narrowed).await;
        assert_eq!(without.status, StatusCode::PRECONDITION_REQUIRED, "{method}");
    }
    client.send("PUT", &path, &[("if-match", "\"1\"")], narrowed).await;
    for method in ["PUT", "DELETE"] {
        for tag in ["\"1\"", "W/\"2\"", "2", "\"x\""] {
            let late = client.send(method, &path, &[("if-match", tag)], WATCH).await;
            assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{method} {tag}");
            assert_eq!(late.named("content-type"), "application/problem+json");
            let problem = late.json();
            assert_eq!((&problem["given_version"], &problem["current"]["version"]), (&tag.into(), &2.into()));
            assert_eq!(problem["current"]["components"], json!(["Actions"]));
        }
    }
    assert_eq!(client.get(&path).await.json()["version"], 2);
    let any = client.send("DELETE", &path, &[("if-match", "*")], "").await;
    assert_eq!(any.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn request_with_a_key_makes_one_thing_however_often_it_is_sent() {
    let (_world, client) = world().await;
    let key = [("idempotency-key", "first")];
    let both =
        tokio::join!(client.send("POST", "/monitors", &key, WATCH), client.send("POST", "/monitors", &key, WATCH));
    assert_eq!((both.0.status, both.1.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(both.0.json(), both.1.json());
    let other = client.send("POST", "/monitors", &key, r#"{"provider": "stripe"}"#).await;
    assert_eq!((other.status, &other.json()["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("key_reused")));
    let elsewhere = client.send("POST", "/groups", &key, WATCH).await;
    assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(client.get("/monitors").await.json()["monitors"].as_array().unwrap().len(), 1);
    // Nothing was made by a wrong request: the key is free for the right one.
    let wrong = client.send("POST", "/groups", &[("idempotency-key", "second")], r#"{"severities": ["bad"]}"#).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = client.send("POST", "/groups", &[("idempotency-key", "second")], GROUP).await;
    assert_eq!(right.status, StatusCode::CREATED);
    let path = format!("/monitors/{}", both.0.json()["id"].as_str().unwrap());
    client.send("DELETE", &path, &[("if-match", "*")], "").await;
    assert_eq!(client.send("POST", "/monitors", &key, WATCH).await.status, StatusCode::GONE);
    let long = "x".repeat(256);
    assert_eq!(client.send("POST", "/monitors", &[("idempotency-key", &long)], WATCH).await.status, 400);
}

/// Each operation with a body that would do, on ids that are somebody else's.
#[tokio::test]
async fn no_operation_reaches_into_another_account() {
    let (world, client) = world().await;
    let made = filled(&client).await;
    let before = client.get("/monitors").await.body + &client.get("/destinations").await.body;
    let mut evil = world.signed_in(EVIL, 2).await;
    let evil = world.token(&mut evil, "write").await;
    let bodies = [WATCH, GROUP, HOOK, PAGE, BOARD];
    assert_eq!(made.len(), bodies.len());
    for ((path, made), body) in made.iter().zip(bodies) {
        for (method, headers) in [("GET", &[][..]), ("PUT", &[("if-match", "*")]), ("DELETE", &[("if-match", "*")])] {
            let answer = evil.send(method, path, headers, body).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
        let list = evil.get(path.rsplit_once('/').unwrap().0).await;
        assert!(!list.body.contains(made["id"].as_str().unwrap()), "{}", list.body);
    }
    let destination = made[2].1["id"].as_str().unwrap();
    let log = evil.get(&format!("/deliveries?destination={destination}")).await;
    assert_eq!(log.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get(&format!("/deliveries?destination={destination}")).await.json()["deliveries"], json!([]));
    let monitor = made[0].1["id"].as_str().unwrap();
    for body in [json!({"destinations": [destination]}), json!({"monitors": [monitor]})] {
        assert_eq!(evil.post("/groups", &body.to_string()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    assert!(!evil.get("/members").await.body.contains(JO));
    let after = client.get("/monitors").await.body + &client.get("/destinations").await.body;
    assert_eq!(after, before);
}

#[tokio::test]
async fn every_operation_asks_for_a_token_that_is_good() {
    let (world, client) = world().await;
    let right = &client.token;
    let (head, secret) = right.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", "0".repeat(64));
    let credentials = [
        None,
        Some("Bearer ".to_owned()),
        Some(format!("Bearer {forged}")),
        Some(format!("Bearer {}", right.strip_prefix("sw_").unwrap())),
        Some(format!("Basic {secret}")),
    ];
    let ask = async |operation: &Operation, credential: &Option<String>, from: [u8; 4]| {
        let path = operation.path.replace("{id}", "x");
        let mut request = Request::builder().method(operation.method.clone()).uri(&path);
        if let Some(credential) = credential {
            request = request.header("authorization", credential);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 1))));
        answer(&world.router, request).await
    };
    let mut addresses = 0..;
    for operation in operations() {
        for credential in &credentials {
            // Another address each time: who guesses too often is refused for that.
            let from = [192, 0, 2, addresses.next().unwrap()];
            let refused = ask(&operation, credential, from).await;
            let case = format!("{} {} {credential:?}", operation.method, operation.path);
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{case}");
            assert!(refused.named("www-authenticate").starts_with("Bearer "), "{case}");
        }
    }
    let guesser = [198, 51, 100, 1];
    let mut refused = StatusCode::UNAUTHORIZED;
    for _ in 0..50 {
        refused = ask(&operations()[0], &credentials[2], guesser).await.status;
    }
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(client.get("/monitors").await.status, StatusCode::OK, "other addresses are heard");
}

#[tokio::test]
async fn session_is_no_token() {
    let (world, _) = world().await;
    let mut jo = world.signed_in(JO, 1).await;
    assert_eq!(jo.open("/api/v1/account/monitors").await.status, StatusCode::UNAUTHORIZED);
    let posted = jo.submit("/api/v1/account/monitors", WATCH).await;
    assert_eq!(posted.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn token_that_reads_changes_nothing() {
    let (world, client) = world().await;
    let made = filled(&client).await;
    let mut jo = world.signed_in(JO, 1).await;
    let reader = world.token(&mut jo, "read").await;
    for (path, body) in &made {
        let (kind, _) = path.rsplit_once('/').unwrap();
        assert_eq!(reader.get(path).await.json(), *body);
        for (method, path) in [("POST", kind), ("PUT", path), ("DELETE", path)] {
            let answer = reader.send(method, path, &[("if-match", "*")], &body.to_string()).await;
            assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")), "{path}");
        }
    }
    for path in ["", "/members", "/groups"] {
        assert_eq!(reader.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn body_has_the_fields_of_a_draft_and_no_others() {
    let (_world, client) = world().await;
    let (path, _) = filled(&client).await.remove(0);
    for (body, field) in [
        (json!({"provider": "github", "account": "local"}), "account"),
        (json!({"provider": "github", "id": "mine"}), "id"),
        (json!({"provider": "github", "managed_by": "file"}), "managed_by"),
        (json!({"provider": "github", "version": 7}), "version"),
        (json!({"provider": ["github"]}), "provider"),
        (json!({"provider": "github", "components": [1]}), "components[0]"),
        (json!({"provider": "github", "unknown": "maybe"}), "unknown"),
        (json!({}), "provider"),
    ] {
        for (method, path) in [("POST", "/monitors"), ("PUT", path.as_str())] {
            let refused = client.send(method, path, &[("if-match", "*")], &body.to_string()).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {body}: {}", refused.body);
            assert_eq!(refused.json()["problems"][0]["field"], field, "{body}: {}", refused.body);
        }
    }
    for (body, status) in [("[]", 400), ("{", 400), ("null", 400), ("\"x\"", 400)] {
        assert_eq!(client.post("/monitors", body).await.status, status, "{body}");
    }
    let form = client.send("POST", "/monitors", &[("content-type", "text/plain")], "").await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = format!("{{\"provider\": \"{}\"}}", "x".repeat(300_000));
    let refused = client.post("/monitors", &large).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
}

#[tokio::test]
async fn no_secret_is_in_an_answer_and_one_that_is_left_out_stays() {
    let (world, client) = world().await;
    let (path, made) = filled(&client).await.remove(2);
    assert_eq!((&made["secrets"], &made["settings"]), (&json!(["url", "secret"]), &json!({})));
    let relabelled = json!({"label": "On call", "channel": "webhook"}).to_string();
    let replaced = client.send("PUT", &path, &[("if-match", "\"1\"")], &relabelled).await;
    assert_eq!((replaced.status, &replaced.json()["label"]), (StatusCode::OK, &json!("On call")), "{}", replaced.body);
    let stored = world.store.destination(&made["id"].as_str().unwrap().into()).await.unwrap().unwrap();
    let settings = world.store.unseal(&stored.destination).unwrap().settings;
    assert_eq!(settings.get("url"), Some("https://hooks.example.com/a-secret-path"));
    let wrong = client.post("/destinations", &HOOK.replace("https://hooks", "ftp://hooks")).await;
    for text in [&replaced.body, &wrong.body, &client.get("/destinations").await.body] {
        assert!(!text.contains("a-secret-path") && !text.contains("whsec_MDE"), "{text}");
    }
    let mut jo = world.signed_in(JO, 1).await;
    for page in ["/account/export", "/account/audit"] {
        let body = jo.open(page).await.body;
        assert!(body.contains("On call") && !body.contains("a-secret-path") && !body.contains("whsec_MDE"), "{body}");
    }
}

#[tokio::test]
async fn limits_of_the_account_are_told() {
    let (world, client) = world().await;
    for provider in ["github", "stripe", "slack", "zoom", "openai"] {
        let made = client.post("/monitors", &json!({"provider": provider}).to_string()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    let refused = client.post("/monitors", WATCH).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::CONFLICT, &json!("limit")));
    assert!(refused.body.contains('5'), "{}", refused.body);
    assert_eq!(client.get("").await.json()["max_monitors"], 5);
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/account/delete", "name=jo%40example.com").await;
    assert!(!world.stored().await.contains("monitor_"), "all of it goes with the account");
    assert_eq!(client.get("").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn token_that_sends_too_much_is_told_when_to_come_again() {
    let (world, client) = world().await;
    let first = client.get("").await;
    assert_eq!(first.named("ratelimit-policy"), "\"token\";q=120;w=60");
    assert!(first.named("ratelimit").starts_with("\"token\";r=119;t="), "{}", first.named("ratelimit"));
    let mut refused = None;
    // The minute may end meanwhile.
    for _ in 0..250 {
        let answer = client.get("/nothing").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let answer = client.get("").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("it is refused");
    let seconds: u64 = refused.named("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds) && refused.named("ratelimit").contains("r=0"));
    let mut jo = world.signed_in(JO, 1).await;
    assert_eq!(world.token(&mut jo, "read").await.get("").await.status, StatusCode::OK, "another token is heard");
}

#[tokio::test]
async fn other_methods_and_paths_are_problems() {
    let (_world, client) = world().await;
    let answer = client.send("PATCH", "/monitors", &[], "").await;
    assert_eq!((answer.status, answer.named("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, POST, HEAD"));
    assert_eq!(answer.named("content-type"), "application/problem+json");
    let head = client.send("HEAD", "/monitors", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(client.get("/nothing").await.named("content-type"), "application/problem+json");
    assert_eq!(client.get("/monitors/%ff").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.get("/deliveries").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.get("/deliveries?destination=x&limit=101").await.status, StatusCode::BAD_REQUEST);
}

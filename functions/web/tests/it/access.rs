//! The password of a private instance.
use std::net::SocketAddr;

use axum::{Router, body::Body, extract::ConnectInfo, routing::get};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;
use web::{Password, Web};

use crate::world::{World, router};

/// The status and the cache directive of a response of a private instance.
async fn ask(world: &World, path: &str, authorization: Option<&str>) -> (StatusCode, String) {
    let web = Web::new(world.store.clone(), false, None).private(Some(Password::new("correct horse battery")));
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    let answer = router(web).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let kept = answer.headers().get(header::CACHE_CONTROL).map_or("", |value| value.to_str().unwrap()).to_owned();
    let asks = answer.headers().contains_key(header::WWW_AUTHENTICATE);
    assert_eq!(asks, answer.status() == StatusCode::UNAUTHORIZED);
    (answer.status(), kept)
}

#[tokio::test]
async fn a_private_instance_needs_its_password() {
    let world = World::start(&["Acme"]).await;
    // any:correct horse battery
    let right = "Basic YW55OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==";
    assert_eq!(ask(&world, "/", Some(right)).await, (StatusCode::OK, "private, no-cache".to_owned()));
    let wrong = ["Basic YW55Ondyb25n", "Basic !!!", "Bearer YW55OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==", "Basic", ""];
    for given in wrong.map(Some).into_iter().chain([None]) {
        let (status, kept) = ask(&world, "/", given).await;
        assert_eq!((status, kept.as_str()), (StatusCode::UNAUTHORIZED, "no-store"), "{given:?}");
    }
    assert_eq!(
        ask(&world, "/no/such/page", None).await.0,
        StatusCode::UNAUTHORIZED,
        "unknown paths are not revealed either"
    );
}

#[tokio::test]
async fn a_mail_recipient_needs_no_password() {
    let world = World::start(&[]).await;
    assert_eq!(ask(&world, "/mail/unknown", None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(&world, "/schemas/webhook.json", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_api_of_a_private_instance_answers_401_and_only_health_is_public() {
    let world = World::start(&[]).await;
    assert_eq!(ask(&world, "/api/v1/providers", None).await, (StatusCode::UNAUTHORIZED, "no-store".to_owned()));
    assert_eq!(ask(&world, "/health", None).await.0, StatusCode::OK);
}

/// The status, and `Retry-After`, of a request with a password from an address.
async fn guess(router: &Router, from: &str, path: &str, password: &str) -> (StatusCode, Option<u64>) {
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("any:{password}")));
    let mut request = Request::get(path).header(header::AUTHORIZATION, basic).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 1)));
    let answer = router.clone().oneshot(request).await.unwrap();
    let wait = answer.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().parse().unwrap());
    (answer.status(), wait)
}

#[tokio::test]
async fn wrong_passwords_are_throttled_by_address_and_in_all() {
    let world = World::start(&[]).await;
    let web = Web::new(world.store.clone(), false, None).private(Some(Password::new("correct horse battery")));
    let router = router(web);
    let mut answers = Vec::new();
    for number in 0..40 {
        answers.push(guess(&router, "192.0.2.1", "/api/v1/providers", &number.to_string()).await);
    }
    let refused = answers.iter().filter(|(status, _)| *status == StatusCode::UNAUTHORIZED).count();
    assert!((10..15).contains(&refused), "{answers:?}");
    let (status, wait) = answers[39];
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(wait.is_some_and(|seconds| (1..=11).contains(&seconds)), "{wait:?}");
    let right = "correct horse battery";
    assert_eq!(guess(&router, "192.0.2.1", "/", right).await.0, StatusCode::TOO_MANY_REQUESTS);
    for number in 2..200 {
        guess(&router, &format!("192.0.2.{number}"), "/", "wrong").await;
    }
    assert_eq!(guess(&router, "198.51.100.7", "/", right).await.0, StatusCode::OK, "it was never wrong");
    assert_eq!(guess(&router, "192.0.2.1", "/health", "wrong").await.0, StatusCode::OK);
}

#[tokio::test]
async fn only_health_itself_is_public() {
    let world = World::start(&[]).await;
    for path in ["/healthy", "/health/", "/receiver.json", "/pretend/slack/x", "/example.com/hook"] {
        assert_eq!(ask(&world, path, None).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn further_routes_are_behind_the_password_and_carry_the_headers() {
    let world = World::start(&[]).await;
    let further = || Router::new().route("/further", get(|| async { "shown" }));
    let open = web::router_with(Web::new(world.store.clone(), false, None), further());
    let request = || Request::get("/further").body(Body::empty()).unwrap();
    let answer = open.oneshot(request()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    for name in [header::X_CONTENT_TYPE_OPTIONS, header::CONTENT_SECURITY_POLICY, header::X_FRAME_OPTIONS] {
        assert!(answer.headers().contains_key(&name), "{name}");
    }
    assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    let private = Web::new(world.store.clone(), false, None).private(Some(Password::new("correct horse battery")));
    let answer = web::router_with(private, further()).oneshot(request()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

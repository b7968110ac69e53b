//! The password of a private instance.
use axum::body::Body;
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;
use web::{Password, Web};

use crate::world::World;

/// The status and the cache directive of a response of a private instance.
async fn ask(world: &World, path: &str, authorization: Option<&str>) -> (StatusCode, String) {
    let web = Web::new(world.store.clone(), false, None).private(Some(Password::new("correct horse battery")));
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    let answer = web::router(web).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
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

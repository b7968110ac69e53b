//! `/health`: 503 while status pages are not polled.
use axum::body::Body;
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use store::Round;
use tower::ServiceExt as _;
use web::Web;

use crate::world::{World, router};

#[tokio::test]
async fn health_is_ill_while_nothing_is_polled() {
    let world = World::start(&[]).await;
    assert_eq!(world.get("/health").await.0, StatusCode::OK, "it has just begun");
    let began_at = "2026-11-23T10:00:00Z".parse().unwrap();
    let round = Round { shard: 0, of: 1, began_at, pages: 1, unreadable: 0, no_internet_since: None, changed_at: None };
    world.store.put_round(&round, "poller").await.unwrap();
    let (status, headers, body) = world.get("/health").await;
    assert_eq!(
        (status, headers[header::CACHE_CONTROL].as_bytes()),
        (StatusCode::SERVICE_UNAVAILABLE, &b"no-store"[..])
    );
    assert!(body.contains("the newest round began at 2026-11-23T10:00:00Z"), "{body}");
    let polled_here = router(Web::new(world.store.clone(), false, None).polled_here());
    let asked = polled_here.oneshot(Request::get("/health").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(asked.status(), StatusCode::OK, "its first round is awaited");
    world.store.put_round(&Round { began_at: Timestamp::now(), ..round }, "poller").await.unwrap();
    assert_eq!(world.get("/health").await.0, StatusCode::OK);
}

//! Badges, cards, pictures and oEmbed: what other sites show of this one.
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use status::{
    health::{Blame, Failure, SourceHealth},
    snapshot::{Incident, Update},
    words::{ComponentStatus, Phase},
};
use store::Round;
use tower::ServiceExt as _;
use web::Web;

use crate::world::{World, component, incident, router, snapshot};

const BASE: &str = "https://status.example.com";

fn ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

fn round(began_at: Timestamp) -> Round {
    Round { shard: 0, of: 1, began_at, pages: 1, unreadable: 0, no_internet_since: None, changed_at: None }
}

/// Acme has an open incident with a hostile title and update.
async fn world() -> World {
    let world = World::start(&["acme", "beta"]).await;
    for page in ["acme", "beta"] {
        world.read(page, &snapshot(&[component("api", "API")], &[]), ago(7_200)).await;
    }
    let update = Update {
        id: "u1".into(),
        phase: Some(Phase::Investigating),
        posted_at: Some(ago(3_600)),
        body: Some("We <script>alert(1)</script> look into it".into()),
        components: Vec::new(),
    };
    let slow = Incident { updates: vec![update], ..incident("i/1", "Slow <script>logins</script>", ago(3_600)) };
    world.read("acme", &snapshot(&[component("api", "API")], &[slow]), ago(3_590)).await;
    world
}

/// Of an instance with a public URL.
async fn ask(world: &World, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let web = Web::new(world.store.clone(), false, Some(BASE.to_owned()));
    let response = router(web).oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, to_bytes(body, 16 << 20).await.unwrap().to_vec())
}

async fn text(world: &World, path: &str) -> String {
    let (status, _, body) = ask(world, path).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    String::from_utf8(body).unwrap()
}

async fn json(world: &World, path: &str) -> Value {
    serde_json::from_str(&text(world, path).await).unwrap()
}

#[tokio::test]
async fn badge_of_a_page_that_cannot_be_read_claims_nothing() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), ago(7_200)).await;
    world.store.put_round(&round(ago(30)), "poller").await.unwrap();
    let green = "1a7f4b";
    let current = json(&world, "/providers/acme/badge.json").await;
    assert_eq!((&current["message"], &current["color"]), (&"operational".into(), &format!("#{green}").into()));

    fn failed(before: Option<&SourceHealth>, seconds: i64) -> SourceHealth {
        SourceHealth::after_failed_read(before, Failure::new("answered 503"), Blame::Page, ago(seconds)).0
    }
    let health = failed(None, 60);
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    let failing = json(&world, "/providers/acme/badge.json").await;
    let message = failing["message"].as_str().unwrap();
    assert!(message.starts_with("operational as of ") && message.ends_with(" UTC"), "{message}");
    assert!(!text(&world, "/providers/acme/badge.svg").await.contains(green));

    let mut health = failed(None, 3_000);
    for seconds in [2_400, 1_800, 60] {
        health = failed(Some(&health), seconds);
    }
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    let unreadable = json(&world, "/providers/acme/badge.json").await;
    assert!(unreadable["message"].as_str().unwrap().starts_with("unknown, last read "), "{unreadable}");
    let watched = json(&world, "/watched/badge.json").await;
    assert_eq!(watched["message"], "unknown");
}

#[tokio::test]
async fn nothing_is_claimed_while_nobody_polls() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), ago(7_200)).await;
    world.store.put_round(&round(ago(3_600)), "poller").await.unwrap();
    for path in ["/providers/acme/badge.json", "/watched/badge.json"] {
        let badge = json(&world, path).await;
        assert!(badge["message"].as_str().unwrap().contains(" as of ") && badge["color"] == "#5d6773", "{badge}");
    }
    assert!(text(&world, "/embed/providers/acme").await.contains(" as of <time"));
    assert!(text(&world, "/").await.contains("No status page has been checked since"));
    world.store.put_round(&round(ago(10)), "poller").await.unwrap();
    assert!(!text(&world, "/").await.contains("No status page has been checked since"));
}

#[tokio::test]
async fn badge_json_is_that_of_shields_io() {
    let world = world().await;
    let badge = json(&world, "/providers/acme/badge.json?label=Our%20provider").await;
    assert_eq!(badge["schemaVersion"], 1);
    assert_eq!((&badge["label"], &badge["isError"]), (&"Our provider".into(), &false.into()));
    let (status, headers, body) = ask(&world, "/providers/nobody/badge.json").await;
    assert_eq!((status, &headers[header::CONTENT_TYPE]), (StatusCode::NOT_FOUND, &"application/json".parse().unwrap()));
    assert!(headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["isError"], true);
    let watched = json(&world, "/watched/badge.json").await;
    assert_eq!(
        (&watched["label"], &watched["message"]),
        (&"Watched providers".into(), &"1 of 2 with incidents".into())
    );
}

#[tokio::test]
async fn only_cards_may_be_framed_also_when_they_are_unchanged() {
    let world = world().await;
    let incident = "/embed/incidents/acme/~aS8x";
    for path in ["/embed/watched", "/embed/providers/acme", incident] {
        let (status, headers, body) = ask(&world, path).await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(status, StatusCode::OK, "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("frame-ancestors *") && policy.contains("default-src 'none'"), "{policy}");
        assert!(!headers.contains_key(header::X_FRAME_OPTIONS), "{path}");
        assert!(!body.contains("<script>") && !body.contains("style=") && body.contains("Acme"), "{body}");
        let web = Web::new(world.store.clone(), false, Some(BASE.to_owned()));
        let again = Request::get(path).header(header::IF_NONE_MATCH, &headers[header::ETAG]).body(Body::empty());
        let again = router(web).oneshot(again.unwrap()).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert!(!again.headers().contains_key(header::X_FRAME_OPTIONS), "{path}");
    }
    for path in ["/", "/providers/acme", "/incidents/acme/~aS8x", "/oembed?url=x", "/embed/providers/nobody"] {
        let (_, headers, _) = ask(&world, path).await;
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY", "{path}");
        assert!(!headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains('*'), "{path}");
    }
}

#[tokio::test]
async fn oembed_describes_our_own_pages_only() {
    let world = world().await;
    let page = "https%3A%2F%2Fstatus.example.com%2Fincidents%2Facme%2F~aS8x%3Forder%3Doldest";
    let answer = json(&world, &format!("/oembed?url={page}&format=json&maxwidth=300")).await;
    assert_eq!((&answer["version"], &answer["type"]), (&"1.0".into(), &"rich".into()));
    assert_eq!((&answer["width"], &answer["height"]), (&300.into(), &220.into()));
    assert!(answer.get("thumbnail_url").is_none(), "the picture is wider than is wanted");
    let html = answer["html"].as_str().unwrap();
    assert!(html.starts_with("<iframe src=\"https://status.example.com/embed/incidents/acme/~aS8x\""), "{html}");
    assert!(!html.contains("<script>"), "{html}");
    let answer = json(&world, "/oembed?url=https://status.example.com/providers/acme").await;
    assert_eq!(answer["thumbnail_url"], "https://status.example.com/embed/providers/acme/card.png");
    for (url, expected) in [
        ("https://status.example.com/providers/nobody", StatusCode::NOT_FOUND),
        ("https://status.example.com/calendar", StatusCode::NOT_FOUND),
        ("https://status.example.com.evil.example/providers/acme", StatusCode::NOT_FOUND),
        ("https://evil.example/providers/acme", StatusCode::NOT_FOUND),
        ("http://status.example.com/providers/acme", StatusCode::NOT_FOUND),
        ("javascript:alert(1)", StatusCode::NOT_FOUND),
        ("", StatusCode::BAD_REQUEST),
        ("https://status.example.com/providers/acme&format=xml", StatusCode::NOT_IMPLEMENTED),
    ] {
        assert_eq!(ask(&world, &format!("/oembed?url={url}")).await.0, expected, "{url}");
    }
}

#[tokio::test]
async fn links_unfold_with_a_picture_that_exists() {
    let world = world().await;
    for (path, title) in [("/providers/acme", "Acme status"), ("/incidents/acme/~aS8x", "Minor – Acme: Slow")] {
        let page = text(&world, path).await;
        let meta = |property: &str| {
            let (_, rest) = page.split_once(&format!("property=\"{property}\" content=\"")).expect(property);
            rest.split_once('"').unwrap().0.to_owned()
        };
        assert!(meta("og:title").starts_with(title), "{}", meta("og:title"));
        let image = meta("og:image");
        let (status, headers, png) = ask(&world, image.strip_prefix(BASE).unwrap()).await;
        assert_eq!((status, &headers[header::CONTENT_TYPE]), (StatusCode::OK, &"image/png".parse().unwrap()));
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let discovery = page.split_once("application/json+oembed").unwrap().1.split_once("href=\"").unwrap().1;
        let url = discovery.split_once('"').unwrap().0.replace("&amp;", "&");
        assert_eq!(json(&world, url.strip_prefix(BASE).unwrap()).await["type"], "rich");
    }
    let (_, _, page) = world.get("/providers/acme").await;
    assert!(!page.contains("og:image"), "without a public URL nothing whole is known");
    assert_eq!(ask(&world, "/embed/providers/nobody/card.png").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn picture_changes_with_the_state_and_a_private_instance_shows_none() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), ago(60)).await;
    let (_, _, before) = ask(&world, "/embed/providers/acme/card.png").await;
    let mut api = component("api", "API");
    api.status = ComponentStatus::MajorOutage;
    world.read("acme", &snapshot(&[api], &[]), ago(30)).await;
    let (_, _, after) = ask(&world, "/embed/providers/acme/card.png").await;
    assert_ne!(before, after);
    let private = Web::new(world.store.clone(), false, None).private(Some(web::Password::new("correct horse battery")));
    for path in [
        "/embed/providers/acme/card.png",
        "/embed/providers/acme",
        "/embed/watched",
        "/watched/badge.json",
        "/oembed?url=x",
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router(private.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

//! What many ask for at the same moment is made once, and is for each what it is for one.
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
};
use http::{HeaderMap, Request, header};
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt as _;
use web::Web;

use crate::world::{World, component, router, snapshot};

const PATHS: [&str; 6] =
    ["/incidents.atom", "/calendar.ics", "/providers/acme/incidents.atom", "/", "/providers/acme", "/incidents"];

async fn world() -> World {
    let world = World::start(&["acme"]).await;
    let components: Vec<_> = (0..40).map(|n| component(&format!("c{n}"), &format!("Region {n}"))).collect();
    world.read("acme", &snapshot(&components, &[]), Timestamp::now() - SignedDuration::from_mins(60)).await;
    world
}

async fn get(router: &Router, path: &str, headers: &[(header::HeaderName, &str)]) -> (HeaderMap, Bytes) {
    let mut request = Request::get(path).header(header::HOST, "localhost");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.headers, to_bytes(body, 16 << 20).await.unwrap())
}

#[tokio::test]
async fn many_readers_get_what_was_made_and_compressed_once() {
    let world = world().await;
    let router = router(Web::new(world.store.clone(), false, None));
    get(&router, "/health", &[]).await;
    for path in PATHS {
        let before = world.store.counts().reads;
        let (_, whole) = get(&router, path, &[(header::ACCEPT_ENCODING, "identity")]).await;
        let cost = world.store.counts().reads - before;
        for (accepted, coding) in [("gzip, deflate", "gzip"), ("gzip, deflate, br, zstd", "br")] {
            let asks = [(header::ACCEPT_ENCODING, accepted)];
            let readers = (0..25).map(|_| get(&router, path, &asks));
            for (headers, body) in futures_util::future::join_all(readers).await {
                assert_eq!(headers[header::CONTENT_ENCODING], coding, "{path}");
                assert!(headers.contains_key(header::ETAG) && body.len() < whole.len(), "{path}");
            }
        }
        assert_eq!(world.store.counts().reads - before, cost, "{path} is read once");
    }
}

#[tokio::test]
async fn page_is_kept_for_each_kind_of_visitor_and_without_a_query() {
    let world = world().await;
    let router = router(Web::new(world.store.clone(), false, None).with_accounts(true));
    let member = format!("{}=some", site::account_cookie::NAMES.loopback);
    let headers = [(header::COOKIE, member.as_str())];
    for path in ["/", "/providers/acme", "/incidents"] {
        for _ in 0..2 {
            let (_, guest) = get(&router, path, &[]).await;
            let guest = String::from_utf8_lossy(&guest);
            assert!(guest.contains(">Sign in</a>") && !guest.contains(">Account</a>"), "{path}");
            let (_, member) = get(&router, path, &headers).await;
            let member = String::from_utf8_lossy(&member);
            assert!(member.contains(">Account</a>") && !member.contains(">Sign in</a>"), "{path}");
        }
    }
    let (_, found) = get(&router, "/providers/acme?q=Region+39", &[]).await;
    assert!(String::from_utf8_lossy(&found).contains("1 of 40 components match"));
    let (_, all) = get(&router, "/providers/acme", &[]).await;
    assert!(!String::from_utf8_lossy(&all).contains("components match"));
}

#[tokio::test]
async fn kept_page_stays_behind_the_password() {
    let world = world().await;
    let password = web::Password::new("correct horse battery");
    let router = router(Web::new(world.store.clone(), false, None).private(Some(password)));
    // any:correct horse battery
    let right = [(header::AUTHORIZATION, "Basic YW55OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==")];
    let (_, page) = get(&router, "/providers/acme", &right).await;
    assert!(String::from_utf8_lossy(&page).contains("Region 7"));
    let (_, refused) = get(&router, "/providers/acme", &[]).await;
    assert!(!String::from_utf8_lossy(&refused).contains("Region 7"));
}

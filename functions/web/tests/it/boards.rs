//! Boards: what people see at the address that an account gave them, and nothing more.
use accounts::secret::Secret;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use status::{
    board::{Board, BoardAddress},
    monitor::{ComponentFilter, Monitor, WhenUnknown},
    snapshot::{Incident, Kind, Window},
    words::Phase,
};
use store::{AccountSettings, Feed, Keyring, Store};
use tower::ServiceExt as _;
use web::{Password, Web};

use crate::world::{World, component, edit, incident, router, snapshot};

fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

fn maintenance(id: &str, title: &str) -> Incident {
    let window = Some(Window { starts_at: Some(ago(-600)), ends_at: Some(ago(-660)) });
    Incident { kind: Kind::Maintenance, phase: Some(Phase::Scheduled), window, ..incident(id, title, ago(30)) }
}

/// Acme and Other, each with an incident and a maintenance, and a board with Acme and a page that is gone.
async fn world_with(address: BoardAddress, at: &str) -> World {
    let world = World::start(&["acme", "other"]).await;
    for page in ["acme", "other"] {
        world.read(page, &snapshot(&[component("api", "API")], &[]), ago(60)).await;
        let open = [incident("i", &format!("{page} fails"), ago(40)), maintenance("m", &format!("{page} is upgraded"))];
        world.read(page, &snapshot(&[component("api", "API")], &open), ago(30)).await;
    }
    let board = Board {
        id: "board_1".into(),
        account: "a".into(),
        name: "Our <vendors>".to_owned(),
        address,
        providers: vec!["acme".into(), "gone".into()],
    };
    with_keys(&world.store).save_board(&board, Some(at), None, &edit(&"a".into())).await.unwrap();
    world
}

fn with_keys(store: &Store) -> Store {
    store.clone().with_keys(Keyring::parse(&Keyring::generate()).unwrap(), |_, _| true)
}

async fn get(web: Web, path: &str) -> (StatusCode, HeaderMap, String) {
    let response = router(web).oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 16 << 20).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

/// Without keys, as the function that strangers reach.
fn web(world: &World) -> Web {
    Web::new(world.store.clone(), false, None).with_accounts(true)
}

fn paths(address: &str) -> [String; 5] {
    [
        format!("/boards/{address}"),
        format!("/boards/{address}?wall=1"),
        format!("/boards/{address}/incidents.atom"),
        format!("/boards/{address}/calendar.ics"),
        format!("/embed/boards/{address}"),
    ]
}

#[tokio::test]
async fn board_tells_of_its_providers_and_of_no_other() {
    let secret = Secret::new([7; 32]);
    let world = world_with(BoardAddress::Secret, secret.reveal()).await;
    for path in paths(secret.reveal()) {
        let (status, headers, text) = get(web(&world), &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(text.contains("Acme") && !text.contains("Other") && !text.contains("other fails"), "{path}: {text}");
        assert_eq!(headers["x-robots-tag"], "noindex, nofollow", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        let is_frameable = !headers.contains_key(header::X_FRAME_OPTIONS);
        assert_eq!(is_frameable, path.starts_with("/embed/"), "{path}");
        let is_html = headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html");
        assert!(!(is_html && text.contains("<vendors>")), "{path}: {text}");
        assert!(!text.contains("No alerts"), "{path}: {text}");
    }
    let (_, _, page) = get(web(&world), &paths(secret.reveal())[0]).await;
    assert!(page.contains("1 of 1 provider has incidents") || page.contains("The provider has incidents"), "{page}");
    assert!(page.contains("1 provider is") && page.contains("nothing is known"), "{page}");
    let (_, _, feed) = get(web(&world), &paths(secret.reveal())[2]).await;
    assert!(feed.contains("acme fails") && feed.contains("acme is upgraded"), "{feed}");
    let (_, _, calendar) = get(web(&world), &paths(secret.reveal())[3]).await;
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 1, "{calendar}");
}

#[tokio::test]
async fn public_board_is_found_by_everybody() {
    let world = world_with(BoardAddress::Public, "our-vendors-00000001").await;
    for path in paths("our-vendors-00000001") {
        let (status, headers, _) = get(web(&world), &path).await;
        assert_eq!((status, headers.get("x-robots-tag")), (StatusCode::OK, None), "{path}");
    }
}

#[tokio::test]
async fn unknown_removed_and_malformed_addresses_look_alike() {
    let secret = Secret::new([7; 32]);
    let world = world_with(BoardAddress::Secret, secret.reveal()).await;
    let stored = world.store.board(&"a".into(), &"board_1".into()).await.unwrap().unwrap();
    world.store.remove_board(&stored, &edit(&"a".into())).await.unwrap();
    let never = Secret::new([8; 32]);
    // The digest, with which the table finds it, opens nothing either.
    let digest = secret.digest().as_str().to_owned();
    let mut seen = Vec::new();
    for address in [secret.reveal(), never.reveal(), &digest, "no-board-00000000", "%2e%2e", "A", &"a".repeat(5_000)] {
        for (number, path) in paths(address).into_iter().enumerate() {
            let (status, _, text) = get(web(&world), &path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            seen.push((number, text));
        }
    }
    for (number, text) in &seen {
        assert_eq!(text, &seen[*number].1);
    }
}

#[tokio::test]
async fn board_is_behind_the_password_of_a_private_instance() {
    let secret = Secret::new([7; 32]);
    let world = world_with(BoardAddress::Secret, secret.reveal()).await;
    for path in paths(secret.reveal()) {
        let private = web(&world).private(Some(Password::new("correct horse battery")));
        let (status, _, text) = get(private, &path).await;
        assert!(status != StatusCode::OK && !text.contains("Acme"), "{path}: {status}");
    }
}

#[tokio::test]
async fn address_opens_the_board_that_it_was_given_to_and_no_other() {
    let secret = Secret::new([7; 32]);
    let world = world_with(BoardAddress::Secret, secret.reveal()).await;
    let store = with_keys(&world.store);
    let other =
        Board { id: "board_2".into(), account: "b".into(), ..store.board_at(secret.reveal()).await.unwrap().unwrap() };
    let taken = store.save_board(&other, Some(secret.reveal()), None, &edit(&"b".into())).await;
    assert!(matches!(taken, Err(store::EditError::Conflict)), "{taken:?}");
    assert_eq!(store.board_at(secret.reveal()).await.unwrap().unwrap().account, "a".into());
}

#[tokio::test]
async fn feed_of_an_account_has_what_it_watches_and_leads_nowhere_once_it_is_taken_away() {
    let world = world_with(BoardAddress::Public, "our-vendors-00000001").await;
    let monitor = Monitor {
        id: "m".into(),
        account: "a".into(),
        provider: "acme".into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let settings = AccountSettings { monitors: vec![monitor], ..AccountSettings::default() };
    world.store.apply(&"a".into(), &settings).await.unwrap();
    let secret = Secret::new([7; 32]);
    let feed = Feed { account: "a".into(), group: None };
    with_keys(&world.store).save_feed(&feed, secret.reveal(), None, &edit(&"a".into())).await.unwrap();
    let paths = ["incidents.atom", "calendar.ics"].map(|file| format!("/feeds/{}/{file}", secret.reveal()));
    for path in &paths {
        let (status, headers, text) = get(web(&world), path).await;
        assert_eq!(
            (status, headers["x-robots-tag"].to_str().unwrap()),
            (StatusCode::OK, "noindex, nofollow"),
            "{path}"
        );
        assert!(text.contains("acme is upgraded") && !text.contains("other "), "{path}: {text}");
    }
    // An address of a board is none of a feed, and the other way round.
    let never = format!("/feeds/{}/incidents.atom", Secret::new([8; 32]).reveal());
    let unknown = get(web(&world), &never).await.2;
    let of_board = get(web(&world), &format!("/boards/{}", secret.reveal())).await;
    assert_eq!((of_board.0, &of_board.2), (StatusCode::NOT_FOUND, &unknown));
    let stored = world.store.feed(&"a".into(), None).await.unwrap().unwrap();
    world.store.remove_feed(&stored, &edit(&"a".into())).await.unwrap();
    for path in &paths {
        let (status, _, text) = get(web(&world), path).await;
        assert_eq!((status, &text), (StatusCode::NOT_FOUND, &unknown), "{path}");
    }
}

//! Secret addresses of feeds: made, replaced and taken away.
use accounts::sign_up::SignUp;
use http::StatusCode;
use status::ids::GroupId;
use store::Feed;

use crate::world::{World, account_of, hidden};

const JO: &str = "jo@example.com";

async fn address(world: &World, group: Option<&str>) -> Option<String> {
    let group = group.map(GroupId::new);
    let stored = world.store.feed(&account_of(world, JO).await, group.as_ref()).await.unwrap()?;
    world.store.address_of_feed(&stored.value)
}

async fn leads_to(world: &World, address: &str) -> Option<Feed> {
    world.store.feed_at(address).await.unwrap()
}

#[tokio::test]
async fn feed_of_the_account_is_of_what_it_watches_now() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/watch", "provider=github").await;
    assert!(jo.open("/alerts/feed").await.body.contains("There is no address yet."));
    assert_eq!(jo.post("/alerts/feed", "").await.leads_to(), (StatusCode::SEE_OTHER, "/alerts/feed?done=readdressed"));
    let first = address(&world, None).await.unwrap();
    let page = jo.open("/alerts/feed").await.body;
    assert!(page.contains(&format!("/feeds/{first}/calendar.ics")), "{page}");
    assert!(!world.stored().await.contains(&first), "the table has the secret in clear");
    assert!(!jo.open("/account/audit").await.body.contains(&first));
    jo.post("/watch", "provider=stripe").await;
    let feed = leads_to(&world, &first).await.unwrap();
    let now = world.store.providers_of_feed(&feed).await.unwrap().unwrap();
    assert_eq!(now.providers, ["github".into(), "stripe".into()].into());

    assert_eq!(jo.post("/alerts/feed", "").await.status, StatusCode::CONFLICT, "it was made of no version");
    assert_eq!(jo.post("/alerts/feed", "version=1").await.status, StatusCode::SEE_OTHER);
    let second = address(&world, None).await.unwrap();
    assert_eq!((leads_to(&world, &first).await, leads_to(&world, &second).await), (None, Some(feed)));
    let version = hidden(&jo.open("/alerts/feed").await.body, "version");
    assert_eq!(jo.post("/alerts/feed/remove", &format!("version={version}")).await.status, StatusCode::SEE_OTHER);
    assert_eq!((leads_to(&world, &second).await, address(&world, None).await), (None, None));
}

#[tokio::test]
async fn feed_of_a_group_goes_with_the_group_and_that_of_an_account_with_the_account() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/watch", "provider=github&provider=stripe").await;
    let token = world.token(&mut jo, "write").await;
    let monitors = token.get("/monitors").await.json();
    let monitor = monitors["monitors"].as_array().unwrap().iter().find(|it| it["provider"] == "stripe").unwrap();
    let body = format!("{{\"name\": \"Payments\", \"monitors\": [{}]}}", monitor["id"]);
    let group = token.post("/groups", &body).await.json();
    let id = group["id"].as_str().unwrap();
    let path = format!("/alerts/groups/{id}/feed");
    assert_eq!(jo.post(&path, "").await.status, StatusCode::SEE_OTHER);
    let secret = address(&world, Some(id)).await.unwrap();
    let feed = leads_to(&world, &secret).await.unwrap();
    let covered = world.store.providers_of_feed(&feed).await.unwrap().unwrap();
    assert_eq!((covered.group.as_deref(), covered.providers), (Some("Payments"), ["stripe".into()].into()));

    let mut other = world.signed_in("al@example.com", 2).await;
    assert_eq!(other.open(&path).await.status, StatusCode::NOT_FOUND);
    for at in ["", "/remove"] {
        assert_eq!(other.post(&format!("{path}{at}"), "version=1").await.status, StatusCode::NOT_FOUND, "{at}");
    }
    assert_eq!(
        token.send("DELETE", &format!("/groups/{id}"), &[("if-match", "*")], "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(leads_to(&world, &secret).await, None);

    jo.post("/alerts/feed", "").await;
    let secret = address(&world, None).await.unwrap();
    assert_eq!(jo.post("/account/delete", "name=jo%40example.com").await.status, StatusCode::SEE_OTHER);
    assert_eq!(leads_to(&world, &secret).await, None);
    assert!(!world.stored().await.contains("FEEDS#"));
}

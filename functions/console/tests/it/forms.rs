//! Forms that are refused, and come back as they were typed.
use accounts::sign_up::SignUp;
use http::StatusCode;

use crate::{api::HOOK, world::World};

const JO: &str = "jo@example.com";

/// Whoever typed a form for minutes keeps it.
#[tokio::test]
async fn form_beyond_a_limit_comes_back_as_it_was_typed() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let (write, admin) = (world.token(&mut jo, "write").await, world.token(&mut jo, "admin").await);
    let board = r#"{"name": "B", "providers": ["github"]}"#;
    let slack = "channel=slack&label=Late+one&setting.url=https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0%2FB0%2Fx";
    let group = "name=Late+one&scope=all&severities=major&events=opened";
    for (client, kind, body, path, form) in [
        (&admin, "/groups", "{}", "/alerts/groups/new", group),
        (&admin, "/boards", board, "/account/boards/new", "name=Late+one&provider=github"),
        (&write, "/destinations", HOOK, "/alerts/destinations/new", slack),
    ] {
        let last = loop {
            let made = client.post(kind, body).await;
            if made.status != StatusCode::CREATED {
                break made;
            }
        };
        assert_eq!((last.status, &last.json()["code"]), (StatusCode::CONFLICT, &"limit".into()), "{}", last.body);
        let refused = jo.post(path, form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", refused.body);
        assert!(refused.body.contains("as many") && refused.body.contains("value=\"Late one\""), "{}", refused.body);
    }
}

#[tokio::test]
async fn search_is_kept_when_nothing_was_ticked() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let found = jo.open("/watch?q=github").await.body;
    assert!(found.contains("name=\"q\" value=\"github\""), "{found}");
    let refused = jo.post("/watch", "q=github").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Tick at least one provider"), "{}", refused.body);
    assert!(refused.body.contains("name=\"provider\" value=\"github\""), "what was found: {}", refused.body);
    let without = jo.post("/watch", "").await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(without.body.contains("Popular providers"), "there is something to tick: {}", without.body);
    let many = "provider=github&provider=stripe&provider=slack&provider=cloudflare&provider=openai&provider=datadog";
    let refused = jo.post("/watch", &format!("{many}&q=git")).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("value=\"git\""), "{}", refused.body);
}

//! Versions, tags and repetitions of requests of the API.
use accounts::sign_up::SignUp;
use futures_util::future::join_all;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use status::monitor::{ComponentChoice, ComponentFilter, Monitor, WhenUnknown};
use store::{AccountSettings, Disabled};

use crate::{
    api::HOOK,
    world::{Client, OWNER, World, account_of, settings_of},
};

const JO: &str = "jo@example.com";

async fn world() -> (World, Client) {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    (world, client)
}

/// As a program that polls sees it.
async fn is_unchanged(client: &Client, path: &str, tag: &str) -> bool {
    let answer = client.send("GET", path, &[("if-none-match", tag)], "").await;
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::NOT_MODIFIED), "{}", answer.body);
    answer.status == StatusCode::NOT_MODIFIED
}

#[tokio::test]
async fn setting_of_the_file_has_another_tag_once_it_changes() {
    let world = World::start(SignUp::Open).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let client = world.token(&mut owner, "read").await;
    let apply = async |components: ComponentFilter| {
        let (id, unknown) = ("pay".into(), WhenUnknown::Tell);
        let monitor = Monitor { id, account: "local".into(), provider: "stripe".into(), components, unknown };
        let declared = AccountSettings { monitors: vec![monitor], ..AccountSettings::default() };
        world.store.apply(&"local".into(), &declared).await.unwrap();
    };
    apply(ComponentFilter::All).await;
    let tag = client.get("/monitors/pay").await.named("etag").to_owned();
    assert!(tag.starts_with("\"0-") && is_unchanged(&client, "/monitors/pay", &tag).await, "{tag}");
    apply(ComponentFilter::Chosen(vec![ComponentChoice::Component("API".to_owned())])).await;
    assert!(!is_unchanged(&client, "/monitors/pay", &tag).await);
}

#[tokio::test]
async fn tag_of_a_destination_says_whether_it_is_paused_and_its_version_what_to_replace() {
    let (world, client) = world().await;
    let made = client.post("/destinations", HOOK).await;
    let path = format!("/destinations/{}", made.json()["id"].as_str().unwrap());
    let tag = made.named("etag").to_owned();
    assert!(is_unchanged(&client, &path, &tag).await);
    let destination = settings_of(&world, JO).await.destinations.remove(0).value;
    let now = Timestamp::now();
    world.store.disable(&destination, &Disabled::because("answered 410", now), now).await.unwrap();
    assert!(!is_unchanged(&client, &path, &tag).await);
    assert_eq!(client.get(&path).await.json()["disabled"], "answered 410");
    // Nobody saved another version: the one that was read is still the one to be replaced.
    let replaced = client.send("PUT", &path, &[("if-match", &tag)], HOOK).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.body);
    let late = client.send("PUT", &path, &[("if-match", &tag)], HOOK).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(client.send("DELETE", &path, &[("if-match", "\"2\"")], "").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn null_forgets_a_secret_and_the_answer_names_those_that_are_stored() {
    let (world, client) = world().await;
    let mut hook: Value = serde_json::from_str(HOOK).unwrap();
    hook["settings"]["previous_secret"] = json!("whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=");
    let made = client.post("/destinations", &hook.to_string()).await;
    assert_eq!(made.json()["secrets"], json!(["url", "secret", "previous_secret"]), "{}", made.body);
    let path = format!("/destinations/{}", made.json()["id"].as_str().unwrap());
    let put = async |settings: Value| {
        let body = json!({"channel": "webhook", "label": "Ops", "settings": settings});
        client.send("PUT", &path, &[("if-match", "*")], &body.to_string()).await
    };
    let kept = put(json!({})).await;
    assert_eq!(kept.json()["secrets"], made.json()["secrets"], "what is left out stays: {}", kept.body);
    let forgotten = put(json!({"previous_secret": null, "headers": null})).await;
    assert_eq!(forgotten.json()["secrets"], json!(["url", "secret"]), "{}", forgotten.body);
    let listed = client.get("/destinations").await.json();
    assert_eq!(listed["destinations"][0]["secrets"], json!(["url", "secret"]));
    let stored = settings_of(&world, JO).await.destinations.remove(0).value;
    let known = world.store.unseal(&stored).unwrap().settings;
    assert_eq!(known.0.keys().collect::<Vec<_>>(), ["secret", "url"]);
    for wrong in [json!({"url": null}), json!({"nothing": null})] {
        let refused = put(wrong.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", refused.body);
    }
    let log = world.store.audit_log(&account_of(&world, JO).await, None, 20).await.unwrap().entries;
    let changed = log.iter().find(|entry| entry.after.contains_key("changed")).unwrap();
    assert_eq!(changed.after["changed"], "previous_secret");
}

/// Of requests that are sent at one moment, the first may reach a limit, or take a name, before another one is checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_of_the_same_requests_get_what_one_of_them_made() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    let page = r#"{"url": "https://status.example.com", "name": "Example"}"#;
    for provider in ["github", "stripe", "slack", "cloudflare"] {
        let made = client.post("/monitors", &json!({"provider": provider}).to_string()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    for round in 0..4 {
        for (path, body) in [("/monitors", r#"{"provider": "openai"}"#), ("/pages", page)] {
            let key = format!("{round}{path}");
            let headers = [("idempotency-key", key.as_str())];
            let answers = join_all((0..12).map(|_| client.send("POST", path, &headers, body))).await;
            for answer in &answers {
                assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.body);
                assert_eq!(answer.json()["id"], answers[0].json()["id"], "{path}");
            }
            let one = format!("{path}/{}", answers[0].json()["id"].as_str().unwrap());
            let removed = client.send("DELETE", &one, &[("if-match", "*")], "").await;
            assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.body);
        }
    }
}

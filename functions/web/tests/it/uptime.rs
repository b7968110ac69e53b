//! The uptime of components, on the page of a provider and in the API.
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use status::{
    availability::Period,
    health::{GoodRead, SourceHealth},
};

use crate::{
    provider::ended,
    world::{World, component, snapshot},
};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// Read for the first time ten days ago; the API was out for ten minutes, and the page unreadable for a day.
async fn world(now: Timestamp) -> World {
    let ago = |seconds: i64| now - SignedDuration::from_secs(seconds);
    let world = World::start(&["acme"]).await;
    let parts = [component("api", "API"), component("web", "Website")];
    world.read("acme", &snapshot(&parts, &[]), ago(10 * DAY)).await;
    let over = ended("i1", ago(5 * DAY), 10 * MINUTE, "api");
    world.read("acme", &snapshot(&parts, &[over]), ago(5 * DAY - 12 * MINUTE)).await;
    let (mut health, _) = SourceHealth::after_good_read(None, GoodRead::default(), ago(7 * DAY));
    health.gaps = vec![Period { since: ago(8 * DAY), until: ago(7 * DAY) }];
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    world
}

async fn report(world: &World, provider: &str) -> Value {
    let (status, _, body) = world.get(&format!("/api/v1/providers/{provider}/uptime")).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn api_says_the_uptime_that_the_page_says() {
    let now = Timestamp::now();
    let world = world(now).await;
    let (_, _, page) = world.get("/providers/acme").await;
    assert!(page.contains("99.92 % of 9 days seen") && page.contains("100 % of 9 days seen"), "{page}");
    let report = report(&world, "acme").await;
    let components = report["components"].as_array().unwrap();
    let told: Vec<Value> =
        components.iter().map(|it| json!([it["id"], it["down_seconds"], it["uptime_percent"]])).collect();
    assert_eq!(told, [json!(["api", 600, 99.92]), json!(["web", 0, 100.0])]);
    for it in components {
        let seen = it["seen_seconds"].as_i64().unwrap();
        assert!((9 * DAY..9 * DAY + MINUTE).contains(&seen), "{seen}");
        assert!(it["group"].is_null() && it["status"] == "operational");
    }
    // Ten minutes may lie around midnight.
    let lasted = |days: &Value| -> i64 {
        let days = days.as_array().unwrap();
        assert!(days.iter().all(|day| day["worst"] == "major_outage" && day["imported"] == false), "{days:?}");
        days.iter().map(|day| day["seconds"].as_i64().unwrap()).sum()
    };
    assert_eq!((lasted(&report["days"]), lasted(&components[0]["days"])), (600, 600));
    assert_eq!(components[1]["days"], json!([]));
    assert_eq!(report["watched"]["gaps"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn nothing_is_claimed_of_a_page_that_was_never_read() {
    let world = World::start(&["never"]).await;
    let report = report(&world, "never").await;
    assert_eq!((&report["watched"], &report["days"], &report["components"]), (&Value::Null, &json!([]), &json!([])));
    assert_eq!(world.get("/api/v1/providers/nobody/uptime").await.0, 404);
}

//! The list of all incidents.
use jiff::{SignedDuration, Timestamp};
use status::{
    snapshot::{Affected, Component, Incident},
    words::{ComponentStatus, Impact, Phase},
};

use crate::world::{World, component, incident, snapshot};

fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// Acme has a major incident open and a minor one that ended; Beta has one that ended long ago.
async fn world() -> World {
    let world = World::start(&["acme", "beta"]).await;
    let calm = component("api", "API");
    for page in ["acme", "beta"] {
        world.read(page, &snapshot(std::slice::from_ref(&calm), &[]), ago(2_000)).await;
    }
    let over = |id: &str, from: i64, to: i64| Incident {
        phase: Some(Phase::Resolved),
        resolved_at: Some(ago(to)),
        ..incident(id, &format!("Trouble {id}"), ago(from))
    };
    world
        .read("beta", &snapshot(std::slice::from_ref(&calm), &[incident("old", "Trouble old", ago(1_000))]), ago(999))
        .await;
    world.read("beta", &snapshot(std::slice::from_ref(&calm), &[over("old", 1_000, 900)]), ago(899)).await;
    world
        .read("acme", &snapshot(std::slice::from_ref(&calm), &[incident("past", "Trouble past", ago(20))]), ago(19))
        .await;
    let down = Component { status: ComponentStatus::MajorOutage, ..calm };
    let open = Incident {
        impact: Some(Impact::Critical),
        components: vec![Affected { id: "api".into(), status: Some(ComponentStatus::MajorOutage) }],
        ..incident("now", "Trouble now", ago(3))
    };
    world.read("acme", &snapshot(&[down], &[over("past", 20, 10), open]), ago(2)).await;
    world
}

/// The incidents that a page lists, in its order.
fn listed(page: &str) -> Vec<&str> {
    let titles = page.split("class=\"who\"").skip(1).map(|row| row.split_once("Trouble ").unwrap().1);
    titles.map(|title| title.split_once('<').unwrap().0).collect()
}

#[tokio::test]
async fn open_incidents_come_first_and_filters_narrow_the_list() {
    let world = world().await;
    for (query, want) in [
        ("", &["now", "past", "old"][..]),
        ("?severity=major", &["now"]),
        ("?severity=minor", &["past", "old"]),
        ("?provider=acme", &["now", "past"]),
        ("?provider=Beta", &["old"]),
        ("?days=1", &["now", "past"]),
        ("?days=7&severity=minor&provider=beta", &[]),
        ("?severity=x&days=x&before=x", &["now", "past", "old"]),
    ] {
        let (status, _, page) = world.get(&format!("/incidents{query}")).await;
        assert_eq!(status, 200, "{query}");
        assert_eq!(listed(&page), want, "{query}");
    }
}

#[tokio::test]
async fn api_lists_the_same_by_severity_and_day() {
    let world = world().await;
    let ids = async |query: &str| {
        let (status, _, body) = world.get(&format!("/api/v1/incidents?{query}")).await;
        assert_eq!(status, 200, "{body}");
        let list: serde_json::Value = serde_json::from_str(&body).unwrap();
        let ids = list["incidents"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids("severity=major").await, ["now"]);
    assert_eq!(ids("severity=minor&open=false").await, ["past", "old"]);
    assert_eq!(ids("severity=minor&open=true").await, Vec::<String>::new());
    let day = ago(72).strftime("%Y-%m-%d");
    assert_eq!(ids(&format!("since={day}")).await, ["now", "past"]);
    assert_eq!(world.get("/api/v1/incidents?severity=worst").await.0, 400);
}

#[tokio::test]
async fn unknown_provider_is_named() {
    let world = world().await;
    let (status, _, page) = world.get("/incidents?provider=%3Cb%3Ex").await;
    assert_eq!(status, 200);
    assert!(page.contains("No provider matches") && page.contains("&lt;b&gt;x") && !page.contains("<b>x"));
}

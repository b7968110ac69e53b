//! The sample responses of `/api` and of the OpenAPI document: what the handlers answer over a small world.
use std::{fs, path::Path};

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::Value;
use status::{
    monitor::{ComponentFilter, Group, Monitor, Scope, WhenUnknown},
    snapshot::{Affected, Component, Incident, Kind, Update, Window},
    words::{ComponentStatus, Event, Impact, Phase, Severity},
};
use store::{AccountSettings, Round};
use tower::ServiceExt as _;
use web::Web;

use crate::world::{World, component, incident, router, snapshot};

const GITHUB: &str = "github";
/// File name, and what is asked.
const SAMPLES: [(&str, &str); 8] = [
    ("providers", "/api/v1/providers?watched=true"),
    ("provider", "/api/v1/providers/github"),
    ("components", "/api/v1/providers/github/components"),
    ("incidents", "/api/v1/incidents?open=true&kind=incident"),
    ("incidents_of_provider", "/api/v1/providers/github/incidents?kind=incident&limit=1"),
    ("maintenances", "/api/v1/providers/github/maintenances"),
    ("incident", "/api/v1/incidents/github/vtpvmq30z1vq"),
    ("search_results", "/api/v1/search?q=githb"),
];

fn at(time: &str) -> Timestamp {
    format!("2026-{time}Z").parse().unwrap()
}

fn settings() -> AccountSettings {
    let monitor = Monitor {
        id: GITHUB.into(),
        account: "local".into(),
        provider: GITHUB.into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let group = Group {
        id: "everyone".into(),
        account: "local".into(),
        name: None,
        destinations: vec!["team-slack".into()],
        severities: vec![Severity::Major],
        events: vec![Event::Opened],
        scope: Scope::All,
        quiet_hours: None,
        digest: None,
        follow_up: None,
    };
    AccountSettings { monitors: vec![monitor], groups: vec![group], ..AccountSettings::default() }
}

/// GitHub, read since January, with an open incident and a scheduled maintenance.
async fn world() -> World {
    let world = World::start(&[]).await;
    world.store.apply(&"local".into(), &settings()).await.unwrap();
    let mut actions = component("br0l2tvcx85d", "Actions");
    let git = Component { group: Some("Core".into()), ..component("8l4ygp009s5s", "Git Operations") };
    world.read(GITHUB, &snapshot(&[actions.clone(), git.clone()], &[]), at("01-02T08:00:00")).await;
    let named = |status| vec![Affected { id: actions.id.clone(), status: Some(status) }];
    let update = |id: &str, phase: Phase, time: &str, body: &str| Update {
        id: id.into(),
        phase: Some(phase),
        posted_at: Some(at(time)),
        body: Some(body.into()),
        components: named(ComponentStatus::DegradedPerformance),
    };
    let first = update("u1", Phase::Investigating, "03-10T15:37:00", "We are investigating delayed runs of Actions.");
    let second = update("u2", Phase::Monitoring, "03-10T15:40:00", "A fix is in place, and we are monitoring.");
    let disruption = |updates: &[Update]| Incident {
        impact: Some(Impact::Minor),
        phase: updates.last().and_then(|update| update.phase),
        url: Some("https://www.githubstatus.com/incidents/vtpvmq30z1vq".into()),
        components: named(ComponentStatus::DegradedPerformance),
        updates: updates.to_vec(),
        ..incident("vtpvmq30z1vq", "Disruption with some GitHub services", at("03-10T15:36:00"))
    };
    let window = Window { starts_at: Some(at("03-14T02:00:00")), ends_at: Some(at("03-14T04:00:00")) };
    let upgrade = Incident {
        kind: Kind::Maintenance,
        phase: Some(Phase::Scheduled),
        window: Some(window),
        ..incident("kz8w2xq1m3pl", "Database upgrade", at("03-14T02:00:00"))
    };
    actions.status = ComponentStatus::DegradedPerformance;
    let components = [actions.clone(), git];
    let before = [disruption(std::slice::from_ref(&first)), upgrade.clone()];
    world.read(GITHUB, &snapshot(&components, &before), at("03-10T15:38:12")).await;
    let after = [disruption(&[first, second]), upgrade];
    world.read(GITHUB, &snapshot(&components, &after), at("03-10T15:40:30")).await;
    let began_at = at("03-10T15:41:00");
    let round = Round { shard: 0, of: 1, began_at, pages: 1, unreadable: 0, no_internet_since: None, changed_at: None };
    world.store.put_round(&round, "poller").await.unwrap();
    world
}

#[tokio::test]
async fn samples_are_what_the_handlers_answer() {
    let world = world().await;
    let router = router(Web::new(world.store.clone(), true, None));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples");
    for (name, url) in SAMPLES {
        let answer = router.clone().oneshot(Request::get(url).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        let text = serde_json::to_string_pretty(&answer).unwrap() + "\n";
        let file = folder.join(name).with_extension("json");
        if is_update() {
            fs::write(&file, &text).unwrap();
        }
        let shown = fs::read_to_string(&file).unwrap();
        assert_eq!(text, shown, "{url}: INSTA_UPDATE=always writes {}", file.display());
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no `startup`")]
fn is_update() -> bool {
    std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always")
}

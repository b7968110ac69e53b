//! A page that fills what can be stored: every response about it stays small, and few are made at the same time.
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, body::Body, routing::get};
use futures_util::future::join_all;
use http::{Request, StatusCode};
use jiff::ToSpan;
use status::{
    page_state::PageState,
    snapshot::{Affected, Component, Incident, Kind, Snapshot, Update, Window},
    words::{ComponentStatus, Phase},
};
use tokio::sync::Notify;
use tower::ServiceExt as _;
use web::Web;

use crate::world::{World, at, incident, snapshot};

const MAX_RESPONSE: usize = 2 << 20;

fn components(number: usize) -> Vec<Component> {
    let component = |n: usize| Component {
        id: format!("component-{n:06}").as_str().into(),
        name: format!("{n} {}", "<name> ".repeat(20)),
        group: Some(format!("group {} {}", n % 100, "&".repeat(50))),
        status: if n.is_multiple_of(2) { ComponentStatus::PartialOutage } else { ComponentStatus::Operational },
    };
    (0..number).map(component).collect()
}

/// An incident with so many updates, each of which mentions components and has a text that grows as HTML.
fn busy(n: usize, updates: usize, kind: Kind) -> Incident {
    let affected = |n: usize| Affected {
        id: format!("component-{n:06}").as_str().into(),
        status: Some(ComponentStatus::MajorOutage),
    };
    let update = |u: usize| Update {
        id: format!("update-{n}-{u}").as_str().into(),
        phase: Some(if kind == Kind::Incident { Phase::Investigating } else { Phase::InProgress }),
        posted_at: Some(at("10:00:00") + i64::try_from(u).unwrap().seconds()),
        body: Some(if u.is_multiple_of(2) { "> ".repeat(1_500) + "x" } else { "<\u{1}&\"".repeat(750) }),
        components: (u * 7..u * 7 + 60).map(affected).collect(),
    };
    Incident {
        kind,
        updates: (0..updates).map(update).collect(),
        components: (0..300).map(affected).collect(),
        window: Some(Window { starts_at: Some(at("09:00:00")), ends_at: Some(at("12:00:00")) }),
        url: Some(format!("https://status.acme.example/{}", "x".repeat(3_000))),
        ..incident(&format!("incident-{n}-{}", "é/".repeat(60)), &"Title & <more> ".repeat(60), at("09:00:00"))
    }
}

/// As large as there is room for.
fn largest() -> Snapshot {
    let mut incidents = 32;
    loop {
        let all: Vec<Incident> = (0..incidents)
            .map(|n| busy(n, 40, if n.is_multiple_of(3) { Kind::Maintenance } else { Kind::Incident }))
            .collect();
        let snapshot = snapshot(&components(3_000), &all);
        if incidents == 1 || store::has_room(&PageState::baseline(&snapshot, at("10:30:00"))) {
            return snapshot;
        }
        incidents /= 2;
    }
}

#[tokio::test]
async fn every_response_about_the_largest_page_is_small() {
    let world = World::start(&["acme"]).await;
    let page_state = world.read("acme", &largest(), at("10:30:00")).await;
    let ids: Vec<String> = [Kind::Incident, Kind::Maintenance]
        .into_iter()
        .filter_map(|kind| page_state.incidents.iter().find(|it| it.incident.kind == kind))
        .map(|it| status::paths::segment(&it.incident.id).into_owned())
        .collect();
    let mut paths: Vec<String> = [
        "/",
        "/?wall=1",
        "/calendar?at=2026-11-23",
        "/calendar?at=2026-11-23&view=week",
        "/calendar?at=2026-11-23&view=list",
        "/providers/acme",
        "/providers/acme?q=a",
        "/providers/acme/history?month=2026-11",
        "/incidents.atom",
        "/watched.atom",
        "/providers/acme/incidents.atom",
        "/calendar.ics",
        "/watched.ics",
        "/providers/acme/calendar.ics",
        "/providers/acme/badge.svg",
        "/api/v1/providers",
        "/api/v1/providers/acme",
        "/api/v1/providers/acme/components",
        "/api/v1/providers/acme/incidents?limit=200",
        "/api/v1/providers/acme/maintenances?limit=200",
        "/api/v1/incidents?limit=200",
        "/api/v1/incidents?open=true&limit=200",
        "/api/v1/maintenances?from=2026-11-01&limit=200",
        "/api/v1/search?q=acme",
    ]
    .map(str::to_owned)
    .to_vec();
    for id in &ids {
        paths.extend(["", "?order=oldest"].map(|order| format!("/incidents/acme/{id}{order}")));
        paths.push(format!("/api/v1/incidents/acme/{id}"));
    }
    for path in paths {
        let (status, _, body) = world.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(body.len() <= MAX_RESPONSE, "{path}: {} bytes", body.len());
    }
}

#[tokio::test]
async fn what_has_no_room_is_counted() {
    let world = World::start(&["acme", "other"]).await;
    let large = busy(1, 300, Kind::Incident);
    world.read("acme", &snapshot(&components(3_000), &[large]), at("10:30:00")).await;
    let mut wordy = components(5_000);
    wordy.iter_mut().for_each(|component| component.name.push_str(&"&".repeat(150)));
    world.read("other", &snapshot(&wordy, &[]), at("10:30:00")).await;
    let id = status::ids::IncidentId::new(format!("incident-1-{}", "é/".repeat(60)));
    let id = status::paths::segment(&id);
    let (_, _, page) = world.get(&format!("/incidents/acme/{id}")).await;
    assert!(page.contains("older updates not shown"));
    let (_, _, api) = world.get(&format!("/api/v1/incidents/acme/{id}")).await;
    let api: serde_json::Value = serde_json::from_str(&api).unwrap();
    let shown = api["updates"].as_array().unwrap();
    assert_eq!(api["earlier_updates"], 300 - shown.len());
    assert_eq!(shown.last().unwrap()["id"], "update-1-299", "the newest are shown");
    let (_, _, feed) = world.get("/providers/acme/incidents.atom").await;
    assert!(feed.contains("earlier updates not shown"));
    let (_, _, list) = world.get("/api/v1/providers/other/components").await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        list["components"].as_array().unwrap().len() + list["more_components"].as_u64().unwrap() as usize,
        5_000
    );
}

#[tokio::test]
async fn long_queries_are_not_repeated_at_length() {
    let world = World::start(&["acme"]).await;
    let long = "x".repeat(7_000);
    let (_, _, plain) = world.get("/calendar").await;
    for path in [
        "/?show=",
        "/?category=",
        "/?sort=",
        "/?page=",
        "/?q=",
        "/calendar?show=",
        "/calendar?provider=",
        "/calendar?zone=",
        "/calendar?view=",
        "/calendar?at=",
        "/providers/acme?q=",
        "/providers/acme/badge.svg?label=",
    ] {
        let (_, _, body) = world.get(&format!("{path}{long}")).await;
        assert!(body.len() < plain.len() + 40_000, "{path}: {}", body.len());
    }
}

#[tokio::test]
async fn few_responses_are_made_at_the_same_time_and_health_never_waits() {
    let world = World::start(&[]).await;
    let [running, most, done] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
    let go_on = Arc::new(Notify::new());
    let slow = {
        let (running, most, done, go_on) = (running.clone(), most.clone(), done.clone(), go_on.clone());
        get(move || async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            go_on.notified().await;
            running.fetch_sub(1, Ordering::SeqCst);
            done.fetch_add(1, Ordering::SeqCst);
            "done"
        })
    };
    let router = web::router_with(Web::new(world.store.clone(), false, None), Router::new().route("/slow", slow));
    let ask = |path: &'static str| {
        let router = router.clone();
        async move { router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().status() }
    };
    let all = join_all((0..12).map(|_| tokio::spawn(ask("/slow"))));
    let watch = async {
        while running.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask("/health").await, StatusCode::OK);
        while done.load(Ordering::SeqCst) < 12 {
            go_on.notify_one();
            tokio::task::yield_now().await;
        }
    };
    let (answers, ()) = tokio::join!(all, watch);
    assert!(answers.into_iter().all(|status| status.unwrap() == StatusCode::OK));
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

//! The history of one provider by month.
use jiff::{SignedDuration, Timestamp};
use status::{
    snapshot::{Incident, Kind, Window},
    words::Phase,
};

use crate::world::{World, component, incident, snapshot};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn over(id: &str, started_at: Timestamp) -> Incident {
    Incident {
        phase: Some(Phase::Resolved),
        resolved_at: Some(started_at + SignedDuration::from_mins(31)),
        ..incident(id, &format!("Trouble {id}"), started_at)
    }
}

/// The incidents that a page lists, in its order.
fn listed(page: &str) -> Vec<&str> {
    let titles = page.split("class=\"who\"").skip(1).map(|row| row.split_once("Trouble ").unwrap().1);
    titles.map(|title| title.split_once('<').unwrap().0).collect()
}

/// The months that a page links to.
fn months(page: &str) -> Vec<&str> {
    let nav = page.split_once("aria-label=\"Months\"").unwrap().1.split_once("</nav>").unwrap().0;
    nav.split("?month=").skip(1).map(|link| link.split_once('"').unwrap().0).collect()
}

async fn world(incidents: &[Incident]) -> World {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), at("2026-07-01T00:00:00Z")).await;
    world.read("acme", &snapshot(&[component("api", "API")], incidents), at("2026-11-20T12:00:00Z")).await;
    world
}

#[tokio::test]
async fn months_hold_what_started_in_them_and_lead_to_the_next_that_holds_any() {
    let world = world(&[
        over("first", at("2026-08-31T23:59:59Z")),
        over("second", at("2026-11-01T00:00:00Z")),
        over("third", at("2026-11-19T10:00:00Z")),
        Incident {
            kind: Kind::Maintenance,
            phase: Some(Phase::Scheduled),
            window: Some(Window { starts_at: Some(at("2027-02-03T10:00:00Z")), ends_at: None }),
            ..incident("planned", "Trouble planned", at("2026-11-19T10:00:00Z"))
        },
    ])
    .await;
    for (month, want, around) in [
        ("2026-08", &["first"][..], &["2026-11"][..]),
        ("2026-10", &[], &["2026-08", "2026-11"]),
        ("2026-11", &["third", "second"], &["2026-08", "2027-02"]),
        ("2027-02", &["planned"], &["2026-11"]),
        ("1999-01", &[], &["2026-08"]),
        ("9998-12", &[], &["2027-02"]),
    ] {
        let (status, _, page) = world.get(&format!("/providers/acme/history?month={month}")).await;
        assert_eq!(status, 200, "{month}");
        assert_eq!((listed(&page), months(&page)), (want.to_vec(), around.to_vec()), "{month}");
    }
    let (_, _, page) = world.get("/providers/acme/history?month=2026-11").await;
    assert!(page.contains("31 min") && page.contains("href=\"/incidents/acme/third\""), "{page}");
    assert!(world.get("/providers/acme").await.2.contains("href=\"/providers/acme/history\""));
}

#[tokio::test]
async fn month_with_many_incidents_continues() {
    let all: Vec<Incident> = (0..120)
        .map(|hour| over(&format!("i{hour}"), at("2026-11-02T00:00:00Z") + SignedDuration::from_hours(hour)))
        .collect();
    let world = world(&all).await;
    let mut path = "/providers/acme/history?month=2026-11".to_owned();
    let mut seen = Vec::new();
    for pages_left in [2, 1, 0] {
        let (status, _, page) = world.get(&path).await;
        assert_eq!(status, 200);
        seen.extend(listed(&page).into_iter().map(str::to_owned));
        let rest = page.split("href=\"").find(|link| link.contains("before="));
        assert_eq!(rest.is_some(), pages_left > 0);
        path = rest.map_or(path, |rest| rest.split_once('"').unwrap().0.replace("&amp;", "&"));
    }
    let want: Vec<String> = (0..120).rev().map(|hour| format!("i{hour}")).collect();
    assert_eq!(seen, want);
}

#[tokio::test]
async fn what_is_no_month_and_nobodys_history_is_said_to_be_so() {
    let world = world(&[]).await;
    for query in ["month=soon", "month=2026-13", "month=2026-11&before=nonsense", "month=%3Cb%3E"] {
        assert_eq!(world.get(&format!("/providers/acme/history?{query}")).await.0, 400, "{query}");
    }
    assert_eq!(world.get("/providers/nobody/history").await.0, 404);
    let (status, _, page) = world.get("/providers/acme/history").await;
    assert_eq!((status.as_u16(), page.contains("None recorded in this month.")), (200, true));
}

#[tokio::test]
async fn maintenance_is_in_the_month_of_its_start_and_scheduled_until_it_is_over() {
    let world = World::start(&["acme"]).await;
    let planned = |window| Incident {
        kind: Kind::Maintenance,
        phase: Some(Phase::Scheduled),
        started_at: None,
        window,
        ..incident("m1", "Trouble m1", at("2026-11-19T10:00:00Z"))
    };
    let window = Some(Window { starts_at: Some(at("2026-12-03T10:00:00Z")), ends_at: None });
    let parts = [component("api", "API")];
    world.read("acme", &snapshot(&parts, &[]), at("2026-11-18T10:00:00Z")).await;
    world.read("acme", &snapshot(&parts, &[planned(window)]), at("2026-11-19T10:00:00Z")).await;
    let path = "/providers/acme/history?month=2026-12";
    let (_, _, page) = world.get(path).await;
    assert_eq!((listed(&page), page.contains("scheduled")), (vec!["m1"], true));
    let over = Incident { phase: Some(Phase::Completed), ..planned(window) };
    world.read("acme", &snapshot(&parts, &[over]), at("2026-12-03T12:00:00Z")).await;
    let (_, _, page) = world.get(path).await;
    assert_eq!(listed(&page), ["m1"]);
    assert!(!page.contains("scheduled"), "it is over: {page}");
}

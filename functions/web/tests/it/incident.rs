//! The page of one incident.
use jiff::Timestamp;
use status::{
    snapshot::{Affected, Component, Incident, Kind, Update, Window},
    words::{ComponentStatus, Phase},
};

use crate::world::{World, at, component, incident, snapshot};

const EIGHT: [&str; 8] = [
    "Machine authentication",
    "Webhooks",
    "B2B SaaS",
    "Email delivery",
    "SMS delivery",
    "User and authentication",
    "Billing",
    "Session management",
];

fn on_the_day(time: &str) -> Timestamp {
    format!("2026-03-10T{time}:00Z").parse().unwrap()
}

fn named(names: &[&str], status: ComponentStatus) -> Vec<Affected> {
    names.iter().map(|name| Affected { id: (*name).into(), status: Some(status) }).collect()
}

fn update(id: &str, phase: Phase, posted_at: Timestamp, body: &str, components: Vec<Affected>) -> Update {
    Update { id: id.into(), phase: Some(phase), posted_at: Some(posted_at), body: Some(body.into()), components }
}

/// The incident of Clerk as its page showed it once the first `count` updates were out. The provider leaves the first
/// component out of the last two.
fn clerk(count: usize) -> (Vec<Component>, Incident) {
    use ComponentStatus::{DegradedPerformance, Operational};
    let seven = &EIGHT[1..];
    let updates = [
        update("u1", Phase::Investigating, on_the_day("15:53"), "One", named(&EIGHT, DegradedPerformance)),
        update("u2", Phase::Investigating, on_the_day("16:17"), "Two", named(&EIGHT, DegradedPerformance)),
        update("u3", Phase::Investigating, on_the_day("16:24"), "Three", named(&EIGHT, DegradedPerformance)),
        update("u4", Phase::Monitoring, on_the_day("16:34"), "Four", named(seven, Operational)),
        update("u5", Phase::Resolved, on_the_day("17:26"), "Five", named(seven, Operational)),
    ];
    let updates = updates[..count].to_vec();
    let newest = updates.last().unwrap();
    let affected = newest.components.clone();
    let status = |name: &str| {
        let named = affected.iter().find(|affected| affected.id.as_str() == name);
        named.and_then(|affected| affected.status)
    };
    // The page's own list: affected until the end of the incident.
    let is_over = count == 5;
    let components = EIGHT.map(|name| Component {
        status: status(name).unwrap_or(if is_over { Operational } else { DegradedPerformance }),
        ..component(name, name)
    });
    let incident = Incident {
        phase: newest.phase,
        resolved_at: is_over.then(|| on_the_day("17:26")),
        components: affected,
        updates,
        ..incident("clerk", "Slow requests", on_the_day("15:53"))
    };
    (components.to_vec(), incident)
}

/// A world in which the page was read before the incident and after each of its first `count` updates.
async fn after(count: usize) -> World {
    let world = World::start(&["clerk"]).await;
    let calm = EIGHT.map(|name| component(name, name));
    world.read("clerk", &snapshot(&calm, &[]), on_the_day("15:00")).await;
    for posted in 1..=count {
        let (components, incident) = clerk(posted);
        let seen_at = incident.newest_update_at().unwrap() + jiff::SignedDuration::from_secs(40);
        world.read("clerk", &snapshot(&components, &[incident]), seen_at).await;
    }
    world
}

/// The entries of the timeline in their order.
fn entries(page: &str) -> Vec<&str> {
    let timeline = page.split_once("<ol class=\"timeline\">").unwrap().1.split_once("</ol>").unwrap().0;
    timeline.split("<div class=\"when\">").skip(1).collect()
}

/// The row of the table about one component.
fn row<'a>(page: &'a str, name: &str) -> &'a str {
    let rows = page.split("<tr role=\"row\">");
    rows.into_iter().find(|row| row.contains(&format!(">{name}</th>"))).unwrap()
}

#[tokio::test]
async fn component_omitted_by_later_updates_is_affected_until_the_end_and_not_mentioned_there() {
    let world = after(5).await;
    let (status, _, page) = world.get("/incidents/clerk/clerk").await;
    assert_eq!(status, 200);
    assert!(page.contains("Components affected (8)") && page.contains("Updates (5)"));
    let entries = entries(&page);
    assert_eq!(entries.len(), 5);
    for (entry, body) in entries.iter().zip(["Five", "Four", "Three", "Two", "One"]) {
        assert!(entry.contains(&format!("<p>{body}</p>")), "{entry}");
        let count = EIGHT.iter().filter(|name| entry.contains(*name)).count();
        let is_late = matches!(body, "Five" | "Four");
        assert_eq!(count, if is_late { 7 } else { 8 }, "{entry}");
        assert_eq!(entry.contains("Machine authentication"), !is_late, "{entry}");
        assert_eq!(entry.contains("Operational"), is_late, "{entry}");
    }
    let eighth = row(&page, "Machine authentication");
    assert!(eighth.contains("for 1 h 33 min") && eighth.contains("10 Mar 2026, 17:26 UTC"), "{eighth}");
    assert!(!eighth.contains("16:34") && eighth.contains("16:24"), "{eighth}");
    assert!(eighth.split("data-label=\"Now\"").nth(1).unwrap().contains("Operational"), "{eighth}");
    assert!(row(&page, "Webhooks").contains("for 41 min"));
    assert!(page.contains("40 s after the provider posted"));
}

#[tokio::test]
async fn component_omitted_by_later_updates_of_an_open_incident_is_still_affected() {
    let world = after(4).await;
    let (_, _, page) = world.get("/incidents/clerk/clerk").await;
    let eighth = row(&page, "Machine authentication");
    assert!(!eighth.contains("Operational") && eighth.contains("to now"), "{eighth}");
    assert!(!row(&page, "Webhooks").contains("to now"));
    assert!(page.contains("Ongoing for"));
}

#[tokio::test]
async fn timeline_can_start_with_the_oldest_update() {
    let world = after(5).await;
    let (_, _, page) = world.get("/incidents/clerk/clerk?order=oldest").await;
    let entries = entries(&page);
    assert!(entries[0].contains("<p>One</p>") && entries[4].contains("<p>Five</p>"));
    assert!(page.contains("href=\"/incidents/clerk/clerk#updates\""));
}

#[tokio::test]
async fn shared_link_has_a_description() {
    let world = after(1).await;
    let (_, _, page) = world.get("/incidents/clerk/clerk").await;
    assert!(page.contains("<meta property=\"og:title\" content=\"Clerk: Slow requests\">"));
    assert!(page.contains("<link rel=\"canonical\" href=\"/incidents/clerk/clerk\">"));
    assert!(page.contains("Minor incident of Clerk, investigating, since 10 Mar 2026, 15:53 UTC, 8 components."));
}

#[tokio::test]
async fn link_of_an_alert_finds_a_maintenance_and_its_reschedules() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[], &[]), at("09:00:00")).await;
    let planned = |starts: &str, ends: &str, updates: &[Update]| Incident {
        kind: Kind::Maintenance,
        phase: Some(Phase::Scheduled),
        started_at: None,
        window: Some(Window { starts_at: Some(at(starts)), ends_at: Some(at(ends)) }),
        updates: updates.to_vec(),
        ..incident("m1", "New disks", at("09:00:00"))
    };
    let first = planned("20:00:00", "21:00:00", &[]);
    world.read("acme", &snapshot(&[], &[first]), at("10:00:00")).await;
    let second = planned("22:00:00", "23:00:00", &[]);
    world.read("acme", &snapshot(&[], &[second]), at("11:00:00")).await;
    for path in ["/incidents/acme/m1", "/maintenances/acme/m1"] {
        let (status, _, page) = world.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(page.contains("<link rel=\"canonical\" href=\"/maintenances/acme/m1\">"));
        let moved = page.split_once(">Rescheduled<").unwrap().1;
        assert!(moved.contains("Previously <time datetime=\"2026-11-23T20:00:00Z\"") && moved.contains("11:00 UTC"));
        assert!(moved.contains("Now planned <time datetime=\"2026-11-23T22:00:00Z\""));
    }
}

#[tokio::test]
async fn imported_incidents_and_edited_updates_are_marked() {
    let world = World::start(&["acme"]).await;
    let old = |body: &str| Incident {
        updates: vec![update("u1", Phase::Investigating, at("08:00:00"), body, Vec::new())],
        ..incident("i1", "Old trouble", at("08:00:00"))
    };
    world.read("acme", &snapshot(&[], &[old("First text")]), at("09:00:00")).await;
    world.read("acme", &snapshot(&[], &[old("Second text")]), at("09:05:00")).await;
    let (_, _, page) = world.get("/incidents/acme/i1").await;
    assert!(page.contains("Imported from the provider's history"));
    assert!(!page.contains("after the provider posted"));
    assert!(entries(&page)[0].contains("edited by the provider, noticed <time datetime=\"2026-11-23T09:05:00Z\""));
    assert!(page.contains("Second text") && !page.contains("First text"));
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[], &[]), at("09:00:00")).await;
    let bad = "See <script>alert(1)</script> [x](javascript:alert(1)) **bold**";
    let hostile = Incident {
        url: Some("javascript:alert(1)".into()),
        components: vec![Affected { id: "<b>".into(), status: None }],
        updates: vec![update("u1", Phase::Investigating, at("10:00:00"), bad, Vec::new())],
        ..incident("a/b?<i>", "<img src=x>", at("10:00:00"))
    };
    world.read("acme", &snapshot(&[], &[hostile]), at("10:01:00")).await;
    let (status, headers, page) = world.get("/incidents/acme/a%2Fb%3F%3Ci%3E").await;
    assert_eq!(status, 200);
    assert!(headers["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    for tag in ["<script>", "<img", "<b>", "<i>", "href=\"javascript"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(page.contains("<strong>bold</strong>") && !page.contains("style="));
}

#[tokio::test]
async fn unknown_incident_is_not_found() {
    let world = World::start(&["acme"]).await;
    let (status, _, page) = world.get("/incidents/acme/none").await;
    assert_eq!(status, 404);
    assert!(page.contains("href=\"/providers/acme\""));
    assert_eq!(world.get("/maintenances/nobody/none").await.0, 404);
}

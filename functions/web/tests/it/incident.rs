//! The page of one incident.
use jiff::Timestamp;
use status::{
    alert::{Alert, alerts},
    diff::diff,
    ids::{AlertId, DeliveryId, DestinationId},
    monitor::{Destination, Settings},
    snapshot::{Affected, Component, Incident, Kind, Update, Window},
    words::{ComponentStatus, Event, Phase},
};
use store::{AccountSettings, DeliveryClaim, Owner};

use crate::world::{World, at, component, incident, provider, snapshot};

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
    assert!(page.contains("Impact: 8 components") && page.contains("Updates (5)"));
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
    assert!(page.contains("ongoing for <time") && page.contains("<section class=\"banner degraded_performance\""));
}

#[tokio::test]
async fn timeline_can_start_with_the_oldest_update() {
    let world = after(5).await;
    let (_, _, page) = world.get("/incidents/clerk/clerk?order=oldest").await;
    let entries = entries(&page);
    assert!(entries[0].contains("<p>One</p>") && entries[4].contains("<p>Five</p>"));
    assert!(page.contains("href=\"/incidents/clerk/clerk#updates\""));
}

/// What an entry of the timeline says of components, without tags.
fn changes(entry: &str) -> Vec<String> {
    let list = entry.split_once("<ul class=\"named\">").unwrap().1.split_once("</ul>").unwrap().0;
    let texts = list.split("<li>").skip(1).map(|item| {
        let pieces = item.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
        pieces.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    });
    texts.map(|text| text.split_once(':').unwrap().0.to_owned()).collect()
}

#[tokio::test]
async fn each_update_says_what_it_changed() {
    let world = after(5).await;
    let (_, _, page) = world.get("/incidents/clerk/clerk").await;
    let entries = entries(&page);
    assert_eq!(changes(entries[4]), ["Degraded performance (8)"]);
    assert_eq!(changes(entries[3]), ["Still Degraded performance (8)"]);
    assert_eq!(changes(entries[1]), ["Degraded performance → Operational (7)"]);
    assert_eq!(changes(entries[0]), ["Still Operational (7)"]);
}

#[tokio::test]
async fn state_and_newest_update_come_first_and_the_impact_is_drawn() {
    let world = after(4).await;
    let (_, _, page) = world.get("/incidents/clerk/clerk").await;
    let places = ["class=\"banner ", "class=\"latest\"", "class=\"lanes\"", "id=\"updates\"", "class=\"timing\""];
    let places = places.map(|place| page.find(place).unwrap_or_else(|| panic!("{place}")));
    assert!(places.is_sorted(), "{places:?}");
    assert!(page.contains("Minor incident · Monitoring · ongoing for"), "{page}");
    assert_eq!(page.matches("role=\"img\"").count(), 8);
    assert!(page.contains("aria-label=\"Webhooks: degraded performance for 41 min\""));
    let lasting = page.split_once("aria-label=\"Machine authentication: degraded performance for ").unwrap().1;
    assert!(lasting.split_once('"').unwrap().0.ends_with(", ongoing"));

    let (_, _, page) = after(5).await.get("/incidents/clerk/clerk").await;
    assert!(page.contains("<section class=\"banner operational\"") && page.contains("Resolved · lasted 1 h 33 min"));
    assert!(page.contains("<title>Resolved – Clerk: Slow requests"));
}

#[tokio::test]
async fn components_of_one_name_are_told_apart_by_their_group() {
    let world = World::start(&["acme"]).await;
    let redis = |id: &str, group: &str| Component { group: Some(group.into()), ..component(id, "Redis") };
    let components = [redis("a", "Europe"), redis("b", "Asia")];
    world.read("acme", &snapshot(&components, &[]), at("09:00:00")).await;
    let both = ["a", "b"].map(|id| Affected { id: id.into(), status: None }).to_vec();
    let open = Incident { components: both, ..incident("i1", "Redis is slow", at("10:00:00")) };
    world.read("acme", &snapshot(&components, &[open]), at("10:01:00")).await;
    for path in ["/incidents/acme/i1", "/"] {
        let (_, _, page) = world.get(path).await;
        assert!(page.contains("Europe / Redis") && page.contains("Asia / Redis"), "{path}");
    }
}

/// Claims the delivery of an alert to a destination, as a dispatcher does.
async fn deliver(world: &World, alert: Alert, destination: &str, now: Timestamp) {
    world.store.put_alert(&alert, now).await.unwrap();
    let Alert { id: alert, provider, incident, .. } = alert;
    let destination = DestinationId::new(destination);
    let delivery = DeliveryId::derive(&alert, &destination);
    let claim = DeliveryClaim { delivery, alert, destination, provider, incident: incident.id, unknown: false };
    let owner = Owner { host: "here".into(), instance: String::new() };
    world.store.claim(&claim, &owner, std::time::Duration::from_secs(60), now).await.unwrap();
}

/// An account with one destination, and the page of the tests.
async fn declare(world: &World, account: &str, destination: &str) {
    let destination = Destination {
        id: destination.into(),
        account: account.into(),
        label: None,
        channel: "slack".to_owned(),
        settings: Settings::default(),
    };
    let pages = if account == "local" { vec![provider("acme")] } else { Vec::new() };
    let settings = AccountSettings { pages, destinations: vec![destination], ..AccountSettings::default() };
    world.store.apply(&account.into(), &settings).await.unwrap();
}

#[tokio::test]
async fn who_was_alerted_is_shown_on_a_private_instance_only() {
    let world = World::start(&["acme"]).await;
    declare(&world, "local", "on-call").await;
    declare(&world, "theirs", "their-call").await;
    let now = at("10:01:00");
    let before = world.read("acme", &snapshot(&[], &[]), at("09:00:00")).await;
    let slow = incident("i1", "Slow logins", at("10:00:00"));
    let after = world.read("acme", &snapshot(&[], &[slow]), now).await;
    let opened = alerts(&provider("acme"), &before, &after, &diff(&before, &after), now).remove(0);
    let path = "/incidents/acme/i1";
    let private = world.get_privately(path).await;
    assert!(private.contains("Nobody was alerted."));
    deliver(&world, opened.clone(), "their-call", now).await;
    assert!(world.get_privately(path).await.contains("Nobody was alerted."), "the other account is not this one's");
    deliver(&world, opened.clone(), "on-call", now).await;
    let later = |minutes: i64| now + jiff::SignedDuration::from_mins(minutes);
    for minutes in 1..=20 {
        let updated = Alert {
            id: AlertId::new(format!("update-{minutes}")),
            event: Event::Updated,
            seen_at: later(minutes),
            ..opened.clone()
        };
        deliver(&world, updated, "on-call", later(minutes)).await;
    }
    let private = world.get_privately(path).await;
    assert!(private.contains("<bdi>on-call</bdi>") && private.contains("being tried"), "{private}");
    assert_eq!(private.matches("<bdi>on-call</bdi>").count(), 12, "{private}");
    assert!(private.contains(">Opened ") && private.contains("9 alerts not shown: see the delivery log"), "{private}");
    assert!(!private.contains("their-call"), "{private}");
    let (_, _, public) = world.get(path).await;
    assert!(!public.contains("on-call") && !public.contains("Nobody was alerted."));
}

#[tokio::test]
async fn shared_link_has_a_description() {
    let world = after(1).await;
    let (_, _, page) = world.get("/incidents/clerk/clerk").await;
    assert!(page.contains("<meta property=\"og:title\" content=\"Minor – Clerk: Slow requests\">"));
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

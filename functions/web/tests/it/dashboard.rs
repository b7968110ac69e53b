//! The list of all providers.
use jiff::{SignedDuration, Timestamp};
use status::{
    health::{Blame, Failure, SourceHealth},
    ids::DestinationId,
    monitor::{ComponentFilter, Group, Monitor, Scope, WhenUnknown},
    platform_fault::PlatformFault,
    snapshot::{Affected, Incident, Kind, Window},
    words::{ComponentStatus, Event, Phase, Severity},
};
use store::{AccountSettings, Round};

use crate::world::{World, at, component, incident, provider, snapshot};

#[tokio::test]
async fn open_incident_of_a_watched_provider_is_listed() {
    let world = World::start(&["acme"]).await;
    let (_, _, before) = world.get("/").await;
    assert!(before.contains("Not checked yet"));
    world.read("acme", &snapshot(&[component("api", "API")], &[]), at("09:00:00")).await;
    let broken = incident("i1", "Slow logins", at("10:00:00"));
    world.read("acme", &snapshot(&[component("api", "API")], &[broken]), at("10:01:00")).await;
    let (status, _, after) = world.get("/").await;
    assert_eq!(status, 200);
    assert!(after.contains("/incidents/acme/i1") && after.contains("Slow logins"));
}

#[tokio::test]
async fn what_cannot_be_seen_is_said() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), at("09:00:00")).await;
    let failing = Failure::new("answered 503");
    let (health, _) = SourceHealth::after_failed_read(None, failing, Blame::Page, at("09:10:00"));
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    let fault = PlatformFault { pages: 30, ..PlatformFault::begin("statuspage", "Statuspage", None, at("09:10:00")) };
    world.store.commit_platform_fault(&fault, None, at("09:20:00")).await.unwrap();
    let no_internet_since = Some(at("09:30:00"));
    let round = Round {
        shard: 0,
        of: 1,
        began_at: at("09:40:00"),
        pages: 0,
        unreadable: 0,
        no_internet_since,
        changed_at: None,
    };
    world.store.put_round(&round, "poller").await.unwrap();
    for path in ["/", "/?wall=1"] {
        let (_, _, page) = world.get(path).await;
        assert!(page.contains("Most status pages on Statuspage unreachable since"), "{page}");
        assert!(page.contains("no internet since"), "{page}");
    }
    let (_, _, page) = world.get("/").await;
    assert!(page.contains("Operational") && page.contains(" as of "), "a bare state would claim too much: {page}");
}

/// A world in which each of these was read without an incident.
async fn calm(pages: &[&str]) -> World {
    let world = World::start(pages).await;
    for page in pages {
        world.read(page, &snapshot(&[component("api", "API")], &[]), at("09:00:00")).await;
    }
    world
}

#[tokio::test]
async fn one_sentence_says_how_things_are_and_the_tab_too() {
    let world = calm(&["acme", "beta", "core"]).await;
    let (_, _, page) = world.get("/").await;
    assert!(page.contains("None of the 3 watched providers has incidents") && page.contains("<title>Dashboard"));
    let calm_icon = icon(&page).to_owned();
    let broken = incident("i1", "Slow logins", at("10:00:00"));
    world.read("beta", &snapshot(&[component("api", "API")], &[broken]), at("10:01:00")).await;
    let (_, _, page) = world.get("/").await;
    assert!(page.contains("1 of 3 watched providers has incidents") && page.contains("<title>(1) Dashboard"), "{page}");
    assert_ne!(icon(&page), calm_icon);
    let (status, headers, svg) = world.get(icon(&page)).await;
    assert_eq!((status.as_u16(), &headers["content-type"]), (200, &"image/svg+xml".parse().unwrap()));
    assert!(svg.starts_with("<svg"));
}

fn icon(page: &str) -> &str {
    let link = page.split_once("<link rel=\"icon\"").unwrap().1;
    link.split_once("href=\"").unwrap().1.split_once('"').unwrap().0
}

#[tokio::test]
async fn watched_providers_are_listed_by_state_severity_and_start() {
    let world = calm(&["acme", "beta", "core", "dora", "echo"]).await;
    let hit = |status: ComponentStatus, at_time: &str| {
        let named = vec![Affected { id: "api".into(), status: Some(status) }];
        let hit = status::snapshot::Component { status, ..component("api", "API") };
        snapshot(&[hit], &[Incident { components: named, ..incident("i1", "Trouble", at(at_time)) }])
    };
    use ComponentStatus::{DegradedPerformance, MajorOutage};
    world.read("dora", &hit(MajorOutage, "10:00:00"), at("11:00:00")).await;
    world.read("beta", &hit(DegradedPerformance, "10:00:00"), at("11:00:00")).await;
    world.read("echo", &hit(DegradedPerformance, "10:30:00"), at("11:00:00")).await;
    for path in ["/", "/?wall=1"] {
        let (_, _, page) = world.get(path).await;
        let order = page.split("href=\"/providers/").skip(1).map(|link| &link[..4]);
        assert_eq!(order.collect::<Vec<_>>(), ["dora", "echo", "beta", "acme", "core"], "{path}");
    }
}

#[tokio::test]
async fn running_maintenance_is_named_and_planned_is_not() {
    let world = calm(&["acme"]).await;
    let maintenance = |id: &str, phase: Phase| Incident {
        kind: Kind::Maintenance,
        phase: Some(phase),
        window: Some(Window { starts_at: Some(at("10:00:00")), ends_at: Some(at("12:00:00")) }),
        ..incident(id, &format!("Disks {id}"), at("10:00:00"))
    };
    let both = [maintenance("m1", Phase::InProgress), maintenance("m2", Phase::Scheduled)];
    world.read("acme", &snapshot(&[component("api", "API")], &both), at("10:01:00")).await;
    let (_, _, page) = world.get("/").await;
    assert!(page.contains("Disks m1") && page.contains("· until <time") && !page.contains("Disks m2"), "{page}");
}

#[tokio::test]
async fn what_has_ended_within_a_day_is_listed() {
    let world = World::start(&["acme"]).await;
    let now = Timestamp::now();
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    world.read("acme", &snapshot(&[], &[]), ago(100)).await;
    let open = |id: &str, hours: i64| incident(id, &format!("Trouble {id}"), ago(hours));
    let over = |id: &str, from: i64, to: i64| Incident {
        phase: Some(Phase::Resolved),
        resolved_at: Some(ago(to)),
        ..open(id, from)
    };
    world.read("acme", &snapshot(&[], &[open("old", 60)]), ago(59)).await;
    world.read("acme", &snapshot(&[], &[over("old", 60, 50), open("new", 5)]), ago(4)).await;
    assert!(!world.get("/").await.2.contains("Ended in the last 24 hours"));
    world.read("acme", &snapshot(&[], &[over("old", 60, 50), over("new", 5, 2)]), ago(1)).await;
    let (_, _, page) = world.get("/").await;
    let ended = page.split_once("Ended in the last 24 hours").unwrap().1;
    assert!(ended.contains("Trouble new") && ended.contains("lasted 3 h") && !page.contains("Trouble old"), "{ended}");
}

#[tokio::test]
async fn page_of_which_nobody_is_alerted_is_tagged() {
    let world = calm(&["acme"]).await;
    let monitor = Monitor {
        id: "acme".into(),
        account: "local".into(),
        provider: "acme".into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let group = |destinations: &[&str], scope| Group {
        id: "everyone".into(),
        account: "local".into(),
        name: None,
        destinations: destinations.iter().map(|id| DestinationId::new(*id)).collect(),
        severities: vec![Severity::Major],
        events: vec![Event::Opened],
        scope,
        quiet_hours: None,
        digest: None,
        follow_up: None,
    };
    let of = |id: &str| Scope::Monitors(vec![id.into()]);
    for (monitors, groups, expected) in [
        (vec![], vec![group(&["hook"], Scope::All)], true),
        (vec![monitor.clone()], vec![], true),
        (vec![monitor.clone()], vec![group(&[], Scope::All)], true),
        (vec![monitor.clone()], vec![group(&["hook"], of("other"))], true),
        (vec![monitor.clone()], vec![group(&["hook"], of("acme"))], false),
        (vec![monitor], vec![group(&["hook"], Scope::All)], false),
    ] {
        let case = format!("{monitors:?} {groups:?}");
        let pages = vec![provider("acme")];
        let settings = AccountSettings { pages, monitors, groups, ..AccountSettings::default() };
        world.store.apply(&"local".into(), &settings).await.unwrap();
        assert_eq!(world.get("/").await.2.contains(">No alerts<"), expected, "{case}");
        let (_, _, api) = world.get("/api/v1/providers/acme").await;
        let api: serde_json::Value = serde_json::from_str(&api).unwrap();
        assert_eq!(api["no_alerts"], expected, "{case}");
    }
}

#[tokio::test]
async fn fresh_instance_is_greeted_until_somebody_watches() {
    let fresh = World::start(&[]).await;
    assert!(fresh.get("/").await.2.contains("Three steps to your first alert"));
    let watching = World::start(&["acme"]).await;
    assert!(!watching.get("/").await.2.contains("Three steps to your first alert"));
}

#[tokio::test]
async fn summary_tells_apart_what_is_read_unchecked_unreadable_and_unreachable() {
    let world = calm(&["acme"]).await;
    world.declare(&["acme", "beta", "core", "dora", "echo"].map(provider)).await;
    let failed = |failure: Failure| {
        let first = SourceHealth::after_failed_read(None, failure.clone(), Blame::Page, at("09:00:00")).0;
        SourceHealth::after_failed_read(Some(&first), failure, Blame::Page, at("09:20:00")).0
    };
    let shop = Failure { unrecognised: true, ..Failure::new("no status page was found there: it is a shop") };
    world.store.put_health(&"core".into(), &failed(shop)).await.unwrap();
    for page in ["dora", "echo"] {
        world.store.put_health(&page.into(), &failed(Failure::new("no complete answer"))).await.unwrap();
    }
    let (_, _, page) = world.get("/").await;
    let others = "2 with an unreachable status page · 1 without a readable status page · 1 not checked yet";
    assert!(page.contains(others), "{page}");
    assert!(page.contains("None of the 5 "), "no incident is claimed: {page}");
    let row = |id: &str| {
        let from = page.split_once(&format!("href=\"/providers/{id}\"")).unwrap().1;
        from.split("</li>").next().unwrap().to_owned()
    };
    for (id, state) in [
        ("acme", "Operational"),
        ("beta", "Not checked yet"),
        ("core", "No readable status page"),
        ("dora", "Status page unreachable"),
    ] {
        assert!(row(id).contains(state), "{id}: {}", row(id));
    }
    assert!(row("dora").contains("no complete answer"), "{}", row("dora"));
}

//! The page of one provider.
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use status::{
    health::{Blame, Failure, GoodRead, SourceHealth},
    identity::{Moved, PageIdentity},
    snapshot::{Affected, Component, Incident, Kind, Update, Window},
    words::{ComponentStatus, Phase},
};
use store::Round;

use crate::world::{World, component, incident, snapshot};

/// From the second in which the tests began.
fn days_ago(days: i64) -> Timestamp {
    static NOW: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second());
    Timestamp::from_second(*NOW).unwrap() - SignedDuration::from_hours(24 * days)
}

fn ended(id: &str, started_at: Timestamp, seconds: i64, component: &str) -> Incident {
    let ended_at = started_at + SignedDuration::from_secs(seconds);
    let posted_at = started_at + SignedDuration::from_secs(120);
    let named = vec![Affected { id: component.into(), status: Some(ComponentStatus::MajorOutage) }];
    let posted = |id: &str, phase, at| Update {
        id: id.into(),
        phase: Some(phase),
        posted_at: Some(at),
        body: None,
        components: if phase == Phase::Investigating { named.clone() } else { Vec::new() },
    };
    Incident {
        phase: Some(Phase::Resolved),
        resolved_at: Some(ended_at),
        components: named.clone(),
        updates: vec![
            posted(&format!("{id}-1"), Phase::Investigating, posted_at),
            posted(&format!("{id}-2"), Phase::Resolved, ended_at),
        ],
        ..incident(id, &format!("Trouble {id}"), started_at)
    }
}

#[tokio::test]
async fn page_that_was_never_read_shows_no_state() {
    let world = World::start(&["acme"]).await;
    let (status, _, page) = world.get("/providers/acme").await;
    assert_eq!(status, 200);
    assert!(page.contains("Not checked yet") && page.contains("First check within 15 minutes."));
    assert!(page.contains("Data source") && !page.contains("Operational") && !page.contains("No incidents"));
    for path in ["incidents.atom", "calendar.ics", "badge.svg"] {
        assert!(page.contains(&format!("href=\"/providers/acme/{path}\"")), "{path}");
    }
    assert!(page.contains("href=\"/api/v1/providers/acme\"") && page.contains("href=\"https://status.acme.example\""));
}

#[tokio::test]
async fn unknown_provider_is_not_found_and_can_be_searched_for() {
    let world = World::start(&["acme"]).await;
    let (status, _, page) = world.get("/providers/%3Cb%3E%20x").await;
    assert_eq!(status, 404);
    assert!(page.contains("href=\"/?q=%3Cb%3E+x\"") && !page.contains("<b>"));
}

#[tokio::test]
async fn days_with_incidents_are_drawn_and_summarized_and_earlier_days_have_no_data() {
    let world = World::start(&["acme"]).await;
    let parts = [component("api", "API"), component("web", "Website")];
    world.read("acme", &snapshot(&parts, &[]), days_ago(10)).await;
    let over = ended("i1", days_ago(5), 600, "api");
    world.read("acme", &snapshot(&parts, &[over]), days_ago(5) + SignedDuration::from_secs(700)).await;
    let (_, _, page) = world.get("/providers/acme").await;
    let bar = |from: &str| {
        let after = page.split_once(from).unwrap().1;
        after.split_once("aria-label=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let trouble = bar(">Last 90 days<");
    // Ten minutes may lie around midnight.
    assert!(trouble.starts_with("Incidents on ") && trouble.ends_with(" of 11 watched days"), "{trouble}");
    assert_eq!(bar("strong\">API<"), trouble);
    assert_eq!(bar("strong\">Website<"), "No incidents on the 11 days watched so far");
    assert!(page.contains("Major outage, "), "a bar says how long");
    assert!(page.contains("href=\"/incidents/acme/i1\"") && page.contains(">10 min<"));
    assert!(!page.contains("style="));
}

#[tokio::test]
async fn groups_of_many_components_are_collapsed_unless_one_is_affected() {
    let world = World::start(&["acme"]).await;
    let grouped = |number: usize| Component {
        group: Some(format!("Region {}", number / 100)),
        ..component(&format!("c{number}"), &format!("Part {number}"))
    };
    let mut parts: Vec<Component> = (0..500).map(grouped).collect();
    world.read("acme", &snapshot(&parts, &[]), days_ago(1)).await;
    parts[250].status = ComponentStatus::PartialOutage;
    world.read("acme", &snapshot(&parts, &[]), days_ago(0)).await;
    let (_, _, page) = world.get("/providers/acme").await;
    let groups: Vec<&str> = page.split("<details").skip(1).collect();
    assert_eq!(groups.len(), 5);
    assert!(groups[0].contains("Region 2") && groups[0].split_once('>').unwrap().0.contains(" open"));
    assert!(groups[0].split_once("</summary>").unwrap().0.contains("Partial outage"));
    assert!(groups[0].find("Part 250").unwrap() < groups[0].find("Part 200").unwrap(), "the worst comes first");
    assert!(groups[1..].iter().all(|group| !group.split_once('>').unwrap().0.contains(" open")));
    assert!(page.contains("1 of 500 components affected"));
    assert!(page.len() < 400_000, "{} bytes", page.len());
}

#[tokio::test]
async fn open_incidents_show_the_newest_update_and_maintenance_its_window() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), days_ago(1)).await;
    let broken = Incident {
        components: vec![Affected { id: "api".into(), status: None }],
        updates: vec![Update {
            id: "u".into(),
            phase: Some(Phase::Investigating),
            posted_at: Some(days_ago(0)),
            body: Some("We are **looking**.".into()),
            components: Vec::new(),
        }],
        ..incident("i1", "Slow logins", days_ago(0))
    };
    let maintenance = Incident {
        kind: Kind::Maintenance,
        phase: Some(Phase::Scheduled),
        window: Some(Window { starts_at: Some(days_ago(-2)), ends_at: None }),
        ..incident("m1", "New disks", days_ago(0))
    };
    world.read("acme", &snapshot(&[component("api", "API")], &[broken, maintenance]), days_ago(0)).await;
    let (_, _, page) = world.get("/providers/acme").await;
    let open = page.split_once("Open incidents").unwrap().1.split_once("Last 90 days").unwrap().0;
    assert!(open.contains("Slow logins") && open.contains("We are <strong>looking</strong>."));
    assert!(open.contains("href=\"/maintenances/acme/m1\"") && open.contains("scheduled"));
    assert!(page.contains("No past incidents recorded."), "open incidents are not past");
}

#[tokio::test]
async fn past_incidents_continue_from_page_to_page() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[], &[]), days_ago(80)).await;
    let over: Vec<Incident> = (1..=30).map(|day| ended(&format!("i{day}"), days_ago(day), 60, "api")).collect();
    world.read("acme", &snapshot(&[], &over), days_ago(0)).await;
    let (_, _, first) = world.get("/providers/acme").await;
    assert!(first.contains("/incidents/acme/i1\"") && !first.contains("/incidents/acme/i30\""));
    let next = first.split("href=\"").find(|link| link.contains("?before=")).unwrap();
    let next = next.split_once('#').unwrap().0.replace("&amp;", "&");
    let (status, _, second) = world.get(&next).await;
    assert_eq!(status, 200);
    assert!(second.contains("/incidents/acme/i30\"") && !second.contains("/incidents/acme/i1\""));
    assert_eq!(world.get("/providers/acme?before=nonsense").await.0, 400);
}

#[tokio::test]
async fn median_delays_need_three_incidents() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[], &[]), days_ago(8)).await;
    for (day, id) in [(6, "a"), (5, "b"), (4, "c")] {
        let (_, _, before) = world.get("/providers/acme").await;
        assert_eq!(before.matches("Needs 3 incidents").count(), 2);
        let seen_at = days_ago(day) + SignedDuration::from_mins(11);
        world.read("acme", &snapshot(&[], &[ended(id, days_ago(day), 600, "api")]), seen_at).await;
    }
    let (_, _, page) = world.get("/providers/acme").await;
    let source = page.split_once("Data source").unwrap().1;
    assert!(source.contains("<dd>2 min</dd>") && source.contains("<dd>9 min</dd>"), "{source}");
}

#[tokio::test]
async fn unreachable_status_page_says_why_and_since_when() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), days_ago(8)).await;
    let failed = |before: Option<&SourceHealth>, at| {
        let failure = Failure::new("answered 503");
        SourceHealth::after_failed_read(before, failure, Blame::Page, at).0
    };
    let read = GoodRead { moved_to: Some("https://new.example".into()), ..GoodRead::default() };
    let (good, _) = SourceHealth::after_good_read(None, read, days_ago(8));
    let (one, two) = (failed(Some(&good), days_ago(3)), days_ago(2));
    let health = failed(Some(&failed(Some(&one), two)), two);
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    let round = Round { shard: 0, of: 1, began_at: Timestamp::now(), pages: 1, unreadable: 1, no_internet_since: None };
    world.store.put_round(&round).await.unwrap();
    let (_, _, page) = world.get("/providers/acme").await;
    assert!(page.contains("Status page unreachable since") && page.contains("3 failed checks: answered 503"));
    assert!(page.contains("href=\"https://new.example\""));
    assert!(page.contains("No incidents on the 6 days watched so far"), "days without reads have no data");
    assert!(page.contains("(last known state)") && page.contains("Last attempt"));
    assert!(page.contains("Unreachable since") && !page.contains("Not known<"));
}

#[tokio::test]
async fn after_the_first_failed_read_the_state_is_as_of_the_last_good_one() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), days_ago(8)).await;
    let failure = Failure::new("answered 503");
    let (mut health, _) = SourceHealth::after_failed_read(None, failure, Blame::Page, days_ago(3));
    for as_of in [days_ago(4), days_ago(5)] {
        health.last_good_at = Some(as_of);
        world.store.put_health(&"acme".into(), &health).await.unwrap();
        let expected = format!("as of <time datetime=\"{}\"", as_of.strftime("%Y-%m-%dT%H:%M:%SZ"));
        for path in ["/providers/acme", "/", "/?wall=1"] {
            let (_, _, page) = world.get(path).await;
            assert!(page.contains("Operational") && page.contains(&expected), "{path}: {page}");
        }
        let (_, _, api) = world.get("/api/v1/providers/acme").await;
        let api: serde_json::Value = serde_json::from_str(&api).unwrap();
        assert_eq!(api["state"], "operational");
        assert!(api["state_as_of"].as_str().unwrap().starts_with(&as_of.strftime("%Y-%m-%dT%H:%M:%S").to_string()));
    }
}

#[tokio::test]
async fn page_that_moved_offers_to_follow_it() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), days_ago(8)).await;
    let from = PageIdentity {
        name: Some("Acme".into()),
        url: "https://status.acme.example".into(),
        configured: "https://status.acme.example".into(),
        ..PageIdentity::default()
    };
    let offers = [
        ("https://status.bigcorp.example", true),
        // Another page at the same address cannot be configured.
        ("https://status.acme.example", false),
    ];
    for (url, is_configurable) in offers {
        let to = PageIdentity { url: url.into(), name: Some("Big<b>corp".into()), ..from.clone() };
        let moved = Box::new(Moved { from: from.clone(), to });
        let failure = Failure { moved: Some(moved.clone()), ..Failure::new(moved.reason()) };
        let (health, _) = SourceHealth::after_failed_read(None, failure, Blame::Page, days_ago(3));
        world.store.put_health(&"acme".into(), &health).await.unwrap();
        let (_, _, page) = world.get("/providers/acme").await;
        assert!(page.contains("moved from &quot;Acme&quot;") && !page.contains("Big<b>"), "{page}");
        assert!(page.contains("statuswire follow acme"), "{page}");
        assert_eq!(page.contains("url = &quot;https://status.bigcorp.example&quot;"), is_configurable, "{page}");
    }
}

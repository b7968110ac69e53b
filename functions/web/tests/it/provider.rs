//! The page of one provider.
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use status::{
    health::{Failure, GoodRead, SourceHealth},
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
    let said = started_at + SignedDuration::from_secs(120);
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
            posted(&format!("{id}-1"), Phase::Investigating, said),
            posted(&format!("{id}-2"), Phase::Resolved, ended_at),
        ],
        ..incident(id, &format!("Trouble {id}"), started_at)
    }
}

#[tokio::test]
async fn page_that_was_never_read_claims_nothing() {
    let world = World::start(&["acme"]).await;
    let (status, _, page) = world.get("/providers/acme").await;
    assert_eq!(status, 200);
    assert!(page.contains("Not watched") && page.contains("has not been read yet"));
    assert!(page.contains("Not read yet") && !page.contains("Operational") && !page.contains("No trouble"));
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
async fn days_of_trouble_are_drawn_and_said_and_the_days_before_are_not_claimed() {
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
    assert!(trouble.contains("with trouble of the last 90; 79 days not watched"), "{trouble}");
    assert_eq!(bar("strong\">API<"), trouble);
    assert_eq!(bar("strong\">Website<"), "No trouble seen in the last 90 days; 79 days not watched");
    assert!(page.contains("major outage, 10 min") || page.contains("major outage, 9 min"));
    assert!(page.contains("href=\"/incidents/acme/i1\"") && page.contains(">10 min<"));
    assert!(!page.contains("style="));
}

#[tokio::test]
async fn hundreds_of_components_stand_under_closed_headings_but_for_those_in_trouble() {
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
    assert!(groups[0].find("Part 250").unwrap() < groups[0].find("Part 200").unwrap(), "the worst stands first");
    assert!(groups[1..].iter().all(|group| !group.split_once('>').unwrap().0.contains(" open")));
    assert!(page.contains("1 of 500 components in trouble"));
    assert!(page.len() < 400_000, "{} bytes", page.len());
}

#[tokio::test]
async fn open_incidents_show_what_was_said_last_and_planned_work_when() {
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
    let work = Incident {
        kind: Kind::Maintenance,
        phase: Some(Phase::Scheduled),
        window: Some(Window { starts_at: Some(days_ago(-2)), ends_at: None }),
        ..incident("m1", "New disks", days_ago(0))
    };
    world.read("acme", &snapshot(&[component("api", "API")], &[broken, work]), days_ago(0)).await;
    let (_, _, page) = world.get("/providers/acme").await;
    let open = page.split_once("Open incidents").unwrap().1.split_once("Last 90 days").unwrap().0;
    assert!(open.contains("Slow logins") && open.contains("We are <strong>looking</strong>."));
    assert!(open.contains("href=\"/maintenances/acme/m1\"") && open.contains("scheduled"));
    assert!(page.contains("None is known here."), "what is open is not over");
}

#[tokio::test]
async fn past_incidents_go_on_from_page_to_page() {
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
async fn speeds_are_told_of_three_incidents_and_not_of_fewer() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[], &[]), days_ago(8)).await;
    for (day, id) in [(6, "a"), (5, "b"), (4, "c")] {
        let (_, _, before) = world.get("/providers/acme").await;
        assert_eq!(before.matches("Not enough incidents").count(), 2);
        let seen_at = days_ago(day) + SignedDuration::from_mins(11);
        world.read("acme", &snapshot(&[], &[ended(id, days_ago(day), 600, "api")]), seen_at).await;
    }
    let (_, _, page) = world.get("/providers/acme").await;
    let source = page.split_once("How the page is read").unwrap().1;
    assert!(source.contains("<dd>2 min</dd>") && source.contains("<dd>9 min</dd>"), "{source}");
}

#[tokio::test]
async fn source_that_cannot_be_read_says_why_and_since_when() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[component("api", "API")], &[]), days_ago(8)).await;
    let failed = |before: Option<&SourceHealth>, at| {
        let failure = Failure { reason: "answered 503".into(), not_before: None };
        SourceHealth::after_failed_read(before, failure, false, at).0
    };
    let said = GoodRead { moved_to: Some("https://new.example".into()), ..GoodRead::default() };
    let (good, _) = SourceHealth::after_good_read(None, said, days_ago(8));
    let (one, two) = (failed(Some(&good), days_ago(3)), days_ago(2));
    let health = failed(Some(&failed(Some(&one), two)), two);
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    let round = Round { shard: 0, of: 1, began_at: Timestamp::now(), pages: 1, unreadable: 1 };
    world.store.put_round(&round).await.unwrap();
    let (_, _, page) = world.get("/providers/acme").await;
    assert!(page.contains("cannot be read since") && page.contains("3 failed reads: answered 503"));
    assert!(page.contains("href=\"https://new.example\""));
    assert!(page.contains("No trouble seen in the last 90 days; 84 days not watched"), "blind days are not claimed");
    assert!(page.contains("as they were read last") && page.contains("Last tried"));
    assert!(page.contains("Unreadable") && !page.contains("Not known<"));
}

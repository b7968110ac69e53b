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

pub(crate) fn ended(id: &str, started_at: Timestamp, seconds: i64, component: &str) -> Incident {
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
    let uptime = |from: &str| {
        let after = page.split_once(from).unwrap().1;
        after.split_once("\"uptime\">").unwrap().1.split_once('<').unwrap().0.to_owned()
    };
    // Ten minutes of ten days.
    assert_eq!(uptime("strong\">API<"), "99.93 % of 10 days seen");
    assert_eq!(uptime("strong\">Website<"), "100 % of 10 days seen");
    assert!(page.contains("Major outage, "), "a bar says how long");
    assert!(page.contains("href=\"/incidents/acme/i1\"") && page.contains(">10 min<"));
    assert!(!page.contains("style="));
}

/// Of `Region 0` to `Region 4`.
fn five_hundred() -> Vec<Component> {
    let grouped = |number: usize| Component {
        group: Some(format!("Region {}", number / 100)),
        ..component(&format!("c{number}"), &format!("Part {number}"))
    };
    (0..500).map(grouped).collect()
}

#[tokio::test]
async fn components_that_are_well_are_folded_on_a_page_with_many() {
    let world = World::start(&["acme"]).await;
    let mut parts = five_hundred();
    world.read("acme", &snapshot(&parts, &[]), days_ago(1)).await;
    parts[250].status = ComponentStatus::PartialOutage;
    world.read("acme", &snapshot(&parts, &[]), days_ago(0)).await;
    let (_, _, page) = world.get("/providers/acme").await;
    let list = page.split_once("id=\"components\"").unwrap().1.split_once("id=\"past\"").unwrap().0;
    let groups: Vec<&str> = list.split("<details").collect();
    assert_eq!(groups.len() - 1, 5);
    assert!(groups[0].contains("Region 2 / Part 250") && groups[0].contains("Partial outage"), "{}", groups[0]);
    assert_eq!(groups[0].matches("<li").count(), 1, "only what is not well is in sight");
    assert!(groups[1..].iter().all(|group| !group.split_once('>').unwrap().0.contains(" open")));
    assert!(groups[3].split_once("</summary>").unwrap().0.contains("99 × "), "{}", groups[3]);
    let row = groups[1].split_once("<li>").unwrap().1.split_once("</li>").unwrap().0;
    let order = [row.find("Operational"), row.find("Part 0"), row.find("100 %"), row.find("aria-label")];
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "the state is read first: {row}");
    assert!(page.contains("1 of 500 components affected"));
    assert!(page.len() < 400_000, "{} bytes", page.len());
}

#[tokio::test]
async fn components_are_found_by_words_of_their_group_and_name() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&five_hundred(), &[]), days_ago(1)).await;
    for (query, want) in [("part+25", 15), ("REGION+4+part+25", 2), ("%3Cb%3E", 0), ("++", 500)] {
        let (status, _, page) = world.get(&format!("/providers/acme?q={query}")).await;
        assert_eq!(status, 200);
        let list = page.split_once("id=\"components\"").unwrap().1.split_once("id=\"past\"").unwrap().0;
        assert_eq!(list.matches("<li>").count(), want, "{query}");
        assert_eq!(list.contains(&format!("{want} of 500 components match")), want < 500, "{query}");
        assert!(!page.contains("<b>"));
    }
}

#[tokio::test]
async fn what_was_imported_is_hatched_and_not_counted_as_seen() {
    let world = World::start(&["acme"]).await;
    let over = ended("old", days_ago(30), 6 * 3_600, "api");
    world.read("acme", &snapshot(&[component("api", "API")], &[over]), days_ago(10)).await;
    let joined = [component("api", "API"), component("new", "Newcomer")];
    world.read("acme", &snapshot(&joined, &[]), days_ago(3)).await;
    let (_, _, page) = world.get("/providers/acme").await;
    assert!(page.contains("class=\"imported major_outage\"") && page.contains("Major outage, "), "{page}");
    assert!(page.contains("100 % of 10 days seen"), "an outage that nobody saw is not counted");
    assert!(page.contains("100 % of 3 days seen"), "a component is seen since it joined the page");
    assert!(page.contains("No incidents on the 11 days watched so far, imported incidents on "));
    assert_eq!(page.matches("Needs 3 incidents").count(), 2, "imported incidents measure no delay");
}

#[tokio::test]
async fn present_state_says_for_how_long() {
    let world = World::start(&["acme"]).await;
    let banner = async |world: &World| {
        let (_, _, page) = world.get("/providers/acme").await;
        let kicker = page.split_once("class=\"kicker\">").unwrap().1.split_once("</p>").unwrap().0.to_owned();
        kicker.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<String>()
    };
    world.read("acme", &snapshot(&[component("api", "API")], &[]), days_ago(10)).await;
    assert_eq!(banner(&world).await, "Operational for at least 10 d");
    let down = Component { status: ComponentStatus::MajorOutage, ..component("api", "API") };
    world.read("acme", &snapshot(&[down], &[]), days_ago(2)).await;
    assert_eq!(banner(&world).await, "Major outage for 2 d");
    for minutes in [0, 30] {
        let read_at = days_ago(1) + SignedDuration::from_mins(minutes);
        world.read("acme", &snapshot(&[component("api", "API")], &[]), read_at).await;
    }
    let recovered = banner(&world).await;
    assert!(recovered.starts_with("Operational for 23 h"), "{recovered}");
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
    assert!(
        source.contains("<dd>2 min<") && source.contains("<dd>9 min<") && source.contains(" of 3 incidents"),
        "{source}"
    );
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
    let round = Round {
        shard: 0,
        of: 1,
        began_at: Timestamp::now(),
        pages: 1,
        unreadable: 1,
        no_internet_since: None,
        changed_at: None,
    };
    world.store.put_round(&round, "poller").await.unwrap();
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
            let is_green = page.contains("state operational") || page.contains("tile operational");
            assert!(!is_green || path == "/providers/acme", "{path}: nothing is green that may have changed since");
        }
        let (_, _, api) = world.get("/api/v1/providers/acme").await;
        let api: serde_json::Value = serde_json::from_str(&api).unwrap();
        assert_eq!(api["state"], "operational");
        assert!(api["state_as_of"].as_str().unwrap().starts_with(&as_of.strftime("%Y-%m-%dT%H:%M:%S").to_string()));
    }
}

#[tokio::test]
async fn address_without_a_status_page_is_said_to_be_one_and_what_was_found_there() {
    let world = World::start(&["acme"]).await;
    let failure =
        Failure { unrecognised: true, ..Failure::new("no status page in a known format was found there: 404") };
    let (health, _) = SourceHealth::after_failed_read(None, failure, Blame::Page, days_ago(3));
    world.store.put_health(&"acme".into(), &health).await.unwrap();
    let (_, _, page) = world.get("/providers/acme").await;
    assert!(page.contains("No readable status page") && page.contains("was found there: 404"), "{page}");
    assert!(!page.contains("Operational") && !page.contains("unreachable"), "{page}");
    let (_, _, api) = world.get("/api/v1/providers/acme").await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&api).unwrap()["state"], "no_status_page");
    let (_, _, badge) = world.get("/providers/acme/badge.svg").await;
    assert!(badge.contains("No readable status page") || badge.contains("no readable status page"), "{badge}");
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

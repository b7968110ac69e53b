//! What reading the pages of the catalogue has shown of it.
use jiff::{SignedDuration, Timestamp};
use status::{
    catalogue_overlay::OverlayRow,
    health::{Blame, Failure, SourceHealth},
};
use store::Round;

use crate::world::{World, component, snapshot};

/// The shipped row, with nothing found.
fn found(slug: &str) -> OverlayRow {
    let entry = catalogue::find(slug).unwrap();
    OverlayRow::new(slug.into(), entry.url, entry.platform, Timestamp::now())
}

/// The cells of the row of this platform.
fn counts<'a>(page: &'a str, platform: &str) -> Vec<&'a str> {
    let row = page.split_once(&format!("<th scope=\"row\">{platform}</th>")).unwrap().1.split_once("</tr>").unwrap().0;
    row.split("<td>").skip(1).map(|cell| cell.split_once("</td>").unwrap().0).collect()
}

/// From one heading to the next.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let from = page.split_once(&format!("<h2 id=\"{id}\">")).unwrap().1;
    from.split("<h2").next().unwrap()
}

#[tokio::test]
async fn catalogue_page_counts_pages_by_platform_and_lists_what_was_found() {
    let world = World::start(&[]).await;
    let now = Timestamp::now();
    let calm = snapshot(&[component("api", "API")], &[]);
    world.read("github", &calm, now).await;
    world.read("cloudflare", &calm, now).await;
    let failed = |before: Option<&SourceHealth>, days: i64| {
        let at = now - SignedDuration::from_hours(24 * days);
        SourceHealth::after_failed_read(before, Failure::new("no answer"), Blame::PageOfNobody, at).0
    };
    world.store.put_health(&"openai".into(), &failed(Some(&failed(None, 40)), 2)).await.unwrap();
    let round =
        Round { shard: 0, of: 1, began_at: now, pages: 3, unreadable: 1, no_internet_since: None, changed_at: None };
    world.store.put_round(&round, "poller").await.unwrap();
    let rows = [
        OverlayRow {
            platform: Some("openstatus".to_owned()),
            found_at: now - SignedDuration::from_hours(24 * 10),
            ..found("github")
        },
        OverlayRow { platform: Some("openstatus".to_owned()), ..found("twilio") },
        OverlayRow { url: Some("https://status.cloudflare.example".to_owned()), ..found("cloudflare") },
        OverlayRow {
            dead_since: Some(now - SignedDuration::from_hours(24 * 40)),
            found_at: now - SignedDuration::from_hours(24 * 35),
            ..found("openai")
        },
        OverlayRow { leads_to: Some("https://parked.example".to_owned()), ..found("slack") },
        OverlayRow {
            platform: Some("cachet".to_owned()),
            listed_url: "https://old.example".to_owned(),
            ..found("stripe")
        },
    ];
    for row in &rows {
        world.store.put_overlay(row).await.unwrap();
    }
    let page = world.get_with_catalogue("/catalogue").await;
    let all = counts(&page, "all");
    let total = catalogue::entries().len();
    let unchecked = (total - 3).to_string();
    assert_eq!(all[..5], [total.to_string().as_str(), "2", "1", "0", &unchecked]);
    assert!(all[5].contains(&(now - SignedDuration::from_hours(48)).strftime("%Y-%m-%d").to_string()), "{}", all[5]);
    assert_eq!(counts(&page, "openstatus")[..5], ["2", "1", "0", "0", "1"]);
    let names = |id: &str| section(&page, id).matches("class=\"who\"").count();
    assert_eq!([names("platform"), names("moved"), names("elsewhere"), names("dead")], [2, 1, 1, 1]);
    for (id, [week, month, before]) in [("platform", [1, 1, 0]), ("moved", [1, 0, 0]), ("dead", [0, 0, 1])] {
        let ages = format!("less than a week: {week}, less than a month: {month}, longer: {before}.");
        assert!(section(&page, id).contains(&ages), "{id}: {}", section(&page, id));
    }
    let found_at = (now - SignedDuration::from_hours(24 * 10)).strftime("%Y-%m-%dT%H").to_string();
    assert!(section(&page, "platform").contains(&found_at), "when it was found is told");
    assert!(section(&page, "platform").contains("GitHub"), "the row of an earlier file is left out");
    assert!(section(&page, "moved").contains("https://status.cloudflare.example"));
    assert!(section(&page, "elsewhere").contains("https://parked.example"));
    assert!(section(&page, "dead").contains("OpenAI"));
}

#[tokio::test]
async fn instance_without_the_catalogue_says_so() {
    let world = World::start(&["acme"]).await;
    let (status, _, page) = world.get("/catalogue").await;
    assert_eq!(status, 200);
    assert!(page.contains("does not poll the catalogue"));
}

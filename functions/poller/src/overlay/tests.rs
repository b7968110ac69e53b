//! What a read shows of a row of the catalogue.
use jiff::SignedDuration;
use status::{
    health::GoodRead,
    identity::Moved,
    page_state::PageState,
    snapshot::{Coverage, Listing, Page, Snapshot},
};

use super::*;

const LISTED: &str = "https://status.acme.com";

fn entry() -> Entry {
    catalogue::read(
        "slug,name,url,platform,category,source,aliases\nacme,Acme,https://status.acme.com,statuspage,,,Acme Cloud\n",
    )[0]
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn identity(name: &str, site: &str) -> PageIdentity {
    PageIdentity {
        platform: "statuspage".to_owned(),
        name: Some(name.to_owned()),
        site: Some(site.to_owned()),
        label: label_of(site).map(str::to_owned),
        url: format!("https://status.{site}"),
        configured: LISTED.to_owned(),
        ..PageIdentity::default()
    }
}

fn head(format: &str, identity: PageIdentity) -> PageHead {
    let coverage = Coverage { components: Listing::Complete, incidents: Listing::Complete };
    let empty = Snapshot { page: Page::default(), components: Vec::new(), incidents: Vec::new(), coverage };
    let state = PageState::baseline(&empty, now());
    let head = PageHead::of_read(&"acme".into(), 1, String::new(), &state);
    PageHead { format: format.to_owned(), identity: Some(identity), ..head }
}

fn good(moved_to: Option<&str>, read_at: Option<&str>) -> SourceHealth {
    let owned = |url: Option<&str>| url.map(str::to_owned);
    let read = GoodRead { moved_to: owned(moved_to), read_at: owned(read_at), ..GoodRead::default() };
    SourceHealth::after_good_read(None, read, now()).0
}

fn acme() -> PageIdentity {
    identity("Acme", "acme.com")
}

#[test]
fn page_that_is_as_listed_needs_no_row() {
    assert_eq!(found(&entry(), None, None, None, now()), None, "it was never read");
    let head = head("statuspage", acme());
    assert_eq!(found(&entry(), Some(&head), Some(&good(None, None)), None, now()), None);
}

#[test]
fn another_platform_is_found() {
    let row = found(&entry(), Some(&head("incidentio", acme())), None, None, now()).unwrap();
    assert_eq!((row.platform.as_deref(), row.url, row.found_at), (Some("incidentio"), None, now()));
    let feed = found(&entry(), Some(&head("feed", acme())), None, None, now()).unwrap();
    assert_eq!(feed.platform.as_deref(), Some("rss"), "as the catalogue calls it");
    let elsewhere = PageIdentity { configured: "https://other.example".to_owned(), ..acme() };
    assert_eq!(found(&entry(), Some(&head("incidentio", elsewhere)), None, None, now()), None, "of another address");
}

#[test]
fn permanent_move_of_the_provider_is_found_and_stays_known_while_it_is_read_there() {
    let head = head("statuspage", identity("ACME Status", "acme.io"));
    let health = good(Some("https://status.acme.io/"), None);
    let row = found(&entry(), Some(&head), Some(&health), None, now()).unwrap();
    assert_eq!((row.url.as_deref(), row.leads_to.as_deref()), (Some("https://status.acme.io"), None));
    let later = now() + SignedDuration::from_hours(50);
    let there = good(None, Some("https://status.acme.io/"));
    let kept = found(&entry(), Some(&head), Some(&there), Some(&row), later).unwrap();
    assert_eq!(kept, row);
    assert_eq!(found(&entry(), Some(&head), Some(&good(None, None)), Some(&row), later), None, "it has moved back");
    let other_file = OverlayRow { listed_platform: "instatus".to_owned(), ..row };
    assert_eq!(found(&entry(), Some(&head), Some(&there), Some(&other_file), later), None, "a newer file wins");
}

#[test]
fn redirect_to_somebody_else_is_noted_and_not_followed() {
    let to_bigcorp = good(Some("https://status.bigcorp.com/"), None);
    let bigcorp = identity("Bigcorp", "bigcorp.com");
    let row = found(&entry(), Some(&head("statuspage", bigcorp.clone())), Some(&to_bigcorp), None, now()).unwrap();
    assert_eq!((row.url, row.leads_to.as_deref()), (None, Some("https://status.bigcorp.com")));
    let moved = Some(Box::new(Moved { from: acme(), to: bigcorp }));
    let health = SourceHealth { moved, ..good(None, None) };
    let row = found(&entry(), Some(&head("statuspage", acme())), Some(&health), None, now()).unwrap();
    assert_eq!((row.url, row.leads_to.as_deref()), (None, Some("https://status.bigcorp.com")));

    let taken = good(Some("https://www.githubstatus.com"), None);
    let row = found(&entry(), Some(&head("statuspage", acme())), Some(&taken), None, now()).unwrap();
    assert_eq!(row.url, None, "it is the page of another row");
    for hostile in ["http://status.acme.io", "https://10.0.0.1", "https://u:p@acme.io", "https://acme.io/?a=\"\n"] {
        let health = good(Some(hostile), None);
        assert_eq!(found(&entry(), Some(&head("statuspage", acme())), Some(&health), None, now()), None, "{hostile}");
    }
}

#[test]
fn page_that_nobody_could_read_for_a_month_is_dead() {
    let fail = |before: Option<&SourceHealth>, day: i64| {
        let at = now() + SignedDuration::from_hours(24 * day);
        let failure = status::health::Failure::new("no answer");
        SourceHealth::after_failed_read(before, failure, status::health::Blame::PageOfNobody, at).0
    };
    let health = fail(Some(&fail(None, 0)), 29);
    let after = |days: i64| found(&entry(), None, Some(&health), None, now() + SignedDuration::from_hours(24 * days));
    assert_eq!(after(29), None);
    assert_eq!(after(31).unwrap().dead_since, Some(now()));
}

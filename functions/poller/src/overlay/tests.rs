//! What a read shows of a row of the catalogue.
use formats::label_of;
use jiff::SignedDuration;
use status::{
    health::{Blame, Failure, GoodRead},
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

fn days(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

/// What is found on day 31 of a page that fails like this, each on its day.
fn failing(failures: &[(i64, Failure)]) -> Option<OverlayRow> {
    let health = failures.iter().fold(None, |before: Option<SourceHealth>, (day, failure)| {
        let after = SourceHealth::after_failed_read(before.as_ref(), failure.clone(), Blame::PageOfNobody, days(*day));
        Some(after.0)
    });
    found(&entry(), None, health.as_ref(), None, days(31))
}

#[test]
fn page_is_dead_once_all_reads_of_a_month_have_shown_that_nothing_is_there() {
    let gone = || Failure { gone: true, ..Failure::new("no such name") };
    let not_there = Failure { unrecognised: true, ..gone() };
    assert_eq!(failing(&[(0, gone()), (29, gone())]).unwrap().dead_since, Some(now()));
    assert_eq!(failing(&[(0, gone()), (29, not_there)]).unwrap().dead_since, Some(now()), "404 at the page itself");
    assert_eq!(failing(&[(2, gone()), (31, gone())]), None, "for 29 days");

    let slow = || Failure::new("no complete answer");
    let others = [
        ("a time-out, or an error of the server", slow()),
        ("403", Failure { refused: true, ..Failure::new("it refuses automated reading") }),
        ("a shop", Failure { unrecognised: true, ..Failure::new("no status page") }),
        ("429", Failure { not_before: Some(days(30)), ..Failure::new("429") }),
    ];
    for (what, failure) in others {
        assert_eq!(failing(&[(0, failure.clone()), (29, failure.clone())]), None, "{what}");
        assert_eq!(failing(&[(0, gone()), (15, failure.clone()), (29, gone())]), None, "{what} among them");
        assert_eq!(failing(&[(0, gone()), (31, failure)]), None, "{what} at last");
    }
    assert_eq!(failing(&[(0, slow()), (1, gone()), (30, gone())]).unwrap().dead_since, Some(days(1)));
}

#[test]
fn page_that_leads_to_somebody_else_is_not_dead_and_on_no_platform() {
    let moved = Box::new(Moved { from: acme(), to: identity("Bigcorp", "bigcorp.com") });
    let failure = Failure { moved: Some(moved), ..Failure::new("moved") };
    let row = failing(&[(0, failure.clone()), (31, failure)]).unwrap();
    assert_eq!((row.dead_since, row.leads_to.as_deref()), (None, Some("https://status.bigcorp.com")));

    let read_at_bigcorp = head("incidentio", identity("Bigcorp", "bigcorp.com"));
    let row = found(&entry(), Some(&read_at_bigcorp), Some(&good(None, None)), None, now());
    assert_eq!(row, None, "the platform is Bigcorp's");
}

//! PayPal: products in two environments, incidents of the feed.
use super::*;
use crate::testing::{Page as FakePage, facts::check};

#[test]
fn products_of_both_environments_and_the_incidents_of_the_feed() {
    let (asked, parsed) = FakePage::case("paypal/incident_open").read(&FORMAT, None, &[]);
    let host = "https://www.paypal-status.com";
    assert_eq!(asked, [format!("{host}{COMPONENTS}"), format!("{host}{FEED}")]);
    check(&parsed.unwrap(), "Production/api/orders-v2 \"Orders v2\" in Production: operational
        Production/product/checkout \"Checkout\" in Production: partial outage
        Production/product/invoicing \"Invoicing\" in Production: operational
        Sandbox/product/checkout \"Checkout\" in Sandbox: operational
        Sandbox/product/invoicing \"Invoicing\" in Sandbox: under maintenance
        Incident https://www.paypal-status.com/incident/production/500 \"Checkout - payments fail\", investigating, impact None, 2026-05-04T14:12:00Z to -
          
          8ebb1ab8c4d372717571aa9c7a985dbd 2026-05-04T14:12:00Z investigating \"Some payments fail.\"
        components Complete, incidents Window");
}

#[test]
fn feed_that_fails_ends_nothing() {
    let page = FakePage::case("paypal/incident_open").with_status("https://www.paypal-status.com/feed/rss", 503, "");
    let parsed = page.read(&FORMAT, Some(SOURCE), &[]).1.unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Window);
    assert_eq!((parsed.snapshot.incidents.len(), parsed.problems.len()), (0, 1));
}

#[test]
fn state_is_known_by_its_letters() {
    for word in ["Service Disruption", "service_disruption", "SERVICEDISRUPTION"] {
        assert_eq!(status(word), Some(ComponentStatus::PartialOutage), "{word}");
    }
    assert_eq!(status("Fine"), None);
    assert_eq!(status(""), None);
}

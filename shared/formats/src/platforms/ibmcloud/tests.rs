//! IBM Cloud: labels, types, ends.
use super::*;
use crate::testing::{Page as FakePage, facts::check};

#[test]
fn incidents_and_maintenance_are_read_and_news_are_not() {
    let (asked, parsed) = FakePage::case("ibmcloud/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["api/notifications/feed.rss"]);
    check(
        &parsed.unwrap(),
        "Incident INC0 \"Logins fail\", resolved, impact None, 2026-05-01T13:00:00Z to 2026-05-01T14:30:00Z
          iam
          text 2026-05-01T13:05:00Z - \"Logins fail.\"
        Incident INC1 \"VPC servers in Dallas are slow\", -, impact None, 2026-05-04T13:00:00Z to -
          is.instance is.volume
          text 2026-05-04T14:00:00Z - \"Disks answer slowly.\"
        Maintenance MNT1 \"Database maintenance\", scheduled, impact None, - to -
          planned 2026-05-08T13:00:00Z to 2026-05-08T15:00:00Z
          databases
          text 2026-05-01T13:05:00Z - \"We exchange disks.\"
        components Partial, incidents Window",
    );
}

#[test]
fn label_ends_at_the_next_or_at_the_end_of_its_line() {
    let body = "Type: a thing\nText.  Type: incident  Regions: us-south, eu-de\nMore.  Outage End:  ";
    assert_eq!(labelled(body, "Type:"), Some("incident"));
    assert_eq!(labelled(body, "Regions:"), Some("us-south, eu-de"));
    assert_eq!(labelled(body, "Outage End:"), None);
    assert_eq!(labelled(body, "Resources:"), None);
}

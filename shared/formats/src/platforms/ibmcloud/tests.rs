//! IBM Cloud: labels, types, ends.
use super::*;
use status::monitor::Match;

use crate::testing::{
    Page as FakePage,
    facts::{check, chosen},
};

#[test]
fn incidents_and_maintenance_are_read_and_news_are_not() {
    let (asked, parsed) = FakePage::case("ibmcloud/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["api/notifications/feed.rss"]);
    check(
        &parsed.unwrap(),
        "databases/eu-de \"databases\" in eu-de: unknown
        is.instance/us-south \"is.instance\" in us-south: unknown
        is.volume/us-south \"is.volume\" in us-south: unknown
        Incident INC0 \"Logins fail\", resolved, impact None, 2026-05-01T13:00:00Z to 2026-05-01T14:30:00Z
          iam/eu-de
          text 2026-05-01T13:05:00Z - \"Logins fail.\"
        Incident INC1 \"VPC servers in Dallas are slow\", -, impact None, 2026-05-04T13:00:00Z to -
          is.instance/us-south is.volume/us-south
          text 2026-05-04T14:00:00Z - \"Disks answer slowly.\"
        Maintenance MNT1 \"Database maintenance\", scheduled, impact None, - to -
          planned 2026-05-08T13:00:00Z to 2026-05-08T15:00:00Z
          databases/eu-de
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

#[test]
fn a_region_a_resource_and_a_resource_in_a_region_can_each_be_chosen() {
    let snapshot = FakePage::case("ibmcloud/incident_open").read(&FORMAT, None, &[]).1.unwrap().snapshot;
    for choice in ["group:us-south", "is.volume", "is.volume/us-south"] {
        assert_eq!(chosen(choice, "INC1", &snapshot), Match::Yes, "{choice}");
    }
    for choice in ["group:eu-de", "databases"] {
        assert_eq!(chosen(choice, "INC1", &snapshot), Match::No, "{choice}");
    }
}

#[test]
fn only_a_code_is_a_region() {
    let of = |resources: &str, regions: &str| -> Vec<String> {
        let named = components(resources, regions).into_iter();
        named.map(|component| format!("{}@{}", component.id, component.group.unwrap_or_default())).collect()
    };
    assert_eq!(
        of("iam, kms", "eu-de us-south"),
        ["iam/eu-de@eu-de", "iam/us-south@us-south", "kms/eu-de@eu-de", "kms/us-south@us-south"]
    );
    assert_eq!(of("iam", ""), ["iam@"]);
    assert_eq!(of("iam", "Dallas, us-south-1"), ["iam@"]);
    assert_eq!(of("iam", "global, eu-de"), ["iam@", "iam/eu-de@eu-de"]);
    assert_eq!(of("", "eu-de, everywhere"), ["eu-de@eu-de"]);
    assert_eq!(of("", ""), [""; 0]);
    let many: Vec<String> = (0..300).map(|number| format!("r{number}")).collect();
    assert_eq!(of(&many.join(","), "eu-de, us-south").len(), 302, "each for itself");
}

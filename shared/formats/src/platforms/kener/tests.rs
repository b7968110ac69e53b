//! Kener: a feed with labelled lines.
use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, incident, open_incidents},
};

fn read(page: &FakePage) -> ParsedPage {
    page.read(&FORMAT, Some("feed"), &[]).1.unwrap()
}

#[test]
fn feed_has_incidents_and_maintenance_with_states_and_monitors() {
    let (asked, parsed) = FakePage::case("kener/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, ["rss.xml"]);
    check(
        &parsed.unwrap(),
        "Incident incident-6 \"Logins fail\", resolved, impact None, - to 2026-05-01T10:00:00Z
          
          960d81c4bb71f3576b04a10619012bea 2026-05-01T10:00:00Z resolved \"It is well again.\"
        Incident incident-7 \"The API is slow\", identified, impact None, - to -
          API Search
          140303582e7d3a57af2d9f6e2ecb7fff 2026-05-04T14:30:00Z identified \"A queue is full.\"
        Maintenance maintenance-3 \"New disks\", in progress, impact None, 2026-05-04T15:00:00Z to -
          planned 2026-05-04T15:00:00Z to 2026-05-04T18:00:00Z
          
          description - - \"It may be slow.\"
        Maintenance maintenance-4 \"New switches\", scheduled, impact None, - to -
          planned 2026-05-09T15:00:00Z to -
          
        components Partial, incidents Window",
    );
}

/// A feed with this one entry.
fn entry(id: &str, title: &str, description: &str) -> FakePage {
    let feed = format!(
        "<rss version='2.0'><channel><title>Acme</title><item><title>{title}</title>\
         <guid isPermaLink='false'>{id}</guid><pubDate>Mon, 04 May 2026 14:30:00 GMT</pubDate><description><![CDATA[{description}]]></description></item>\
         </channel></rss>"
    );
    FakePage::of(&[("rss.xml", feed)])
}

#[test]
fn state_is_the_word_behind_its_label_and_never_one_of_the_text() {
    let phase =
        |description: &str| incident(&read(&entry("incident-1", "[Incident] T", description)), "incident-1").phase;
    assert_eq!(phase("Status: INVESTIGATING"), Some(Phase::Investigating));
    assert_eq!(phase("Status: MONITORING\nAffected: A\n\nStatus: RESOLVED"), Some(Phase::Monitoring));
    assert_eq!(phase("Status: ODD\n\nresolved"), None);
    let odd = read(&entry("incident-1", "[Incident] T", "Status: ODD"));
    assert_eq!(odd.problems, ["\"incident-1\" has the unknown status \"ODD\""]);
}

#[test]
fn maintenance_is_where_its_state_says_whatever_the_time() {
    let work = |state: &str| {
        let text = format!("Status: {state}\nScheduled: Mon, 04 May 2026 15:00:00 GMT → open-ended");
        read(&entry("maintenance-1", "[Maintenance] T", &text))
    };
    assert_eq!(incident(&work("READY"), "maintenance-1").phase, Some(Phase::Scheduled));
    assert_eq!(incident(&work("ONGOING"), "maintenance-1").phase, Some(Phase::InProgress));
    assert_eq!(incident(&work("COMPLETED"), "maintenance-1").phase, Some(Phase::Completed));
    assert_eq!(work("CANCELLED").snapshot.incidents, []);
    let window = incident(&work("ONGOING"), "maintenance-1").window.unwrap();
    assert_eq!((window.starts_at.is_some(), window.ends_at), (true, None));
}

#[test]
fn announced_maintenance_that_is_cancelled_is_over() {
    let text = "Status: CANCELLED\nScheduled: Mon, 04 May 2026 18:00:00 GMT → Mon, 04 May 2026 19:00:00 GMT";
    let page = entry("maintenance-1", "[Maintenance] T", text);
    let parsed = page.read(&FORMAT, Some("feed"), &[(Kind::Maintenance, "maintenance-1")]).1.unwrap();
    let work = incident(&parsed, "maintenance-1");
    assert_eq!((work.phase, work.resolved_at), (Some(Phase::Completed), None));
    assert_eq!(parsed.problems, [""; 0]);
}

#[test]
fn update_of_an_incident_is_another_when_its_time_or_text_is() {
    let ids = |text: &str| {
        let parsed = read(&entry("incident-1", "[Incident] T", &format!("Status: IDENTIFIED\n\n{text}")));
        incident(&parsed, "incident-1").updates.iter().map(|update| update.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("One."), ids("One."));
    assert_ne!(ids("One."), ids("Two."));
    assert_eq!(ids(""), []);
}

#[test]
fn monitors_are_known_by_name() {
    let named = |names: &str| {
        let text = format!("Status: IDENTIFIED\nAffected: {names}\n\nText.");
        let parsed = read(&entry("incident-1", "[Incident] T", &text));
        incident(&parsed, "incident-1").components.iter().map(|one| one.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(named("Search, API, API"), ["API", "Search"]);
    assert_eq!(named("All monitors"), [""; 0]);
}

#[test]
fn incident_that_the_feed_no_longer_has_goes_on() {
    let page = FakePage::of(&[("rss.xml", "<rss version='2.0'><channel><title>Acme</title></channel></rss>")]);
    let parsed = page.read(&FORMAT, Some("feed"), &open_incidents(&["incident-1"])).1.unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Window);
}

#[test]
fn feed_of_another_program_is_not_read() {
    for id in ["tag:status.example.com,2026:1", "incident", "post-1"] {
        assert!(matches!(
            entry(id, "T", "Status: RESOLVED").read(&FORMAT, None, &[]).1,
            Err(ReadError::NotThisFormat(_))
        ));
    }
}

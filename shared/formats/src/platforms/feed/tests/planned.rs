//! Planned work in a feed is no incident.
use status::{
    snapshot::{Incident, Kind},
    words::Phase,
};

use crate::{
    platforms::feed::FORMAT,
    testing::{Page, facts::at},
};

const NOW: &str = "2026-07-10T12:00:00Z";

fn item(title: &str, body: &str, published: &str, more: &str) -> Incident {
    let feed = format!(
        "<rss><channel><item><title>{title}</title><link>https://status.example.com/</link><guid>n-7</guid>\
         <pubDate>{published}</pubDate><description>{body}</description>{more}</item></channel></rss>"
    );
    let page = Page::of(&[("rss", &feed)]).at_time(NOW);
    page.read(&FORMAT, Some("rss"), &[]).1.unwrap().snapshot.incidents.pop().unwrap()
}

const BEFORE: &str = "Fri, 10 Jul 2026 09:00:00 GMT";
const AHEAD: &str = "Sat, 11 Jul 2026 08:00:00 GMT";

#[test]
fn a_title_announces_it() {
    for title in [
        "Scheduled network maintenance",
        "Network maintenance",
        "Upcoming maintenance of disks",
        "Database maintenance on Sunday",
        "Planned upgrade of switches",
        "Scheduled downtime",
        "Wartungsarbeiten am Netz",
        "Router upgrade (planned)",
    ] {
        assert_eq!(item(title, "We exchange parts.", BEFORE, "").kind, Kind::Maintenance, "{title}");
    }
    for title in [
        "Scheduled jobs are delayed",
        "Errors after maintenance",
        "Login failures during database maintenance",
        "Outage caused by maintenance",
        "Unplanned downtime",
        "Maintain an account: errors",
    ] {
        assert_eq!(item(title, "We look.", BEFORE, "").kind, Kind::Incident, "{title}");
    }
}

/// What this title and body are, of which an earlier entry said that they were planned.
fn cancelled(title: &str, body: &str, open: &[(Kind, &str)]) -> Option<(Kind, Option<Phase>)> {
    let entry = |title: &str, body: &str, at: &str| {
        format!(
            "<item><title>{title}</title><guid>n-7</guid><pubDate>{at}</pubDate><description>{body}</description></item>"
        )
    };
    let earlier = entry("Network maintenance", "May 1: we exchange parts.", "Thu, 09 Jul 2026 09:00:00 GMT");
    let feed = format!("<rss><channel>{}{earlier}</channel></rss>", entry(title, body, BEFORE));
    let page = Page::of(&[("rss", &feed)]).at_time(NOW);
    let read = page.read(&FORMAT, Some("rss"), open).1.unwrap().snapshot.incidents.pop();
    read.map(|incident| (incident.kind, incident.phase))
}

#[test]
fn what_is_cancelled_is_left_out_and_over_where_it_was_announced() {
    for (title, body) in [
        ("[Cancelled] Network maintenance", "It does not take place."),
        ("Network maintenance - Canceled", "It does not take place."),
        ("Network maintenance", "Cancelled: it does not take place."),
        (
            "Network maintenance",
            "&lt;small&gt;Jul 10, 09:00 UTC&lt;/small&gt;&lt;strong&gt;Canceled&lt;/strong&gt; - Not now.",
        ),
    ] {
        assert_eq!(cancelled(title, body, &[]), None, "{title}: {body}");
        let known = cancelled(title, body, &[(Kind::Maintenance, "n-7")]);
        assert_eq!(known, Some((Kind::Maintenance, Some(Phase::Completed))), "{title}: {body}");
    }
    let goes_on = cancelled("Network maintenance", "A flight was cancelled. We come later.", &[]);
    assert_eq!(goes_on, Some((Kind::Maintenance, None)));
    assert_eq!(item("Bookings: cancelled", "They fail.", BEFORE, "").kind, Kind::Incident, "no work is planned");
}

#[test]
fn a_date_ahead_is_the_planned_start() {
    for title in ["Scheduled network maintenance", "Exchange of core switches"] {
        let planned = item(title, "Work from 5:00 AM to 8:00 AM PDT. Expect short cuts.", AHEAD, "");
        assert_eq!((planned.kind, planned.phase), (Kind::Maintenance, Some(Phase::Scheduled)), "{title}");
        assert_eq!(planned.window.unwrap().starts_at, at("2026-07-11T08:00:00Z"));
        assert_eq!(planned.started_at, None);
    }
    // A clock of another zone, and a date that is wrong altogether.
    for published in ["Sat, 11 Jul 2026 01:00:00 GMT", "Thu, 10 Jul 2036 09:00:00 GMT"] {
        assert_eq!(item("Switches are down", "We look.", published, "").kind, Kind::Incident, "{published}");
    }
    let open = item("Slow", "Status: Investigating", AHEAD, "");
    assert_eq!((open.kind, open.phase), (Kind::Incident, Some(Phase::Investigating)));
}

#[test]
fn a_window_in_the_text_says_where_it_is() {
    let phase = |window: &str| {
        let planned = item("Network maintenance", &format!("We work on disks.&lt;br&gt;When: {window}"), BEFORE, "");
        (planned.phase, planned.started_at, planned.resolved_at)
    };
    assert_eq!(phase("Jul 11, 02:00 - 04:00 UTC"), (Some(Phase::Scheduled), None, None));
    let start = at("2026-07-10T11:00:00Z");
    assert_eq!(phase("2026-07-10 11:00 UTC to 2026-07-10 15:00 UTC"), (Some(Phase::InProgress), start, None));
    assert_eq!(
        phase("Jul 10, 2026, 11:00 AM to 11:30 AM UTC"),
        (Some(Phase::Completed), start, at("2026-07-10T11:30:00Z"))
    );
    assert_eq!(phase("tonight"), (None, None, None));
}

#[test]
fn a_category_or_a_label_makes_it_planned() {
    let kind = |body: &str, more: &str| item("Exchange of disks", body, BEFORE, more).kind;
    assert_eq!(kind("x", "<category>Maintenance</category>"), Kind::Maintenance);
    assert_eq!(kind("x", "<category>Scheduled maintenance</category>"), Kind::Maintenance);
    assert_eq!(kind("Type: Maintenance", ""), Kind::Maintenance);
    assert_eq!(kind("x", "<category>Storage</category>"), Kind::Incident);
}

#[test]
fn a_category_or_an_element_may_say_the_state() {
    let phase = |more: &str| item("Disks full", "They are.", BEFORE, more).phase;
    assert_eq!(phase("<category>none</category><category>resolved</category>"), Some(Phase::Resolved));
    assert_eq!(phase("<s:status xmlns:s='urn:x'>Monitoring</s:status>"), Some(Phase::Monitoring));
    assert_eq!(phase("<category>Storage</category>"), None);
}

#[test]
fn done_maintenance_is_completed() {
    for (title, body) in [
        ("[Resolved] Network maintenance", "x"),
        ("Network maintenance - Completed", "x"),
        ("Network maintenance", "The maintenance has been completed."),
        ("Network maintenance", "Status: Completed"),
    ] {
        let planned = item(title, body, BEFORE, "");
        assert_eq!((planned.kind, planned.phase), (Kind::Maintenance, Some(Phase::Completed)), "{title} {body}");
    }
}

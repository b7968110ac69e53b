//! Whole reads of feeds: which posts become incidents, and what a feed cannot say.
mod ends;
mod identity;
mod planned;
mod polls;
mod shapes;

use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{at, timeline},
    },
};
use status::{
    snapshot::{Incident, Kind, Window},
    words::Phase,
};

fn read(documents: &[(&'static str, &str)], source: Option<&str>) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    Page::of(documents).read(&super::FORMAT, source, &[])
}

fn incidents(body: &str) -> Vec<Incident> {
    read(&[("rss", body)], Some("rss")).1.unwrap().snapshot.incidents
}

fn error(body: &str) -> ReadError {
    read(&[("rss", body)], Some("rss")).1.unwrap_err()
}

fn statuspage() -> Vec<Incident> {
    incidents(include_str!("../../../test_data/feed/statuspage/history.atom"))
}

/// An item with this title and body.
fn item(title: &str, description: &str) -> Option<Incident> {
    let description = quick_xml::escape::escape(description);
    incidents(&format!(
        "<rss><channel><item><title>{title}</title><guid>7</guid><pubDate>10 Jul 2026 04:17:41 +0000</pubDate>\
         <description>{description}</description></item></channel></rss>"
    ))
    .pop()
}

#[test]
fn statuspage_blocks_become_updates_across_new_year() {
    let open = &statuspage()[1];
    assert_eq!(open.id.as_str(), "open00000001");
    assert_eq!((open.kind, open.phase), (Kind::Incident, Some(Phase::Identified)));
    assert_eq!(
        timeline(&open.updates),
        [
            "24-12-31T23:40:00Z investigating: Uploads take minutes.",
            "24-12-31T23:50:00Z identified: A queue is stuck.",
            "25-01-01T00:20:00Z identified: Still slow for some. / Next news at 02:00.",
        ]
    );
    assert_eq!(open.started_at, at("2024-12-31T23:40:00Z"));
    assert_eq!(open.resolved_at, None);
    assert_eq!(open.url.as_deref(), Some("https://status.example.com/incidents/open00000001"));
}

#[test]
fn an_ended_incident_ended_when_its_resolved_block_says() {
    let done = &statuspage()[3];
    assert_eq!(done.phase, Some(Phase::Postmortem));
    assert_eq!(done.resolved_at, at("2024-12-24T10:00:00Z"));
    assert_eq!(
        done.updates.last().unwrap().body.as_deref(),
        Some("The report (https://status.example.com/report) is out.")
    );
}

#[test]
fn two_blocks_of_one_minute_and_phase_are_two_updates_with_ids_that_stay() {
    let ids = |incident: &Incident| incident.updates.iter().map(|update| update.id.clone()).collect::<Vec<_>>();
    let done = &statuspage()[3];
    let all = ids(done);
    assert_eq!(timeline(&done.updates)[2], "24-12-24T09:30:00Z monitoring: A fix is out.");
    assert!((0..all.len()).all(|n| !all[..n].contains(&all[n])));
    // Before the second of them was posted, the first had the id it has now.
    let document = include_str!("../../../test_data/feed/statuspage/history.atom");
    let second = document.find("- A fix is out.").unwrap();
    let start = document[..second].rfind("&lt;p&gt;").unwrap();
    let end = second + document[second..].find("&lt;p&gt;").unwrap();
    let before = ids(&incidents(&format!("{}{}", &document[..start], &document[end..]))[3]);
    assert_eq!(before[..2], all[..2]);
    assert_eq!(before[2..], all[3..]);
}

#[test]
fn a_scheduled_event_is_a_maintenance_with_a_window() {
    let planned = &statuspage()[0];
    assert_eq!((planned.kind, planned.phase), (Kind::Maintenance, Some(Phase::Scheduled)));
    let window = Window { starts_at: at("2025-01-20T08:00:00Z"), ends_at: at("2025-01-20T09:30:00Z") };
    assert_eq!(planned.window, Some(window));
    assert_eq!(planned.started_at, None);
    assert_eq!(timeline(&planned.updates), ["24-12-19T10:15:00Z scheduled: Disks are exchanged one by one."]);
}

#[test]
fn a_window_within_a_day_names_the_day_once() {
    let body = "<p><strong>THIS IS A SCHEDULED EVENT Jul 10, 05:00 - 06:30 UTC</strong></p>";
    let planned = item("Disks", body).unwrap();
    let window = planned.window.unwrap();
    assert_eq!(window.starts_at, at("2026-07-10T05:00:00Z"));
    assert_eq!(window.ends_at, at("2026-07-10T06:30:00Z"));
    assert_eq!((planned.kind, planned.phase), (Kind::Maintenance, Some(Phase::Scheduled)));
}

#[test]
fn a_maintenance_starts_when_it_begins_not_when_it_is_announced() {
    let maintenance = &statuspage()[2];
    assert_eq!((maintenance.kind, maintenance.phase), (Kind::Maintenance, Some(Phase::Completed)));
    assert_eq!(maintenance.started_at, at("2024-12-30T05:00:00Z"));
    assert_eq!(maintenance.resolved_at, at("2024-12-30T06:00:00Z"));
}

#[test]
fn rss_is_read_with_its_words_and_hand_made_dates() {
    let found = incidents(include_str!("../../../test_data/feed/german/history.rss"));
    let facts: Vec<_> = found.iter().map(|found| (found.title.as_str(), found.kind, found.phase)).collect();
    assert_eq!(
        facts,
        [
            ("Mailserver antwortet nicht", Kind::Incident, None),
            ("DNS antwortet langsam", Kind::Incident, Some(Phase::Resolved)),
            ("Geplante Arbeiten am Netz", Kind::Maintenance, None),
        ]
    );
    assert_eq!(timeline(&found[0].updates), ["26-04-15T08:00:00Z ?: Mails kommen verzögert an."]);
    assert_eq!(found[1].resolved_at, at("2026-04-14T18:00:00Z"));
    assert_eq!(found[0].id.as_str(), "https://status.example.com/meldung/3");
}

#[test]
fn rdf_is_read() {
    let parsed = read(&[("rss", include_str!("../../../test_data/feed/rdf/rss"))], Some("rss")).1.unwrap();
    assert_eq!(parsed.snapshot.page.name.as_deref(), Some("Example network"));
    let [incident] = &parsed.snapshot.incidents[..] else { panic!("one incident") };
    assert_eq!(incident.title, "Line to the north");
    assert_eq!(timeline(&incident.updates), ["26-04-02T07:00:00Z monitoring: Packets are lost."]);
}

#[test]
fn the_phase_comes_from_where_it_is_said_and_never_from_prose() {
    let phase = |title: &str, body: &str| item(title, body).unwrap().phase;
    assert_eq!(phase("Slow", "Status: Resolved<br>All good."), Some(Phase::Resolved));
    assert_eq!(phase("Slow", "<b>Status: Resolvido</b><br/>Tudo bem."), Some(Phase::Resolved));
    assert_eq!(phase("[Resolved] Slow", "<strong>Monitoring</strong> - We watch."), Some(Phase::Monitoring));
    assert_eq!(phase("RESOLVED: Slow", "Investigating - no more"), Some(Phase::Resolved));
    assert_eq!(phase("[Investigating] Slow", ""), Some(Phase::Investigating));
    assert_eq!(phase("Slow", "Identified: a broken disk"), Some(Phase::Identified));
    assert_eq!(phase("Slow", "Resolved issues come back"), None);
    assert_eq!(phase("Slow", "This will be resolved. Status: unknown"), None);
    assert_eq!(phase("Resolved", "Slow"), None);
    assert_eq!(phase("[Important] Slow", "Hello"), None);
    assert_eq!(phase("Service is operating normally: [RESOLVED] Slow", ""), Some(Phase::Resolved));
}

#[test]
fn planned_work_is_told_by_the_start_of_a_title() {
    let kind = |title: &str| item(title, "").unwrap().kind;
    assert_eq!(kind("[Ended] Maintenance of disks"), Kind::Maintenance);
    assert_eq!(kind("Planned work"), Kind::Maintenance);
    assert_eq!(kind("Wartungsfenster"), Kind::Maintenance);
    assert_eq!(kind("Scheduled jobs are late"), Kind::Incident);
    assert_eq!(kind("Errors after maintenance"), Kind::Incident);
    assert_eq!(item("[Ended] Maintenance of disks", "").unwrap().phase, Some(Phase::Completed));
}

#[test]
fn a_phase_in_brackets_behind_a_title_counts() {
    let read = |title: &str| item(title, "Some users were affected").map(|read| (read.title, read.phase));
    let resolved = Some(("🟢 Mail: Issue".to_owned(), Some(Phase::Resolved)));
    assert_eq!(read("🟢 Mail: Issue (resolved)"), resolved);
    for title in ["Mail (Web) is slow", "Mail is slow (Europe)", "(resolved)", "Mail is slow (not resolved)"] {
        assert_eq!(read(title), Some((title.to_owned(), None)));
    }
}

#[test]
fn items_of_healthy_services_are_no_incidents() {
    for title in ["🟢 Mail: Operational", "All Systems Operational", "Service is operating normally"] {
        assert_eq!(item(title, "fine"), None, "{title}");
    }
    assert!(item("Mail is not fully operational", "").is_some());
}

#[test]
fn entries_of_one_incident_become_one() {
    let items = |link: [&str; 2], guid: [&str; 2]| {
        incidents(&format!(
            "<rss><channel>\
             <item><title>[Resolved] Slow</title><link>{}</link><guid>{}</guid><pubDate>2 Jul 2026 10:00 GMT</pubDate>\
             <description>Over.</description></item>\
             <item><title>[Investigating] Slow</title><link>{}</link><guid>{}</guid><pubDate>2 Jul 2026 09:00 GMT</pubDate>\
             <description>Slow.</description></item></channel></rss>",
            link[0], guid[0], link[1], guid[1]
        ))
    };
    let by_link = items(["https://h//incidents/9", "https://h/incidents/9?a=1"], ["a", "b"]);
    let by_guid = items(["https://h/1", "https://h/2"], ["a", "a"]);
    let by_numbered_guid = items(["https://h/i/9", "https://h/i/9"], ["https://h/i/9#2", "https://h/i/9#1"]);
    for (found, id) in [(by_link, "9"), (by_guid, "a"), (by_numbered_guid, "https://h/i/9")] {
        let [incident] = &found[..] else { panic!("{id}: {found:?}") };
        assert_eq!((incident.id.as_str(), incident.phase), (id, Some(Phase::Resolved)));
        assert_eq!(
            timeline(&incident.updates),
            ["26-07-02T09:00:00Z investigating: Slow.", "26-07-02T10:00:00Z resolved: Over."]
        );
        assert_eq!(
            (incident.started_at, incident.resolved_at),
            (at("2026-07-02T09:00:00Z"), at("2026-07-02T10:00:00Z"))
        );
    }
    assert_eq!(items(["", ""], ["", ""]).len(), 1, "without any id, the title is it");
    assert_eq!(items(["https://h/", "https://h"], ["", ""]).len(), 1, "what all may link to is no id");
}

#[test]
fn a_time_without_zone_is_no_time() {
    let found = incidents(
        "<rss><channel><item><title>Slow</title><guid>7</guid><pubDate>2 Jul 2026 10:00</pubDate></item></channel></rss>",
    );
    assert_eq!(timeline(&found[0].updates), ["? ?: "]);
}

#[test]
fn atom_text_is_plain_unless_it_says_otherwise() {
    let entry = |content: &str| {
        let feed = format!("<feed><entry><id>7</id><title>a &lt;b&gt;</title>{content}</entry></feed>");
        let found = incidents(&feed).pop().unwrap();
        assert_eq!(found.title, "a <b>");
        found.updates[0].body.clone().unwrap()
    };
    assert_eq!(entry("<content>1 &lt; 2 &amp; 3</content>"), "1 < 2 & 3");
    assert_eq!(entry("<content type='html'>1&lt;br&gt;2 &amp;amp; 3</content>"), "1\n2 & 3");
    assert_eq!(
        entry("<content type='xhtml'><div>1<br/>2 &lt; <a href='https://h/'>3</a></div></content>"),
        "1\n2 < 3 (https://h/)"
    );
    assert_eq!(entry("<summary>short</summary><content>long</content><summary>short</summary>"), "long");
}

#[test]
fn nothing_is_ever_expanded() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><rss><channel><title>&b;</title></channel></rss>";
    assert_eq!(error(bomb).to_string(), "damaged: /rss has a document type, which feeds have no use for");
    let unknown = incidents("<feed><entry><id>7</id><title>a &b; &amp; &#99;</title></entry></feed>");
    assert_eq!(unknown[0].title, "a &b; & c");
}

#[test]
fn what_is_no_whole_feed_is_refused_in_words() {
    let check = |body: &str, expected: &str| assert_eq!(error(body).to_string(), expected);
    check("<rss><channel>", "damaged: /rss is cut off after 14 bytes");
    check("<rss><channel></rss>", "damaged: /rss is not well-formed at byte 14 of 20");
    check("<html><body>fine</body></html>", "expected a feed at /rss, got an HTML page of 30 bytes");
    check("<!doctype html><p>fine", "expected a feed at /rss, got an HTML page of 22 bytes");
    check("{}", "expected a feed at /rss, got a JSON object of 2 bytes");
    check(&format!("<rss>{}", "<x>".repeat(70)), "damaged: /rss is nested deeper than 64 elements");
}

#[test]
fn a_feed_without_entries_is_a_reading_that_concludes_nothing() {
    let parsed = read(&[("rss", "<rss><channel/></rss>")], Some("rss")).1.unwrap();
    assert!(parsed.snapshot.incidents.is_empty());
    assert_eq!(
        serde_json::to_string(&parsed.snapshot.coverage).unwrap(),
        r#"{"components":"partial","incidents":"window"}"#
    );
}

#[test]
fn the_number_of_entries_is_bounded() {
    let entries: String = (0..600).map(|n| format!("<entry><id>{n}</id></entry>")).collect();
    let parsed = read(&[("rss", &format!("<feed>{entries}</feed>"))], Some("rss")).1.unwrap();
    assert_eq!(parsed.snapshot.incidents.len(), 500);
    assert_eq!(parsed.problems, ["only the newest 500 entries of the feed were read"]);
}

#[test]
fn the_newest_entries_are_read_in_whatever_order_they_are_listed() {
    let day = |n: u32| format!("2026-{:02}-{:02}T10:00:00Z", 1 + n / 600, 1 + n % 28);
    let entry = |n: u32| format!("<entry><id>{n}</id><updated>{}</updated></entry>", day(n));
    let oldest_first: String = (0..1_200).map(entry).collect();
    let newest_first: String = (0..1_200).rev().map(entry).collect();
    for entries in [oldest_first, newest_first] {
        let parsed = read(&[("rss", &format!("<feed>{entries}</feed>"))], Some("rss")).1.unwrap();
        assert_eq!(parsed.snapshot.incidents.len(), 500);
        let times = parsed.snapshot.incidents.iter().filter_map(|incident| incident.updates[0].posted_at);
        assert!(times.min().unwrap() > "2026-02-01T00:00:00Z".parse().unwrap());
    }
}

#[test]
fn the_feed_is_found_at_the_page_or_below_it() {
    const FEED: &str = "<rss><channel/></rss>";
    let check = |documents: &[(&'static str, &str)], asked: &[&str], source: &str| {
        let (paths, parsed) = read(documents, None);
        assert_eq!(paths, asked);
        assert_eq!(parsed.unwrap().source, source);
    };
    check(&[("", FEED)], &[""], "self");
    check(&[("rss", FEED)], &["", "history.atom", "history.rss", "rss"], "rss");
    let linking = "<html><head><link rel=alternate type='application/rss+xml' href='/feed.xml'></head></html>";
    check(&[("", linking), ("feed.xml", FEED)], &["", "feed.xml"], "feed.xml");
}

#[test]
fn where_no_feed_is_found_the_reason_says_what_to_do() {
    let check = |page: &str, expected: &str| {
        let (paths, end) = read(&[("", page)], None);
        assert_eq!(paths.len(), 6);
        assert_eq!(end.unwrap_err().to_string(), expected);
    };
    check("<html></html>", "expected a feed at /, got an HTML page of 13 bytes");
    let link = |href: &str| format!("<html><link rel='alternate' type='application/atom+xml' href='{href}'></html>");
    check(
        &link("/en/news.atom"),
        "not a feed, but it links to one: give https://status.example.com/en/news.atom as the page instead",
    );
    check(&link("https://elsewhere.example/feed.xml"), "expected a feed at /, got an HTML page of 105 bytes");
}

#[test]
fn trouble_is_not_taken_for_absence() {
    let page = Page::of::<&str>(&[]).with_status("", 503, "");
    let error = page.read(&super::FORMAT, None, &[]).1.unwrap_err();
    assert!(matches!(error, ReadError::Status { status: 503, .. }));
    let page = Page::of::<&str>(&[]).with_status("history.atom", 403, "");
    let error = page.read(&super::FORMAT, None, &[]).1.unwrap_err();
    assert!(matches!(error, ReadError::Status { status: 403, .. }));
    let page = Page::of(&[("", "<rss><channel>")]);
    let error = page.read(&super::FORMAT, None, &[]).1.unwrap_err();
    assert!(matches!(error, ReadError::Malformed(_)));
}

//! Feeds over several polls, up to the alerts that come of them.
use jiff::{SignedDuration, Timestamp};
use status::{alert::alerts, diff::diff, page_state::PageState, provider::Provider};

use crate::{platforms::feed::FORMAT, testing::Page};

const START: &str = "2026-07-10T04:00:00Z";

/// Reads one feed after the other, a minute apart, each made of the time of its poll. Returns the alerts with their
/// poll.
fn alerted(polls: &[&dyn Fn(&str) -> String]) -> Vec<String> {
    let page = Provider {
        id: "p".into(),
        name: "P".into(),
        page_url: "https://status.example.com".into(),
        format: None,
        interval: None,
    };
    let mut page_state: Option<PageState> = None;
    let mut alerted = Vec::new();
    for (poll, feed) in (0..).zip(polls) {
        let now: Timestamp = START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(poll);
        let feed = format!("<rss><channel>{}</channel></rss>", feed(&now.to_string()));
        let parsed = Page::of(&[("rss", &feed)]).at_time(&now.to_string()).read(&FORMAT, Some("rss"), &[]).1.unwrap();
        let Some(before) = &page_state else {
            page_state = Some(PageState::baseline(&parsed.snapshot, now));
            continue;
        };
        let after = before.apply(&parsed.snapshot, now);
        for alert in alerts(&page, before, &after, &diff(before, &after), now) {
            alerted.push(format!("{poll}: {} {}", alert.event.as_str(), alert.incident.title));
        }
        page_state = Some(after);
    }
    alerted
}

fn item(title: &str, body: &str, guid: &str, at: &str) -> String {
    let guid = if guid.is_empty() { String::new() } else { format!("<guid>{guid}</guid>") };
    format!(
        "<item><title>{title}</title><link>https://status.example.com/</link>{guid}<pubDate>{at}</pubDate>\
         <description>{body}</description></item>"
    )
}

#[test]
fn an_entry_that_is_dated_now_at_every_poll_is_alerted_once() {
    for guid in ["7", ""] {
        let quiet = |_: &str| String::new();
        let slow =
            |now: &str| format!("<lastBuildDate>{now}</lastBuildDate>{}", item("Slow", "All is slow", guid, now));
        let worse = |now: &str| item("Slow", "All is down", guid, now);
        let ended = |now: &str| item("[Resolved] Slow", "All is well", guid, now);
        let found = alerted(&[&quiet, &slow, &slow, &slow, &worse, &worse, &worse, &ended, &ended, &ended]);
        assert_eq!(found, ["1: opened Slow", "4: updated Slow", "7: resolved Slow"], "{guid}");
    }
}

#[test]
fn a_repetition_in_an_item_of_its_own_is_alerted_at_once() {
    let quiet = |_: &str| String::new();
    let first = |_: &str| item("[Investigating] Slow", "We look into it", "", "2026-07-10T04:00:30Z");
    let both = |now: &str| item("[Investigating] Slow", "We look into it", "", "2026-07-10T04:01:30Z") + &first(now);
    assert_eq!(alerted(&[&quiet, &first, &both, &both]), ["1: opened Slow", "2: updated Slow"]);
}

#[test]
fn entries_that_all_link_to_the_page_are_told_apart_by_their_titles() {
    let quiet = |_: &str| String::new();
    let slow = |_: &str| item("[Investigating] Slow", "a", "", "2026-07-10T04:00:30Z");
    let down = |now: &str| item("[Investigating] Down", "b", "", "2026-07-10T04:01:30Z") + &slow(now);
    let ended = |now: &str| item("[Resolved] Slow", "c", "", "2026-07-10T04:02:30Z") + &down(now);
    let again = |now: &str| item("Slow", "d", "", "2026-07-10T04:03:30Z") + &ended(now);
    assert_eq!(
        alerted(&[&quiet, &slow, &down, &ended, &again, &again]),
        ["1: opened Slow", "2: opened Down", "3: resolved Slow", "4: opened Slow"]
    );
}

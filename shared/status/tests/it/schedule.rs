//! When pages are due.
use std::time::Duration;

use status::{
    health::{Blame, Failure, SourceHealth},
    ids::ProviderId,
    schedule::{PollCost, interval, is_due, is_return_due, is_search_due, return_interval},
};

use crate::page::{at, provider};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn page_is_read_once_per_interval_and_pages_spread_over_it() {
    let quarter = 15 * MINUTE;
    let mut per_minute = [0; 15];
    for number in 0..1000 {
        let id = ProviderId::new(format!("page-{number}"));
        let due: Vec<usize> =
            (0..15).filter(|minute| is_due(&id, quarter, None, MINUTE, at(*minute as i64 * 60))).collect();
        assert_eq!(due.len(), 1, "{id}");
        per_minute[due[0]] += 1;
    }
    assert!(per_minute.iter().all(|pages| (30..=110).contains(pages)), "{per_minute:?}");
}

#[test]
fn missed_round_is_made_up_for() {
    let id = ProviderId::new("late");
    assert!(is_due(&id, 5 * MINUTE, Some(at(0)), MINUTE, at(301)));
    assert!(!is_due(&id, 5 * MINUTE, Some(at(301)), MINUTE, at(301)));
}

#[test]
fn interval_follows_what_is_open_who_watches_and_what_it_costs() {
    let page = provider();
    let minutes = |watched, open, cost| interval(&page, watched, open, cost).as_secs() / 60;
    assert_eq!([PollCost::Low, PollCost::High].map(|cost| minutes(false, false, cost)), [15, 15]);
    assert_eq!([PollCost::Low, PollCost::High].map(|cost| minutes(true, false, cost)), [1, 2]);
    for (watched, cost) in [(false, PollCost::High), (true, PollCost::High), (false, PollCost::Low)] {
        assert_eq!(minutes(watched, true, cost), 1);
    }
    let configured = status::provider::Provider { interval: Some(Duration::from_secs(2)), ..page };
    assert_eq!(interval(&configured, true, true, PollCost::High), Duration::from_secs(2));
}

#[test]
fn poll_costs_little_without_a_body_or_with_a_small_one() {
    assert_eq!([0, 4_096, 4_097].map(PollCost::of_body), [PollCost::Low, PollCost::Low, PollCost::High]);
    assert_eq!([true, false].map(PollCost::presumed), [PollCost::Low, PollCost::High]);
    assert_eq!(PollCost::default(), PollCost::High, "an unknown page is spared");
}

#[test]
fn a_page_was_due_last_when_its_slot_began() {
    let (id, every) = (ProviderId::new("acme"), Duration::from_secs(300));
    let now: jiff::Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let last = status::schedule::last_due(&id, every, now);
    assert!(last <= now && now.duration_since(last).unsigned_abs() < every, "{last}");
    let is_due = |since| is_due(&id, every, Some(since), Duration::from_secs(60), now);
    assert!(!is_due(last) && is_due(last - Duration::from_millis(1)));
}

/// The hours at which a page without an answer, or of no known format, is looked for. `restarts`: each tick is a
/// process of its own, as it may be on Lambda.
fn searches(id: &str, unrecognised: bool, restarts: bool, hours: i64) -> Vec<i64> {
    let (id, tick) = (ProviderId::new(id), 12 * 5 * MINUTE);
    let (mut health, mut last_read, mut found): (Option<SourceHealth>, _, _) = (None, None, Vec::new());
    for hour in 0..hours {
        let now = at(hour * 3_600);
        if is_search_due(&id, health.as_ref(), last_read.filter(|_| !restarts), tick, now) {
            found.push(hour);
            last_read = Some(now);
            let failure = Failure { unrecognised, ..Failure::new("nothing was found") };
            health = Some(SourceHealth::after_failed_read(health.as_ref(), failure, Blame::Page, now).0);
        }
    }
    found
}

#[test]
fn pages_are_looked_for_over_the_first_day_and_every_week_where_none_was_found() {
    const WEEK: i64 = 7 * 24;
    let mut by_hour = [0; 24];
    for number in 0..500 {
        for restarts in [false, true] {
            let found = searches(&format!("page-{number}"), true, restarts, 4 * WEEK);
            assert!(found[0] < 24, "{found:?}");
            assert!((4..=5).contains(&found.len()), "{found:?}");
            assert!(found[1..].windows(2).all(|pair| pair[1] - pair[0] == WEEK), "{found:?}");
            by_hour[usize::try_from(found[0]).unwrap()] += 1;
        }
    }
    assert!(by_hour.iter().all(|pages| (10..=90).contains(pages)), "{by_hour:?}");
}

#[test]
fn page_that_does_not_answer_is_looked_for_every_day_of_its_first_week() {
    for restarts in [false, true] {
        let found = searches("gone", false, restarts, 28 * 24);
        assert_eq!(found.iter().filter(|hour| **hour < 7 * 24).count(), 7, "{found:?}");
        assert!((10..=12).contains(&found.len()), "{found:?}");
    }
}

#[test]
fn new_process_asks_a_page_that_left_as_rarely_as_the_old_one() {
    let (hour, tick) = (Duration::from_secs(3_600), Duration::from_secs(60));
    let shop = |at| {
        let failure = Failure { unrecognised: true, ..Failure::new("a shop") };
        move |before: Option<&SourceHealth>| SourceHealth::after_failed_read(before, failure, Blame::Page, at).0
    };
    let first = shop(at(0))(None);
    // Not each failed read is stored, so that the newest may be older than the pause.
    let stored = shop(at(2 * 86_400))(Some(&first));
    assert_eq!((return_interval(&first, true), return_interval(&stored, true)), (None, Some(hour)));
    let id = ProviderId::new("acme");
    let due = |minute: i64| is_return_due(&id, &stored, hour, None, tick, at(3 * 86_400 + 60 * minute));
    assert_eq!((0..180).filter(|minute| due(*minute)).count(), 3);
    let asked = SourceHealth { not_before: Some(at(4 * 86_400)), ..stored };
    let is_due = |minute: i64| is_return_due(&id, &asked, hour, None, tick, at(3 * 86_400 + 60 * minute));
    assert!(!(0..180).any(is_due), "it asked not to be read");
}

//! A page that was read, and answers as something else since.
use std::ops::Range;

use status::{
    health::GoodRead,
    identity::{Moved, PageIdentity},
};

use super::*;

const DAY: u64 = 24 * 60;

/// What came of a poll at this minute.
type Comes = fn(u64) -> Result<(), Failure>;

/// No known format fits.
fn shop(_: u64) -> Result<(), Failure> {
    Err(Failure { unrecognised: true, ..Failure::new("no status page") })
}

/// Somebody else's page.
fn others(_: u64) -> Result<(), Failure> {
    let moved = Moved { from: PageIdentity::default(), to: PageIdentity::default() };
    Err(Failure { moved: Some(moved.into()), ..Failure::new("another page") })
}

/// Nobody answers: it may be down, and is as likely to come back now as ever.
fn down(_: u64) -> Result<(), Failure> {
    Err(Failure::new("nobody answers"))
}

/// It is back on the eleventh day, after noon.
fn back(minute: u64) -> Result<(), Failure> {
    if minute < 10 * DAY + DAY / 2 { shop(minute) } else { Ok(()) }
}

/// The minutes of 40 days at which a page is polled that was read before.
fn polls(watched: bool, comes: Comes) -> Vec<u64> {
    let pages = [of_catalogue(true).next().unwrap()];
    let (poller, id) = (poller(&pages), pages[0].id.to_string());
    cached(&poller, &id).head = Some(head(&id, "[]"));
    if !watched {
        poller.cache().watched.clear();
    }
    let mut polls = Vec::new();
    for minute in 0..40 * DAY {
        let now = at(60 * minute);
        for (_, mut cached) in due_pages(&poller, &PollEvent::default(), now) {
            cached.begin_read(now, now);
            polls.push(minute);
            let before = cached.health.take();
            let (health, _) = match comes(minute) {
                Ok(()) => SourceHealth::after_good_read(before.as_ref(), GoodRead::default(), now),
                Err(failure) => SourceHealth::after_failed_read(before.as_ref(), failure, Blame::Page, now),
            };
            cached.health = Some(health);
        }
    }
    polls
}

fn within(polls: &[u64], days: Range<u64>) -> usize {
    polls.iter().filter(|minute| (days.start * DAY..days.end * DAY).contains(*minute)).count()
}

#[test]
fn page_that_left_is_asked_more_and_more_rarely_and_sooner_if_somebody_watches_it() {
    for comes in [shop, others] {
        for watched in [false, true] {
            let polls = polls(watched, comes);
            let first_day = within(&polls, 0..1);
            assert!((94..=100).contains(&first_day), "every 15 minutes: {first_day}");
            for day in 2..7 {
                assert_eq!(within(&polls, day..day + 1), 24, "day {day}");
            }
            for day in 8..30 {
                assert_eq!(within(&polls, day..day + 1), if watched { 24 } else { 1 }, "day {day}");
            }
            let all = within(&polls, 0..30);
            assert!(all <= if watched { 800 } else { 300 }, "{all}");
            // As all that were given up.
            let after = within(&polls, 31..40);
            assert!(if watched { after == 9 * 24 } else { (1..=2).contains(&after) }, "{after}");
        }
    }
}

#[test]
fn page_that_does_not_answer_is_tried_as_often_as_ever() {
    for watched in [false, true] {
        let polls = polls(watched, down);
        assert!((2_870..=2_890).contains(&within(&polls, 0..30)), "{}", within(&polls, 0..30));
    }
}

#[test]
fn page_that_comes_back_is_read_within_an_hour_if_somebody_watches_it_else_within_a_day() {
    let noon = 10 * DAY + DAY / 2;
    for (watched, longest, every) in [(true, 60, 2), (false, DAY, 15)] {
        let polls = polls(watched, back);
        let again: Vec<u64> = polls.into_iter().filter(|minute| *minute >= noon).collect();
        assert!(again[0] - noon <= longest, "{} minutes", again[0] - noon);
        assert!(again[1] - again[0] <= every, "from then on as any page");
        let usual = within(&again, 11..12) as u64;
        assert!(usual >= DAY / every - 1, "{usual}");
    }
}

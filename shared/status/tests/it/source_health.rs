//! Truth rule 10: whose fault it is that a page cannot be read, and when it is told.
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use status::{
    alert::{ConcernedProvider, source_alert},
    health::{Blame, Failure, GoodRead, HealthState, SourceHealth},
    ids::{IncidentId, ProviderId},
    platform_fault::{PlatformFault, Sign, Standing, standing},
    schedule::is_retry_due,
    words::Event,
};

use crate::page::{at, provider};

const MINUTE: i64 = 60;

fn failure() -> Failure {
    Failure::new("HTTP 500")
}

fn failed(before: Option<&SourceHealth>, minute: i64) -> (SourceHealth, Option<Event>) {
    SourceHealth::after_failed_read(before, failure(), Blame::Page, at(minute * MINUTE))
}

#[test]
fn page_is_unreadable_after_ten_minutes_however_often_it_was_tried() {
    for tries in [vec![0, 10], vec![0, 1, 3, 8, 10], vec![0, 55]] {
        let (mut health, mut event) = failed(None, 0);
        for minute in &tries[1..] {
            assert_eq!((health.state, event), (HealthState::Failing, None), "{tries:?}");
            (health, event) = failed(Some(&health), *minute);
        }
        assert_eq!((health.state, health.since, event), (HealthState::Unreadable, at(0), Some(Event::Unreadable)));
        let (health, event) = failed(Some(&health), 100);
        assert_eq!(event, None, "alerted once");
        let (health, event) = SourceHealth::after_good_read(Some(&health), GoodRead::default(), at(101 * MINUTE));
        assert_eq!((health.state, event), (HealthState::Readable, Some(Event::Readable)));
    }
}

#[test]
fn time_in_which_a_page_was_unreadable_is_kept() {
    let good = |before: &SourceHealth, minute: i64| {
        SourceHealth::after_good_read(Some(before), GoodRead::default(), at(minute * MINUTE)).0
    };
    let outage = |before: Option<&SourceHealth>, from: i64, until: i64| {
        let failing = failed(before, from).0;
        good(&failed(Some(&failing), until - 1).0, until)
    };
    let minutes = |health: &SourceHealth| -> Vec<(i64, i64)> {
        let minute = |time: Timestamp| time.duration_since(at(0)).as_secs() / MINUTE;
        health.gaps.iter().map(|gap| (minute(gap.since), minute(gap.until))).collect()
    };
    let once = outage(None, 0, 20);
    let noise = outage(Some(&once), 30, 35);
    assert_eq!(minutes(&noise), [(0, 20)], "a failure of five minutes is noise");
    let twice = outage(Some(&good(&noise, 60)), 100, 120);
    assert_eq!(minutes(&twice), [(0, 20), (100, 120)]);
    let day = 24 * 60;
    assert_eq!(minutes(&outage(Some(&twice), 95 * day, 96 * day)), [(95 * day, 96 * day)], "after 90 days");
    let flapping = (0..80).fold(twice, |before, number| outage(Some(&before), 200 + number * 100, 250 + number * 100));
    assert_eq!(flapping.gaps.len(), 50);
    assert_eq!(minutes(&flapping)[0].0, 0, "less is claimed, never more");
    assert_eq!(minutes(&flapping)[49], (200 + 79 * 100, 250 + 79 * 100));
}

#[test]
fn page_that_is_not_to_be_read_becomes_unreadable_by_the_clock() {
    let wait = Failure { not_before: Some(at(120 * MINUTE)), ..failure() };
    let (health, _) = SourceHealth::after_failed_read(None, wait, Blame::Page, at(0));
    let (health, event) = health.after_waiting(Blame::Page, at(9 * MINUTE));
    assert_eq!((health.state, event), (HealthState::Failing, None));
    let (health, event) = health.after_waiting(Blame::Page, at(10 * MINUTE));
    assert_eq!((health.state, health.failures, event), (HealthState::Unreadable, 1, Some(Event::Unreadable)));
    assert_eq!(health.after_waiting(Blame::Page, at(11 * MINUTE)).1, None);
    let (good, _) = SourceHealth::after_good_read(None, GoodRead::default(), at(0));
    assert_eq!(good.clone().after_waiting(Blame::Page, at(99 * MINUTE)), (good, None));
}

#[test]
fn page_told_of_with_its_platform_gets_no_alerts_of_its_own() {
    let incident = IncidentId::new("platform@statuspage@1");
    let (first, _) = failed(None, 0);
    let blame = Blame::ToldPlatform(&incident);
    let after = |before: &SourceHealth, blame, minute| {
        SourceHealth::after_failed_read(Some(before), failure(), blame, at(minute * MINUTE))
    };
    let (suspected, event) = after(&first, Blame::Platform, 15);
    assert_eq!((suspected.state, event), (HealthState::Failing, None));
    let (told, event) = after(&suspected, blame, 16);
    assert_eq!((told.state, told.told_with.as_ref(), event), (HealthState::Unreadable, Some(&incident), None));
    let (_, event) = SourceHealth::after_good_read(Some(&told), GoodRead::default(), at(17 * MINUTE));
    assert_eq!(event, None, "the platform's alert says so");

    // Still dead when the platform is back.
    let (dead, event) = after(&told, Blame::Page, 20);
    assert_eq!((dead.since, dead.told_with.as_ref(), event), (at(0), None, Some(Event::Unreadable)));
    let (still, event) = after(&dead, blame, 30);
    assert_eq!((still.told_with.as_ref(), event), (None, None), "it was told by itself");
    let (_, event) = SourceHealth::after_good_read(Some(&still), GoodRead::default(), at(40 * MINUTE));
    assert_eq!(event, Some(Event::Readable));
    let (one, two) = (source_alert(&provider(), &dead, Event::Unreadable, at(1)), at(2));
    assert_eq!(one.incident.id, source_alert(&provider(), &still, Event::Readable, two).incident.id);
}

#[test]
fn page_of_nobody_is_unreadable_without_news_until_somebody_watches_it() {
    let after = |before: Option<&SourceHealth>, blame, minute| {
        SourceHealth::after_failed_read(before, failure(), blame, at(minute * MINUTE))
    };
    let (failing, _) = after(None, Blame::PageOfNobody, 0);
    let (unreadable, event) = after(Some(&failing), Blame::PageOfNobody, 15);
    assert_eq!((unreadable.state, unreadable.untold, event), (HealthState::Unreadable, true, None));
    let (same, event) = unreadable.clone().after_waiting(Blame::PageOfNobody, at(16 * MINUTE));
    assert_eq!((&same, event), (&unreadable, None));
    let (_, event) = SourceHealth::after_good_read(Some(&unreadable), GoodRead::default(), at(17 * MINUTE));
    assert_eq!(event, None, "nobody was told that it could not be read");

    let (told, event) = unreadable.clone().after_waiting(Blame::Page, at(20 * MINUTE));
    assert_eq!((told.since, told.untold, event), (at(0), false, Some(Event::Unreadable)));
    assert_eq!(told.clone().after_waiting(Blame::Page, at(21 * MINUTE)).1, None, "told once");
    let (still, event) = after(Some(&told), Blame::PageOfNobody, 30);
    assert_eq!((still.untold, event), (false, None), "it was told");
    let (_, event) = SourceHealth::after_good_read(Some(&still), GoodRead::default(), at(40 * MINUTE));
    assert_eq!(event, Some(Event::Readable), "whoever got the opening gets its end");
    let (failed, event) = after(Some(&unreadable), Blame::Page, 30);
    assert_eq!((failed.untold, event), (false, Some(Event::Unreadable)));
}

#[test]
fn failing_pages_are_tried_after_growing_pauses() {
    let tries = |refused: bool, usual: u64, until: i64| {
        let (id, usual, tick) = (ProviderId::new("acme"), Duration::from_secs(60 * usual), Duration::from_secs(60));
        let mut health: Option<SourceHealth> = None;
        let (mut tried, mut last) = (Vec::new(), None);
        for minute in 0..until {
            let now = at(minute * MINUTE);
            if health.as_ref().is_none_or(|health| is_retry_due(&id, health, usual, last, tick, now)) {
                let failure = Failure { refused, ..failure() };
                health = Some(SourceHealth::after_failed_read(health.as_ref(), failure, Blame::Page, now).0);
                last = Some(now);
                tried.push(minute);
            }
        }
        tried
    };
    assert_eq!(tries(false, 1, 60), [0, 1, 3, 8, 23, 38, 53], "an open incident changes nothing");
    assert_eq!(tries(false, 5, 60), [0, 5, 10, 25, 40, 55]);
    assert_eq!(tries(false, 30, 100), [0, 30, 60, 90], "never shortened");
    assert_eq!(tries(true, 1, 300), [0, 1, 3, 8, 23, 53, 113, 173, 233, 293]);
}

#[test]
fn new_process_is_as_patient_as_the_old_one() {
    let (id, minute) = (ProviderId::new("acme"), Duration::from_secs(60));
    let is_due = |health: &SourceHealth, now: i64| is_retry_due(&id, health, minute, None, minute, at(now * MINUTE));
    let (mut health, _) = failed(None, 0);
    for minute in [1, 3, 8] {
        (health, _) = failed(Some(&health), minute);
    }
    assert_eq!(health.state, HealthState::Failing);
    assert!(!is_due(&health, 9) && !is_due(&health, 22) && is_due(&health, 23) && is_due(&health, 40));
    // Of a dead page not each read is stored: it has a slot in each pause.
    let (dead, _) = failed(Some(&health), 23);
    let slots = (60..120).filter(|minute| is_due(&dead, *minute)).count();
    assert_eq!(slots, 4, "one in fifteen minutes");
    let refused = SourceHealth { refused: true, failed_at: Some(at(60 * MINUTE)), ..dead.clone() };
    assert_eq!((180..300).filter(|minute| is_due(&refused, *minute)).count(), 2, "one in an hour");
    let asked = SourceHealth { not_before: Some(at(200 * MINUTE)), ..dead };
    assert!((60..200).all(|minute| !is_due(&asked, minute)));
}

#[test]
fn pages_that_are_dead_for_a_day_are_tried_in_the_same_rounds() {
    const DAY: i64 = 24 * 60;
    let minute = Duration::from_secs(60);
    let (dead, _) = failed(None, 0);
    let (dead, _) = failed(Some(&dead), 23);
    let rounds = |from: i64, refused: bool| {
        let health = SourceHealth { refused, failed_at: Some(at((from - 100) * MINUTE)), ..dead.clone() };
        let tried = |id: &str| {
            let (id, mut last) = (ProviderId::new(id), None);
            let is_due = |minutes: &i64| {
                let now = at(minutes * MINUTE);
                let due = is_retry_due(&id, &health, minute * 5, last, minute, now);
                last = if due { Some(now) } else { last };
                due
            };
            (from..from + 120).filter(is_due).collect::<Vec<_>>()
        };
        ["acme", "globex", "initech"].map(tried)
    };
    let [first, second, third] = rounds(DAY, false);
    assert_eq!((first.len(), &first, &first), (8, &second, &third), "every fifteen minutes");
    let [refused, other, _] = rounds(DAY, true);
    assert_eq!((refused.len(), &refused), (2, &other));
    assert!(refused.iter().all(|minute| first.contains(minute)), "{refused:?} are among {first:?}");
    let [first, second, third] = rounds(DAY / 2, false);
    assert!(first != second || first != third, "before, each has its own");
}

#[test]
fn health_of_earlier_versions_can_be_read() {
    let old = r#"{"state":"failing","since":"2026-11-01T10:00:00Z","failures":2,"reason":"HTTP 500","not_before":null,
        "problems":[]}"#;
    let health: SourceHealth = serde_json::from_str(old).unwrap();
    assert_eq!((health.failures, health.refused, health.failed_at, &health.told_with), (2, false, None, &None));
    assert_eq!(health.retry_interval(), Duration::from_secs(60));
}

fn good(minute: i64) -> Sign {
    Sign::Good { read_at: at(minute * MINUTE) }
}

fn failing(since: i64) -> Sign {
    Sign::Failing { since: at(since * MINUTE), confirmed: true }
}

fn signs(failing_since: &[i64], read_well_at: &[i64]) -> Vec<Sign> {
    let failing_since = failing_since.iter().map(|minute| failing(*minute));
    failing_since.chain(read_well_at.iter().map(|minute| good(*minute))).collect()
}

fn begins(failing_since: &[i64], read_well_at: &[i64], now: i64) -> Option<i64> {
    match standing(None, &signs(failing_since, read_well_at), at(now * MINUTE)) {
        Standing::Begins { since } => Some((since.as_second() - at(0).as_second()) / MINUTE),
        Standing::Well | Standing::Suspected => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn most_pages_failing_for_ten_minutes_is_a_fault_of_the_platform() {
    assert_eq!(begins(&[0; 5], &[], 10), Some(0));
    assert_eq!(begins(&[0; 5], &[], 9), None, "not long enough");
    assert_eq!(begins(&[0; 4], &[], 10), None, "too few pages");
    assert_eq!(begins(&[0; 4], &[9; 3], 10), Some(0));
    assert_eq!(begins(&[0; 4], &[9; 4], 10), None, "half is not most");
    assert_eq!(begins(&[0; 30], &[9; 400], 10), None);
    assert_eq!(begins(&[0; 30], &[-5; 400], 10), Some(0), "pages not read since prove nothing");
}

#[test]
fn pages_that_are_read_at_different_times_are_one_fault() {
    // Thirty pages with an interval of five minutes, read six at a time.
    let failing: Vec<i64> = (0..30).map(|page| page / 6).collect();
    assert_eq!(begins(&failing, &[], 9), None);
    assert_eq!(begins(&failing, &[], 10), Some(0));
    // In the first minutes most pages are still well as far as we know.
    let well: Vec<i64> = (0..24).map(|page| -5 + page / 6).collect();
    assert_eq!(standing(None, &signs(&[0; 6], &well), at(0)), Standing::Suspected);
    assert_eq!(standing(None, &signs(&[0; 2], &well), at(0)), Standing::Well);
}

#[test]
fn pages_that_fail_one_after_the_other_by_themselves_are_no_fault_of_the_platform() {
    // One of a hundred each minute; the others are read well each time.
    for now in 0..15 {
        let failing: Vec<i64> = (0..=now).collect();
        let well = vec![now; 100 - failing.len()];
        assert_eq!(standing(None, &signs(&failing, &well), at(now * MINUTE)), Standing::Well, "minute {now}");
    }
}

#[test]
fn failures_that_are_only_known_from_the_store_are_suspected_and_not_told() {
    let stored = vec![Sign::Failing { since: at(0), confirmed: false }; 9];
    assert_eq!(standing(None, &stored, at(99 * MINUTE)), Standing::Suspected);
}

fn fault(failing_pages: usize) -> PlatformFault {
    let concerned = (0..failing_pages)
        .map(|page| ConcernedProvider { id: ProviderId::new(format!("p{page}")), name: format!("Vendor {page}") });
    PlatformFault { concerned: concerned.collect(), ..PlatformFault::begin("statuspage", "Statuspage", None, at(0)) }
}

#[test]
fn fault_is_over_when_few_pages_fail_or_no_majority_fails_for_ten_minutes() {
    let of = |fault: &PlatformFault, failing: usize, well: usize, now: i64| {
        standing(Some(fault), &signs(&vec![0; failing], &vec![now; well]), at(now * MINUTE))
    };
    let told = fault(12);
    assert_eq!(of(&told, 12, 0, 20), Standing::Lasts);
    assert_eq!(of(&told, 7, 5, 20), Standing::Lasts);
    let Standing::Ends(ended) = of(&told, 3, 9, 20) else { panic!("a quarter is few") };
    assert_eq!((ended.version, ended.ended_at, ended.lasts()), (2, Some(at(20 * MINUTE)), false));

    let Standing::Changed(calm) = of(&told, 5, 7, 20) else { panic!("no majority any more") };
    assert_eq!(of(&calm, 5, 7, 29), Standing::Lasts);
    let Standing::Changed(again) = of(&calm, 8, 4, 29) else { panic!("a majority again") };
    assert_eq!((again.calm_since, again.version), (None, 3));
    assert!(matches!(of(&calm, 5, 7, 30), Standing::Ends(_)));
    // Pages that were read well before it began say nothing of its end, and neither does a process without reads.
    assert_eq!(standing(Some(&told), &signs(&[0; 2], &[-1; 50]), at(20 * MINUTE)), Standing::Lasts);
    assert_eq!(standing(Some(&told), &[], at(20 * MINUTE)), Standing::Lasts);
}

#[test]
fn fault_that_is_over_needs_ten_minutes_to_come_again() {
    let over = PlatformFault { ended_at: Some(at(30 * MINUTE)), ..fault(12) };
    let of = |now: i64| standing(Some(&over), &signs(&[0; 12], &[31; 3]), at(now * MINUTE));
    assert_eq!(of(39), Standing::Suspected);
    assert_eq!(of(40), Standing::Begins { since: at(30 * MINUTE) });
    let next = PlatformFault::begin("statuspage", "Statuspage", Some(&over), at(30 * MINUTE));
    assert_eq!(next.version, over.version + 1);
    assert_ne!(next.incident(), over.incident());
}

#[test]
fn both_alerts_of_a_fault_belong_to_one_incident_and_name_the_providers() {
    let told = fault(30);
    let begin = told.alert(Event::Unreadable, at(600));
    let end = told.alert(Event::Readable, at(6_000));
    assert_eq!(begin.incident.id, end.incident.id);
    assert_ne!(begin.id, end.id);
    assert_eq!((begin.provider.as_str(), begin.provider_name.as_str()), ("platform@statuspage", "Statuspage"));
    assert_eq!(begin.incident.title, "30 status pages on Statuspage unreachable");
    assert_eq!((begin.concerned.len(), begin.incident.started_at), (30, Some(at(0))));
    assert_eq!((begin.incident.ended_at, end.incident.ended_at), (None, Some(at(6_000))));
    let stored: PlatformFault = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
    assert_eq!(stored, told);
}

fn any_sign() -> impl Strategy<Value = Sign> {
    let time = (0i64..60).prop_map(|minute| at(minute * MINUTE));
    prop_oneof![
        time.clone().prop_map(|read_at| Sign::Good { read_at }),
        (time, any::<bool>()).prop_map(|(since, confirmed)| Sign::Failing { since, confirmed }),
    ]
}

proptest! {
    #[test]
    fn as_many_good_reads_as_failures_are_no_fault(signs in prop::collection::vec(any_sign(), 0..40)) {
        let now: Timestamp = at(60 * MINUTE);
        let good = vec![Sign::Good { read_at: now }; signs.len()];
        let better: Vec<Sign> = signs.into_iter().chain(good).collect();
        prop_assert_eq!(standing(None, &better, now), Standing::Well);
    }

    #[test]
    fn order_of_the_reads_does_not_matter(signs in prop::collection::vec(any_sign(), 0..40)) {
        let now: Timestamp = at(60 * MINUTE);
        let reversed: Vec<Sign> = signs.iter().rev().copied().collect();
        prop_assert_eq!(standing(None, &signs, now), standing(None, &reversed, now));
    }
}

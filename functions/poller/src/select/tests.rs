//! Rounds in virtual time: which pages are read when reads take long, fail or hang.
mod left;

use std::collections::BinaryHeap;

use futures_util::FutureExt as _;
use http::HeaderValue;
use outbound::{FetchError, Guard, Outbound, Settings, Validators};
use queue::send::AlertsQueue;
use startup::aws::AwsSettings;
use status::{
    health::{Blame, Failure, SourceHealth},
    schedule::PollCost,
};
use store::{PageHead, Store};

use super::*;
use crate::{Options, connectivity::Admission, read::FirstResponses};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + Duration::from_secs(seconds)
}

/// The poller of these pages; it reaches nothing.
fn poller(pages: &[Provider]) -> Poller {
    let nowhere = |name: &str| if name.starts_with("AWS_ENDPOINT_URL") { "http://127.0.0.1:9" } else { "none" };
    let aws = AwsSettings::from_variables(|name| Ok(Some(nowhere(name).to_owned()))).unwrap();
    let poller = Poller::new(
        Outbound::new(Settings::new(Guard::default(), HeaderValue::from_static("test"))),
        Store::new(&aws.dynamodb(), "none"),
        AlertsQueue::new(aws.sqs(), "http://127.0.0.1:9/alerts"),
        Options::default(),
    );
    let mut cache = poller.cache();
    for page in pages {
        cache.watched.insert(page.id.clone());
        cache.cached.insert(page.id.clone(), Arc::default());
        cache.pages.push(Arc::new(page.clone()));
    }
    drop(cache);
    let origins: HashSet<_> = pages.iter().filter_map(|page| CachedPage::default().origin(page)).collect();
    poller.connectivity.expect_origins(origins.len());
    poller
}

fn page(id: &str, format: &str, interval: Option<u64>) -> Provider {
    Provider {
        id: id.into(),
        name: id.to_owned(),
        page_url: format!("https://status.{id}.test"),
        format: Some(format.to_owned()),
        interval: interval.map(Duration::from_secs),
    }
}

/// The cached page, which no round holds.
fn cached(poller: &Poller, id: &str) -> OwnedMutexGuard<CachedPage> {
    let cached = poller.cache().cached[id].clone();
    cached.try_lock_owned().unwrap()
}

fn due(poller: &Poller, now: Timestamp) -> Vec<String> {
    let due = due_pages(poller, &PollEvent::default(), now);
    due.iter().map(|(page, _)| page.id.to_string()).collect()
}

#[test]
fn each_slot_of_a_page_is_read_however_long_rounds_last() {
    for round_lasts in [2, 10, 20] {
        for interval in [60, 120, 300] {
            let pages: Vec<_> = (0..200).map(|n| page(&format!("p{n}"), "statuspage", Some(interval))).collect();
            let poller = poller(&pages);
            let (mut reads, mut last): (HashMap<ProviderId, u64>, HashMap<ProviderId, u64>) = Default::default();
            for round in 0..120 {
                let began = at(60 * round);
                for (n, (page, mut cached)) in due_pages(&poller, &PollEvent::default(), began).into_iter().enumerate()
                {
                    let reading = began + Duration::from_millis(n as u64 * round_lasts * 1_000 / 200);
                    cached.begin_read(began, reading);
                    *reads.entry(page.id.clone()).or_default() += 1;
                    // The first read of a watched page is at once, not in its slot.
                    if let Some(last) = last.insert(page.id.clone(), round).filter(|last| *last > 0) {
                        assert_eq!((round - last) * 60, interval, "{} with rounds of {round_lasts} s", page.id);
                    }
                }
            }
            assert_eq!(reads.len(), 200);
            assert!(reads.values().all(|reads| reads.abs_diff(120 * 60 / interval) <= 1), "{interval} {reads:?}");
        }
    }
}

/// What a page does: answer at once, or never.
#[derive(Clone, Copy, PartialEq)]
enum Page {
    Answers,
    Hangs,
}

/// How many pages were tried and how many were skipped for want of time or of a place.
type Tried = (Vec<ProviderId>, usize);

/// One round of 64 pages at a time. Pages that hang do so for 15 seconds; no read begins after 20.
fn round(poller: &Poller, began: Timestamp, kind: impl Fn(&Provider) -> Page) -> Tried {
    type Running = Reverse<(u64, usize)>;
    let clock = |milliseconds: u64| began + Duration::from_millis(milliseconds);
    let mut polls: Vec<Option<(DuePage, Option<Admission>)>> = Vec::new();
    let mut running: BinaryHeap<Running> = BinaryHeap::new();
    let (mut tried, mut skipped, mut now) = (Vec::new(), 0, 0);
    let end = |poll: (DuePage, Option<Admission>), milliseconds: u64| {
        let ((page, mut cached), _place) = poll;
        let origin = cached.origin(&page).unwrap();
        match kind(&page) {
            Page::Answers => {
                poller.connectivity.answered(&origin, clock(milliseconds));
                cached.health = None;
            }
            Page::Hangs => {
                let error = FetchError::Timeout { host: page.id.to_string(), limit: Duration::from_secs(15) };
                poller.connectivity.no_answer(&origin, &error, clock(milliseconds));
                let failure = Failure::new(error.to_string());
                let before = cached.health.as_ref();
                let now = clock(milliseconds);
                cached.health = Some(SourceHealth::after_failed_read(before, failure, Blame::Platform, now).0);
            }
        }
    };
    for (page, mut cached) in due_pages(poller, &PollEvent::default(), began) {
        if running.len() == 64 {
            let Reverse((at, poll)) = running.pop().unwrap();
            now = at;
            end(polls[poll].take().unwrap(), at);
        }
        let origin = cached.origin(&page).unwrap();
        let place = poller.connectivity.admit(&origin, false, clock(now));
        let place = place.now_or_never().flatten();
        if place.is_none() || now > 20_000 {
            skipped += 1;
            continue;
        }
        cached.begin_read(began, clock(now));
        tried.push(page.id.clone());
        let lasts = if kind(&page) == Page::Hangs { 15_000 } else { 200 };
        running.push(Reverse((now + lasts, polls.len())));
        polls.push(Some(((page, cached), place)));
    }
    while let Some(Reverse((at, poll))) = running.pop() {
        end(polls[poll].take().unwrap(), at);
    }
    (tried, skipped)
}

fn reads_of(tried: &[ProviderId], id: &str) -> usize {
    tried.iter().filter(|page| page.as_str() == id).count()
}

#[test]
fn pages_of_a_platform_that_hangs_stop_the_reading_of_no_other() {
    for hanging in [57, 500] {
        let others = ["aws", "google", "incidentio"].map(|format| page(&format!("well-{format}"), format, None));
        let hang = (0..hanging).map(|n| page(&format!("hangs-{n}"), "statuspage", None));
        let pages: Vec<_> = hang.chain(others.clone()).collect();
        let poller = poller(&pages);
        let kind = |page: &Provider| if page.id.as_str().starts_with("well") { Page::Answers } else { Page::Hangs };
        let mut tried = Vec::new();
        for minute in 0..60 {
            tried.extend(round(&poller, at(60 * minute), kind).0);
            assert!(poller.connectivity.missing_since().is_none(), "one platform is not the internet");
        }
        for page in &others {
            assert!((30..=31).contains(&reads_of(&tried, page.id.as_str())), "{} of {hanging}", page.id);
        }
        let per_page: Vec<_> = (0..hanging).map(|n| reads_of(&tried, &format!("hangs-{n}"))).collect();
        assert!(per_page.iter().all(|reads| (1..=8).contains(reads)), "each gets its turn, rarely: {per_page:?}");
    }
}

#[test]
fn pages_of_a_platform_that_is_back_are_read_within_their_interval() {
    let mut pages: Vec<_> = (0..300).map(|n| page(&format!("hangs-{n}"), "statuspage", None)).collect();
    pages.push(page("well", "aws", None));
    let poller = poller(&pages);
    let down = |page: &Provider| if page.id.as_str() == "well" { Page::Answers } else { Page::Hangs };
    for minute in 0..30 {
        round(&poller, at(60 * minute), down);
    }
    let mut tried = HashSet::new();
    for minute in 30..46 {
        let (pages, skipped) = round(&poller, at(60 * minute), |_| Page::Answers);
        tried.extend(pages);
        assert!(minute == 30 || skipped == 0, "the first answer ends the doubt");
    }
    assert_eq!(tried.len(), 301);
}

#[test]
fn without_internet_one_page_of_each_platform_is_tested_after_growing_pauses() {
    let formats = ["statuspage", "incidentio", "aws", "google", "instatus", "statusio", "hund", "cachet", "sorry"];
    let pages: Vec<_> = (0..90).map(|n| page(&format!("p{n}"), formats[n % 9], None)).collect();
    let poller = poller(&pages);
    let mut tried = Vec::new();
    for minute in 0..20 {
        tried.push(round(&poller, at(60 * minute), |_| Page::Hangs).0.len());
    }
    assert!(poller.connectivity.missing_since().is_some());
    assert!(tried[2..].iter().all(|tried| *tried <= 9), "one page a platform: {tried:?}");
    assert!(tried[2..].iter().filter(|tried| **tried == 0).count() > 8, "after growing pauses: {tried:?}");
}

#[test]
fn what_was_due_and_not_read_is_due_in_the_next_round() {
    let pages = [page("acme", "statuspage", None), page("other", "statuspage", None)];
    let poller = poller(&pages);
    assert_eq!(due(&poller, at(0)).len(), 2, "watched pages are read at once");
    assert_eq!(due(&poller, at(60)).len(), 2, "they were not read");
    cached(&poller, "acme").begin_read(at(60), at(61));
    assert_eq!(due(&poller, at(120)), ["other"]);
    let before = cached(&poller, "other").begin_read(at(120), at(125));
    assert_eq!(before, None);
    cached(&poller, "other").owe(before);
    assert!(due(&poller, at(180)).contains(&"other".to_owned()), "the store failed");
}

/// A page that this process did not read, and another one did.
#[test]
fn what_was_due_and_not_read_is_due_in_the_next_round_of_a_new_process_too() {
    let poller = poller(&[page("acme", "statuspage", Some(900))]);
    cached(&poller, "acme").health = Some(SourceHealth::after_good_read(None, Default::default(), at(0)).0);
    let slot = (1..40).find(|minute| due(&poller, at(60 * minute)) == ["acme"]).unwrap();
    assert!(slot <= 16);
    assert_eq!(due(&poller, at(60 * slot + 60)), ["acme"]);
    cached(&poller, "acme").begin_read(at(60 * slot + 60), at(60 * slot + 60));
    assert!(due(&poller, at(60 * slot + 120)).is_empty());
}

#[test]
fn a_fresh_response_never_costs_a_slot_more_than_it_says() {
    for (max_age, every) in [(None, 1), (Some(10), 1), (Some(60), 1), (Some(80), 1), (Some(120), 2), (Some(3_600), 5)] {
        let poller = poller(&[page("acme", "statuspage", Some(60))]);
        let mut reads = Vec::new();
        for minute in 0..31u64 {
            // The schedule is no exact clock.
            let began = at(60 * minute) + Duration::from_millis(minute * 7_919 % 400);
            if due(&poller, began).is_empty() {
                continue;
            }
            let reading = began + Duration::from_secs(3);
            let mut cached = cached(&poller, "acme");
            cached.begin_read(began, reading);
            cached.set_fresh(max_age.map(Duration::from_secs), reading);
            reads.push(minute);
        }
        let gaps: HashSet<_> = reads.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps, HashSet::from([every]), "max-age {max_age:?}: {reads:?}");
    }
}

#[test]
fn page_is_polled_as_often_as_it_costs_its_host_little() {
    let validators = || Validators { etag: Some("\"1\"".into()), last_modified: None };
    let cases = [
        (Validators::default(), None, 2, 15),
        (validators(), None, 1, 15),
        (validators(), Some(PollCost::High), 2, 15),
        (Validators::default(), Some(PollCost::Low), 1, 15),
    ];
    for (validators, cost, when_watched, otherwise) in cases {
        for (watched, every) in [(true, when_watched), (false, otherwise)] {
            let poller = poller(&[page("acme", "statuspage", None)]);
            if !watched {
                poller.cache().watched.clear();
            }
            let mut reads = Vec::new();
            for minute in 0..91u64 {
                if due(&poller, at(60 * minute)).is_empty() {
                    continue;
                }
                let mut cached = cached(&poller, "acme");
                cached.begin_read(at(60 * minute), at(60 * minute));
                cached.keep_unchanged(
                    FirstResponses {
                        validators: validators.clone(),
                        unchanged_cost: cost,
                        ..FirstResponses::default()
                    },
                    at(60 * minute),
                );
                reads.push(minute);
            }
            // The first read of a watched page is at once, not in its slot.
            let gaps: HashSet<_> = reads[1..].windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert_eq!(gaps, HashSet::from([every]), "{cost:?} {watched}");
        }
    }
}

#[test]
fn page_that_asked_not_to_be_read_is_left_alone_even_if_it_is_owed() {
    let poller = poller(&[page("acme", "statuspage", None)]);
    let mut page = cached(&poller, "acme");
    let failure = Failure { not_before: Some(at(7_200)), ..Failure::new("429") };
    page.health = Some(SourceHealth::after_failed_read(None, failure, Blame::Page, at(0)).0);
    page.owed = true;
    drop(page);
    assert!((0..120).all(|minute| due(&poller, at(60 * minute)).is_empty()));
    assert_eq!(due(&poller, at(7_200)), ["acme"]);
}

/// Of a page that was read; `open`: its open incidents.
fn head(page: &str, open: &str) -> PageHead {
    let head = format!(
        r#"{{"provider":"{page}","version":1,"format":"statuspage","via":"api-v2","etag":null,"last_modified":null,
        "body_digest":null,"snapshot_digest":"","unsettled":false,"open":{open}}}"#
    );
    serde_json::from_str(&head).unwrap()
}

#[test]
fn pages_with_open_incidents_come_first_and_platforms_take_turns() {
    let mut pages: Vec<_> = (0..8).map(|n| page(&format!("s{n}"), "statuspage", None)).collect();
    pages.push(page("a", "aws", None));
    let poller = poller(&pages);
    cached(&poller, "s7").head = Some(head("s7", r#"[["incident","i1"]]"#));
    cached(&poller, "s0").tried_at = Some(at(0));
    let order = due(&poller, at(60));
    assert_eq!(order[0], "s7");
    assert!(order[1..3].contains(&"a".to_owned()), "{order:?}");
    assert_eq!(order.last().unwrap(), "s0", "it was tried last");
}

/// A round has time for 60 of 240 pages that are due each time.
#[test]
fn every_page_is_read_however_often_rounds_run_out_of_time_and_watched_pages_most_often() {
    let pages: Vec<_> = (0..240).map(|n| page(&format!("p{n}"), "statuspage", Some(60))).collect();
    let poller = poller(&pages);
    let watched = |id: &ProviderId| id.as_str()[1..].parse::<usize>().unwrap() < 40;
    poller.cache().watched.retain(watched);
    let mut reads: HashMap<ProviderId, usize> = HashMap::new();
    for round in 0..40 {
        let began = at(60 * round);
        let event = PollEvent { all: true, ..PollEvent::default() };
        for (turn, (page, mut cached)) in due_pages(&poller, &event, began).into_iter().enumerate() {
            if turn < 60 {
                cached.begin_read(began, began);
                *reads.entry(page.id.clone()).or_default() += 1;
            } else {
                cached.left_out += 1;
            }
        }
    }
    let [most, least] = [true, false].map(|kind| {
        let of_kind = pages.iter().filter(|page| watched(&page.id) == kind);
        of_kind.map(|page| reads.get(&page.id).copied().unwrap_or_default()).min().unwrap()
    });
    assert!(most == 40 && least >= 3, "{most} and {least}");
}

/// Of the catalogue, those that name their platform or those that do not.
fn of_catalogue(names_platform: bool) -> impl Iterator<Item = Provider> {
    let is = move |entry: &&catalogue::Entry| formats::of_platform(entry.platform).is_some() == names_platform;
    catalogue::entries().iter().filter(is).map(catalogue::Row::provider)
}

#[test]
fn page_of_no_known_platform_is_looked_for_once_a_week_unless_it_is_watched_also_if_its_row_names_one() {
    const DAY: u64 = 24 * 60;
    // The second page is not on the platform that its row names.
    let pages: Vec<Provider> = of_catalogue(true).take(2).chain(of_catalogue(false).take(1)).collect();
    let [named, wrong, unnamed] = [0, 1, 2].map(|at| pages[at].id.to_string());
    let poller = poller(&pages);
    poller.cache().watched.clear();
    let mut reads: HashMap<String, Vec<u64>> = HashMap::new();
    for minute in 0..21 * DAY {
        let now = at(60 * minute);
        for (page, mut cached) in due_pages(&poller, &PollEvent::default(), now) {
            cached.begin_read(now, now);
            reads.entry(page.id.to_string()).or_default().push(minute);
            if page.id.as_str() != named {
                let failure = Failure { unrecognised: true, ..Failure::new("no status page") };
                let before = cached.health.take();
                cached.health = Some(SourceHealth::after_failed_read(before.as_ref(), failure, Blame::Page, now).0);
            }
        }
    }
    assert_eq!(reads[&named].len() as u64, 21 * DAY / 15);
    assert!(reads[&unnamed][0] < DAY, "{:?}", reads[&unnamed]);
    assert!(reads[&wrong][0] < 15, "a page of a named platform is read in its first slot");
    for page in [&wrong, &unnamed] {
        assert!((3..=4).contains(&reads[page].len()), "{:?}", reads[page]);
    }

    // Who watches it hears of it as soon as it can be read.
    for page in [&wrong, &unnamed] {
        poller.cache().watched.insert(page.as_str().into());
        let due = (0..60).filter(|minute| due(&poller, at(60 * (21 * DAY + minute))).contains(page)).count();
        assert!(due > 1, "{due}");
    }
}

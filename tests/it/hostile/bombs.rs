//! Each kind among good pages: named or read in part, told once, and cheap when it comes again.
use std::time::Duration;

use tests::{hostile_pages::html_kinds, world::WorldOptions};

use super::among::{Among, Seen, kind};

/// Of one answer, on a machine that is busy with other tests.
const LONG: Duration = Duration::from_secs(120);

fn with_long_timeout() -> WorldOptions<'static> {
    WorldOptions { timeout: Some(LONG), ..WorldOptions::default() }
}

/// Pages of these kinds among good ones that change: turned hostile, the same again, another version of it, the same.
async fn turned(names: &[&str]) -> Vec<[Seen; 4]> {
    turned_within(names, LONG).await
}

async fn turned_within(names: &[&str], timeout: Duration) -> Vec<[Seen; 4]> {
    let kinds = names.iter().map(|name| kind(name)).collect();
    let among = Among::begin(kinds, WorldOptions { timeout: Some(timeout), ..WorldOptions::default() }).await;
    let rounds = [
        among.turn(1, "investigating").await,
        among.again_for_free().await,
        among.turn(2, "resolved").await,
        // What version 1 listed is missing for the second time.
        among.again().await,
    ];
    let mut rounds = rounds.map(|seen| seen.into_iter());
    let pages = names.iter().map(|_| rounds.each_mut().map(|seen| seen.next().expect("one of each page")));
    let pages = pages.collect();
    among.world.finish().await;
    pages
}

/// A page that is named: it told nothing, cost the same few requests each time, and nothing of it was stored.
fn is_named(name: &str, rounds: &[Seen; 4], reason: &str) {
    for seen in rounds {
        assert!(seen.reason.as_ref().is_some_and(|it| it.contains(reason)), "{name}: {seen:?}");
        assert!(seen.told.is_empty() && seen.requests <= 2, "{name}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_without_measure_are_named() {
    let names = ["gzip bomb", "brotli bomb", "endless", "8 MB title"];
    for (name, rounds) in names.iter().zip(turned(&names).await) {
        is_named(name, &rounds, "the body is larger than 4194304 bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_lead_nowhere_are_named() {
    let names = ["drip", "headers", "redirects", "deep JSON"];
    let reasons =
        ["no complete answer within", "message head is too large", "redirects in a loop", "has another shape"];
    let rounds = turned_within(&names, Duration::from_secs(5)).await;
    for ((name, reason), rounds) in names.iter().zip(reasons).zip(rounds) {
        is_named(name, &rounds, reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_without_measure_are_read_in_part_or_named() {
    let names = [
        "280,000 components",
        "80,000 entries, Atom",
        "80,000 entries, RSS",
        "150,000 components",
        "45,000 entries, Atom",
        "45,000 entries, RSS",
    ];
    for (name, rounds) in names.iter().zip(turned(&names).await) {
        let what = if name.contains("components") { "components" } else { "entries" };
        for seen in &rounds {
            let said: Vec<&String> = seen.reason.iter().chain(&seen.problems).collect();
            // Of a body or a document that is too large, or of a list that is too long.
            let reasons = [what, "the body is larger than", "holds more than 300000 values"];
            assert!(said.iter().any(|it| reasons.iter().any(|reason| it.contains(reason))), "{name}: {seen:?}");
            assert!(seen.told.is_empty() && seen.requests <= 2, "{name}: {seen:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_names_are_read_and_told_in_short() {
    let names = ["4 MB title", "4 MB name", "4 MB entry"];
    let kinds = names.iter().map(|name| kind(name)).collect();
    let among = Among::begin(kinds, with_long_timeout()).await;
    let first = among.turn(1, "investigating").await;
    let again = among.again_for_free().await;
    for (name, (first, again)) in names.iter().zip(first.iter().zip(&again)) {
        assert_eq!((&first.reason, &again.reason), (&None, &None), "{name}");
        assert!(again.told.is_empty() && again.requests == 1, "{name}: {again:?}");
    }
    // All of these pages share one destination.
    assert_eq!(first[0].told.iter().filter(|told| told.starts_with("opened v1-0")).count(), 1, "{:?}", first[0].told);
    let largest = among.world.receiver.messages().iter().map(|message| message.raw.len()).max();
    assert!(largest < Some(64 * 1024), "{largest:?}");
    among.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_dense_pages_at_once_are_read_and_told_once() {
    let rounds = turned(&["dense texts"; 12]).await;
    for rounds in &rounds {
        assert!(rounds.iter().all(|seen| seen.reason.is_none()), "{rounds:?}");
        assert!(rounds[1].told.is_empty() && rounds[1].requests == 1, "{rounds:?}");
    }
    // One summary of each page.
    assert_eq!(rounds[0][0].told.len(), 12, "{:?}", rounds[0][0].told);
}

/// Twenty incidents of thousands of updates each, all of them new at the next read.
#[tokio::test(flavor = "multi_thread")]
async fn updates_without_measure_are_told_once() {
    let names = ["4,900 updates", "2,300 usual updates"];
    for (name, rounds) in names.iter().zip(turned(&names).await) {
        assert!(rounds.iter().all(|seen| seen.reason.is_none()), "{name}: {rounds:?}");
        // Both pages share one destination: an opening or an update of each incident, or a summary.
        assert!(rounds[0].told.len() <= 40 && rounds[2].told.len() <= 40, "{name}: {rounds:?}");
        for again in [&rounds[1], &rounds[3]] {
            assert!(again.told.is_empty() && again.requests == 1, "{name}: {again:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn html_of_every_shape_is_read_or_named() {
    let kinds = html_kinds(300_000);
    let names: Vec<String> = kinds.iter().map(|kind| kind.name.clone()).collect();
    let among = Among::begin_any(kinds, with_long_timeout()).await;
    let first = among.turn(1, "investigating").await;
    let again = among.again().await;
    for (name, (first, again)) in names.iter().zip(first.iter().zip(&again)) {
        assert!(first.requests <= 8 && again.requests <= 8, "{name}: {first:?} {again:?}");
        assert_eq!(first.reason, again.reason, "{name}");
    }
    assert!(again[0].told.is_empty(), "{again:?}");
    among.world.finish().await;
}

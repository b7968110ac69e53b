//! Each kind among good pages: named or read in part, told once, and cheap when it comes again.
use std::time::Duration;

use tests::{hostile_pages::html_kinds, world::WorldOptions};

use super::among::{Among, Seen, kind};

/// Of one answer, on a machine that is busy with other tests.
const LONG: Duration = Duration::from_secs(120);

fn patient() -> WorldOptions<'static> {
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
        among.again().await,
        among.turn(2, "resolved").await,
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
    let names = ["gzip bomb", "brotli bomb", "endless"];
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
            // Of a body that is too large, or of a list that is too long.
            let named = |it: &&String| it.contains(what) || it.contains("the body is larger than");
            assert!(said.iter().any(named), "{name}: {seen:?}");
            assert!(seen.told.is_empty() && seen.requests <= 2, "{name}: {seen:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn html_of_every_shape_is_read_or_named() {
    let kinds = html_kinds(300_000);
    let names: Vec<String> = kinds.iter().map(|kind| kind.name.clone()).collect();
    let among = Among::begin_any(kinds, patient()).await;
    let first = among.turn(1, "investigating").await;
    let again = among.again().await;
    for (name, (first, again)) in names.iter().zip(first.iter().zip(&again)) {
        assert!(first.requests <= 8 && again.requests <= 8, "{name}: {first:?} {again:?}");
        assert_eq!(first.reason, again.reason, "{name}");
    }
    assert!(again[0].told.is_empty(), "{again:?}");
    among.world.finish().await;
}

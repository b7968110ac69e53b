//! A round: sweep what a dead run left, pick the pages that are due, poll them side by side, then judge the failures
//! together, since most pages of one platform failing at once is one fault and not hundreds.
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use status::{
    health::{Failure, platform_faults},
    ids::digest,
    provider::Provider,
    schedule::{interval, is_due},
};
use tokio::sync::{Mutex as PageLock, OwnedMutexGuard};
use url::Url;

use crate::{
    PollEvent, Poller, Summary,
    internet::is_out_there,
    memory::{Known, refresh},
    page::{Outcome, failed_read, poll},
    publish,
};

/// Pages out there tried at the same time while it is in doubt whether there is an internet.
const CAUTIOUS: usize = 5;

type Due = (Arc<Provider>, OwnedMutexGuard<Known>);

pub(crate) async fn run(poller: &Poller, event: PollEvent, now: Timestamp) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let (counted, requested) = (poller.store.counts(), poller.outbound.requests());
    if refresh(poller, now).await? {
        publish::sweep(poller).await;
    }
    let due = due(poller, &event, now);
    let mut summary = Summary { pages: due.len(), ..Summary::default() };
    let clock = || now + started.elapsed();

    let skipped = AtomicUsize::new(0);
    let polled: Vec<_> = stream::iter(due)
        .map(|(page, mut known)| {
            let skipped = &skipped;
            async move {
                let out_there = Url::parse(&page.page_url).is_ok_and(|url| is_out_there(&url));
                let missing = out_there && !poller.memory.internet.is_worth_a_try(clock());
                if missing || started.elapsed() > poller.options.deadline {
                    skipped.fetch_add(1, Relaxed);
                    return None;
                }
                let last_read = known.last_read;
                let result = poll(poller, &page, &mut known, clock()).await;
                if result.is_err() {
                    known.last_read = last_read;
                }
                Some((page, known, result))
            }
        })
        .buffer_unordered(width(poller))
        .filter_map(|polled| async { polled })
        .collect()
        .await;
    summary.skipped = skipped.into_inner();
    summary.pages -= summary.skipped;

    let mut failures: Vec<(Due, Failure)> = Vec::new();
    let mut reads: Vec<(String, bool)> = Vec::new();
    let internet_is_missing = poller.memory.internet.is_missing();
    for (page, mut known, result) in polled {
        let platform = known.head.as_ref().map(|head| head.format.clone()).or_else(|| page.format.clone());
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => {
                // Our own fault, not the page's: nothing was believed, and it is due as before.
                tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "a page could not be kept");
                summary.unreadable += 1;
                continue;
            }
        };
        if internet_is_missing && matches!(outcome, Outcome::Unreachable(_)) {
            known.last_read = None;
            summary.pages -= 1;
            summary.skipped += 1;
            continue;
        }
        // "feed" is what pages of many makers speak, so it is no platform.
        let judged = platform.filter(|platform| platform != "feed");
        reads
            .extend(judged.map(|platform| (platform, matches!(outcome, Outcome::Failed(_) | Outcome::Unreachable(_)))));
        match outcome {
            Outcome::Unchanged => summary.unchanged += 1,
            Outcome::Changed { alerts } => {
                summary.changed += 1;
                summary.alerts += alerts;
            }
            Outcome::Failed(failure) | Outcome::Unreachable(failure) => {
                summary.unreadable += 1;
                failures.push(((page, known), failure));
            }
        }
    }
    record(poller, failures, &reads, clock()).await;

    let spent = poller.store.counts();
    summary.requests = poller.outbound.requests() - requested;
    summary.store_reads = spent.reads - counted.reads;
    summary.store_writes = spent.writes - counted.writes;
    summary.duration_ms = started.elapsed().as_millis() as u64;
    let Summary {
        pages,
        unchanged,
        changed,
        unreadable,
        skipped,
        alerts,
        requests,
        store_reads,
        store_writes,
        duration_ms,
    } = summary;
    tracing::debug!(
        pages,
        unchanged,
        changed,
        unreadable,
        skipped,
        alerts,
        requests,
        store_reads,
        store_writes,
        duration_ms,
        "round finished"
    );
    Ok(summary)
}

fn width(poller: &Poller) -> usize {
    if poller.memory.internet.is_in_doubt() { CAUTIOUS } else { poller.options.concurrency.max(1) }
}

/// The pages of this round, each locked until the round is done with it; what another round is at is left to it.
fn due(poller: &Poller, event: &PollEvent, now: Timestamp) -> Vec<Due> {
    let shelf = poller.memory.shelf();
    let mut due = Vec::new();
    for page in &shelf.pages {
        let mine = event.of <= 1 || shard(page) % event.of == event.shard;
        let wanted = event.only.is_empty() || event.only.contains(&page.id);
        let Some(known) = shelf.known.get(&page.id).filter(|_| mine && wanted) else {
            continue;
        };
        let Ok(known) = PageLock::try_lock_owned(known.clone()) else {
            continue;
        };
        let added = shelf.added.contains(&page.id);
        let watched = added || shelf.watched.contains(&page.id);
        if event.all || is_time(poller, page, &known, watched, now) {
            due.push((page.clone(), known));
        }
    }
    // What people wait for comes first, should the round run out of time.
    due.sort_by_key(|(page, known)| {
        let open = known.head.as_ref().is_some_and(|head| !head.open.is_empty());
        (!open, !shelf.watched.contains(&page.id))
    });
    due
}

fn is_time(poller: &Poller, page: &Provider, known: &Known, watched: bool, now: Timestamp) -> bool {
    let asked_to_wait = known.health.as_ref().and_then(|health| health.not_before).max(known.fresh_until);
    if asked_to_wait.is_some_and(|until| now < until) {
        return false;
    }
    let never_read = known.head.is_none() && known.health.is_none() && known.last_read.is_none();
    if never_read && watched {
        return true;
    }
    let open = known.head.as_ref().is_some_and(|head| !head.open.is_empty() || head.unsettled);
    is_due(&page.id, interval(page, watched, open), known.last_read, poller.options.tick, now)
}

fn shard(page: &Provider) -> u64 {
    u64::from_str_radix(&digest(&[page.id.as_str()])[..8], 16).expect("a digest is hex")
}

async fn record(poller: &Poller, failures: Vec<(Due, Failure)>, reads: &[(String, bool)], now: Timestamp) {
    let faults = platform_faults(reads.iter().map(|(platform, failed)| (platform.as_str(), *failed)));
    for platform in &faults {
        let failed = reads.iter().filter(|(name, failed)| name == platform && *failed).count();
        tracing::warn!(platform, failed, "most pages of one platform failed: taken as one fault of the platform");
    }
    stream::iter(failures)
        .for_each_concurrent(16, |((page, mut known), failure)| {
            let faults = &faults;
            async move {
                let platform = known.head.as_ref().map(|head| head.format.as_str()).or(page.format.as_deref());
                let fault = platform.is_some_and(|platform| faults.contains(platform));
                let kept = failed_read(poller, &page, &mut known, failure, fault, now).await;
                if let Err(error) = kept {
                    tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "health could not be kept");
                }
            }
        })
        .await;
}

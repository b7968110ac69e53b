//! A round: queue what an earlier run left in the outbox, select the pages that are due, poll them concurrently, then
//! judge the failures together: most pages of one platform failing at once are one fault, not hundreds.
use std::{sync::Arc, time::Instant};

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
    cache::{CachedPage, refresh},
    connectivity::is_public,
    health::failed_read,
    outcome::Outcome,
    page::poll,
    publish,
};

/// Pages polled at the same time while the internet may be missing.
const CONCURRENCY_IN_DOUBT: usize = 5;
/// Failures recorded at the same time.
const RECORD_CONCURRENCY: usize = 16;

type DuePage = (Arc<Provider>, OwnedMutexGuard<CachedPage>);

/// The result of one page in this round.
enum Polled {
    /// Not tried: no internet, or no time left.
    Skipped,
    Unchanged(Platform),
    Changed(Platform, usize),
    /// Stays locked until the round has judged it. `unreachable`: it failed as all reads do without internet.
    Failed {
        due: DuePage,
        failure: Failure,
        unreachable: bool,
    },
    /// The store failed, not the page: nothing is stored, and the page is due as before.
    StoreFailed,
}

/// The format's name where it stands for one company's hosting; "feed" stands for many.
type Platform = Option<String>;

/// The results of a round's pages, taken together.
#[derive(Default)]
struct Tally {
    summary: Summary,
    /// Platform and whether the read failed, one entry per page.
    reads: Vec<(String, bool)>,
    failures: Vec<(DuePage, Failure)>,
}

pub(crate) async fn run(poller: &Poller, event: PollEvent, now: Timestamp) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let clock = || now + started.elapsed();
    let (store_before, requests_before) = (poller.store.counts(), poller.outbound.requests());
    if refresh(poller, now).await? {
        publish::sweep(poller).await;
    }
    let polled: Vec<Polled> = stream::iter(due_pages(poller, &event, now))
        .map(|due| poll_one(poller, due, started, now))
        .buffer_unordered(concurrency(poller))
        .collect()
        .await;
    let mut tally = Tally::default();
    let is_offline = poller.connectivity.is_missing();
    polled.into_iter().for_each(|polled| tally.add(polled, is_offline));
    let Tally { mut summary, reads, failures } = tally;
    record(poller, failures, &reads, clock()).await;

    let store_after = poller.store.counts();
    summary.requests = poller.outbound.requests() - requests_before;
    summary.store_reads = store_after.reads - store_before.reads;
    summary.store_writes = store_after.writes - store_before.writes;
    summary.duration_ms = started.elapsed().as_millis() as u64;
    Ok(summary)
}

impl Tally {
    fn add(&mut self, polled: Polled, is_offline: bool) {
        let summary = &mut self.summary;
        match polled {
            Polled::Skipped => {
                summary.skipped += 1;
                return;
            }
            Polled::Failed { due: (_, mut cached), unreachable: true, .. } if is_offline => {
                cached.last_read = None;
                summary.skipped += 1;
                return;
            }
            Polled::StoreFailed => summary.unreadable += 1,
            Polled::Unchanged(platform) => {
                summary.unchanged += 1;
                self.reads.extend(platform.map(|platform| (platform, false)));
            }
            Polled::Changed(platform, alerts) => {
                summary.changed += 1;
                summary.alerts += alerts;
                self.reads.extend(platform.map(|platform| (platform, false)));
            }
            Polled::Failed { due: (page, cached), failure, .. } => {
                summary.unreadable += 1;
                self.reads.extend(platform(&page, &cached).map(|platform| (platform, true)));
                self.failures.push(((page, cached), failure));
            }
        }
        summary.pages += 1;
    }
}

async fn poll_one(poller: &Poller, (page, mut cached): DuePage, started: Instant, round: Timestamp) -> Polled {
    let now = round + started.elapsed();
    let is_public = Url::parse(&page.page_url).is_ok_and(|url| is_public(&url));
    let is_offline = is_public && !poller.connectivity.may_try(now);
    if is_offline || started.elapsed() > poller.options.deadline {
        return Polled::Skipped;
    }
    let last_read = cached.last_read;
    match poll(poller, &page, &mut cached, now).await {
        Ok(Outcome::Unchanged) => Polled::Unchanged(platform(&page, &cached)),
        Ok(Outcome::Changed { alerts }) => Polled::Changed(platform(&page, &cached), alerts),
        Ok(Outcome::Failed(failure)) => Polled::Failed { due: (page, cached), failure, unreachable: false },
        Ok(Outcome::Unreachable(failure)) => Polled::Failed { due: (page, cached), failure, unreachable: true },
        Err(error) => {
            tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "the state of a page could not be stored");
            cached.last_read = last_read;
            Polled::StoreFailed
        }
    }
}

fn platform(page: &Provider, cached: &CachedPage) -> Platform {
    let format = cached.head.as_ref().map(|head| head.format.as_str()).or(page.format.as_deref());
    format.filter(|format| *format != "feed").map(str::to_owned)
}

fn concurrency(poller: &Poller) -> usize {
    if poller.connectivity.is_in_doubt() { CONCURRENCY_IN_DOUBT } else { poller.options.concurrency.max(1) }
}

/// The pages of this round, each locked. A page that another round has locked is left to that round.
fn due_pages(poller: &Poller, event: &PollEvent, now: Timestamp) -> Vec<DuePage> {
    let cache = poller.cache();
    let mut due = Vec::new();
    for page in &cache.pages {
        let is_in_shard = event.of <= 1 || shard(page) % event.of == event.shard;
        let is_chosen = event.only.is_empty() || event.only.contains(&page.id);
        let Some(cached) = cache.cached.get(&page.id).filter(|_| is_in_shard && is_chosen) else { continue };
        let Ok(cached) = PageLock::try_lock_owned(cached.clone()) else { continue };
        // A page with an interval below the tick may have a schedule of its own, which this round must not delay.
        let is_fast = page.interval.is_some_and(|interval| interval < poller.options.tick);
        let is_recent = cached.last_read.is_some_and(|at| now.duration_since(at).unsigned_abs() < poller.options.tick);
        if is_fast && is_recent && event.only.is_empty() && !event.all {
            continue;
        }
        let watched = cache.added.contains(&page.id) || cache.watched.contains(&page.id);
        if event.all || is_time(poller, page, &cached, watched, now) {
            due.push((page.clone(), cached));
        }
    }
    // Open incidents and watched pages come first, should the round run out of time.
    due.sort_by_key(|(page, cached)| {
        let open = cached.head.as_ref().is_some_and(|head| !head.open.is_empty());
        (!open, !cache.watched.contains(&page.id))
    });
    due
}

fn is_time(poller: &Poller, page: &Provider, cached: &CachedPage, watched: bool, now: Timestamp) -> bool {
    let not_before = cached.health.as_ref().and_then(|health| health.not_before).max(cached.fresh_until);
    if not_before.is_some_and(|not_before| now < not_before) {
        return false;
    }
    let never_read = cached.head.is_none() && cached.health.is_none() && cached.last_read.is_none();
    if never_read && watched {
        return true;
    }
    let open = cached.head.as_ref().is_some_and(|head| !head.open.is_empty() || head.unsettled);
    is_due(&page.id, interval(page, watched, open), cached.last_read, poller.options.tick, now)
}

fn shard(page: &Provider) -> u64 {
    u64::from_str_radix(&digest(&[page.id.as_str()])[..8], 16).expect("a digest is hex")
}

async fn record(poller: &Poller, failures: Vec<(DuePage, Failure)>, reads: &[(String, bool)], now: Timestamp) {
    let faults = &platform_faults(reads.iter().map(|(platform, failed)| (platform.as_str(), *failed)));
    for platform in faults {
        let failed = reads.iter().filter(|(name, failed)| name == platform && *failed).count();
        tracing::warn!(platform, failed, "most pages of one platform failed: counted as one fault of the platform");
    }
    let record = async |((page, mut cached), failure): (DuePage, Failure)| {
        let fault = platform(&page, &cached).is_some_and(|platform| faults.contains(platform.as_str()));
        if let Err(error) = failed_read(poller, &page, &mut cached, failure, fault, now).await {
            tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "the health of a page could not be stored");
        }
    };
    stream::iter(failures).for_each_concurrent(RECORD_CONCURRENCY, record).await;
}

//! A round: sweep what a dead run left, pick the pages that are due, poll them side by side, then judge the failures
//! together, since most pages of one platform failing at once is one fault and not hundreds.
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
    internet::is_out_there,
    memory::{Known, refresh},
    page::{Outcome, failed_read, poll},
    publish,
};

/// Pages tried at the same time while it is in doubt whether there is an internet.
const CAUTIOUS: usize = 5;
/// Failures recorded at the same time.
const RECORDED_AT_A_TIME: usize = 16;

type Due = (Arc<Provider>, OwnedMutexGuard<Known>);

/// What became of a page in this round.
enum Polled {
    /// Not tried: no internet, or no time.
    Skipped,
    Unchanged(Platform),
    Changed(Platform, usize),
    /// Stays locked until the round has judged it. `unreachable`: it failed as all do without internet.
    Failed {
        due: Due,
        failure: Failure,
        unreachable: bool,
    },
    /// Our own fault, not the page's: nothing was believed, and it is due as before.
    NotKept,
}

/// The name of the format where it stands for one maker's hosting; "feed" is what many speak.
type Platform = Option<String>;

pub(crate) async fn run(poller: &Poller, event: PollEvent, now: Timestamp) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let clock = || now + started.elapsed();
    let (counted, requested) = (poller.store.counts(), poller.outbound.requests());
    if refresh(poller, now).await? {
        publish::sweep(poller).await;
    }
    let polled: Vec<Polled> = stream::iter(due(poller, &event, now))
        .map(|due| poll_one(poller, due, started, now))
        .buffer_unordered(width(poller))
        .collect()
        .await;

    let mut summary = Summary::default();
    let mut reads: Vec<(String, bool)> = Vec::new();
    let mut failures: Vec<(Due, Failure)> = Vec::new();
    for polled in polled {
        summary.pages += 1;
        match polled {
            Polled::Skipped => summary.skipped += 1,
            Polled::NotKept => summary.unreadable += 1,
            Polled::Unchanged(platform) => {
                summary.unchanged += 1;
                reads.extend(platform.map(|platform| (platform, false)));
            }
            Polled::Changed(platform, alerts) => {
                summary.changed += 1;
                summary.alerts += alerts;
                reads.extend(platform.map(|platform| (platform, false)));
            }
            Polled::Failed { due: (_, mut known), unreachable: true, .. } if poller.memory.internet.is_missing() => {
                known.last_read = None;
                summary.skipped += 1;
            }
            Polled::Failed { due: (page, known), failure, .. } => {
                summary.unreadable += 1;
                reads.extend(platform(&page, &known).map(|platform| (platform, true)));
                failures.push(((page, known), failure));
            }
        }
    }
    summary.pages -= summary.skipped;
    record(poller, failures, &reads, clock()).await;

    let spent = poller.store.counts();
    summary.requests = poller.outbound.requests() - requested;
    summary.store_reads = spent.reads - counted.reads;
    summary.store_writes = spent.writes - counted.writes;
    summary.duration_ms = started.elapsed().as_millis() as u64;
    Ok(summary)
}

async fn poll_one(poller: &Poller, (page, mut known): Due, started: Instant, round: Timestamp) -> Polled {
    let now = round + started.elapsed();
    let out_there = Url::parse(&page.page_url).is_ok_and(|url| is_out_there(&url));
    let no_internet = out_there && !poller.memory.internet.is_worth_a_try(now);
    if no_internet || started.elapsed() > poller.options.deadline {
        return Polled::Skipped;
    }
    let last_read = known.last_read;
    match poll(poller, &page, &mut known, now).await {
        Ok(Outcome::Unchanged) => Polled::Unchanged(platform(&page, &known)),
        Ok(Outcome::Changed { alerts }) => Polled::Changed(platform(&page, &known), alerts),
        Ok(Outcome::Failed(failure)) => Polled::Failed { due: (page, known), failure, unreachable: false },
        Ok(Outcome::Unreachable(failure)) => Polled::Failed { due: (page, known), failure, unreachable: true },
        Err(error) => {
            tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "a page could not be kept");
            known.last_read = last_read;
            Polled::NotKept
        }
    }
}

fn platform(page: &Provider, known: &Known) -> Platform {
    let format = known.head.as_ref().map(|head| head.format.as_str()).or(page.format.as_deref());
    format.filter(|format| *format != "feed").map(str::to_owned)
}

fn width(poller: &Poller) -> usize {
    if poller.memory.internet.is_in_doubt() { CAUTIOUS } else { poller.options.concurrency.max(1) }
}

/// The pages of this round, each locked; what another round is at is left to it.
fn due(poller: &Poller, event: &PollEvent, now: Timestamp) -> Vec<Due> {
    let shelf = poller.memory.shelf();
    let mut due = Vec::new();
    for page in &shelf.pages {
        let mine = event.of <= 1 || shard(page) % event.of == event.shard;
        let wanted = event.only.is_empty() || event.only.contains(&page.id);
        let Some(known) = shelf.known.get(&page.id).filter(|_| mine && wanted) else { continue };
        let Ok(known) = PageLock::try_lock_owned(known.clone()) else { continue };
        // A page that is read more often than the schedule ticks may have a schedule of its own, and must not be held
        // up by this round.
        let is_fast = page.interval.is_some_and(|interval| interval < poller.options.tick);
        let read_lately = known.last_read.is_some_and(|at| now.duration_since(at).unsigned_abs() < poller.options.tick);
        if is_fast && read_lately && event.only.is_empty() && !event.all {
            continue;
        }
        let watched = shelf.added.contains(&page.id) || shelf.watched.contains(&page.id);
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
    let faults = &platform_faults(reads.iter().map(|(platform, failed)| (platform.as_str(), *failed)));
    for platform in faults {
        let failed = reads.iter().filter(|(name, failed)| name == platform && *failed).count();
        tracing::warn!(platform, failed, "most pages of one platform failed: taken as one fault of the platform");
    }
    let record = async |((page, mut known), failure): (Due, Failure)| {
        let fault = platform(&page, &known).is_some_and(|platform| faults.contains(platform.as_str()));
        if let Err(error) = failed_read(poller, &page, &mut known, failure, fault, now).await {
            tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "health could not be kept");
        }
    };
    stream::iter(failures).for_each_concurrent(RECORDED_AT_A_TIME, record).await;
}

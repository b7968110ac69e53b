//! A round: queue what an earlier run left in the outbox, poll the pages that are due concurrently, then judge the
//! failures together: most pages of one platform failing is one fault, not hundreds, and without internet no page is
//! at fault.
use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{
    StreamExt as _,
    stream::{self, FuturesUnordered},
};
use jiff::Timestamp;
use status::{
    health::{Blame, Failure, HealthState, SourceHealth},
    ids::ProviderId,
    platform_fault::Sign,
    provider::Provider,
};
use tokio::{
    sync::Mutex as PageLock,
    time::{MissedTickBehavior, interval},
};

use crate::{
    PollEvent, Poller, Summary,
    cache::{CachedPage, PlatformSign, refresh},
    clock::Clock,
    health::{failed_read, waited},
    held, history,
    outcome::Outcome,
    overlay,
    pace::{self, Pace},
    page::poll,
    platforms::{Platforms, judge},
    publish,
    select::{DuePage, due_pages, is_in_shard},
};

/// Pages polled at the same time while there is no internet.
const CONCURRENCY_WITHOUT_INTERNET: usize = 5;
/// How long after the deadline a page may still wait for its turn, and for responses. What it needs then is bounded.
const GRACE: Duration = Duration::from_secs(20);
/// Failures recorded at the same time.
const RECORD_CONCURRENCY: usize = 16;

/// The result of one page in this round.
enum Polled {
    /// Not tried: no internet, no place for its platform, or no time left.
    Skipped,
    Read {
        sign: (ProviderId, Option<PlatformSign>),
        /// `None`: unchanged.
        alerts: Option<usize>,
    },
    /// Stays locked until the round has judged it. `unreachable`: it failed as all reads do without internet.
    Failed { due: DuePage, last_read: Option<Timestamp>, failure: Failure, unreachable: bool },
    /// This machine is out of something: nothing is stored, and the page is due as before.
    Hindered(String),
    /// The store failed, not the page: nothing is stored, and the page is due as before.
    StoreFailed(String),
    /// The store has no room for it, which was said already.
    NotStored,
}

/// The results of a round's pages, taken together.
#[derive(Default)]
struct Tally {
    summary: Summary,
    signs: Vec<(ProviderId, Option<PlatformSign>)>,
    failures: Vec<(DuePage, Failure)>,
    /// What this machine is out of, by the first page that met it.
    hindrance: Option<String>,
    /// Why the store failed, at the first page that met it.
    store_fault: Option<String>,
}

pub(crate) async fn run(poller: &Poller, event: PollEvent, now: Timestamp) -> anyhow::Result<Summary> {
    let clock = Clock::new(now);
    let (store_before, requests_before) = (poller.store.counts(), poller.outbound.requests());
    let processed_before = poller.resources.lanes.begun();
    if refresh(poller, now).await? {
        publish::sweep(poller).await;
        held::look(poller, &event).await;
    }
    held::tell(poller, clock).await;
    let polled = poll_all(poller, due_pages(poller, &event, now), event.all, clock).await;
    let mut tally = Tally::default();
    let is_offline = poller.connectivity.missing_since().is_some();
    polled.into_iter().for_each(|polled| tally.add(polled, is_offline, clock.now()));
    let Tally { mut summary, signs, failures, hindrance, store_fault } = tally;
    if let Some(error) = store_fault {
        tracing::error!(pages = summary.not_stored, error, "the state of pages could not be stored; they stay due");
    }
    if let Some(reason) = hindrance {
        tracing::error!(
            pages = summary.hindered,
            reason,
            "pages could not be read for a fault of this machine and stay due"
        );
    }
    keep_signs(poller, signs);
    let audience = Audience::of(poller);
    if is_offline {
        // What failed is told by no clock either, until pages can be read again.
        summary.no_internet = true;
        record(poller, failures, (&Platforms::default(), &audience), clock).await;
    } else {
        let failed: Vec<_> = failures.iter().map(|((page, _), failure)| (page.id.clone(), failure)).collect();
        let platforms = judge(poller, &event, &failed, clock.now()).await;
        summary.platform_faults = platforms.failing();
        record(poller, failures, (&platforms, &audience), clock).await;
        wait_out(poller, &event, (&platforms, &audience), clock).await;
    }

    let store_after = poller.store.counts();
    summary.requests = poller.outbound.requests() - requests_before;
    summary.store_reads = store_after.reads - store_before.reads;
    summary.store_writes = store_after.writes - store_before.writes;
    summary.processed = poller.resources.lanes.begun() - processed_before;
    summary.duration_ms = clock.started.elapsed().as_millis() as u64;
    Ok(summary)
}

impl Tally {
    fn add(&mut self, polled: Polled, is_offline: bool, now: Timestamp) {
        let summary = &mut self.summary;
        match polled {
            Polled::Skipped => {
                summary.skipped += 1;
                return;
            }
            Polled::Failed { due: (_, mut cached), last_read, unreachable: true, .. } if is_offline => {
                cached.owe(last_read);
                summary.skipped += 1;
                return;
            }
            Polled::Hindered(reason) => {
                summary.skipped += 1;
                summary.hindered += 1;
                self.hindrance.get_or_insert(reason);
                return;
            }
            Polled::StoreFailed(error) => {
                summary.not_stored += 1;
                self.store_fault.get_or_insert(error);
            }
            Polled::NotStored => summary.not_stored += 1,
            Polled::Read { sign, alerts } => {
                self.signs.push(sign);
                match alerts {
                    None => summary.unchanged += 1,
                    Some(alerts) => {
                        summary.changed += 1;
                        summary.alerts += alerts;
                    }
                }
            }
            Polled::Failed { due: (page, cached), failure, .. } => {
                summary.unreadable += 1;
                self.signs.push((page.id.clone(), sign_of_failure(&page, &cached, &failure, now)));
                self.failures.push(((page, cached), failure));
            }
        }
        summary.pages += 1;
    }
}

/// The sign of a page as it will be once its failure is recorded.
fn sign_of_failure(page: &Provider, cached: &CachedPage, failure: &Failure, now: Timestamp) -> Option<PlatformSign> {
    let sign = cached.sign(page)?;
    if failure.moved.is_some() {
        return Some(sign);
    }
    let known = cached.health.as_ref().filter(|health| health.state != HealthState::Readable);
    let since = known.map_or(now, |health| health.since);
    Some(PlatformSign { sign: Sign::Failing { since, confirmed: true }, ..sign })
}

/// Polls the pages in this order, as many at a time as the pace allows.
async fn poll_all(poller: &Poller, due: Vec<DuePage>, patient: bool, clock: Clock) -> Vec<Polled> {
    let mut pace = Pace::new(concurrency(poller));
    let mut ticks = interval(pace::TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut running, mut polled) = (FuturesUnordered::new(), Vec::with_capacity(due.len()));
    let mut due = due.into_iter().enumerate();
    loop {
        while pace.has_place()
            && let Some((number, page)) = due.next()
        {
            pace.begin(number, Instant::now());
            running.push(async move { (number, poll_one(poller, page, patient, clock).await) });
        }
        tokio::select! {
            tick = ticks.tick() => pace.tick(tick.elapsed(), poller.resources.bytes(), Instant::now()),
            next = running.next() => match next {
                Some((number, one)) => {
                    pace.end(number);
                    polled.push(one);
                }
                None => return polled,
            },
        }
    }
}

async fn poll_one(poller: &Poller, (page, mut cached): DuePage, patient: bool, clock: Clock) -> Polled {
    let admission = match cached.origin(&page) {
        None => None,
        Some(origin) => match poller.connectivity.admit(&origin, patient, clock.now()).await {
            Some(admission) => Some(admission),
            None => return Polled::Skipped,
        },
    };
    let left_out = cached.left_out + 1;
    if clock.started.elapsed() > poller.options.deadline {
        cached.left_out = left_out;
        return Polled::Skipped;
    }
    let now = clock.now();
    let last_read = cached.begin_read(clock.began_at, now);
    // There is no limit that a clock cannot reach.
    let until = clock.started.checked_add(poller.options.deadline.saturating_add(GRACE));
    let login = poller.cache().logins.get(&page.id).and_then(|login| login.clone().ok());
    let reader = poller.resources.reader(&poller.outbound, until).with_login(login.clone());
    let polled = poll(poller, &reader, &page, &mut cached, now).await;
    drop((reader, admission));
    if matches!(polled, Ok(Outcome::Unchanged | Outcome::Changed { .. })) {
        overlay::keep(poller, &page, &cached, now).await;
        let reader = poller.resources.reader(&poller.outbound, until).with_login(login);
        history::import_if_due(poller, &reader, &page, &mut cached, now).await;
    }
    let read = |cached: &CachedPage, alerts| Polled::Read { sign: (page.id.clone(), cached.sign(&page)), alerts };
    match polled {
        Ok(Outcome::Unchanged) => read(&cached, None),
        Ok(Outcome::Changed { alerts }) => read(&cached, Some(alerts)),
        Ok(Outcome::Failed(failure)) => Polled::Failed { due: (page, cached), last_read, failure, unreachable: false },
        Ok(Outcome::Unreachable(failure)) => {
            Polled::Failed { due: (page, cached), last_read, failure, unreachable: true }
        }
        Ok(Outcome::Hindered(reason)) => {
            cached.owe(last_read);
            Polled::Hindered(reason)
        }
        Ok(Outcome::NoTurn) => {
            cached.owe(last_read);
            cached.left_out = left_out;
            Polled::Skipped
        }
        Ok(Outcome::NotStored) => {
            cached.owe(last_read);
            Polled::NotStored
        }
        Err(error) => {
            cached.owe(last_read);
            Polled::StoreFailed(format!("{error:#}"))
        }
    }
}

fn concurrency(poller: &Poller) -> usize {
    let is_offline = poller.connectivity.missing_since().is_some();
    if is_offline { CONCURRENCY_WITHOUT_INTERNET } else { poller.options.concurrency.max(1) }
}

fn keep_signs(poller: &Poller, signs: Vec<(ProviderId, Option<PlatformSign>)>) {
    let mut cache = poller.cache();
    for (page, sign) in signs {
        match sign {
            Some(sign) => cache.signs.insert(page, sign),
            None => cache.signs.remove(&page),
        };
    }
}

/// Whose fault it is that a page fails, and who hears of it.
type Judges<'a> = (&'a Platforms, &'a Audience);

/// Who hears of a page that cannot be read.
struct Audience {
    /// Pages with a monitor.
    watched: HashSet<ProviderId>,
    /// Pages that accounts added.
    added: HashSet<ProviderId>,
}

impl Audience {
    fn of(poller: &Poller) -> Self {
        let cache = poller.cache();
        Self { watched: cache.watched.clone(), added: cache.added.clone() }
    }

    fn hears(&self, page: &ProviderId) -> bool {
        self.watched.contains(page) || self.added.contains(page)
    }

    /// Whose fault it is that a page fails. Thousands of pages of the catalogue cannot be read: that is told once
    /// somebody watches them.
    fn blame<'a>(&self, platforms: &'a Platforms, page: &ProviderId, platform: Option<&str>) -> Blame<'a> {
        match platforms.blame(page, platform, self.watched.contains(page)) {
            Blame::Page if !self.hears(page) => Blame::PageOfNobody,
            blame => blame,
        }
    }
}

async fn record(poller: &Poller, failures: Vec<(DuePage, Failure)>, (platforms, audience): Judges<'_>, clock: Clock) {
    let record = async |((page, mut cached), failure): (DuePage, Failure)| {
        // A page that is another one was read: its platform is well.
        let platform = cached.platform(&page).filter(|_| failure.moved.is_none());
        let blame = audience.blame(platforms, &page.id, platform);
        let recorded = failed_read(poller, &page, &mut cached, failure, blame, clock.now()).await;
        if let Err(error) = recorded {
            tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "the health of a page could not be stored");
        }
        overlay::keep(poller, &page, &cached, clock.now()).await;
        keep_signs(poller, vec![(page.id.clone(), cached.sign(&page))]);
    };
    stream::iter(failures).for_each_concurrent(RECORD_CONCURRENCY, record).await;
}

/// Failing pages become unreadable by the clock, also while they are not tried: because they asked not to be read, or
/// because of the growing pauses after failures.
async fn wait_out(poller: &Poller, event: &PollEvent, (platforms, audience): Judges<'_>, clock: Clock) {
    let waiting: Vec<DuePage> = {
        let cache = poller.cache();
        let locked = |page: &Arc<Provider>| {
            let cached = PageLock::try_lock_owned(cache.cached.get(&page.id)?.clone()).ok()?;
            let well_since = platforms.well_since(cached.platform(page)).max(poller.connectivity.back_at());
            let is_waiting =
                cached.health.as_ref().is_some_and(|health| is_waiting(health, &cached, well_since, clock.now()));
            // Nobody is to be told of it, and it is unreadable already.
            let is_quiet = || cached.health.as_ref().is_some_and(|health| health.untold) && !audience.hears(&page.id);
            (is_waiting && !is_quiet()).then(|| (page.clone(), cached))
        };
        cache.pages.iter().filter(|page| is_in_shard(event, &page.id)).filter_map(locked).collect()
    };
    let wait = async |(page, mut cached): DuePage| {
        let blame = audience.blame(platforms, &page.id, cached.platform(&page));
        if let Err(error) = waited(poller, &page, &mut cached, blame, clock.now()).await {
            tracing::error!(provider.id = %page.id, error = format!("{error:#}"), "the health of a page could not be stored");
        }
        keep_signs(poller, vec![(page.id.clone(), cached.sign(&page))]);
    };
    stream::iter(waiting).for_each_concurrent(RECORD_CONCURRENCY, wait).await;
}

/// Whether the clock may count against a failing page. `well_since`: since when its reads prove something again, after
/// the internet or its platform had failed.
fn is_waiting(health: &SourceHealth, cached: &CachedPage, well_since: Option<Timestamp>, now: Timestamp) -> bool {
    if health.state == HealthState::Readable || health.was_told() {
        return false;
    }
    let is_asked_to = health.not_before.is_some_and(|not_before| now < not_before);
    // One failed read is noise.
    let failed_again =
        health.failures > 1 && cached.last_read.is_some_and(|at| well_since.is_none_or(|since| at >= since));
    is_asked_to || failed_again
}

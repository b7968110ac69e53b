//! The poller: reads status pages, commits what changed, queues the alerts. In reading order: the event and the
//! function (here), a round over many pages, one page from top to bottom, one read over HTTP, the decision about it,
//! the commit, and the queueing of its alerts.
mod config;

mod cache;
mod changes;
mod clock;
mod connectivity;
mod counted;
mod heartbeat;
mod lanes;
mod login;
mod memory;
mod publish;
pub mod read;

mod apply;
mod due;
mod filters;
mod follow_ups;
mod health;
mod held;
mod history;
mod identity;
mod known;
mod last_change;
mod outcome;
mod overlay;
mod pace;
mod page;
mod plan;
mod platforms;
mod round;
mod select;
mod stored;

use std::{
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use outbound::Outbound;
use queue::{send::AlertsQueue, traces};
use serde::{Deserialize, Serialize};
use startup::metrics::Metrics;
use status::ids::ProviderId;
use store::{Round, Store, StoreError};
use tracing::Instrument as _;
use uuid::Uuid;

pub use heartbeat::Heartbeat;
pub use identity::identity_of;
pub use login::sendable_login;

use crate::{
    cache::PageCache,
    config::Config,
    connectivity::Connectivity,
    last_change::{Change, LastChange},
    read::reader::Resources,
};

/// One per process. What it caches between rounds makes an unchanged page cost one request and nothing else.
pub struct Poller {
    pub(crate) outbound: Outbound,
    pub(crate) store: Store,
    pub(crate) alerts: AlertsQueue,
    pub(crate) options: Options,
    pub(crate) keys: login::Keys,
    cache: Mutex<PageCache>,
    /// Tells this process from others that poll the same pages.
    process: String,
    pub(crate) connectivity: Connectivity,
    pub(crate) resources: Resources,
    last_change: LastChange,
    pub(crate) metrics: Metrics,
}

#[derive(Clone, Debug)]
pub struct Options {
    /// Read the pages of the catalogue too, not only those that accounts added.
    pub catalogue: bool,
    /// Pages read at the same time at most. A round reads as many as the processor and memory allow. Each takes up to
    /// two descriptors.
    pub concurrency: usize,
    /// No read begins after this time in a round; the remaining pages are due again in the next round.
    pub deadline: Duration,
    /// The time between two rounds of the schedule.
    pub tick: Duration,
    /// Sent after each finished round.
    pub heartbeat: Option<Heartbeat>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            catalogue: true,
            concurrency: 256,
            deadline: Duration::from_secs(20),
            tick: Duration::from_secs(60),
            heartbeat: None,
        }
    }
}

impl Options {
    /// For a process that may have so many files open: half of them are for reads, at two each.
    pub fn for_descriptors(limit: u64) -> Self {
        let usual = Self::default();
        let most = usize::try_from(limit / 4).unwrap_or(usual.concurrency);
        Self { concurrency: usual.concurrency.min(most), ..usual }
    }
}

/// The event of the schedule. All fields are optional: `{}` polls every page that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PollEvent {
    /// This invocation polls the pages whose hash is `shard` modulo `of`.
    pub shard: u64,
    pub of: u64,
    /// Only these pages; empty: all.
    pub only: Vec<ProviderId>,
    /// Poll them whether due or not.
    pub all: bool,
}

impl Default for PollEvent {
    fn default() -> Self {
        Self { shard: 0, of: 1, only: Vec::new(), all: false }
    }
}

/// The result of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Pages polled, successfully or not.
    pub pages: usize,
    pub unchanged: usize,
    /// Pages whose stored state changed, first reads included.
    pub changed: usize,
    /// Pages whose read gave no data.
    pub unreadable: usize,
    /// Pages that were read and could not be stored.
    #[serde(default)]
    pub not_stored: usize,
    /// Pages not polled because this machine has no internet or is out of something, their platform does not answer or
    /// the round ran out of time.
    pub skipped: usize,
    /// Those of them that this machine had no descriptor, memory or socket for.
    #[serde(default)]
    pub hindered: usize,
    /// Platforms of which most pages fail.
    #[serde(default)]
    pub platform_faults: usize,
    /// This machine has no internet.
    #[serde(default)]
    pub no_internet: bool,
    pub alerts: usize,
    /// HTTP requests made.
    pub requests: u64,
    /// DynamoDB requests made.
    pub store_reads: u64,
    pub store_writes: u64,
    /// How often something that pages sent was inflated, parsed or compared. An unchanged page takes none of it.
    #[serde(default)]
    pub processed: u64,
    pub duration_ms: u64,
}

/// Pages of platforms that do not answer, read at the same time.
const DOUBTFUL: usize = 32;

impl Poller {
    pub fn new(outbound: Outbound, store: Store, alerts: AlertsQueue, options: Options) -> Self {
        // The other half is for platforms that answer.
        let connectivity = Connectivity::new(DOUBTFUL.min(options.concurrency / 2));
        Self {
            outbound,
            store,
            alerts,
            options,
            keys: login::Keys::default(),
            cache: Mutex::default(),
            process: Uuid::new_v4().simple().to_string(),
            connectivity,
            resources: Resources::default(),
            last_change: LastChange::default(),
            metrics: Metrics::default(),
        }
    }

    /// The same with metrics of what rounds do.
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// One scheduled round. Fails only if it cannot begin; pages that fail are counted in the summary.
    pub async fn handle(&self, event: PollEvent, now: Timestamp) -> anyhow::Result<Summary> {
        let (shard, of) = (event.shard, event.of.max(1));
        let (is_partial, started) = (!event.only.is_empty(), Instant::now());
        let summary = round::run(self, event, now).await?;
        let ended_at = now + started.elapsed();
        let change = self.last_change.look(self.store.counts().writes, ended_at);
        let round = Round {
            shard,
            of,
            began_at: now,
            pages: summary.pages,
            unreadable: summary.unreadable,
            no_internet_since: self.connectivity.missing_since(),
            changed_at: Some(change.at),
        };
        match is_partial {
            false => self.finish(&round, &change, ended_at).await,
            true if change.is_new => self.note_change(&round, &change).await,
            true => return Ok(summary),
        }
        if !is_partial && let Some(heartbeat) = &self.options.heartbeat {
            heartbeat.send(&self.outbound).await;
        }
        Ok(summary)
    }
}

impl Poller {
    /// Records the round, for display and for other processes. If another one has read these pages since the round
    /// before, what this one knows of them may be outdated, and it knows nothing of the changes of the other.
    async fn finish(&self, round: &Round, change: &Change, ended_at: Timestamp) {
        match self.store.put_round(round, &self.process).await {
            Ok(before) => {
                self.last_change.recorded(change);
                let is_next = before.as_deref() == Some(&self.process);
                if self.cache().finish_round(round, is_next) {
                    self.note_change(round, &change.by(ended_at)).await;
                }
            }
            Err(error) => not_recorded(error),
        }
    }

    async fn note_change(&self, round: &Round, change: &Change) {
        match self.store.note_change(round.shard, round.of, change.at).await {
            Ok(()) => self.last_change.recorded(change),
            Err(error) => not_recorded(error),
        }
    }

    /// Not to be held across an `await`.
    pub(crate) fn cache(&self) -> MutexGuard<'_, PageCache> {
        self.cache.lock().expect("nothing panics while holding the cache")
    }
}

/// The next round records what this one did not.
fn not_recorded(error: StoreError) {
    tracing::warn!(error = format!("{:#}", anyhow::Error::new(error)), "the round could not be recorded");
}

/// The Lambda function.
pub async fn run() -> Result<(), Error> {
    let config = Config::from_env().await?;
    let poller = &config.poller().context("setting up the poller")?.with_metrics(Metrics::from_env()?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<PollEvent>| async move {
        let span = traces::span(|| tracing::info_span!("round"));
        let round = poller.handle(event.payload, Timestamp::now()).instrument(span).await;
        if let Ok(summary) = &round {
            counted::count_round(&poller.metrics, summary);
        }
        poller.metrics.flush();
        traces::flush().await;
        match round {
            Ok(summary) => {
                tracing::info!(
                    pages = summary.pages,
                    unchanged = summary.unchanged,
                    changed = summary.changed,
                    unreadable = summary.unreadable,
                    not_stored = summary.not_stored,
                    skipped = summary.skipped,
                    hindered = summary.hindered,
                    platform_faults = summary.platform_faults,
                    no_internet = summary.no_internet,
                    alerts = summary.alerts,
                    requests = summary.requests,
                    store_reads = summary.store_reads,
                    store_writes = summary.store_writes,
                    processed = summary.processed,
                    duration_ms = summary.duration_ms,
                    "round finished"
                );
                Ok(summary)
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the round failed");
                Err(Error::from(format!("{error:#}")))
            }
        }
    }))
    .await
}

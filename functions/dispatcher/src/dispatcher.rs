//! What a dispatcher holds between deliveries, and the two effects that several steps of a delivery need.
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use channels::Channel;
use jiff::Timestamp;
pub use mail::MailSender;
use outbound::Outbound;
use queue::send::{AlertsQueue, ChannelQueue};
use startup::metrics::Metrics;
use store::{Disabled, Owner, Store, StoredDestination};

use crate::{alert_cache::AlertCache, cooldown::Cooldowns, unrecorded::Unrecorded};

/// What a dispatcher works with.
pub struct Deps {
    pub channel: &'static Channel,
    pub outbound: Outbound,
    /// `None`: this instance sends no mail.
    pub mail: Option<MailSender>,
    pub store: Store,
    /// The channel's queue, which the tasks come from: delays messages.
    pub queue: ChannelQueue,
    /// The router's queue: gets the notice that a destination was disabled.
    pub alerts: AlertsQueue,
    /// Holder of the leases of this process.
    pub owner: Owner,
    /// Base URL of this instance's web pages, for links; without a trailing slash.
    pub public_url: Option<String>,
    /// There are accounts on this instance, with pages.
    pub has_accounts: bool,
}

/// Delivers the tasks of one channel. Cooldowns, cached alerts and counters live as long as the process.
pub struct Dispatcher {
    pub(crate) deps: Deps,
    pub(crate) cooldowns: Cooldowns,
    pub(crate) alert_cache: AlertCache,
    pub(crate) unrecorded: Unrecorded,
    pub(crate) delivered: AtomicU64,
    pub(crate) undeliverable: AtomicU64,
    pub(crate) metrics: Metrics,
}

/// How many deliveries have ended in this process so far. Those that will be retried count in neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub delivered: u64,
    /// Rejected, given up, or for a destination that no longer exists.
    pub undeliverable: u64,
}

/// The error of a delivery whose message is hidden until it is due, with the reason for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Delayed(String);

impl Dispatcher {
    pub fn new(deps: Deps) -> Self {
        Self {
            deps,
            cooldowns: Cooldowns::default(),
            alert_cache: AlertCache::default(),
            unrecorded: Unrecorded::default(),
            delivered: AtomicU64::new(0),
            undeliverable: AtomicU64::new(0),
            metrics: Metrics::default(),
        }
    }

    /// The same with metrics of deliveries.
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    pub fn tally(&self) -> Tally {
        Tally { delivered: self.delivered.load(Relaxed), undeliverable: self.undeliverable.load(Relaxed) }
    }

    /// Disables the destination and notifies its account through the account's other destinations.
    pub(crate) async fn disable(
        &self,
        destination: &StoredDestination,
        disabled: Disabled,
        missed_since: Timestamp,
    ) -> anyhow::Result<()> {
        let Some(row) = self.deps.store.disable(destination, &disabled, missed_since).await? else {
            return Ok(());
        };
        let (id, reason) = (&destination.id, disabled.reason);
        tracing::warn!(destination.id = %id, reason, "{id} was disabled");
        let publish = async {
            self.deps.alerts.send_alerts(&row.provider, &row.alerts).await?;
            self.deps.store.clear(&row).await?;
            anyhow::Ok(())
        };
        if let Err(error) = publish.await {
            let error = format!("{error:#}");
            tracing::warn!(destination.id = %id, error, "the notice of this was not queued: the poller will queue it");
        }
        Ok(())
    }

    /// Hides the message until then, and returns the error that says so. If that fails, the message comes again when
    /// its visibility timeout ends: later, but it is not lost.
    pub(crate) async fn delay_message(
        &self,
        receipt_handle: &str,
        until: Timestamp,
        now: Timestamp,
        reason: String,
    ) -> anyhow::Error {
        let delay = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        if let Err(error) = self.deps.queue.delay(receipt_handle, delay).await {
            tracing::warn!(error = error.to_string(), "a message was not delayed and keeps its visibility timeout");
        }
        Delayed(reason).into()
    }
}

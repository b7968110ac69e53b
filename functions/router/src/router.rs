//! What a router works with.
use std::{collections::BTreeMap, time::Duration};

use queue::send::{AlertsQueue, ChannelQueue};
use store::{Counts, Store};

/// Finds the recipients of alerts and queues a delivery task for each.
pub struct Router {
    pub(crate) store: Store,
    /// The router's own queue, whose messages it acknowledges and releases.
    pub(crate) alerts: AlertsQueue,
    /// By the channel's name; without those that the stack leaves out.
    pub(crate) channels: BTreeMap<String, ChannelQueue>,
    pub(crate) bounds: Bounds,
}

/// How much a router does at a time. The default is for a function with 256 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Destinations on one page of a segment.
    pub page: usize,
    /// Monitors that are read at a time.
    pub monitors: u32,
    /// Destinations of one invocation, without those of the pages that have begun.
    pub invocation: usize,
    /// No page is begun when a batch has taken so long. The function has 30 seconds.
    pub go_on_for: Duration,
    /// Progress is stored after so many rows and destinations. A fan-out that ends before stores none.
    pub save_every: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        let go_on_for = Duration::from_secs(20);
        Self { page: 500, monitors: 100, invocation: 50_000, go_on_for, save_every: 2_000 }
    }
}

impl Router {
    pub fn new(store: Store, alerts: AlertsQueue, channels: BTreeMap<String, ChannelQueue>) -> Self {
        Self { store, alerts, channels, bounds: Bounds::default() }
    }

    /// Requests to the store so far.
    pub fn store_counts(&self) -> Counts {
        self.store.counts()
    }

    /// The same with other bounds.
    pub fn with_bounds(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }
}

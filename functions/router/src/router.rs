//! What a router works with.
use std::collections::BTreeMap;

use queue::send::{AlertsQueue, ChannelQueue};
use store::Store;

/// Finds the recipients of alerts and queues a delivery task for each.
pub struct Router {
    pub(crate) store: Store,
    /// The router's own queue: gets the rest of a large fan-out.
    pub(crate) alerts: AlertsQueue,
    /// By the channel's name.
    pub(crate) channels: BTreeMap<String, ChannelQueue>,
}

impl Router {
    pub fn new(store: Store, alerts: AlertsQueue, channels: BTreeMap<String, ChannelQueue>) -> Self {
        Self { store, alerts, channels }
    }
}

//! The dispatcher: delivers tasks of one channel. One task from top to bottom is in `deliver.rs`; when to try again,
//! give up or drop is decided in `patience.rs`, without IO.
mod config;
mod deliver;
mod patience;

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use channels::Channel;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use outbound::Outbound;
use queue::{batch::each_record, send::ChannelQueue};
use store::{Owner, Store};

use crate::config::Config;

/// Of the function's 30 seconds, less what the longest delivery takes: see `LONGEST_DELIVERY`.
const BEGIN_WITHIN: Duration = Duration::from_secs(4);

pub struct Dispatcher {
    pub(crate) channel: &'static Channel,
    pub(crate) outbound: Outbound,
    pub(crate) store: Store,
    /// The queue the tasks come from, to put one off.
    pub(crate) queue: ChannelQueue,
    /// Who holds the leases of this process.
    pub(crate) owner: Owner,
    /// Where our own pages are, for links; without a trailing slash.
    pub(crate) public_url: Option<String>,
    pub(crate) delivered: AtomicU64,
    pub(crate) undeliverable: AtomicU64,
}

/// How deliveries ended in this process so far. Those that will be tried again are in neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub delivered: u64,
    /// Rejected, given up, or for a destination that is no more.
    pub undeliverable: u64,
}

impl Dispatcher {
    pub fn new(
        channel: &'static Channel,
        outbound: Outbound,
        store: Store,
        queue: ChannelQueue,
        owner: Owner,
        public_url: Option<String>,
    ) -> Self {
        Self {
            channel,
            outbound,
            store,
            queue,
            owner,
            public_url,
            delivered: AtomicU64::new(0),
            undeliverable: AtomicU64::new(0),
        }
    }

    pub fn tally(&self) -> Tally {
        Tally { delivered: self.delivered.load(Relaxed), undeliverable: self.undeliverable.load(Relaxed) }
    }

    /// The function: a batch of delivery tasks.
    pub async fn handle(&self, event: SqsEvent, clock: fn() -> Timestamp) -> SqsBatchResponse {
        let again = |receipt_handle| self.queue.give_back(receipt_handle);
        each_record(event, |record| deliver::deliver(self, record, clock), again, BEGIN_WITHIN).await
    }
}

/// What Lambda runs.
pub async fn run() -> Result<(), Error> {
    let dispatcher = &Config::from_env()?.dispatcher()?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(dispatcher.handle(event.payload, Timestamp::now).await)
    }))
    .await
}

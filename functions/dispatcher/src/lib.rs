//! The dispatcher: delivers tasks of one channel. One task from top to bottom is in `deliver.rs`; when to try again,
//! give up or drop is decided in `patience.rs`, without IO.
mod config;
mod deliver;
mod exchange;
mod patience;
mod prepare;
mod rest;
mod seen;

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use channels::Channel;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use mail::Mailer;
use outbound::Outbound;
use queue::{
    batch::each_record,
    send::{AlertsQueue, ChannelQueue},
};
use store::{Owner, Store};

pub use crate::exchange::exchange;
use crate::{config::Config, rest::Rests, seen::SeenAlerts};

/// Of the function's 30 seconds, less what the longest delivery takes, the rest before it and the record after it: see
/// `LONGEST_DELIVERY` and `SHORT_REST`.
const BEGIN_WITHIN: Duration = Duration::from_secs(3);

/// What a dispatcher works with.
pub struct Parts {
    pub channel: &'static Channel,
    pub outbound: Outbound,
    /// `None`: this instance sends no mail.
    pub mail: Option<MailParts>,
    pub store: Store,
    /// The queue the tasks come from, to put one off.
    pub queue: ChannelQueue,
    /// For telling an account that a destination of it is no more.
    pub alerts: AlertsQueue,
    /// Who holds the leases of this process.
    pub owner: Owner,
    /// Where our own pages are, for links; without a trailing slash.
    pub public_url: Option<String>,
}

/// How mail is sent, and in whose name.
#[derive(Clone)]
pub struct MailParts {
    pub mailer: Mailer,
    /// `alerts@example.com` or `Name <alerts@example.com>`.
    pub from: String,
}

pub struct Dispatcher {
    pub(crate) parts: Parts,
    pub(crate) rests: Rests,
    pub(crate) alerts_seen: SeenAlerts,
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
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            rests: Rests::default(),
            alerts_seen: SeenAlerts::default(),
            delivered: AtomicU64::new(0),
            undeliverable: AtomicU64::new(0),
        }
    }

    pub fn tally(&self) -> Tally {
        Tally { delivered: self.delivered.load(Relaxed), undeliverable: self.undeliverable.load(Relaxed) }
    }

    /// The function: a batch of delivery tasks.
    pub async fn handle(&self, event: SqsEvent, clock: fn() -> Timestamp) -> SqsBatchResponse {
        let early_ack = |what| self.parts.queue.early_ack(what);
        each_record(event, |record| deliver::deliver(self, record, clock), early_ack, BEGIN_WITHIN).await
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

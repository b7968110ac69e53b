//! The router: for each alert, who wants it? Queues one delivery task per destination, page by page, so that a fan-out
//! is bounded by nothing but the queues. Who wants what is decided in `wanted.rs`, without IO.
mod config;
mod recipients;
mod route;
mod wanted;

use std::{collections::BTreeMap, time::Duration};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::{
    batch::each_record,
    send::{AlertsQueue, ChannelQueue},
};
use store::Store;

use crate::config::Config;

/// Of the function's 30 seconds; a routing takes a second or two.
const BEGIN_WITHIN: Duration = Duration::from_secs(20);

pub struct Router {
    pub(crate) store: Store,
    /// For the rest of a fan-out.
    pub(crate) alerts: AlertsQueue,
    /// By the channel's name.
    pub(crate) channels: BTreeMap<String, ChannelQueue>,
}

impl Router {
    pub fn new(store: Store, alerts: AlertsQueue, channels: BTreeMap<String, ChannelQueue>) -> Self {
        Self { store, alerts, channels }
    }

    /// The function: a batch of route tasks.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let early_ack = |what| self.alerts.early_ack(what);
        each_record(event, |record| route::route(self, record.task), early_ack, BEGIN_WITHIN).await
    }
}

/// What Lambda runs.
pub async fn run() -> Result<(), Error> {
    let router = &Config::from_env()?.router();
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(router.handle(event.payload).await)
    }))
    .await
}

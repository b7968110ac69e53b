//! The dispatcher: delivers the tasks of one channel. `deliver.rs` has one delivery from top to bottom;
//! `retry_policy.rs` decides without IO when to retry, when to give up and when to disable; `catch_up.rs` sends what a
//! destination missed once it works again.
mod alert_cache;
mod arrived;
mod attempt;
mod catch_up;
mod config;
mod cooldown;
mod counted;
mod deliver;
mod dispatcher;
mod prepare;
mod retry_policy;
mod send;
mod sent;
mod unrecorded;

use std::time::{Duration, SystemTime};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::{
    batch::{Failed, handle_batch},
    traces,
    waits::waits,
};
use startup::metrics::{Metric, Metrics};

pub use crate::{
    catch_up::catch_up,
    dispatcher::{Deps, Dispatcher, MailSender, Tally},
    send::{Hindered, send},
};
use crate::{config::Config, dispatcher::Delayed};

/// The function has 30 seconds. The last delivery to start may need `MAX_SLEEP`, `MAX_DELIVERY_TIME` and the time to
/// record its outcome.
const START_WITHIN: Duration = Duration::from_secs(3);

impl Dispatcher {
    /// The Lambda function: handles one batch of delivery tasks and reports those that must come again.
    pub async fn handle(&self, event: SqsEvent, clock: fn() -> Timestamp) -> SqsBatchResponse {
        let early_ack = |receipts| self.deps.queue.early_ack(receipts);
        let handle = async |record| deliver::deliver(self, record, clock).await.map_err(failed);
        handle_batch(event, handle, early_ack, START_WITHIN).await
    }
}

fn failed(error: anyhow::Error) -> Failed {
    if error.is::<Delayed>() { Failed::hidden(error) } else { error.into() }
}

/// Runs the function in Lambda.
pub async fn run() -> Result<(), Error> {
    let dispatcher = &Config::from_env().await?.dispatcher()?.with_metrics(Metrics::from_env()?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        waits(&event.payload, SystemTime::now()).for_each(|wait| dispatcher.metrics.add(Metric::QueueAge, wait));
        let response = dispatcher.handle(event.payload, Timestamp::now).await;
        dispatcher.metrics.flush();
        traces::flush().await;
        Ok::<_, Error>(response)
    }))
    .await
}

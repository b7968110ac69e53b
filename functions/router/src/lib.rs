//! The router: finds who gets an alert and queues one delivery task per destination. It works page by page, so that the
//! size of a fan-out has no limit. `filter.rs` decides without IO who gets what.
mod accounts;
mod concerned;
mod config;
mod filter;
mod notices;
mod recipient;
mod recipients;
mod route;
mod router;

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::batch::handle_batch;

use crate::config::Config;
pub use crate::router::Router;

/// The function has 30 seconds; to route one alert takes a second or two.
const START_WITHIN: Duration = Duration::from_secs(20);

impl Router {
    /// The Lambda function: handles one batch of route tasks and reports those that must come again.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let early_ack = |receipts| self.alerts.early_ack(receipts);
        handle_batch(event, |record| route::route(self, record.task), early_ack, START_WITHIN).await
    }
}

/// Runs the function in Lambda.
pub async fn run() -> Result<(), Error> {
    let router = &Config::from_env()?.router();
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(router.handle(event.payload).await)
    }))
    .await
}

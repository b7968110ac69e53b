//! The router: finds who gets an alert and queues one delivery task per destination. It works page by page, so that the
//! size of a fan-out has no limit; `route.rs` says what holds. [`status::filter`] decides without IO who gets what.
mod accounts;
mod before;
mod config;
mod deliveries;
mod fanout;
mod follow_up;
mod marks;
mod notices;
mod notified;
mod planned;
mod progress;
mod quiet;
mod reads;
mod recipient;
mod route;
mod router;
mod segment;
mod settle;
mod stages;
mod undeployed;
mod watchers;

use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::{batch::handle_batch, traces, waits::waits};
use startup::metrics::{Metric, Metrics};

use crate::config::Config;
pub use crate::router::{Bounds, Router};

/// The function has 30 seconds. [`Bounds::go_on_for`] is longer, so that a message that is started gets somewhere.
const START_WITHIN: Duration = Duration::from_secs(15);

impl Router {
    /// The Lambda function: handles one batch of route tasks and reports those that must come again.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let until = Instant::now() + self.bounds.go_on_for;
        let early_ack = |receipts| self.alerts.early_ack(receipts);
        handle_batch(event, |record| route::route(self, record, until), early_ack, START_WITHIN).await
    }
}

/// Runs the function in Lambda.
pub async fn run() -> Result<(), Error> {
    let (router, metrics) = (&Config::from_env()?.router(), &Metrics::from_env()?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        waits(&event.payload, SystemTime::now()).for_each(|wait| metrics.add(Metric::QueueAge, wait));
        let response = router.handle(event.payload).await;
        metrics.flush();
        traces::flush().await;
        Ok::<_, Error>(response)
    }))
    .await
}

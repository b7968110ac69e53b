//! The router: finds who gets an alert and queues one delivery task per destination. It works page by page, so that the
//! size of a fan-out has no limit; `route.rs` says what holds. `filter.rs` decides without IO who gets what.
mod accounts;
mod config;
mod deliveries;
mod fanout;
mod filter;
mod notices;
mod notified;
mod progress;
mod reads;
mod recipient;
mod route;
mod router;
mod segment;
mod stages;
mod undeployed;
mod watchers;

use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::{
    batch::{Handled, Record, handle_batch},
    task::RouteTask,
    waits::waits,
};
use startup::metrics::{Metric, Metrics};

use crate::config::Config;
pub use crate::router::{Bounds, Router};

/// The function has 30 seconds. [`Bounds::go_on_for`] is longer, so that a message that is started gets somewhere.
const START_WITHIN: Duration = Duration::from_secs(15);

/// After a failure the message waits so long at first, and twice as long each time up to the second; its visibility
/// timeout would be three minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(40);

impl Router {
    /// The Lambda function: handles one batch of route tasks and reports those that must come again.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let until = Instant::now() + self.bounds.go_on_for;
        let early_ack = |receipts| self.alerts.early_ack(receipts);
        handle_batch(event, |record| self.route_or_delay(record, until), early_ack, START_WITHIN).await
    }

    async fn route_or_delay(&self, record: Record<RouteTask>, until: Instant) -> anyhow::Result<Handled> {
        let (receipt, pause) = (record.receipt_handle.clone(), pause_after(record.receive_count));
        let routed = route::route(self, record, until).await;
        if routed.is_err()
            && let Err(error) = self.alerts.delay(&receipt, pause).await
        {
            tracing::debug!(%error, "the message comes again when its visibility timeout ends");
        }
        routed
    }
}

fn pause_after(receive_count: u32) -> Duration {
    (FIRST_PAUSE * 2u32.pow(receive_count.saturating_sub(1).min(8))).min(LONGEST_PAUSE)
}

/// Runs the function in Lambda.
pub async fn run() -> Result<(), Error> {
    let (router, metrics) = (&Config::from_env()?.router(), &Metrics::from_env()?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        waits(&event.payload, SystemTime::now()).for_each(|wait| metrics.add(Metric::QueueAge, wait));
        let response = router.handle(event.payload).await;
        metrics.flush();
        Ok::<_, Error>(response)
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_message_comes_again_soon_and_then_less_often() {
        let pauses = [1, 2, 3, 4, 5, 200].map(|count| pause_after(count).as_secs());
        assert_eq!(pauses, [5, 10, 20, 40, 40, 40]);
    }
}

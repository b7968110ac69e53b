//! The feedback function: mail that bounced for good, and recipients who complained. The address is written to by nobody
//! from then on, the destination it belongs to is disabled, and its account is told by another route. Repeating an event
//! changes nothing; one that is about nobody we know is ignored.
mod event;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::send::AlertsQueue;
use startup::{aws::AwsSettings, env};
use status::ids::DestinationId;
use store::Store;

pub use crate::event::FeedbackEvent;

pub struct Feedback {
    pub store: Store,
    pub alerts: AlertsQueue,
}

impl Feedback {
    /// The function: one event of Amazon SES.
    pub async fn handle(&self, event: FeedbackEvent, now: Timestamp) -> anyhow::Result<()> {
        let destination = event.detail.destination().map(DestinationId::new);
        for lost in event.detail.lost() {
            let Some(address) = channels::mail_address(&lost.address) else { continue };
            self.store.suppress(&address, &lost.reason, now).await?;
            let Some(id) = &destination else { continue };
            self.disable(id, &address, &lost.reason, now).await?;
        }
        Ok(())
    }

    /// Only while it still has this address: it may have been given another one since.
    async fn disable(&self, id: &DestinationId, address: &str, reason: &str, now: Timestamp) -> anyhow::Result<()> {
        let Some(found) = self.store.destination(id).await? else { return Ok(()) };
        let channel = channels::channel(&found.destination.channel);
        let has_it = channel.and_then(|channel| (channel.recipient)(&found.destination.settings));
        if has_it.as_deref() != Some(address) {
            return Ok(());
        }
        if let Some(row) = self.store.disable(&found.destination, reason, now).await? {
            tracing::warn!(destination.id = %id, reason, "{id} was disabled");
            self.alerts.send_alerts(&row.provider, &row.alerts).await?;
            self.store.clear(&row).await?;
        }
        Ok(())
    }
}

/// What Lambda runs. `TABLE`: the DynamoDB table; `ALERTS_QUEUE_URL`: the router's queue.
pub async fn run() -> Result<(), Error> {
    let feedback = || {
        let aws = AwsSettings::from_env()?;
        let alerts = AlertsQueue::new(aws.sqs(), env::required("ALERTS_QUEUE_URL")?);
        anyhow::Ok(Feedback { store: Store::new(&aws.dynamodb(), env::required("TABLE")?), alerts })
    };
    let feedback = &feedback()?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<FeedbackEvent>| async move {
        feedback.handle(event.payload, Timestamp::now()).await.map_err(Error::from)
    }))
    .await
}

//! The feedback function: handles bounces and complaints that Amazon SES reports. It suppresses the address for every
//! account, disables the destination of the mail, and notifies the account through its other destinations. A complaint
//! that is taken back lifts the suppression again. A repeated event changes nothing. An event about an unknown
//! destination only suppresses the address.
mod event;

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::send::AlertsQueue;
use startup::{aws::AwsSettings, env};
use status::ids::DestinationId;
use store::{DestinationRecord, Disabled, Store, SuppressionCause};

pub use crate::event::FeedbackEvent;

/// The mails of this time before a bounce or a complaint may not have been read.
const BOUNCES_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// What the function works with.
pub struct Feedback {
    pub store: Store,
    /// The router's queue: gets the notice that a destination was disabled.
    pub alerts: AlertsQueue,
}

impl Feedback {
    /// The Lambda function: handles one event of Amazon SES.
    pub async fn handle(&self, event: FeedbackEvent, now: Timestamp) -> anyhow::Result<()> {
        let destination = event.detail.destination().map(DestinationId::new);
        for suppression in event.detail.suppressions() {
            let Some(address) = channels::mail_address(&suppression.address) else { continue };
            self.store.suppress(&address, suppression.cause, &suppression.reason, now).await?;
            let Some(id) = &destination else { continue };
            self.disable(id, &address, &suppression.reason, now).await?;
        }
        for address in event.detail.taken_back().iter().filter_map(|address| channels::mail_address(address)) {
            self.take_back(&address, destination.as_ref()).await?;
        }
        Ok(())
    }

    /// Lifts a suppression by complaint, and no other. Other destinations with this address are enabled when an alert
    /// for them is due.
    async fn take_back(&self, address: &str, destination: Option<&DestinationId>) -> anyhow::Result<()> {
        let suppression = self.store.suppression(address).await?;
        if suppression.is_none_or(|suppression| suppression.cause() != SuppressionCause::Complained) {
            return Ok(());
        }
        self.store.lift_suppression(address).await?;
        tracing::info!("a suppression was lifted: the owner of the address took a complaint back");
        let Some(id) = destination else { return Ok(()) };
        if let Some(found) = self.store.destination(id).await?.filter(|found| has_address(found, address)) {
            self.store.enable_if_lifted(&found, address).await?;
        }
        Ok(())
    }

    /// Disables the destination if it still has this address; the settings may have changed since the mail.
    async fn disable(&self, id: &DestinationId, address: &str, reason: &str, now: Timestamp) -> anyhow::Result<()> {
        let Some(found) = self.store.destination(id).await? else { return Ok(()) };
        if !has_address(&found, address) {
            return Ok(());
        }
        let disabled = Disabled::by_suppression(reason, now);
        if let Some(row) = self.store.disable(&found.destination, &disabled, now - BOUNCES_WITHIN).await? {
            tracing::warn!(destination.id = %id, reason, "{id} was disabled");
            self.alerts.send_alerts(&row.provider, &row.alerts).await?;
            self.store.clear(&row).await?;
        }
        Ok(())
    }
}

fn has_address(found: &DestinationRecord, address: &str) -> bool {
    let channel = channels::channel(&found.destination.channel);
    channel.and_then(|channel| (channel.recipient)(found.destination.clear_settings())).as_deref() == Some(address)
}

/// Runs the function in Lambda. `TABLE`: the DynamoDB table; `ALERTS_QUEUE_URL`: the router's queue.
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

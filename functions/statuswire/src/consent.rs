//! Consent of mail recipients. The confirmation request is an alert of its own and is delivered like any other. Every
//! start asks again until the request is queued; it is still sent once, because its id is derived from its content.
use anyhow::Context as _;
use jiff::Timestamp;
use queue::{
    queues::Queues,
    task::{DeliveryTask, VERSION},
};
use status::{ids::DeliveryId, monitor::Destination, notice};
use store::{AccountSettings, Consent, Recipient, Store};
use uuid::Uuid;

/// Queues the confirmation request for every recipient who has not answered it.
pub(crate) async fn ask_all(store: &Store, queues: &Queues, settings: &AccountSettings) -> anyhow::Result<()> {
    for destination in &settings.destinations {
        let Some(recipient) = recipient(store, destination).await? else { continue };
        if recipient.consent == Consent::Asked {
            ask(store, queues, destination, &recipient).await?;
        }
    }
    Ok(())
}

/// The mail recipient of this destination, created at first use; `None` if its channel needs no consent.
pub(crate) async fn recipient(store: &Store, destination: &Destination) -> anyhow::Result<Option<Recipient>> {
    let channel = channels::channel(&destination.channel).context("the channel is not registered")?;
    let Some(address) = (channel.recipient)(&destination.settings) else {
        return Ok(None);
    };
    let token = Uuid::new_v4().simple().to_string();
    let (recipient, _) = store.recipient_or_new(&destination.account, &address, &token, Timestamp::now()).await?;
    Ok(Some(recipient))
}

/// Queues the confirmation request that the recipient's record describes.
async fn ask(store: &Store, queues: &Queues, destination: &Destination, recipient: &Recipient) -> anyhow::Result<()> {
    let question = format!("{} {}", recipient.address, recipient.asked);
    let alert = notice::confirm(&destination.id, &question, recipient.asked_at);
    store.put_alert(&alert, Timestamp::now()).await?;
    let queue = queues.channel(&destination.channel)?;
    let task = DeliveryTask {
        v: VERSION,
        delivery: DeliveryId::derive(&alert.id, &destination.id),
        alert: alert.id,
        destination: destination.id.clone(),
        provider: alert.provider,
        incident: alert.incident.id,
        unknown: false,
        reopened: 0,
    };
    queue.send(&[task]).await?;
    Ok(())
}

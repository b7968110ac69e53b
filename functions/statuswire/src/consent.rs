//! Asking the owners of mail addresses whether they want alerts. The question is an alert of its own and takes the way of
//! all deliveries; asked again by every start until it is queued, it is still sent once, by the id it derives from.
use anyhow::Context as _;
use jiff::Timestamp;
use queue::{
    queues::Queues,
    task::{DeliveryTask, VERSION},
};
use status::{ids::DeliveryId, monitor::Destination, notice};
use store::{AccountSettings, Consent, Recipient, Store};
use uuid::Uuid;

/// Asks all who have not been asked yet.
pub(crate) async fn ask_all(store: &Store, queues: &Queues, settings: &AccountSettings) -> anyhow::Result<()> {
    for destination in &settings.destinations {
        let Some(recipient) = recipient(store, destination).await? else { continue };
        if recipient.consent == Consent::Asked {
            ask(store, queues, destination, &recipient).await?;
        }
    }
    Ok(())
}

/// Whoever reads the mail of this destination; `None` where nobody has to agree.
pub(crate) async fn recipient(store: &Store, destination: &Destination) -> anyhow::Result<Option<Recipient>> {
    let channel = channels::channel(&destination.channel).context("the channel is not registered")?;
    let Some(address) = (channel.recipient)(&destination.settings) else {
        return Ok(None);
    };
    let token = Uuid::new_v4().simple().to_string();
    let (recipient, _) = store.recipient_or_new(&destination.account, &address, &token, Timestamp::now()).await?;
    Ok(Some(recipient))
}

/// Queues the question as it stands in the recipient's record.
pub(crate) async fn ask(
    store: &Store,
    queues: &Queues,
    destination: &Destination,
    recipient: &Recipient,
) -> anyhow::Result<()> {
    let question = format!("{} {}", recipient.address, recipient.asked);
    let alert = notice::confirm(&destination.id, &question, recipient.asked_at);
    store.put_alert(&alert, Timestamp::now()).await?;
    let queue = queues.channels.get(&destination.channel).context("the channel has no queue")?;
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

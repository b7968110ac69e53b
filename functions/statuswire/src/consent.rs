//! Consent of mail recipients. The confirmation request is an alert of its own and is delivered like any other. Every
//! start asks again until the request is queued; it is still sent once, because its id is derived from its content.
use std::collections::HashMap;

use anyhow::Context as _;
use jiff::Timestamp;
use queue::{queues::Queues, task::DeliveryTask};
use status::{ids::AccountId, monitor::Destination};
use store::{AccountSettings, Consent, Recipient, Store};
use uuid::Uuid;

/// Queues the confirmation request for every recipient who has not answered it.
pub(crate) async fn ask_all(store: &Store, queues: &Queues, settings: &AccountSettings) -> anyhow::Result<()> {
    let mut addressed = Vec::new();
    for destination in &settings.destinations {
        addressed.extend(address(destination)?.map(|address| (destination, address)));
    }
    let known = store.recipients(addressed.iter().map(|(destination, address)| (&destination.account, &**address)));
    let known: HashMap<_, _> =
        known.await?.into_iter().map(|known| ((known.account.clone(), known.address.clone()), known)).collect();
    for (destination, address) in addressed {
        let recipient = match known.get(&(destination.account.clone(), address.clone())) {
            Some(known) => known.clone(),
            None => recipient_of(store, &destination.account, &address).await?,
        };
        if recipient.consent == Consent::Asked {
            ask(store, queues, destination, &recipient).await?;
        }
    }
    Ok(())
}

/// The mail recipient of this destination, created at first use; `None` if its channel needs no consent.
pub(crate) async fn recipient(store: &Store, destination: &Destination) -> anyhow::Result<Option<Recipient>> {
    match address(destination)? {
        Some(address) => Ok(Some(recipient_of(store, &destination.account, &address).await?)),
        None => Ok(None),
    }
}

/// The mail address of this destination; `None` if its channel needs no consent.
fn address(destination: &Destination) -> anyhow::Result<Option<String>> {
    let channel = channels::channel(&destination.channel).context("the channel is not registered")?;
    Ok((channel.recipient)(&destination.settings))
}

async fn recipient_of(store: &Store, account: &AccountId, address: &str) -> anyhow::Result<Recipient> {
    let token = Uuid::new_v4().simple().to_string();
    let (recipient, _) = store.recipient_or_new(account, address, &token, Timestamp::now()).await?;
    Ok(recipient)
}

/// Queues the confirmation request that the recipient's record describes.
async fn ask(store: &Store, queues: &Queues, destination: &Destination, recipient: &Recipient) -> anyhow::Result<()> {
    let alert = recipient.request(&destination.id);
    store.put_alert(&alert, Timestamp::now()).await?;
    let queue = queues.channel(&destination.channel)?;
    queue.send(&[DeliveryTask::new(&alert, &destination.id)]).await?;
    Ok(())
}

//! Queues the deliveries of one page of recipients. A destination is marked as notified before its task is queued, so
//! that the alert of the end cannot miss it.
use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use queue::task::{DeliveryTask, VERSION};
use status::ids::DeliveryId;

use crate::{
    before::mark_notified, planned, reads::Reads, recipient::Recipient, router::Router, settle::settle, undeployed,
};

/// Returns how many deliveries were queued.
pub(crate) async fn queue_page(
    router: &Router,
    reads: &Reads<'_>,
    mut recipients: Vec<Recipient>,
) -> anyhow::Result<usize> {
    recipients.retain(|recipient| !reads.is_queued(&recipient.destination));
    let before = mark_notified(reads, &mut recipients).await?;
    reads.note_queued(&recipients);
    planned::plan(reads, &recipients, &before.meant).await?;
    let recipients = settle(reads, recipients, &before).await?;
    let (deployed, undeployed): (Vec<_>, Vec<_>) =
        recipients.iter().partition(|recipient| router.channels.contains_key(&recipient.channel));
    undeployed::turn_away(router, reads.alert, &undeployed).await?;
    let mut by_channel: BTreeMap<&str, Vec<DeliveryTask>> = BTreeMap::new();
    for recipient in deployed {
        by_channel.entry(&recipient.channel).or_default().push(task(reads, recipient));
    }
    let sends =
        by_channel.into_iter().map(|(channel, tasks)| async move { router.channels[channel].send(&tasks).await });
    try_join_all(sends).await?;
    Ok(recipients.len())
}

fn task(reads: &Reads<'_>, recipient: &Recipient) -> DeliveryTask {
    let alert = reads.alert;
    DeliveryTask {
        v: VERSION,
        delivery: DeliveryId::derive(&alert.id, &recipient.destination),
        alert: alert.id.clone(),
        destination: recipient.destination.clone(),
        provider: alert.provider.clone(),
        incident: alert.incident.id.clone(),
        unknown: recipient.reason.unknown(),
        reopened: 0,
    }
}

//! Queues the deliveries of one page of recipients. A destination is marked as notified before its task is queued, so
//! that the alert of the end cannot miss it.
use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::future::try_join_all;
use queue::task::{DeliveryTask, VERSION};
use status::{
    ids::{AlertId, DeliveryId, DestinationId},
    words::Event,
};
use store::Episode;

use crate::{
    planned, quiet::Quiet, reads::Reads, recipient::Recipient, router::Router, settle::settle, stages::summary_of,
    undeployed,
};

/// Returns how many deliveries were queued.
pub(crate) async fn queue_page(
    router: &Router,
    reads: &Reads<'_>,
    mut recipients: Vec<Recipient>,
) -> anyhow::Result<usize> {
    recipients.retain(|recipient| !reads.is_queued(&recipient.destination));
    let told_before = mark_notified(reads, &mut recipients).await?;
    reads.note_queued(&recipients);
    planned::plan(reads, &recipients, &told_before).await?;
    let recipients = settle(reads, recipients, &told_before).await?;
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

/// Marks those who are told of an incident that goes on. Drops the conditional recipients that were notified of it
/// before. Returns those that an earlier alert of it was meant for.
async fn mark_notified(reads: &Reads<'_>, recipients: &mut Vec<Recipient>) -> anyhow::Result<HashSet<DestinationId>> {
    let alert = reads.alert;
    if alert.event.is_end() || alert.event.is_notice() || alert.is_held_summary() || recipients.is_empty() {
        return Ok(HashSet::new());
    }
    let episode = Episode::of(alert);
    let mut marked = HashMap::new();
    // Nobody was notified of an incident before it opened. Later most were, and to read a mark costs less than to write
    // it again.
    if !matches!(alert.event, Event::Opened | Event::Scheduled | Event::Summary) {
        marked = reads.store.notified(&episode, &ids(recipients.iter())).await?;
    }
    let mut before = marked.clone();
    if let Some(incident) = &alert.opened_in {
        before.extend(reads.store.notified(&summary_of(&alert.provider, incident), &ids(recipients.iter())).await?);
    }
    // A mark by this very alert is of an earlier run of this task, which stopped before it queued the delivery.
    let is_notified = |id: &DestinationId| before.get(id).is_some_and(|by: &AlertId| *by != alert.id);
    recipients.retain(|recipient| !recipient.reason.is_conditional() || !is_notified(&recipient.destination));
    let unmarked = recipients.iter().filter(|recipient| !marked.contains_key(&recipient.destination));
    let mark = |recipient: &Recipient| recipient.quiet.as_ref().and_then(Quiet::mark);
    let unmarked = unmarked.map(|recipient| (recipient.destination.clone(), mark(recipient))).collect();
    reads.store.mark_notified_quietly(&episode, &alert.id, &unmarked, alert.seen_at).await?;
    Ok(before.into_iter().filter(|(_, by)| *by != alert.id).map(|(id, _)| id).collect())
}

fn ids<'a>(recipients: impl Iterator<Item = &'a Recipient>) -> Vec<DestinationId> {
    recipients.map(|recipient| recipient.destination.clone()).collect()
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

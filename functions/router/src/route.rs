//! Routes one alert. What holds:
//! - A destination is marked as notified before its task is queued, so that the alert of the end cannot miss it.
//! - A repeated run queues the same deliveries, and the dispatcher drops those that have ended.
//! - The rest of a large fan-out is queued only after this part was accepted.
use std::collections::{BTreeMap, HashSet};

use anyhow::Context as _;
use queue::task::{DeliveryTask, RouteTask, VERSION};
use status::{alert::Alert, ids::DeliveryId};
use store::Episode;

use crate::{
    recipient::Recipient,
    recipients::{Cursor, Routing},
    router::Router,
};

/// After so many recipients an invocation queues the rest for the next one.
const MAX_RECIPIENTS_PER_INVOCATION: usize = 2_000;
/// After so many pages too, however few recipients they hold.
const MAX_PAGES_PER_INVOCATION: usize = 20;

pub(crate) async fn route(router: &Router, task: RouteTask) -> anyhow::Result<()> {
    anyhow::ensure!(task.v == VERSION, "this router cannot read a route task of version {}", task.v);
    let alert = router.store.alert(&task.alert).await?.with_context(|| format!("{} is not stored", task.alert))?;
    let mut routing = Routing::new(&router.store, &alert);
    let mut cursor = Some(Cursor::parse(task.cursor.as_deref())?);
    let mut queued = 0;
    for _ in 0..MAX_PAGES_PER_INVOCATION {
        let Some(at) = cursor.take() else { break };
        let page = routing.recipients_page(at).await?;
        queued += page.recipients.len();
        queue_deliveries(router, &alert, page.recipients).await?;
        cursor = page.next;
        if queued >= MAX_RECIPIENTS_PER_INVOCATION {
            break;
        }
    }
    if let Some(cursor) = cursor {
        router.alerts.send(&[RouteTask { cursor: Some(cursor.to_text()), ..task }]).await?;
    }
    tracing::debug!(alert.id = %alert.id, destinations = queued, "routed");
    Ok(())
}

async fn queue_deliveries(router: &Router, alert: &Alert, recipients: Vec<Recipient>) -> anyhow::Result<()> {
    if recipients.is_empty() {
        return Ok(());
    }
    if !alert.event.is_end() && !alert.event.is_notice() {
        let destinations: HashSet<_> = recipients.iter().map(|recipient| recipient.destination.id.clone()).collect();
        router.store.mark_notified(&Episode::of(alert), &alert.id, &destinations, alert.seen_at).await?;
    }
    let mut by_channel: BTreeMap<String, Vec<DeliveryTask>> = BTreeMap::new();
    for Recipient { destination, unknown } in recipients {
        by_channel.entry(destination.channel).or_default().push(DeliveryTask {
            v: VERSION,
            delivery: DeliveryId::derive(&alert.id, &destination.id),
            alert: alert.id.clone(),
            destination: destination.id,
            provider: alert.provider.clone(),
            incident: alert.incident.id.clone(),
            unknown,
            reopened: 0,
        });
    }
    for (channel, tasks) in by_channel {
        let Some(queue) = router.channels.get(&channel) else {
            tracing::error!(channel.name = channel, tasks = tasks.len(), "the channel has no queue: nothing is sent");
            continue;
        };
        queue.send(&tasks).await?;
    }
    Ok(())
}

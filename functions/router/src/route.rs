//! One alert from top to bottom. Wanted properties:
//! - a destination is marked as told before its task is queued, so that no end can miss it;
//! - a repeat queues the same deliveries, which are dropped as known further on;
//! - the rest of a large fan-out is queued only after this part was accepted.
use std::collections::{BTreeMap, HashSet};

use anyhow::Context as _;
use queue::task::{DeliveryTask, RouteTask, VERSION};
use status::{alert::Alert, ids::DeliveryId, monitor::Destination};
use store::Episode;

use crate::{
    Router,
    recipients::{Accounts, Cursor, page},
};

/// Recipients after which an invocation queues the rest for the next one.
const ENOUGH: usize = 2_000;
/// Pages that it takes on at most, however few they hold.
const PAGES_AT_A_TIME: usize = 20;

pub(crate) async fn route(router: &Router, task: RouteTask) -> anyhow::Result<()> {
    anyhow::ensure!(task.v == VERSION, "a route task of version {} is not known here", task.v);
    let alert = router.store.alert(&task.alert).await?.with_context(|| format!("{} is not stored", task.alert))?;
    let mut accounts = Accounts::default();
    let mut cursor = Some(Cursor::read(task.cursor.as_deref())?);
    let mut told = 0;
    for _ in 0..PAGES_AT_A_TIME {
        let Some(at) = cursor.take() else { break };
        let found = page(&router.store, &mut accounts, &alert, at).await?;
        told += found.recipients.len();
        queue_deliveries(router, &alert, found.recipients).await?;
        cursor = found.next;
        if told >= ENOUGH {
            break;
        }
    }
    if let Some(cursor) = cursor {
        router.alerts.send(&[RouteTask { cursor: Some(cursor.write()), ..task }]).await?;
    }
    tracing::debug!(alert.id = %alert.id, destinations = told, "routed");
    Ok(())
}

async fn queue_deliveries(router: &Router, alert: &Alert, recipients: Vec<(Destination, bool)>) -> anyhow::Result<()> {
    if recipients.is_empty() {
        return Ok(());
    }
    if !alert.event.is_end() && !alert.event.is_notice() {
        let destinations: HashSet<_> = recipients.iter().map(|(destination, _)| destination.id.clone()).collect();
        router.store.mark_notified(&Episode::of(alert), &alert.id, &destinations, alert.seen_at).await?;
    }
    let mut by_channel: BTreeMap<String, Vec<DeliveryTask>> = BTreeMap::new();
    for (destination, unknown) in recipients {
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
            tracing::error!(channel.name = channel, tasks = tasks.len(), "no queue for this channel: nothing is sent");
            continue;
        };
        queue.send(&tasks).await?;
    }
    Ok(())
}

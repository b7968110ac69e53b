//! Queues committed alerts. Wanted properties:
//! - a row leaves the outbox only after SQS accepted all of its alerts, so a stop in between repeats, never loses;
//! - rows of one provider are queued in the order they were committed, also those a dead run left behind.
use store::OutboxRow;

use crate::Poller;

/// Queues the alerts of one commit, behind those of the same provider that another run, which may be dead, has committed
/// and not queued. A failure is remembered for the next round to make up for.
pub(crate) async fn publish(poller: &Poller, row: Option<OutboxRow>) {
    let Some(row) = row else { return };
    let queued = async {
        for row in &poller.store.outbox_of(&row.provider).await? {
            send(poller, row).await?;
        }
        anyhow::Ok(())
    };
    if let Err(error) = queued.await {
        poller.memory.shelf().unsent = true;
        tracing::warn!(provider.id = %row.provider, error = format!("{error:#}"), "alerts wait to be queued");
    }
}

/// Queues what earlier runs committed and did not queue. A failure does not stop the round: what it finds is kept in
/// the outbox too.
pub(crate) async fn sweep(poller: &Poller) {
    let swept = async {
        for row in &poller.store.outbox().await? {
            send(poller, row).await?;
        }
        anyhow::Ok(())
    };
    let result = swept.await;
    poller.memory.shelf().unsent = result.is_err();
    if let Err(error) = result {
        tracing::warn!(error = format!("{error:#}"), "alerts wait to be queued");
    }
}

async fn send(poller: &Poller, row: &OutboxRow) -> anyhow::Result<()> {
    poller.alerts.send_alerts(&row.provider, &row.alerts).await?;
    poller.store.clear(row).await?;
    Ok(())
}

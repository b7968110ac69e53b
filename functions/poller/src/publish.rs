//! Queues committed alerts. Wanted properties:
//! - a row leaves the outbox only after SQS accepted all of its alerts, so a stop in between repeats alerts, never
//!   loses any;
//! - rows of one provider are queued in the order of their commits, including those left by a run that died.
use store::OutboxRow;

use crate::Poller;

/// Queues the alerts of one commit, after those of the same provider that another run committed and did not queue.
/// After a failure the next round tries again.
pub(crate) async fn publish(poller: &Poller, row: Option<OutboxRow>) {
    let Some(row) = row else { return };
    let queued = async {
        for row in &poller.store.outbox_of(&row.provider).await? {
            send(poller, row).await?;
        }
        anyhow::Ok(())
    };
    if let Err(error) = queued.await {
        poller.cache().unsent = true;
        tracing::warn!(provider.id = %row.provider, error = format!("{error:#}"), "alerts could not be queued and stay in the outbox");
    }
}

/// Queues what earlier runs committed and did not queue. A failure does not stop the round: the alerts stay in the
/// outbox.
pub(crate) async fn sweep(poller: &Poller) {
    let swept = async {
        for row in &poller.store.outbox().await? {
            send(poller, row).await?;
        }
        anyhow::Ok(())
    };
    let result = swept.await;
    poller.cache().unsent = result.is_err();
    if let Err(error) = result {
        tracing::warn!(error = format!("{error:#}"), "alerts could not be queued and stay in the outbox");
    }
}

async fn send(poller: &Poller, row: &OutboxRow) -> anyhow::Result<()> {
    poller.alerts.send_alerts(&row.provider, &row.alerts).await?;
    poller.store.clear(row).await?;
    Ok(())
}

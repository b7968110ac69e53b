//! Recipients on a channel that this stack leaves out. Nothing can be sent to them, and nothing is lost silently: the
//! delivery log says why, and the destination is disabled, which its account is told. Once the channel is deployed, a
//! successful `statuswire test` enables the destination again and sends what it missed and is still of use.
use std::time::Duration;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use status::{
    alert::Alert,
    ids::{DeliveryId, DestinationId},
};
use store::{Attempt, Claim, DeliveryClaim, DeliveryEnd, Disabled, Owner, RecordError, Verdict};

use crate::{recipient::Recipient, router::Router};

/// Nothing is sent under it, so that a repeat may take over at once.
const LEASE: Duration = Duration::ZERO;
const CONCURRENT_RECORDS: usize = 16;

/// Records that nothing was sent. A repeated run changes nothing.
pub(crate) async fn turn_away(router: &Router, alert: &Alert, recipients: &[&Recipient]) -> anyhow::Result<()> {
    let turn_away = async |recipient: &&Recipient| {
        let (id, now) = (&recipient.destination, Timestamp::now());
        record(router, alert, recipient, now).await.with_context(|| format!("recording that {id} gets nothing"))?;
        disable(router, id, now).await.with_context(|| format!("disabling {id}"))
    };
    stream::iter(recipients).map(turn_away).buffer_unordered(CONCURRENT_RECORDS).try_collect().await
}

async fn record(router: &Router, alert: &Alert, recipient: &Recipient, now: Timestamp) -> anyhow::Result<()> {
    let claim = DeliveryClaim {
        delivery: DeliveryId::derive(&alert.id, &recipient.destination),
        alert: alert.id.clone(),
        destination: recipient.destination.clone(),
        provider: alert.provider.clone(),
        incident: alert.incident.id.clone(),
        unknown: recipient.reason.unknown(),
    };
    let owner = Owner { host: "router".to_owned(), instance: alert.id.to_string() };
    let Claim::Yours(claimed) = router.store.claim(&claim, &owner, LEASE, now).await? else { return Ok(()) };
    let answer = reason(&recipient.channel);
    let attempt = Attempt { at: now, status: "not sent".to_owned(), answer, took_ms: 0 };
    let ended = Verdict::Ended(DeliveryEnd::Disabled);
    match router.store.record(&claimed, ended, Some(attempt), None, now).await {
        // Another run of this task was faster.
        Ok(()) | Err(RecordError::LeaseLost) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Disables the destination and queues the notice about it, unless it is disabled already.
async fn disable(router: &Router, id: &DestinationId, now: Timestamp) -> anyhow::Result<()> {
    let Some(found) = router.store.destination(id).await? else { return Ok(()) };
    let destination = &found.destination;
    let disabled = Disabled::because(reason(&destination.channel), now);
    let Some(row) = router.store.disable(destination, &disabled, now).await? else { return Ok(()) };
    tracing::warn!(destination.id = %destination.id, reason = disabled.reason, "{} was disabled", destination.id);
    router.alerts.send_alerts(&row.provider, &row.alerts).await?;
    router.store.clear(&row).await?;
    Ok(())
}

fn reason(channel: &str) -> String {
    format!("this stack leaves out the channel {channel}")
}

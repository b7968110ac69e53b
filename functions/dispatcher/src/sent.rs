//! Records what was sent. If the store takes no record, the message comes again and is only recorded.
use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use queue::task::DeliveryTask;
use store::DeliveryEnd;

use crate::{dispatcher::Dispatcher, unrecorded::Sent};

/// Until a message comes again whose delivery was sent and not recorded: within the lease, so that no other process
/// sends it meanwhile.
const PAUSE_BEFORE_RECORDING: Duration = Duration::from_secs(15);

/// Tries until then. An error means that the message must come again.
pub(crate) async fn record_sent(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    receipt_handle: &str,
    sent: Sent,
    until: Instant,
) -> anyhow::Result<()> {
    if let Err(error) = sent.record(&dispatcher.deps.store, until).await {
        let now = Timestamp::now();
        dispatcher.unrecorded.keep(task, sent, Instant::now());
        let reason = format!("{error:#}");
        return Err(dispatcher.delay_message(receipt_handle, now + PAUSE_BEFORE_RECORDING, now, reason).await);
    }
    dispatcher.unrecorded.remove(task);
    dispatcher.delivered.fetch_add(1, Relaxed);
    dispatcher.count_end(DeliveryEnd::Sent);
    Ok(())
}

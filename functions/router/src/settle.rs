//! What waits for the end of quiet hours. Who is alerted was decided before; this decides when. Wanted properties:
//! - a destination waits only if all groups that want the alert for it are quiet;
//! - what began and ended while it waited is not told; the end of what was told is;
//! - a repeated run decides as the run before it did.
use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::ids::DestinationId;
use store::{Episode, HeldAlert};

use crate::{reads::Reads, recipient::Recipient};

const CONCURRENT_WRITES: usize = 16;

/// Those of `recipients` that get the alert now. What waits for the others is stored. `told_before`: those that an
/// earlier alert about the incident was meant for.
pub(crate) async fn settle(
    reads: &Reads<'_>,
    recipients: Vec<Recipient>,
    told_before: &HashSet<DestinationId>,
) -> anyhow::Result<Vec<Recipient>> {
    if reads.alert.event.is_notice() || recipients.iter().all(|recipient| recipient.quiet.is_none()) {
        return Ok(recipients);
    }
    let episode = &Episode::of(reads.alert);
    let settled = stream::iter(recipients).map(|recipient| async move {
        let is_first = !told_before.contains(&recipient.destination);
        let is_due = is_due(reads, episode, &recipient, is_first).await?;
        anyhow::Ok(is_due.then_some(recipient))
    });
    let settled: Vec<Option<Recipient>> = settled.buffered(CONCURRENT_WRITES).try_collect().await?;
    Ok(settled.into_iter().flatten().collect())
}

async fn is_due(reads: &Reads<'_>, episode: &Episode, recipient: &Recipient, is_first: bool) -> anyhow::Result<bool> {
    let (alert, destination) = (reads.alert, &recipient.destination);
    let Some(quiet) = &recipient.quiet else { return Ok(true) };
    let ends = alert.event.is_end();
    if ends && reads.store.drop_held(destination, episode, &alert.id).await? {
        return Ok(false);
    }
    match quiet.until {
        Some(due_at) => {
            let (account, alert) = (quiet.account.clone(), alert.id.clone());
            let held = HeldAlert { destination: destination.clone(), account, episode: episode.clone(), alert, due_at };
            reads.store.hold(&held, is_first && !ends).await?;
            if let Some(mark) = quiet.mark().filter(|_| ends) {
                // A later stage of the fan-out finds its destinations by their marks, and is to hold the end as well.
                let marks = [(destination.clone(), Some(mark))].into();
                reads.store.mark_notified_quietly(episode, &reads.alert.id, &marks, reads.alert.seen_at).await?;
            }
            Ok(false)
        }
        None => {
            reads.store.forget_held(destination, episode).await?;
            Ok(true)
        }
    }
}

//! What waits for the end of quiet hours. Who is alerted was decided before; this decides when. Wanted properties:
//! - a destination waits only if all groups that want the alert for it are quiet;
//! - what began and ended while it waited is not told; the end of what was told is;
//! - both hold whatever became of the quiet hours and the groups meanwhile: the marks say for whom something may wait;
//! - a repeated run decides as the run before it did.
use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::ids::DestinationId;
use store::{Episode, HeldAlert};

use crate::{
    before::{Before, marked_by},
    reads::Reads,
    recipient::Recipient,
    stages::summary_of,
};

const CONCURRENT_WRITES: usize = 16;

/// Those of `recipients` that get the alert now. What waits for the others is stored.
pub(crate) async fn settle(
    reads: &Reads<'_>,
    recipients: Vec<Recipient>,
    before: &Before,
) -> anyhow::Result<Vec<Recipient>> {
    if reads.alert.event.is_notice() {
        return Ok(recipients);
    }
    let may_wait = may_wait(reads, &recipients, before).await?;
    let never_opened = never_opened(reads, &may_wait).await?;
    let settled = stream::iter(recipients).map(|recipient| {
        let waits = may_wait.contains(&recipient.destination);
        let is_over = never_opened.contains(&recipient.destination);
        async move {
            let is_due = !waits || (!is_over && is_due(reads, &recipient, before).await?);
            anyhow::Ok(is_due.then_some(recipient))
        }
    });
    let settled: Vec<Option<Recipient>> = settled.buffered(CONCURRENT_WRITES).try_collect().await?;
    Ok(settled.into_iter().flatten().collect())
}

/// Those for whom something about the incident waits, or may wait.
async fn may_wait(
    reads: &Reads<'_>,
    recipients: &[Recipient],
    before: &Before,
) -> anyhow::Result<HashSet<DestinationId>> {
    let has_quiet_mark = |id: &DestinationId| before.marks.get(id).is_some_and(|mark| mark.quiet.is_some());
    let known = recipients.iter().filter(|it| it.quiet.is_some() || has_quiet_mark(&it.destination));
    let mut found: HashSet<DestinationId> = known.map(|it| it.destination.clone()).collect();
    if reads.alert.event.is_end() {
        // What was found by its mark knows it.
        let others = recipients.iter().filter(|it| it.quiet.is_none() && !it.is_by_mark);
        let others: Vec<DestinationId> = others.map(|it| it.destination.clone()).collect();
        for episode in [Some(Episode::of(reads.alert)), summary(reads)].into_iter().flatten() {
            let marks = reads.marks.of(reads.store, &episode, &others).await?;
            found.extend(others.iter().filter(|id| marks.get(*id) == Some(&true)).cloned());
        }
    }
    Ok(found)
}

/// Those who are told no end: the summary of the page that announced the opening still waits for them, and nothing else
/// about the incident was meant for them. What is over leaves that summary.
async fn never_opened(reads: &Reads<'_>, may_wait: &HashSet<DestinationId>) -> anyhow::Result<HashSet<DestinationId>> {
    let Some(summary) = summary(reads).filter(|_| reads.alert.event.is_end()) else { return Ok(HashSet::new()) };
    let ids: Vec<DestinationId> = may_wait.iter().cloned().collect();
    let mut untold = reads.store.untold(&summary, &ids).await?;
    if !untold.is_empty() {
        let ids: Vec<DestinationId> = untold.iter().cloned().collect();
        let marks = reads.marks.of(reads.store, &Episode::of(reads.alert), &ids).await?;
        untold.retain(|id| !marks.contains_key(id));
    }
    Ok(untold)
}

/// The summary of the page that announced the incident.
fn summary(reads: &Reads<'_>) -> Option<Episode> {
    reads.alert.opened_in.as_ref().map(|incident| summary_of(&reads.alert.provider, incident))
}

/// Of a destination for which something may wait.
async fn is_due(reads: &Reads<'_>, recipient: &Recipient, before: &Before) -> anyhow::Result<bool> {
    let (alert, destination, episode) = (reads.alert, &recipient.destination, &Episode::of(reads.alert));
    let ends = alert.event.is_end();
    if ends && reads.store.drop_held(destination, episode, &alert.id).await? {
        return Ok(false);
    }
    let quiet = recipient.quiet.as_ref();
    let Some((quiet, due_at)) = quiet.and_then(|quiet| Some((quiet, quiet.until?))) else {
        // If a summary has told this alert, the task is repeated.
        return Ok(reads.store.forget_held(destination, episode, &alert.id).await?);
    };
    let (account, alert) = (quiet.account.clone(), alert.id.clone());
    let held = HeldAlert { destination: destination.clone(), account, episode: episode.clone(), alert, due_at };
    reads.store.hold(&held, !before.knows(destination) && !ends).await?;
    if let (Some(by), Some(mark)) = (marked_by(reads, before, destination), quiet.mark()) {
        // A later stage of the fan-out finds its destinations by their marks, and so does the end.
        let marks = [(destination.clone(), Some(mark))].into();
        reads.store.mark_notified_quietly(episode, by, &marks, reads.alert.seen_at).await?;
    }
    Ok(false)
}

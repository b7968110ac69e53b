//! What the destinations of an alert were told of its incident before, by their marks, and the marks of those that are
//! told now. A mark says for whom an alert was meant: what only waits was not told yet.
use std::collections::{HashMap, HashSet};

use status::{
    ids::{AlertId, DestinationId},
    words::Event,
};
use store::{Episode, NotifiedMark};

use crate::{quiet::Quiet, reads::Reads, recipient::Recipient, stages::summary_of};

type Marks = HashMap<DestinationId, NotifiedMark>;

/// Empty of what begins, and of an end, whose recipients are told in any case.
#[derive(Default)]
pub(crate) struct Before {
    /// Of the incident, as they were before this alert.
    pub(crate) marks: Marks,
    /// Of the summary that announced it, of those for whom that matters.
    of_summary: Marks,
    /// Those for whom an earlier alert about the incident was meant.
    pub(crate) meant: HashSet<DestinationId>,
}

impl Before {
    /// Whether an earlier alert about the incident, or the summary that announced it, was meant for the destination.
    pub(crate) fn knows(&self, destination: &DestinationId) -> bool {
        self.meant.contains(destination) || self.of_summary.contains_key(destination)
    }
}

/// Marks those who are told of an incident that goes on. Drops the conditional recipients that were told of it before.
pub(crate) async fn mark_notified(reads: &Reads<'_>, recipients: &mut Vec<Recipient>) -> anyhow::Result<Before> {
    let alert = reads.alert;
    if alert.event.is_end() || alert.event.is_notice() || alert.is_held_summary() || recipients.is_empty() {
        return Ok(Before::default());
    }
    let episode = Episode::of(alert);
    let before = read(reads, &episode, recipients).await?;
    let untold = untold(reads, &episode, recipients, &before).await?;
    recipients.retain(|Recipient { destination, reason, .. }| {
        !reason.is_conditional() || !before.knows(destination) || untold.contains(destination)
    });
    let unmarked = recipients.iter().filter(|recipient| !before.marks.contains_key(&recipient.destination));
    let mark = |recipient: &Recipient| recipient.quiet.as_ref().and_then(Quiet::mark);
    let unmarked = unmarked.map(|recipient| (recipient.destination.clone(), mark(recipient))).collect();
    reads.store.mark_notified_quietly(&episode, &alert.id, &unmarked, alert.seen_at).await?;
    Ok(before)
}

/// Nobody was notified of an incident before it opened. Later most were, and to read a mark costs less than to write it
/// again.
async fn read(reads: &Reads<'_>, episode: &Episode, recipients: &[Recipient]) -> anyhow::Result<Before> {
    let alert = reads.alert;
    let mut before = Before::default();
    if !matches!(alert.event, Event::Opened | Event::Scheduled | Event::Summary) {
        before.marks = reads.store.notified(episode, &ids(recipients)).await?;
        // A mark by this very alert is of an earlier run of this task, which stopped before it queued the delivery.
        let by_another = before.marks.iter().filter(|(_, mark)| mark.alert != alert.id);
        before.meant = by_another.map(|(id, _)| id.clone()).collect();
    }
    if let Some(incident) = &alert.opened_in {
        let matters = |it: &&Recipient| it.reason.is_conditional() || it.quiet.is_some();
        let open = recipients.iter().filter(|it| !before.meant.contains(&it.destination));
        let summary = summary_of(&alert.provider, incident);
        before.of_summary = reads.store.notified(&summary, &ids(open.filter(matters))).await?;
    }
    Ok(before)
}

/// The conditional recipients for whom something was meant that still waits. What is worse than that is told to them as
/// to those who know nothing.
async fn untold(
    reads: &Reads<'_>,
    episode: &Episode,
    recipients: &[Recipient],
    before: &Before,
) -> anyhow::Result<HashSet<DestinationId>> {
    let may_wait = |marks: &Marks| {
        let conditional = recipients.iter().filter(|it| it.reason.is_conditional());
        ids(conditional.filter(|it| marks.get(&it.destination).is_some_and(|mark| mark.quiet.is_some())))
    };
    let mut untold = reads.store.untold(episode, &may_wait(&before.marks)).await?;
    if let Some(incident) = &reads.alert.opened_in {
        let summary = summary_of(&reads.alert.provider, incident);
        untold.extend(reads.store.untold(&summary, &may_wait(&before.of_summary)).await?);
    }
    Ok(untold)
}

fn ids<'a>(recipients: impl IntoIterator<Item = &'a Recipient>) -> Vec<DestinationId> {
    recipients.into_iter().map(|recipient| recipient.destination.clone()).collect()
}

/// Who marks a destination anew, once something waits for it, so that its end is held or dropped with that: an end does
/// itself, and otherwise whoever marked it while nothing could wait.
pub(crate) fn marked_by<'a>(reads: &Reads<'a>, before: &'a Before, destination: &DestinationId) -> Option<&'a AlertId> {
    if reads.alert.event.is_end() {
        return Some(&reads.alert.id);
    }
    before.marks.get(destination).filter(|mark| mark.quiet.is_none()).map(|mark| &mark.alert)
}

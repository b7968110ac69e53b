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
    /// Those for whom an earlier alert about the incident was meant.
    pub(crate) meant: HashSet<DestinationId>,
    /// Those that the summary of the page told of the incident, as far as that matters.
    by_summary: HashSet<DestinationId>,
}

impl Before {
    /// Whether an earlier alert about the incident was meant for the destination, or a summary told it.
    pub(crate) fn knows(&self, destination: &DestinationId) -> bool {
        self.meant.contains(destination) || self.by_summary.contains(destination)
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
    // The conditional recipients for whom something was meant that still waits. What is worse than that is told to them
    // as to those who know nothing.
    let conditional = recipients.iter().filter(|it| it.reason.is_conditional()).map(|it| &it.destination);
    let untold = reads.store.untold(&episode, &that_may_wait(&before.marks, conditional)).await?;
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
        let marks = reads.store.notified(&summary, &ids(open.filter(matters))).await?;
        let untold = reads.store.untold(&summary, &that_may_wait(&marks, marks.keys())).await?;
        before.by_summary = marks.into_keys().filter(|id| !untold.contains(id)).collect();
    }
    Ok(before)
}

/// Those of `destinations` for which something may wait.
fn that_may_wait<'a>(marks: &Marks, destinations: impl Iterator<Item = &'a DestinationId>) -> Vec<DestinationId> {
    let may_wait = |id: &&DestinationId| marks.get(*id).is_some_and(|mark| mark.quiet.is_some());
    destinations.filter(may_wait).cloned().collect()
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

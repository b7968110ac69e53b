//! Plans the follow-ups of an incident that a destination is told of for the first time.
use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::SignedDuration;
use status::ids::DestinationId;
use store::{Episode, PlannedFollowUp};

use crate::{reads::Reads, recipient::Recipient};

const CONCURRENT_WRITES: usize = 16;

/// Before the deliveries are queued, so that a stop in between loses none. `told_before`: those that an earlier alert
/// about the incident was meant for.
pub(crate) async fn plan(
    reads: &Reads<'_>,
    recipients: &[Recipient],
    told_before: &HashSet<DestinationId>,
) -> anyhow::Result<()> {
    let mut planned = Vec::new();
    for recipient in recipients.iter().filter(|recipient| !told_before.contains(&recipient.destination)) {
        let told_at = recipient.quiet.as_ref().and_then(|quiet| quiet.until).unwrap_or(reads.now);
        planned.extend(recipient.follow_ups.iter().map(|wanted| PlannedFollowUp {
            destination: wanted.target.clone(),
            account: wanted.account.clone(),
            groups: wanted.groups.clone(),
            episode: Episode::of(reads.alert),
            alert: reads.alert.id.clone(),
            minutes: wanted.minutes,
            due_at: told_at + SignedDuration::from_mins(i64::from(wanted.minutes)),
        }));
    }
    let writes = stream::iter(planned).map(|planned| async move { reads.store.plan_follow_up(&planned).await });
    writes.buffer_unordered(CONCURRENT_WRITES).try_collect::<Vec<()>>().await?;
    Ok(())
}

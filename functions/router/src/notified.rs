//! The destinations that were notified of what ends now, in the order of their ids.
use std::collections::HashMap;

use status::ids::DestinationId;
use store::{Episode, QuietMark};

use crate::{
    progress::Reached,
    quiet::Quiet,
    reads::{Page, Reads},
    recipient::Recipient,
};

pub(crate) struct NotifiedReader {
    episode: Episode,
    shard: Option<u8>,
    after: Option<DestinationId>,
    more: bool,
}

impl NotifiedReader {
    pub(crate) fn new(episode: Episode, shard: Option<u8>, reached: Option<Reached>) -> Self {
        let after = match reached {
            Some(Reached::Destination(destination)) => Some(destination),
            _ => None,
        };
        Self { episode, shard, after, more: true }
    }

    /// `None` at the end.
    pub(crate) async fn next(&mut self, reads: &Reads<'_>) -> anyhow::Result<Option<Page>> {
        if !self.more {
            return Ok(None);
        }
        let limit = u32::try_from(reads.bounds.page).unwrap_or(u32::MAX);
        let is_first = self.after.is_none();
        let notified = match reads.marks.take(&self.episode, self.shard).filter(|_| is_first) {
            Some(read_before) => read_before,
            None => reads.store.all_notified(&self.episode, self.shard, self.after.as_ref(), limit).await?,
        };
        self.more = notified.more;
        let Some(last) = notified.destinations.last().cloned() else {
            return Ok(None);
        };
        let rows = notified.destinations.len();
        let new: Vec<DestinationId> = notified.destinations.into_iter().filter(|id| !reads.is_queued(id)).collect();
        // A destination that was removed from the settings is left out.
        let mut channels: HashMap<_, _> = reads.store.channels_of(&new).await?.into_iter().collect();
        let accounts = reads.accounts.load(reads.store, notified.quiet.values().map(|mark| &mark.account)).await?;
        let quiet = |id: &DestinationId| {
            let QuietMark { account: id, groups } = notified.quiet.get(id)?;
            let wanting = accounts.get(id)?.groups.iter().filter(|group| groups.contains(&group.id));
            Some(Quiet::of(id, &wanting.collect::<Vec<_>>(), reads.alert, reads.now))
        };
        let recipient = |id: DestinationId| {
            let (channel, quiet) = (channels.remove(&id)?, quiet(&id));
            Some(Recipient { quiet, is_by_mark: true, ..Recipient::sure(id, channel) })
        };
        let recipients = new.into_iter().filter_map(recipient).collect();
        self.after = Some(last.clone());
        Ok(Some(Page { recipients, reached: Reached::Destination(last), rows }))
    }
}

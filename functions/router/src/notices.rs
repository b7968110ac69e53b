//! Who gets a notice, which no group filters.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    alert::Alert,
    ids::{AccountId, DestinationId, MonitorId},
    notice,
};
use store::Store;

use crate::{
    progress::Reached,
    reads::{Page, Reads},
    recipient::Recipient,
};

const CONCURRENT_DESTINATION_READS: usize = 16;

/// Destinations with their channels, by id.
type Destinations = BTreeMap<DestinationId, String>;

/// All of them belong to one account, so they are read at once, and queued page by page in the order of their ids.
pub(crate) struct NoticeReader {
    after: Option<DestinationId>,
    waiting: Option<VecDeque<Recipient>>,
}

impl NoticeReader {
    pub(crate) fn new(reached: Option<Reached>) -> Self {
        let after = match reached {
            Some(Reached::Destination(destination)) => Some(destination),
            _ => None,
        };
        Self { after, waiting: None }
    }

    /// `None` at the end.
    pub(crate) async fn next(&mut self, reads: &Reads<'_>) -> anyhow::Result<Option<Page>> {
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            None => {
                let mut found = destinations(reads).await?;
                found.retain(|id, _| self.after.as_ref().is_none_or(|after| id > after));
                self.waiting.insert(found.into_iter().map(|(id, channel)| Recipient::sure(id, channel)).collect())
            }
        };
        let count = waiting.len().min(reads.bounds.page);
        let recipients: Vec<Recipient> = waiting.drain(..count).collect();
        let last = recipients.last().map(|recipient| recipient.destination.clone());
        Ok(last.map(|last| Page { recipients, reached: Reached::Destination(last), rows: count }))
    }
}

async fn destinations(reads: &Reads<'_>) -> anyhow::Result<Destinations> {
    match reads.alert {
        Alert { monitor: Some(monitor), account: Some(account), .. } => of_monitor(reads, account, monitor).await,
        Alert { destination: Some(destination), .. } if reads.alert.is_held_summary() || reads.alert.is_follow_up() => {
            let channels = reads.store.channels_of(std::slice::from_ref(destination)).await?;
            Ok(channels.into_iter().collect())
        }
        Alert { destination: Some(disabled), .. } => of_destination(reads, disabled).await,
        _ => Ok(Destinations::new()),
    }
}

/// A notice about a monitor goes to all groups that cover it.
async fn of_monitor(reads: &Reads<'_>, account: &AccountId, monitor: &MonitorId) -> anyhow::Result<Destinations> {
    let accounts = reads.accounts.load(reads.store, [account]).await?;
    let account = &accounts[account];
    let groups = account.groups.iter().filter(|group| group.covers(monitor));
    let destinations = groups.flat_map(|group| account.destinations_of(group));
    Ok(destinations.map(|(id, channel)| (id.clone(), channel.clone())).collect())
}

/// A notice that a destination was disabled goes to the other destinations of its groups, else to all of its account,
/// and to the owner of the instance. One that is disabled itself gets nothing, so it does not count.
async fn of_destination(reads: &Reads<'_>, disabled: &DestinationId) -> anyhow::Result<Destinations> {
    let Some(record) = reads.store.destination(disabled).await? else {
        return Ok(Destinations::new());
    };
    let id = &record.destination.account;
    let accounts = reads.accounts.load(reads.store, [id]).await?;
    let account = &accounts[id];
    let others = account.destinations.keys().filter(|id| *id != disabled);
    let (owner, others): (BTreeSet<_>, BTreeSet<_>) = others.partition(|id| id.as_str() == notice::OWNER);
    let shared = account.groups.iter().filter(|group| group.destinations.contains(disabled));
    let shared: BTreeSet<_> = shared.flat_map(|group| &group.destinations).filter(|id| *id != disabled).collect();
    let mut found = enabled(reads.store, shared).await?;
    if found.is_empty() {
        found = enabled(reads.store, others).await?;
    }
    found.extend(enabled(reads.store, owner).await?);
    if found.is_empty() {
        tracing::warn!(
            destination.id = %disabled,
            "nobody is notified that {disabled} was disabled: its account has no other destination"
        );
    }
    Ok(found)
}

/// Those of `ids` that are enabled.
async fn enabled(store: &Store, ids: BTreeSet<&DestinationId>) -> anyhow::Result<Destinations> {
    let read = async |id: &DestinationId| store.destination(id).await;
    let found = stream::iter(ids).map(read).buffered(CONCURRENT_DESTINATION_READS);
    let found: Vec<_> = found.try_collect().await?;
    let enabled = found.into_iter().flatten().filter(|record| record.disabled.is_none());
    Ok(enabled.map(|record| (record.destination.id, record.destination.channel)).collect())
}

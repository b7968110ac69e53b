//! Who gets a notice, which no group filters.
use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    alert::Alert,
    ids::{AccountId, DestinationId, MonitorId},
    monitor::Destination,
    notice,
};
use store::Store;

use crate::{accounts::Accounts, recipient::Recipient};

const CONCURRENT_DESTINATION_READS: usize = 16;

pub(crate) async fn recipients(
    store: &Store,
    accounts: &mut Accounts,
    alert: &Alert,
) -> anyhow::Result<Vec<Recipient>> {
    match alert {
        Alert { monitor: Some(monitor), account: Some(account), .. } => {
            of_monitor(store, accounts, account, monitor).await
        }
        Alert { destination: Some(disabled), .. } => of_destination(store, accounts, disabled).await,
        _ => Ok(Vec::new()),
    }
}

/// A notice about a monitor goes to all groups that cover it, each destination once.
async fn of_monitor(
    store: &Store,
    accounts: &mut Accounts,
    account: &AccountId,
    monitor: &MonitorId,
) -> anyhow::Result<Vec<Recipient>> {
    accounts.load(store, [account]).await?;
    let account = accounts.of(account);
    let groups = account.groups.iter().filter(|group| group.covers(monitor));
    let destinations: BTreeMap<&DestinationId, &Destination> = groups
        .flat_map(|group| account.destinations_of(group))
        .map(|destination| (&destination.id, destination))
        .collect();
    Ok(destinations.into_values().cloned().map(Recipient::sure).collect())
}

/// A notice that a destination was disabled goes to the other destinations of its groups, else to all of its account,
/// and to the owner of the instance. One that is disabled itself gets nothing, so it does not count.
async fn of_destination(
    store: &Store,
    accounts: &mut Accounts,
    disabled: &DestinationId,
) -> anyhow::Result<Vec<Recipient>> {
    let Some(record) = store.destination(disabled).await? else {
        return Ok(Vec::new());
    };
    let id = &record.destination.account;
    accounts.load(store, [id]).await?;
    let account = accounts.of(id);
    let others = account.destinations.keys().filter(|id| *id != disabled);
    let (owner, others): (BTreeSet<_>, BTreeSet<_>) = others.partition(|id| id.as_str() == notice::OWNER);
    let shared = account.groups.iter().filter(|group| group.destinations.contains(disabled));
    let shared: BTreeSet<_> = shared.flat_map(|group| &group.destinations).filter(|id| *id != disabled).collect();
    let mut recipients = enabled(store, shared).await?;
    if recipients.is_empty() {
        recipients = enabled(store, others).await?;
    }
    recipients.extend(enabled(store, owner).await?);
    if recipients.is_empty() {
        tracing::warn!(
            destination.id = %disabled,
            "nobody is notified that {disabled} was disabled: its account has no other destination"
        );
    }
    Ok(recipients.into_iter().map(Recipient::sure).collect())
}

/// Those of `ids` that are enabled.
async fn enabled(store: &Store, ids: BTreeSet<&DestinationId>) -> anyhow::Result<Vec<Destination>> {
    let read = async |id: &DestinationId| store.destination(id).await;
    let found = stream::iter(ids).map(read).buffered(CONCURRENT_DESTINATION_READS);
    let found: Vec<_> = found.try_collect().await?;
    let enabled = found.into_iter().flatten().filter(|record| record.disabled.is_none());
    Ok(enabled.map(|record| record.destination).collect())
}

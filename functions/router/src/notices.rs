//! Who gets a notice, which no group filters.
use std::collections::{BTreeMap, BTreeSet};

use status::{
    alert::Alert,
    ids::{AccountId, DestinationId, MonitorId},
    monitor::Destination,
};
use store::Store;

use crate::{
    accounts::{Account, Accounts},
    recipient::Recipient,
};

pub(crate) async fn recipients(
    store: &Store,
    accounts: &mut Accounts,
    notice: &Alert,
) -> anyhow::Result<Vec<Recipient>> {
    match notice {
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

/// A notice that a destination was disabled goes to the other destinations of its groups, else to all of its account.
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
    let ids = others_of(account, disabled);
    if ids.is_empty() {
        tracing::warn!(
            destination.id = %disabled,
            "nobody is notified that {disabled} was disabled: its account has no other destination"
        );
    }
    Ok(ids.into_iter().filter_map(|id| account.destinations.get(id)).cloned().map(Recipient::sure).collect())
}

fn others_of<'a>(account: &'a Account, disabled: &DestinationId) -> BTreeSet<&'a DestinationId> {
    let shared = account.groups.iter().filter(|group| group.destinations.contains(disabled));
    let ids: BTreeSet<&DestinationId> =
        shared.flat_map(|group| &group.destinations).filter(|id| *id != disabled).collect();
    if !ids.is_empty() {
        return ids;
    }
    account.destinations.keys().filter(|id| *id != disabled).collect()
}

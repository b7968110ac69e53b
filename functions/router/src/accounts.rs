//! The accounts that one invocation has read: their groups and destinations.
use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    ids::{AccountId, DestinationId},
    monitor::{Destination, Group},
};
use store::Store;

const CONCURRENT_ACCOUNT_READS: usize = 16;

/// The accounts that one invocation has read.
#[derive(Default)]
pub(crate) struct Accounts(HashMap<AccountId, Account>);

pub(crate) struct Account {
    pub(crate) groups: Vec<Group>,
    pub(crate) destinations: HashMap<DestinationId, Destination>,
}

impl Account {
    pub(crate) fn destinations_of(&self, group: &Group) -> impl Iterator<Item = &Destination> {
        group.destinations.iter().filter_map(|id| self.destinations.get(id))
    }
}

impl Accounts {
    /// Reads the accounts that are not loaded yet, several at a time.
    pub(crate) async fn load(
        &mut self,
        store: &Store,
        accounts: impl IntoIterator<Item = &AccountId>,
    ) -> anyhow::Result<()> {
        let missing: BTreeSet<AccountId> =
            accounts.into_iter().filter(|account| !self.0.contains_key(*account)).cloned().collect();
        let read = async |id: AccountId| {
            let (groups, destinations) = store.groups_and_destinations(&id).await?;
            let by_id = destinations.into_iter().map(|destination| (destination.id.clone(), destination)).collect();
            anyhow::Ok((id, Account { groups, destinations: by_id }))
        };
        let found = stream::iter(missing).map(read).buffer_unordered(CONCURRENT_ACCOUNT_READS);
        self.0.extend(found.try_collect::<Vec<_>>().await?);
        Ok(())
    }

    /// An account that is loaded.
    pub(crate) fn of(&self, account: &AccountId) -> &Account {
        &self.0[account]
    }
}

//! The accounts that one invocation reads: their groups, and the channels of their destinations.
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    ids::{AccountId, DestinationId},
    monitor::Group,
};
use store::Store;

const CONCURRENT_ACCOUNT_READS: usize = 16;
/// Destinations of the accounts that are kept.
const MAX_KEPT: usize = 50_000;

pub(crate) struct Account {
    pub(crate) groups: Vec<Group>,
    /// The destinations with the channel of each.
    pub(crate) destinations: HashMap<DestinationId, String>,
}

impl Account {
    /// Those destinations of the group that exist, with their channels.
    pub(crate) fn destinations_of(&self, group: &Group) -> impl Iterator<Item = (&DestinationId, &String)> {
        group.destinations.iter().filter_map(|id| self.destinations.get_key_value(id))
    }
}

/// Reads accounts, and keeps them if they may be wanted again.
pub(crate) struct Accounts {
    keeps: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    accounts: HashMap<AccountId, Arc<Account>>,
    destinations: usize,
}

impl Accounts {
    /// `keeps`: several segments may ask for an account.
    pub(crate) fn new(keeps: bool) -> Self {
        Self { keeps, kept: Mutex::default() }
    }

    /// Reads the accounts that are not kept, several at a time.
    pub(crate) async fn load(
        &self,
        store: &Store,
        accounts: impl IntoIterator<Item = &AccountId>,
    ) -> anyhow::Result<HashMap<AccountId, Arc<Account>>> {
        let wanted: BTreeSet<&AccountId> = accounts.into_iter().collect();
        let mut found: HashMap<AccountId, Arc<Account>> = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.iter().filter_map(|id| Some(((*id).clone(), kept.accounts.get(*id)?.clone()))).collect()
        };
        let missing: Vec<AccountId> = wanted.into_iter().filter(|id| !found.contains_key(*id)).cloned().collect();
        let read = async |id: AccountId| {
            let (groups, destinations) = store.groups_and_destinations(&id).await?;
            let destinations = destinations.into_iter().map(|destination| (destination.id, destination.channel));
            anyhow::Ok((id, Arc::new(Account { groups, destinations: destinations.collect() })))
        };
        let read: Vec<_> =
            stream::iter(missing).map(read).buffer_unordered(CONCURRENT_ACCOUNT_READS).try_collect().await?;
        if self.keeps {
            self.keep(&read);
        }
        found.extend(read);
        Ok(found)
    }

    fn keep(&self, read: &[(AccountId, Arc<Account>)]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, account) in read {
            if kept.destinations + account.destinations.len() > MAX_KEPT {
                *kept = Kept::default();
            }
            kept.destinations += account.destinations.len();
            kept.accounts.insert(id.clone(), account.clone());
        }
    }
}

//! Who is told: one page of an alert's recipients after the other. First those whose monitors and groups ask for it;
//! after an end also everyone who was told of the incident before, whatever the filters say now (truth rule 8).
use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    alert::Alert,
    ids::{AccountId, DestinationId},
    monitor::{Destination, Group},
};
use store::{Episode, Store};

use crate::wanted::{Wanted, wanted};

const PER_PAGE: u32 = 100;

/// Where the next page begins; travels in the task as text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cursor {
    Monitors(Option<String>),
    Told(Option<String>),
}

const ACCOUNTS_AT_A_TIME: usize = 16;
const DESTINATIONS_AT_A_TIME: usize = 16;

impl Cursor {
    pub(crate) fn read(text: Option<&str>) -> anyhow::Result<Self> {
        match text {
            None => Ok(Self::Monitors(None)),
            Some(text) => serde_json::from_str(text).context("the cursor of a route task"),
        }
    }
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).expect("a cursor is plain data")
    }
}

pub(crate) struct Page {
    /// With the channel, and whether the component filter could not say.
    pub(crate) recipients: Vec<(Destination, bool)>,
    pub(crate) next: Option<Cursor>,
}

/// What one invocation has read of accounts already.
#[derive(Default)]
pub(crate) struct Accounts(HashMap<AccountId, (Vec<Group>, HashMap<DestinationId, Destination>)>);

pub(crate) async fn page(
    store: &Store,
    accounts: &mut Accounts,
    alert: &Alert,
    cursor: Cursor,
) -> anyhow::Result<Page> {
    if let Some(destination) = &alert.destination {
        return Ok(Page { recipients: colleagues(store, accounts, destination).await?, next: None });
    }
    match cursor {
        Cursor::Monitors(at) => asked(store, accounts, alert, at).await,
        Cursor::Told(at) => told_before(store, alert, at).await,
    }
}

async fn asked(store: &Store, accounts: &mut Accounts, alert: &Alert, at: Option<String>) -> anyhow::Result<Page> {
    let watchers = store.watchers(&alert.provider, at.as_deref(), PER_PAGE).await?;
    accounts.load(store, watchers.monitors.iter().map(|monitor| &monitor.account)).await?;
    let mut found: BTreeMap<DestinationId, (Destination, Wanted)> = BTreeMap::new();
    for monitor in &watchers.monitors {
        let (groups, destinations) = accounts.of(&monitor.account);
        for group in groups {
            let Some(reason) = wanted(alert, monitor, group) else {
                continue;
            };
            for destination in group.destinations.iter().filter_map(|id| destinations.get(id)) {
                // Of two reasons the better one counts: asked for, and by a filter that could say so.
                let better = |known: &Wanted| rank(reason) < rank(*known);
                if found.get(&destination.id).is_none_or(|(_, known)| better(known)) {
                    found.insert(destination.id.clone(), (destination.clone(), reason));
                }
            }
        }
    }
    let recipients = without_old_news(store, alert, found).await?;
    let next = match watchers.cursor {
        Some(cursor) => Some(Cursor::Monitors(Some(cursor))),
        None => alert.event.is_end().then_some(Cursor::Told(None)),
    };
    Ok(Page { recipients, next })
}

fn rank(reason: Wanted) -> (bool, bool) {
    (matches!(reason, Wanted::IfNew { .. }), reason.unknown())
}

/// Drops those who were told of the incident before and did not ask for updates.
async fn without_old_news(
    store: &Store,
    alert: &Alert,
    found: BTreeMap<DestinationId, (Destination, Wanted)>,
) -> anyhow::Result<Vec<(Destination, bool)>> {
    let in_doubt: Vec<DestinationId> = found
        .iter()
        .filter(|(_, (_, reason))| matches!(reason, Wanted::IfNew { .. }))
        .map(|(id, _)| id.clone())
        .collect();
    let told = match in_doubt.is_empty() {
        true => HashMap::new(),
        false => store.notified(&Episode::of(alert), &in_doubt).await?,
    };
    // A mark by this very alert is of a run that did not get as far as the queue.
    let told_before = |destination: &Destination| told.get(&destination.id).is_some_and(|by| *by != alert.id);
    let found = found
        .into_values()
        .filter(|(destination, reason)| !matches!(reason, Wanted::IfNew { .. }) || !told_before(destination));
    Ok(found.map(|(destination, reason)| (destination, reason.unknown())).collect())
}

async fn told_before(store: &Store, alert: &Alert, at: Option<String>) -> anyhow::Result<Page> {
    let told = store.all_notified(&Episode::of(alert), at.as_deref(), PER_PAGE).await?;
    let read = async |id: DestinationId| store.destination(&id).await;
    let found = stream::iter(told.destinations).map(read).buffered(DESTINATIONS_AT_A_TIME);
    let found: Vec<_> = found.try_collect().await?;
    // One that is gone from the settings has nobody to tell.
    let recipients = found.into_iter().flatten().map(|record| (record.destination, false)).collect();
    Ok(Page { recipients, next: told.cursor.map(|cursor| Cursor::Told(Some(cursor))) })
}

/// Another route to the account of a destination that is no more: whoever gets the same alerts, else all it has.
async fn colleagues(
    store: &Store,
    accounts: &mut Accounts,
    gone: &DestinationId,
) -> anyhow::Result<Vec<(Destination, bool)>> {
    let Some(record) = store.destination(gone).await? else {
        return Ok(Vec::new());
    };
    let account = &record.destination.account;
    accounts.load(store, [account]).await?;
    let (groups, destinations) = accounts.of(account);
    let shared = groups.iter().filter(|group| group.destinations.contains(gone)).flat_map(|group| &group.destinations);
    let mut ids: BTreeSet<&DestinationId> = shared.filter(|id| *id != gone).collect();
    if ids.is_empty() {
        ids = destinations.keys().filter(|id| *id != gone).collect();
    }
    if ids.is_empty() {
        tracing::warn!(destination.id = %gone, "its account has no other destination that could be told");
    }
    Ok(ids.into_iter().filter_map(|id| destinations.get(id)).map(|found| (found.clone(), false)).collect())
}

impl Accounts {
    /// Reads those that are not known yet, side by side.
    async fn load(&mut self, store: &Store, accounts: impl IntoIterator<Item = &AccountId>) -> anyhow::Result<()> {
        let unknown: BTreeSet<AccountId> =
            accounts.into_iter().filter(|account| !self.0.contains_key(*account)).cloned().collect();
        let read = async |account: AccountId| {
            let (groups, destinations) = store.groups_and_destinations(&account).await?;
            let by_id = destinations.into_iter().map(|destination| (destination.id.clone(), destination)).collect();
            anyhow::Ok((account, (groups, by_id)))
        };
        let found: Vec<_> = stream::iter(unknown).map(read).buffer_unordered(ACCOUNTS_AT_A_TIME).try_collect().await?;
        self.0.extend(found);
        Ok(())
    }

    /// Of one that was loaded.
    fn of(&self, account: &AccountId) -> &(Vec<Group>, HashMap<DestinationId, Destination>) {
        &self.0[account]
    }
}

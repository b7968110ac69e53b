//! Who is told: one page of an alert's recipients after the other. First those whose monitors and groups ask for it;
//! after an end also everyone who was told of the incident before, whatever the filters say now (truth rule 8).
use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
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
    match cursor {
        Cursor::Monitors(at) => asked(store, accounts, alert, at).await,
        Cursor::Told(at) => told_before(store, alert, at).await,
    }
}

async fn asked(store: &Store, accounts: &mut Accounts, alert: &Alert, at: Option<String>) -> anyhow::Result<Page> {
    let watchers = store.watchers(&alert.provider, at.as_deref(), PER_PAGE).await?;
    let mut found: BTreeMap<DestinationId, (Destination, Wanted)> = BTreeMap::new();
    for monitor in &watchers.monitors {
        let (groups, destinations) = accounts.load(store, &monitor.account).await?;
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
        false => store.told(&Episode::of(alert), &in_doubt).await?,
    };
    // A mark by this very alert is of a run that did not get as far as the queue.
    let told_before = |destination: &Destination| told.get(&destination.id).is_some_and(|by| *by != alert.id);
    let found = found
        .into_values()
        .filter(|(destination, reason)| !matches!(reason, Wanted::IfNew { .. }) || !told_before(destination));
    Ok(found.map(|(destination, reason)| (destination, reason.unknown())).collect())
}

async fn told_before(store: &Store, alert: &Alert, at: Option<String>) -> anyhow::Result<Page> {
    let told = store.told_all(&Episode::of(alert), at.as_deref(), PER_PAGE).await?;
    let mut recipients = Vec::new();
    for id in &told.destinations {
        // One that is gone from the settings has nobody to tell.
        if let Some(record) = store.destination(id).await? {
            recipients.push((record.destination, false));
        }
    }
    Ok(Page { recipients, next: told.cursor.map(|cursor| Cursor::Told(Some(cursor))) })
}

impl Accounts {
    async fn load(
        &mut self,
        store: &Store,
        account: &AccountId,
    ) -> anyhow::Result<&(Vec<Group>, HashMap<DestinationId, Destination>)> {
        if !self.0.contains_key(account) {
            let groups = store.groups(account).await?;
            let destinations = store.destinations(account).await?;
            let by_id = destinations.into_iter().map(|destination| (destination.id.clone(), destination)).collect();
            self.0.insert(account.clone(), (groups, by_id));
        }
        Ok(&self.0[account])
    }
}

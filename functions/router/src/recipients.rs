//! The recipients of an alert, one page after the other: first the destinations that monitors and groups subscribe;
//! after an end also every destination that was notified of the incident, whatever the filters say now (truth rule 8).
use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    alert::Alert,
    ids::{AccountId, DestinationId},
    monitor::{Destination, Group},
};
use store::{Episode, Store};

use crate::filter::{Reason, reason_to_notify};

/// Monitors or notified destinations on one page.
const PAGE_SIZE: u32 = 100;
const CONCURRENT_ACCOUNT_READS: usize = 16;
const CONCURRENT_DESTINATION_READS: usize = 16;

/// Where the next page begins. It travels in the route task as JSON.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cursor {
    /// Among the monitors of the provider.
    Monitors(Option<String>),
    /// Among the destinations that were notified of the incident.
    #[serde(rename = "told")]
    Notified(Option<String>),
}

impl Cursor {
    pub(crate) fn parse(text: Option<&str>) -> anyhow::Result<Self> {
        match text {
            None => Ok(Self::Monitors(None)),
            Some(text) => serde_json::from_str(text).context("reading the cursor of a route task"),
        }
    }
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a cursor is plain data")
    }
}

pub(crate) struct Page {
    pub(crate) recipients: Vec<Recipient>,
    /// `None` on the last page.
    pub(crate) next: Option<Cursor>,
}

pub(crate) struct Recipient {
    pub(crate) destination: Destination,
    /// The component filter could not say (truth rule 8).
    pub(crate) unknown: bool,
}

impl Recipient {
    fn sure(destination: Destination) -> Self {
        Self { destination, unknown: false }
    }
}

/// The accounts that one invocation has read.
#[derive(Default)]
pub(crate) struct Accounts(HashMap<AccountId, Account>);

struct Account {
    groups: Vec<Group>,
    destinations: HashMap<DestinationId, Destination>,
}

/// A notice of a disabled destination goes to the other destinations of its account, all on one page.
pub(crate) async fn recipients_page(
    store: &Store,
    accounts: &mut Accounts,
    alert: &Alert,
    cursor: Cursor,
) -> anyhow::Result<Page> {
    if let Some(destination) = &alert.destination {
        return Ok(Page { recipients: fallback_recipients(store, accounts, destination).await?, next: None });
    }
    match cursor {
        Cursor::Monitors(at) => subscribed_recipients(store, accounts, alert, at).await,
        Cursor::Notified(at) => notified_recipients(store, alert, at).await,
    }
}

async fn subscribed_recipients(
    store: &Store,
    accounts: &mut Accounts,
    alert: &Alert,
    at: Option<String>,
) -> anyhow::Result<Page> {
    let watchers = store.watchers(&alert.provider, at.as_deref(), PAGE_SIZE).await?;
    accounts.load(store, watchers.monitors.iter().map(|monitor| &monitor.account)).await?;
    let mut subscribed: BTreeMap<DestinationId, (Destination, Reason)> = BTreeMap::new();
    for monitor in &watchers.monitors {
        let account = accounts.of(&monitor.account);
        for group in &account.groups {
            let Some(reason) = reason_to_notify(alert, monitor, group) else {
                continue;
            };
            for destination in group.destinations.iter().filter_map(|id| account.destinations.get(id)) {
                if subscribed.get(&destination.id).is_none_or(|(_, known)| reason.beats(*known)) {
                    subscribed.insert(destination.id.clone(), (destination.clone(), reason));
                }
            }
        }
    }
    let recipients = drop_already_notified(store, alert, subscribed).await?;
    let next = match watchers.cursor {
        Some(cursor) => Some(Cursor::Monitors(Some(cursor))),
        None => alert.event.is_end().then_some(Cursor::Notified(None)),
    };
    Ok(Page { recipients, next })
}

/// Drops the conditional recipients that were notified of the incident before.
async fn drop_already_notified(
    store: &Store,
    alert: &Alert,
    subscribed: BTreeMap<DestinationId, (Destination, Reason)>,
) -> anyhow::Result<Vec<Recipient>> {
    let conditional = subscribed.iter().filter(|(_, (_, reason))| reason.is_conditional());
    let conditional: Vec<DestinationId> = conditional.map(|(id, _)| id.clone()).collect();
    let notified = match conditional.is_empty() {
        true => HashMap::new(),
        false => store.notified(&Episode::of(alert), &conditional).await?,
    };
    // A mark by this very alert is of an earlier run of this task, which stopped before it queued the delivery.
    let is_notified = |id: &DestinationId| notified.get(id).is_some_and(|by| *by != alert.id);
    let kept = subscribed.into_iter().filter(|(id, (_, reason))| !reason.is_conditional() || !is_notified(id));
    Ok(kept.map(|(_, (destination, reason))| Recipient { destination, unknown: reason.unknown() }).collect())
}

async fn notified_recipients(store: &Store, alert: &Alert, at: Option<String>) -> anyhow::Result<Page> {
    let notified = store.all_notified(&Episode::of(alert), at.as_deref(), PAGE_SIZE).await?;
    let read = async |id: DestinationId| store.destination(&id).await;
    let found = stream::iter(notified.destinations).map(read).buffered(CONCURRENT_DESTINATION_READS);
    let found: Vec<_> = found.try_collect().await?;
    // A destination that was removed from the settings is left out.
    let recipients = found.into_iter().flatten().map(|record| Recipient::sure(record.destination)).collect();
    Ok(Page { recipients, next: notified.cursor.map(|cursor| Cursor::Notified(Some(cursor))) })
}

/// Who gets the notice that a destination was disabled: the other destinations of its groups, else all of its account.
async fn fallback_recipients(
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
    let shared = account.groups.iter().filter(|group| group.destinations.contains(disabled));
    let mut ids: BTreeSet<&DestinationId> =
        shared.flat_map(|group| &group.destinations).filter(|id| *id != disabled).collect();
    if ids.is_empty() {
        ids = account.destinations.keys().filter(|id| *id != disabled).collect();
    }
    if ids.is_empty() {
        tracing::warn!(
            destination.id = %disabled,
            "nobody is notified that {disabled} was disabled: its account has no other destination"
        );
    }
    Ok(ids.into_iter().filter_map(|id| account.destinations.get(id)).cloned().map(Recipient::sure).collect())
}

impl Accounts {
    /// Reads the accounts that are not loaded yet, several at a time.
    async fn load(&mut self, store: &Store, accounts: impl IntoIterator<Item = &AccountId>) -> anyhow::Result<()> {
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
    fn of(&self, account: &AccountId) -> &Account {
        &self.0[account]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_in_queued_tasks_can_be_read() {
        assert_eq!(Cursor::parse(None).unwrap(), Cursor::Monitors(None));
        for (text, cursor) in
            [(r#"{"monitors":"m"}"#, Cursor::Monitors(Some("m".into()))), (r#"{"told":null}"#, Cursor::Notified(None))]
        {
            assert_eq!(Cursor::parse(Some(text)).unwrap(), cursor);
            assert_eq!(cursor.to_text(), text);
        }
    }
}

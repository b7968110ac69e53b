//! An account's settings, written as the difference to what is stored. Every row is independent, so the next run
//! completes one that was interrupted. Only a destination is two items (one under its account, one under its id),
//! written in one transaction.
use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use status::{
    ids::{AccountId, DestinationId},
    monitor::{Destination, Group, Monitor},
    provider::Provider,
};

use crate::{
    error::StoreError,
    items::{DestinationItem, Item, Setting, attribute, item, primary, read_item, setting_item},
    keys,
    requests::{delete_request, put_request, query_all},
    store::Store,
    table::{PARTITION_KEY, SORT_KEY},
};

/// All settings of an account. What is not listed is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSettings {
    /// Status pages that are not in the catalogue.
    pub pages: Vec<Provider>,
    pub destinations: Vec<Destination>,
    pub groups: Vec<Group>,
    pub monitors: Vec<Monitor>,
}

/// Numbers of pages, destinations, groups and monitors, by what was done with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub written: usize,
    pub removed: usize,
    pub unchanged: usize,
}

impl Store {
    /// Applying the same settings twice writes nothing the second time. A destination whose definition changed is
    /// written anew, so it is enabled again; what it missed stays marked.
    pub async fn apply(&self, account: &AccountId, wanted: &AccountSettings) -> Result<Applied, StoreError> {
        let mut present: HashMap<String, Item> = HashMap::new();
        for item in query_all("read settings", self.query(keys::account(account))).await? {
            present.insert(sort_key(&item), item);
        }
        let mut applied = Applied::default();
        let mut writes = Vec::new();
        for (sort, (setting, item)) in wanted.rows(account) {
            let counts = usize::from(!matches!(setting, Setting::Watched(_)));
            if present.remove(&sort).is_some_and(|present| present == item) {
                applied.unchanged += counts;
                continue;
            }
            applied.written += counts;
            match setting {
                Setting::Destination(destination) => self.put_destination(account, destination, item).await?,
                _ => writes.push(put_request(item)),
            }
        }
        // What is left in `present` is no longer wanted.
        for item in present.into_values() {
            let key = key_of(&item);
            let setting = read_item(item, format_args!("setting of account {account}"))?;
            applied.removed += usize::from(!matches!(setting, Setting::Watched(_)));
            match setting {
                Setting::Destination(destination) => self.remove_destination(&destination.id, key).await?,
                _ => writes.push(delete_request(key)),
            }
        }
        self.batch_write("write settings", writes).await?;
        Ok(applied)
    }

    async fn put_destination(
        &self,
        account: &AccountId,
        definition: Destination,
        listed: Item,
    ) -> Result<(), StoreError> {
        let id = definition.id.clone();
        let before = self.destination(&id).await?.filter(|before| before.destination.account == *account);
        let missed_since = before.and_then(|before| before.missed_since.or(Some(before.disabled?.at)));
        let body = DestinationItem {
            account: account.clone(),
            definition,
            disabled: None,
            failing_since: None,
            refusals: None,
            missed_since,
        };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item(keys::destination(&id), "destination", &body)))
            .condition_expression("attribute_not_exists(pk) OR account = :account")
            .expression_attribute_values(":account", attribute(account))
            .build()
            .expect("table and item are set");
        let writes = vec![self.put(listed), TransactWriteItem::builder().put(put).build()];
        match self.transact("write destination", writes).await {
            Ok(()) => Ok(()),
            Err(cancelled) if cancelled.by_condition => Err(StoreError::Taken { id: id.to_string() }),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    async fn remove_destination(&self, destination: &DestinationId, listed: Item) -> Result<(), StoreError> {
        let writes = vec![self.delete(listed), self.delete(primary(keys::destination(destination)))];
        let removed = self.transact("remove destination", writes).await;
        removed.map_err(|cancelled| cancelled.error)
    }
}

impl AccountSettings {
    /// Each setting and its item, by sort key.
    fn rows(&self, account: &AccountId) -> BTreeMap<String, (Setting, Item)> {
        let pages = self.pages.iter().cloned().map(Setting::Page);
        let destinations = self.destinations.iter().cloned().map(Setting::Destination);
        let groups = self.groups.iter().cloned().map(Setting::Group);
        let monitors = self.monitors.iter().cloned().map(Setting::Monitor);
        let watched = self.monitors.iter().map(|monitor| Setting::Watched(monitor.provider.clone()));
        pages
            .chain(destinations)
            .chain(groups)
            .chain(monitors)
            .chain(watched)
            .map(|setting| {
                let item = setting_item(account, &setting);
                (sort_key(&item), (setting, item))
            })
            .collect()
    }
}

fn sort_key(item: &Item) -> String {
    item[SORT_KEY].as_s().cloned().expect("sort keys are text")
}

fn key_of(item: &Item) -> Item {
    [PARTITION_KEY, SORT_KEY].map(|name| (name.into(), item[name].clone())).into()
}

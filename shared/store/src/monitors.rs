//! Who wants to hear of a provider, and where it is to be told.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    ids::{AccountId, DestinationId, ProviderId},
    monitor::{Destination, Group, Monitor},
};

use crate::{
    Store, StoreError,
    directory::unexpected,
    items::{DestinationItem, Setting, attribute, primary, read_item},
    keys,
    requests::{all, some},
};

/// May hold fewer than asked for; only a missing cursor is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchersPage {
    pub monitors: Vec<Monitor>,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRecord {
    pub destination: Destination,
    /// Set when the service said that the destination is no more, until its definition changes.
    pub disabled: Option<Disabled>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// For people; never holds a setting's value.
    pub reason: String,
    pub at: Timestamp,
}

impl Store {
    /// Monitors of all accounts; may lag behind the newest [`Store::apply`].
    pub async fn watchers(
        &self,
        provider: &ProviderId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<WatchersPage, StoreError> {
        let query = self.query_index(keys::watch(provider));
        let (items, cursor) = some("read watchers", query, cursor, limit).await?;
        let monitors = items.into_iter().map(|item| match read_item(item, "monitor")? {
            Setting::Monitor(monitor) => Ok(monitor),
            _ => Err(unexpected("list of watchers")),
        });
        Ok(WatchersPage { monitors: monitors.collect::<Result<_, _>>()?, cursor })
    }

    pub async fn groups(&self, account: &AccountId) -> Result<Vec<Group>, StoreError> {
        let settings = self.settings_under(account, keys::GROUPS).await?;
        let groups = settings.into_iter().map(|setting| match setting {
            Setting::Group(group) => Ok(group),
            _ => Err(unexpected("list of groups")),
        });
        groups.collect()
    }

    pub async fn destinations(&self, account: &AccountId) -> Result<Vec<Destination>, StoreError> {
        let settings = self.settings_under(account, keys::DESTINATIONS).await?;
        let destinations = settings.into_iter().map(|setting| match setting {
            Setting::Destination(destination) => Ok(destination),
            _ => Err(unexpected("list of destinations")),
        });
        destinations.collect()
    }

    async fn settings_under(&self, account: &AccountId, prefix: &str) -> Result<Vec<Setting>, StoreError> {
        let query = self
            .query(keys::account(account))
            .key_condition_expression("#pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", attribute(prefix));
        let items = all("read settings", query).await?;
        let read = |item| read_item(item, format_args!("setting of account {account}"));
        items.into_iter().map(read).collect()
    }

    pub async fn destination(&self, destination: &DestinationId) -> Result<Option<DestinationRecord>, StoreError> {
        let found = self.get("read destination", keys::destination(destination)).await?;
        let read = |item| {
            let found: DestinationItem = read_item(item, format_args!("destination {destination}"))?;
            Ok(DestinationRecord { destination: found.definition, disabled: found.disabled })
        };
        found.map(read).transpose()
    }

    /// Disables the destination as the caller knows it: one that was removed or defined anew meanwhile is left alone.
    pub async fn disable(&self, destination: &Destination, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let disabled = Disabled { reason: reason.into(), at: now };
        let updated = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(&destination.id))))
            .update_expression("SET disabled = :disabled")
            .condition_expression("#definition = :definition")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_values(":disabled", attribute(disabled))
            .expression_attribute_values(":definition", attribute(destination))
            .send()
            .await;
        match updated {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::request("disable destination")(error))
            }
            _ => Ok(()),
        }
    }
}

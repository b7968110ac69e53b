//! Who wants alerts of a provider, and the destinations they go to.
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::Timestamp;
use status::{
    ids::{AccountId, DestinationId, ProviderId},
    monitor::{Destination, Group, Monitor},
    notice,
};

use crate::{
    deliveries::KeptHandle,
    error::StoreError,
    items::{DestinationItem, HandleItem, Setting, attribute, primary, read_item},
    keys,
    records::{Disabled, Episode, OutboxRow, WrittenBy},
    requests::{BatchGet, query_all, query_page},
    store::Store,
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
    /// Set when the receiver is gone, until the definition changes or a delivery arrives again.
    pub disabled: Option<Disabled>,
    /// When the first of an unbroken series of failed deliveries was given up.
    pub failing_since: Option<Timestamp>,
}

impl From<DestinationItem> for DestinationRecord {
    fn from(item: DestinationItem) -> Self {
        Self { destination: item.definition, disabled: item.disabled, failing_since: item.failing_since }
    }
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
        let (items, cursor) = query_page("read watchers", query, cursor, limit).await?;
        let monitors = items.into_iter().map(|item| match read_item(item, "monitor")? {
            Setting::Monitor(monitor) => Ok(monitor),
            _ => Err(StoreError::unexpected_item("list of watchers")),
        });
        Ok(WatchersPage { monitors: monitors.collect::<Result<_, _>>()?, cursor })
    }

    /// All of an account's groups and destinations, whose sort keys are adjacent.
    pub async fn groups_and_destinations(
        &self,
        account: &AccountId,
    ) -> Result<(Vec<Group>, Vec<Destination>), StoreError> {
        let query = self
            .query(keys::account(account))
            .key_condition_expression("#pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":first", attribute(keys::DESTINATIONS))
            .expression_attribute_values(":last", attribute(keys::AFTER_GROUPS));
        let (mut groups, mut destinations) = (Vec::new(), Vec::new());
        for item in query_all("read settings", query).await? {
            match read_item(item, format_args!("setting of account {account}"))? {
                Setting::Group(group) => groups.push(group),
                Setting::Destination(destination) => destinations.push(destination),
                _ => return Err(StoreError::unexpected_item("groups and destinations")),
            }
        }
        Ok((groups, destinations))
    }

    pub async fn destination(&self, destination: &DestinationId) -> Result<Option<DestinationRecord>, StoreError> {
        let found = self.get("read destination", keys::destination(destination)).await?;
        let read = |item| {
            let found: DestinationItem = read_item(item, format_args!("destination {destination}"))?;
            Ok(DestinationRecord::from(found))
        };
        found.map(read).transpose()
    }

    /// A destination and its channel's handle of the message about this incident, in one request.
    pub async fn destination_and_handle(
        &self,
        destination: &DestinationId,
        episode: &Episode,
    ) -> Result<(Option<DestinationRecord>, Option<KeptHandle>), StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read destination and handle",
            keys: [keys::destination(destination), keys::handle(episode, destination)].into(),
            only: None,
            consistent: true,
        });
        let (mut record, mut kept) = (None, None);
        for item in found.await? {
            if item.contains_key("handle") {
                let HandleItem { handle, as_of } = read_item(item, format_args!("handle of {destination}"))?;
                kept = Some(KeptHandle { fields: handle, as_of });
            } else {
                let found: DestinationItem = read_item(item, format_args!("destination {destination}"))?;
                record = Some(DestinationRecord::from(found));
            }
        }
        Ok((record, kept))
    }

    /// Disables the destination as the caller knows it and writes a notice for its account, in one transaction. `None`
    /// if it was disabled, removed or redefined meanwhile: then nothing changes.
    pub async fn disable(
        &self,
        destination: &Destination,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let disabled = Disabled { reason: reason.into(), at: now };
        let notice = [notice::disabled(&destination.id, reason, now)];
        let row = OutboxRow::of(&notice[0].provider, WrittenBy::Notice { at: now }, &notice);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(&destination.id))))
            .update_expression("SET disabled = :disabled")
            .condition_expression("#definition = :definition AND attribute_not_exists(disabled)")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_values(":disabled", attribute(disabled))
            .expression_attribute_values(":definition", attribute(destination))
            .build()
            .expect("table, key and expression are set");
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        writes.extend(row.as_ref().map(|row| self.put(row.item())));
        writes.extend(crate::alerts::rows(&notice, now)?.into_iter().map(|row| self.put(row)));
        match self.transact("disable destination", writes).await {
            Ok(()) => Ok(row),
            Err(cancelled) if cancelled.by_condition => Ok(None),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    /// Enables a disabled destination again.
    pub async fn enable(&self, destination: &DestinationId) -> Result<(), StoreError> {
        self.update_destination(destination, "REMOVE disabled, failing_since", None).await
    }

    /// A delivery arrived: a series of failures, if there was one, is over.
    pub async fn note_arrival(&self, destination: &DestinationId) -> Result<(), StoreError> {
        self.update_destination(destination, "REMOVE failing_since", None).await
    }

    /// A delivery was given up; the time of the first of a series is kept.
    pub async fn note_failing(&self, destination: &DestinationId, now: Timestamp) -> Result<(), StoreError> {
        self.update_destination(destination, "SET failing_since = if_not_exists(failing_since, :now)", Some(now)).await
    }

    /// A destination that was removed meanwhile stays removed.
    async fn update_destination(
        &self,
        destination: &DestinationId,
        expression: &str,
        now: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(destination))))
            .update_expression(expression)
            .condition_expression("attribute_exists(pk)");
        if let Some(now) = now {
            update = update.expression_attribute_values(":now", attribute(now));
        }
        match update.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::request("update destination")(error))
            }
            _ => Ok(()),
        }
    }
}

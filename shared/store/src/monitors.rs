//! Destinations: their definitions, and how deliveries to them went.
use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use jiff::Timestamp;
use status::{
    ids::{AccountId, DestinationId},
    monitor::Destination,
    notice,
};

use crate::{
    deliveries::KeptHandle,
    error::StoreError,
    items::{DefinitionItem, DestinationItem, HandleItem, Item, attribute, primary, read_item},
    keys,
    records::{Disabled, Episode, OutboxRow, Refusals, WrittenBy},
    requests::{BatchGet, query_all, query_page},
    sealed::StoredDestination,
    store::Store,
    table::PARTITION_KEY,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRecord {
    /// [`Store::unseal`] gives its secret settings.
    pub destination: StoredDestination,
    /// Set when the receiver is gone, until the definition changes or a delivery arrives again.
    pub disabled: Option<Disabled>,
    /// When the first of an unbroken series of failed deliveries was given up.
    pub failing_since: Option<Timestamp>,
    /// The refusals since the last alert that arrived.
    pub refusals: Option<Refusals>,
    /// From here on there are alerts that did not arrive and may still be of use.
    pub missed_since: Option<Timestamp>,
    /// When the first alert arrived with these settings; `None` also if that was before this was noted.
    pub verified_at: Option<Timestamp>,
}

impl From<DestinationItem> for DestinationRecord {
    fn from(item: DestinationItem) -> Self {
        Self {
            destination: item.definition,
            disabled: item.disabled,
            failing_since: item.failing_since,
            refusals: item.refusals,
            missed_since: item.missed_since,
            verified_at: item.verified_at,
        }
    }
}

impl Store {
    /// The destination with all of its settings. Fails if the key that encrypted them is not among those of this store.
    pub fn unseal(&self, stored: &StoredDestination) -> Result<Destination, StoreError> {
        self.sealer.unseal(stored)
    }

    pub async fn destination(&self, destination: &DestinationId) -> Result<Option<DestinationRecord>, StoreError> {
        let found = self.get("read destination", keys::destination(destination)).await?;
        let read = |item| {
            let found: DestinationItem = read_item(item, format_args!("destination {destination}"))?;
            Ok(DestinationRecord::from(found))
        };
        found.map(read).transpose()
    }

    /// Those of these destinations that are stored, in no particular order. May lag behind.
    pub async fn destinations(&self, destinations: &[DestinationId]) -> Result<Vec<DestinationRecord>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read destinations",
            keys: destinations.iter().map(keys::destination).collect(),
            only: None,
            consistent: false,
        });
        let read = |item| read_item::<DestinationItem>(item, "destination").map(DestinationRecord::from);
        found.await?.into_iter().map(read).collect()
    }

    /// Those of `destinations` that are stored, with the channel of each. Strongly consistent.
    pub async fn channels_of(
        &self,
        destinations: &[DestinationId],
    ) -> Result<Vec<(DestinationId, String)>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read channels of destinations",
            keys: destinations.iter().map(keys::destination).collect(),
            only: Some("definition"),
            consistent: true,
        });
        let read = |item| {
            let DefinitionItem { definition: StoredDestination { id, channel, .. } } = read_item(item, "destination")?;
            Ok((id, channel))
        };
        found.await?.into_iter().map(read).collect()
    }

    /// The destinations of an account; `None`: it has more than `most`.
    pub async fn few_destinations_of(
        &self,
        account: &AccountId,
        most: u32,
    ) -> Result<Option<Vec<DestinationId>>, StoreError> {
        let query = self
            .query(keys::account(account))
            .key_condition_expression("#pk = :pk AND begins_with(sk, :destinations)")
            .expression_attribute_values(":destinations", attribute(keys::DESTINATIONS))
            .projection_expression("#definition, v, pk, sk")
            .expression_attribute_names("#definition", "definition");
        let (items, cursor) = query_page("read destinations of an account", query, None, most + 1).await?;
        if cursor.is_some() || items.len() > most as usize {
            return Ok(None);
        }
        items.into_iter().map(destination_id).collect::<Result<_, _>>().map(Some)
    }

    /// Those of `destinations` that are the account's.
    pub async fn destinations_of(
        &self,
        account: &AccountId,
        destinations: impl IntoIterator<Item = &DestinationId>,
    ) -> Result<BTreeSet<DestinationId>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read destinations of an account",
            keys: destinations.into_iter().map(|id| keys::account_destination(account, id)).collect(),
            only: Some("definition"),
            consistent: false,
        });
        found.await?.into_iter().map(destination_id).collect()
    }

    /// A destination and its channel's handle of the message about this incident. Those who ask at the same time share
    /// a request. `since_before`: the message may have been sent before handles were sharded, so both keys are read.
    pub async fn destination_and_handle(
        &self,
        destination: &DestinationId,
        episode: &Episode,
        since_before: bool,
    ) -> Result<(Option<DestinationRecord>, Option<KeptHandle>), StoreError> {
        let sharded = keys::handle(episode, destination);
        let without_shard = since_before.then(|| keys::handle_without_shard(episode, destination));
        let keys = [keys::destination(destination), sharded.clone()].into_iter().chain(without_shard).collect();
        let found = self.grouped_get(keys);
        let (mut record, mut kept) = (None, None);
        for item in found.await? {
            if item.contains_key("handle") {
                // The sharded one is newer, if there are both.
                if kept.is_none() || item.get(PARTITION_KEY) == Some(&attribute(&sharded.partition)) {
                    let HandleItem { handle, as_of } = read_item(item, format_args!("handle of {destination}"))?;
                    kept = Some(KeptHandle { fields: handle, as_of });
                }
            } else {
                let found: DestinationItem = read_item(item, format_args!("destination {destination}"))?;
                record = Some(DestinationRecord::from(found));
            }
        }
        Ok((record, kept))
    }

    /// Disables the destination as the caller knows it and writes a notice for its account, in one transaction. `None`
    /// if it was disabled, removed or redefined meanwhile: then nothing else changes. `missed_since`: from here on
    /// alerts may have been missed, whatever it is defined as.
    pub async fn disable(
        &self,
        destination: &StoredDestination,
        disabled: &Disabled,
        missed_since: Timestamp,
    ) -> Result<Option<OutboxRow>, StoreError> {
        self.note_missed(&destination.id, missed_since).await?;
        let now = disabled.at;
        let notice = [notice::disabled(&destination.id, &disabled.reason, now)];
        let row = OutboxRow::of(&notice[0].provider, WrittenBy::Notice { at: now }, &notice);
        let listed = keys::troubled(&destination.account, &destination.id);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(&destination.id))))
            .update_expression("SET disabled = :disabled, gsi1pk = :index, gsi1sk = :order")
            .condition_expression("#definition = :definition AND attribute_not_exists(disabled)")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_values(":disabled", attribute(disabled))
            .expression_attribute_values(":definition", attribute(destination))
            .expression_attribute_values(":index", attribute(listed.partition))
            .expression_attribute_values(":order", attribute(listed.sort))
            .build()
            .expect("table, key and expression are set");
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        writes.extend(row.as_ref().map(|row| self.put(row.item())));
        writes.extend(crate::alerts::rows(&notice, now)?.into_iter().map(|row| self.put(row)));
        match self.transact("disable destination", &writes).await {
            Ok(()) => Ok(row),
            Err(cancelled) if cancelled.by_condition => Ok(None),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    /// Enables a disabled destination again. What it missed stays marked.
    pub async fn enable(&self, destination: &DestinationId) -> Result<(), StoreError> {
        self.update_destination(destination, "REMOVE disabled, failing_since, refusals, gsi1pk, gsi1sk", []).await
    }

    /// A delivery arrived: a series of failures or refusals, if there was one, is over.
    pub async fn note_arrival(&self, destination: &DestinationId) -> Result<(), StoreError> {
        self.update_destination(destination, "REMOVE failing_since, refusals, gsi1pk, gsi1sk", []).await
    }

    /// An alert arrived for the first time, by this definition. If it was changed meanwhile, nothing is noted.
    pub async fn note_verified(&self, destination: &StoredDestination, now: Timestamp) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(&destination.id))))
            .update_expression("SET verified_at = if_not_exists(verified_at, :now)")
            .condition_expression("#definition = :definition")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_values(":definition", attribute(destination))
            .expression_attribute_values(":now", attribute(now));
        match update.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::request("note that a destination works")(error))
            }
            _ => Ok(()),
        }
    }

    /// A delivery was given up; the time of the first of a series is kept. `missed_since` as in [`Store::disable`].
    pub async fn note_failing(
        &self,
        destination: &StoredDestination,
        missed_since: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.note_missed(&destination.id, missed_since).await?;
        let listed = keys::troubled(&destination.account, &destination.id);
        let set = "SET failing_since = if_not_exists(failing_since, :now), gsi1pk = :index, gsi1sk = :order";
        let values =
            [(":now", attribute(now)), (":index", attribute(listed.partition)), (":order", attribute(listed.sort))];
        self.update_destination(&destination.id, set, values).await
    }

    /// An attempt was refused; `refusals` is the series with it.
    pub async fn note_refusals(&self, destination: &StoredDestination, refusals: &Refusals) -> Result<(), StoreError> {
        let listed = keys::troubled(&destination.account, &destination.id);
        let values = [
            (":refusals", attribute(refusals)),
            (":index", attribute(listed.partition)),
            (":order", attribute(listed.sort)),
        ];
        let set = "SET refusals = :refusals, gsi1pk = :index, gsi1sk = :order";
        self.update_destination(&destination.id, set, values).await
    }

    /// Destinations of all accounts that are disabled, or that failed or refused since the last alert that arrived.
    /// May lag behind.
    pub async fn troubled_destinations(&self) -> Result<Vec<DestinationRecord>, StoreError> {
        let items = query_all("read troubled destinations", self.query_index(keys::TROUBLED.to_owned())).await?;
        let read = |item| read_item::<DestinationItem>(item, "destination").map(DestinationRecord::from);
        items.into_iter().map(read).collect()
    }

    /// A destination that was removed meanwhile stays removed.
    async fn update_destination<const N: usize>(
        &self,
        destination: &DestinationId,
        expression: &str,
        values: [(&str, AttributeValue); N],
    ) -> Result<(), StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(destination))))
            .update_expression(expression)
            .condition_expression("attribute_exists(pk)");
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
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

/// Of a row that holds at least its definition.
fn destination_id(item: Item) -> Result<DestinationId, StoreError> {
    let DefinitionItem { definition } = read_item(item, "destination")?;
    Ok(definition.id)
}

//! From when on a destination may have missed alerts, so that it is known where to look for them once it works again.
//! Times are compared here and not by the table, which would compare their texts. So each write names the value that
//! was read, and fails if there is another one by now.
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use status::ids::DestinationId;

use crate::{
    error::StoreError,
    items::{attribute, primary},
    keys,
    store::Store,
};

/// Others note what they missed at the same time; hardly more than a few.
const TRIES: u32 = 10;

impl Store {
    /// From `since` on the destination may have missed alerts, or from earlier on if that is known: an alert that is
    /// reopened and missed again may be older than all that is known to be missed.
    pub async fn note_missed(&self, destination: &DestinationId, since: Timestamp) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let Some(record) = self.destination(destination).await? else { return Ok(()) };
            let known = record.missed_since.or(record.disabled.map(|disabled| disabled.at));
            if known.is_some_and(|known| known <= since) {
                return Ok(());
            }
            if self.set_missed(destination, record.missed_since, Some(since)).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended { operation: "note what a destination missed" })
    }

    /// The same of an alert that ended as missed while the destination may have been enabled. Whoever caught up then
    /// may not have seen it, so what they note of that does not count: the next arrival looks once more.
    pub async fn note_missed_meanwhile(&self, destination: &DestinationId, since: Timestamp) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let Some(record) = self.destination(destination).await? else { return Ok(()) };
            if record.disabled.is_some() {
                return Ok(());
            }
            // Another value than the one that they know.
            let since = record.missed_since.map_or(since, |known| known.min(since) - SignedDuration::from_micros(1));
            if self.set_missed(destination, record.missed_since, Some(since)).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended { operation: "note what a destination missed" })
    }

    /// What was missed from `since` on and is of use was queued: all of it, or what is older than `rest`. If something
    /// older was missed meanwhile, nothing changes.
    pub async fn note_caught_up(
        &self,
        destination: &DestinationId,
        since: Timestamp,
        rest: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        if !self.set_missed(destination, Some(since), rest).await? {
            // Nothing was noted: what was missed was counted from when the destination was disabled.
            self.set_missed(destination, None, rest).await?;
        }
        Ok(())
    }

    /// Returns whether `before` was the value until then.
    async fn set_missed(
        &self,
        destination: &DestinationId,
        before: Option<Timestamp>,
        since: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let is_before = if before.is_some() { "missed_since = :before" } else { "attribute_not_exists(missed_since)" };
        let set = if since.is_some() { "SET missed_since = :since" } else { "REMOVE missed_since" };
        let values: [(&str, Option<AttributeValue>); 2] =
            [(":before", before.map(attribute)), (":since", since.map(attribute))];
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(destination))))
            .update_expression(set)
            .condition_expression(format!("attribute_exists(pk) AND {is_before}"));
        for (name, value) in values {
            if let Some(value) = value {
                update = update.expression_attribute_values(name, value);
            }
        }
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::request("note what a destination missed")(error)),
        }
    }
}

//! Deliveries that are to be sent once more after their end.
use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::Timestamp;
use serde::Deserialize;
use status::ids::{AlertId, DestinationId};

use crate::{
    deliveries::KEPT_FOR,
    delivery_log::DeliveryEntry,
    error::StoreError,
    items::{attribute, primary, read_item, seconds},
    keys,
    store::Store,
};

/// The result of reopening a delivery that had ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reopened {
    /// How often it was reopened, including this time.
    Times(u32),
    /// It has not ended and will be sent without this.
    UnderWay,
    /// No such delivery, or its record expired.
    Unknown,
}

impl Store {
    /// Makes an ended delivery deliverable again; the caller queues it.
    pub async fn reopen(
        &self,
        alert: &AlertId,
        destination: &DestinationId,
        now: Timestamp,
    ) -> Result<Reopened, StoreError> {
        reopened(self.reopening(alert, destination, now).condition_expression("attribute_exists(ended)")).await
    }

    /// The same of one that was read as ended. If it went on since, because somebody else reopened it, it stays as it
    /// is: the entry comes from the index, which lags, and what was sent meanwhile must not be sent again.
    pub async fn reopen_as_read(&self, entry: &DeliveryEntry, now: Timestamp) -> Result<Reopened, StoreError> {
        let reopening = self
            .reopening(&entry.alert, &entry.destination, now)
            .expression_attribute_values(":ended", attribute(entry.ended));
        let reopening = match entry.reopened {
            0 => reopening.condition_expression("ended = :ended AND attribute_not_exists(reopened)"),
            times => reopening
                .condition_expression("ended = :ended AND reopened = :times")
                .expression_attribute_values(":times", attribute(times)),
        };
        reopened(reopening).await
    }

    fn reopening(&self, alert: &AlertId, destination: &DestinationId, now: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::delivery(alert, destination))))
            .update_expression(
                "SET reopened = if_not_exists(reopened, :zero) + :one, reopened_at = :now, \
                 attempts_before = if_not_exists(attempt_count, :zero), #ttl = :ttl REMOVE ended, not_before",
            )
            .expression_attribute_names("#ttl", crate::table::TTL)
            .expression_attribute_values(":zero", attribute(0))
            .expression_attribute_values(":one", attribute(1))
            .expression_attribute_values(":now", attribute(now))
            .expression_attribute_values(":ttl", seconds(now + KEPT_FOR))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

async fn reopened(reopening: UpdateItemFluentBuilder) -> Result<Reopened, StoreError> {
    #[derive(Deserialize)]
    struct Times {
        reopened: u32,
    }
    match reopening.send().await {
        Ok(answer) => {
            let Times { reopened } = read_item(answer.attributes.unwrap_or_default(), "reopened delivery")?;
            Ok(Reopened::Times(reopened))
        }
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let exists = refused.item().is_some_and(|item| !item.is_empty());
                Ok(if exists { Reopened::UnderWay } else { Reopened::Unknown })
            }
            _ => Err(StoreError::request("reopen delivery")(error)),
        },
    }
}

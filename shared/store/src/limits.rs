//! How often something may be done, counted in the table, since Lambda runs several processes. Rows go by themselves.
//! What is counted (an address, a network) is in the key as a digest.
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::ReturnValue,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use status::ids::digest;

use crate::{
    error::StoreError,
    items::{attribute, expiring, item, primary, read_item, seconds},
    keys, schema,
    store::Store,
    table::TTL,
};

/// So many times in each period. Periods are those of the clock, not of the first time.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub name: &'static str,
    pub most: u32,
    pub period: SignedDuration,
}

/// One more of an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub is_allowed: bool,
    /// In this period.
    pub left: u32,
    /// Seconds until the next period.
    pub resets_in: u64,
}

/// Once, then not again before the pause is over.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub name: &'static str,
    pub pause: SignedDuration,
}

#[derive(Serialize, Deserialize)]
struct TurnItem {
    next_at: i64,
}

impl Store {
    /// Counts one more of `of`. Returns whether it was allowed; what was not is not counted.
    pub async fn count(&self, allowance: Allowance, of: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.take_one(allowance, of, now).await?.is_allowed)
    }

    /// As [`Store::count`], with what is left.
    pub async fn take_one(&self, allowance: Allowance, of: &str, now: Timestamp) -> Result<Taken, StoreError> {
        let length = allowance.period.as_secs().max(1);
        let number = now.as_second().div_euclid(length);
        let end = Timestamp::from_second((number + 1) * length).unwrap_or(Timestamp::MAX);
        let key = keys::limit(allowance.name, &digest(&[of, &number.to_string()]));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(key)))
            .update_expression("SET taken = if_not_exists(taken, :none) + :one, #ttl = :end, #type = :type, v = :v")
            .condition_expression("attribute_not_exists(taken) OR taken < :most")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#type", "type")
            .expression_attribute_values(":none", attribute(0))
            .expression_attribute_values(":one", attribute(1))
            .expression_attribute_values(":most", attribute(allowance.most))
            .expression_attribute_values(":end", seconds(end))
            .expression_attribute_values(":type", attribute("limit"))
            .expression_attribute_values(":v", schema::number(schema::WRITES));
        let resets_in = end.duration_since(now).as_secs().max(1).unsigned_abs();
        match update.return_values(ReturnValue::UpdatedNew).send().await {
            Ok(answer) => {
                let taken = answer.attributes.and_then(|it| it.get("taken")?.as_n().ok()?.parse::<u32>().ok());
                let left = allowance.most.saturating_sub(taken.unwrap_or(allowance.most));
                Ok(Taken { is_allowed: true, left, resets_in })
            }
            Err(error) if is_refused_update(&error) => Ok(Taken { is_allowed: false, left: 0, resets_in }),
            Err(error) => Err(StoreError::request("count")(error)),
        }
    }

    /// Whether the turn of `of` could be taken now. Takes nothing: another may be faster.
    pub async fn is_turn(&self, turn: Turn, of: &str, now: Timestamp) -> Result<bool, StoreError> {
        let found = self.get("read a turn", keys::limit(turn.name, &digest(&[of]))).await?;
        let found: Option<TurnItem> = found.map(|row| read_item(row, "turn")).transpose()?;
        Ok(found.is_none_or(|turn| turn.next_at <= now.as_second()))
    }

    /// Takes the turn of `of`. Returns whether it was its turn; of two at once one is refused.
    pub async fn take_turn(&self, turn: Turn, of: &str, now: Timestamp) -> Result<bool, StoreError> {
        let next_at = now.saturating_add(turn.pause).unwrap_or(Timestamp::MAX);
        let row = item(keys::limit(turn.name, &digest(&[of])), "limit", &TurnItem { next_at: next_at.as_second() });
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(expiring(row, next_at)))
            .condition_expression("attribute_not_exists(pk) OR next_at <= :now")
            .expression_attribute_values(":now", seconds(now));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused_put(&error) => Ok(false),
            Err(error) => Err(StoreError::request("take a turn")(error)),
        }
    }
}

fn is_refused_update<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn is_refused_put<R>(error: &SdkError<PutItemError, R>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

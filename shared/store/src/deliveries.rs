//! One record per delivery: its owner, its attempts, its end. Wanted properties:
//! - Of any number of claims one wins, by one conditional write and no read.
//! - A claim holds until its lease expires, or until its host starts another instance: a host runs one instance at a
//!   time, so a new one proves the old one dead.
//! - An end is final. A retry is recorded only by the owner of the lease; an end is recorded even after the lease was
//!   lost, because a sent message cannot be unsent.
//! - A handle is stored in the transaction that records its message.
//!
//! If the response to a claim is lost, the SDK's retry finds the first request's lease, so the claim looks busy and
//! waits. That errs on the side of not sending twice.
use std::time::Duration;

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use status::ids::{AlertId, DeliveryId, DestinationId, IncidentId, ProviderId};

use crate::{
    error::StoreError,
    items::{HandleItem, attribute, expiring, item, primary, read_item, seconds},
    keys,
    records::{Episode, HandleFields},
    schema,
    store::Store,
};

/// Of records and handles, from their last write on.
pub(crate) const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Older attempts are dropped from the record; `attempt_count` still counts them.
const MAX_ATTEMPTS_KEPT: usize = 20;

/// What is to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryClaim {
    pub delivery: DeliveryId,
    pub alert: AlertId,
    pub destination: DestinationId,
    pub provider: ProviderId,
    pub incident: IncidentId,
    /// The component filter gave no answer; a redrive needs to know.
    pub unknown: bool,
}

/// The process that claims a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Runs one instance at a time: a data folder that a process locks, or a Lambda execution environment.
    #[serde(rename = "place")]
    pub host: String,
    /// One start of a process there.
    #[serde(rename = "boot")]
    pub instance: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    Yours(DeliveryRecord),
    Finished(DeliveryEnd),
    /// Another owner has it, at the latest until then.
    Busy {
        until: Timestamp,
    },
}

/// A delivery that the caller has claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRecord {
    pub delivery: DeliveryId,
    pub alert: AlertId,
    pub destination: DestinationId,
    /// The newest ones, oldest first.
    pub attempts: Vec<Attempt>,
    /// Of all attempts, including those dropped from the record.
    pub attempt_count: u32,
    /// The earliest time of the next attempt.
    pub not_before: Option<Timestamp>,
    /// When it was first claimed; the log lists it by that time.
    pub first_at: Timestamp,
    /// When it was reopened after its end.
    pub reopened_at: Option<Timestamp>,
    /// How many of `attempt_count` were made before it was reopened.
    pub attempts_before: u32,
    lease: Lease,
}

/// One attempt and its outcome, for people; holds no setting's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Timestamp,
    pub status: String,
    /// The beginning of the service's response.
    pub answer: String,
    /// From the first request to the last response, in milliseconds.
    #[serde(default)]
    pub took_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryEnd {
    Sent,
    /// The channel does not send such an alert; a later one includes its facts.
    Skipped,
    /// The owner of the address has not consented, or has unsubscribed.
    NotWanted,
    GivenUp,
    DroppedStale,
    Rejected,
    Disabled,
}

/// How a claimed delivery goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Retry { not_before: Timestamp },
    Ended(DeliveryEnd),
}

/// What a channel keeps to find its message about an incident again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHandle {
    pub fields: HandleFields,
    /// When the newest fact in the message was read (our clock); older facts must not overwrite it.
    pub as_of: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Another owner took over, or the end was recorded.
    #[error("another process took over the delivery")]
    LeaseLost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    /// Milliseconds since the epoch: a number, so that conditions can compare it.
    until_ms: i64,
    #[serde(flatten)]
    owner: Owner,
}

#[derive(Deserialize)]
struct DeliveryItem {
    delivery: DeliveryId,
    alert: AlertId,
    destination: DestinationId,
    attempts: Vec<Attempt>,
    attempt_count: u32,
    not_before: Option<Timestamp>,
    first_at: Timestamp,
    reopened_at: Option<Timestamp>,
    #[serde(default)]
    attempts_before: u32,
    ended: Option<DeliveryEnd>,
    lease: Option<Lease>,
}

const MAY_CLAIM: &str = "attribute_not_exists(pk) OR (attribute_not_exists(ended) AND (attribute_not_exists(v) OR \
     v <= :reads) AND (attribute_not_exists(lease) OR lease.until_ms <= :now OR (lease.place = :host AND lease.boot <> \
     :instance)))";

impl DeliveryRecord {
    /// How often it was tried since it was opened: what it took before somebody reopened it counts no more.
    pub fn attempts_since_opened(&self) -> u32 {
        self.attempt_count.saturating_sub(self.attempts_before)
    }
}

impl Store {
    pub async fn claim(
        &self,
        claim: &DeliveryClaim,
        owner: &Owner,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let lease = Lease { until_ms: (now + lease).as_millisecond(), owner: owner.clone() };
        let updated = self.claim_update(claim, &lease, now).send().await;
        let what = format_args!("delivery {}", claim.delivery);
        match updated {
            Ok(answer) => {
                let found: DeliveryItem = read_item(answer.attributes.unwrap_or_default(), what)?;
                Ok(Claim::Yours(DeliveryRecord {
                    delivery: found.delivery,
                    alert: found.alert,
                    destination: found.destination,
                    attempts: found.attempts,
                    attempt_count: found.attempt_count,
                    not_before: found.not_before,
                    first_at: found.first_at,
                    reopened_at: found.reopened_at,
                    attempts_before: found.attempts_before,
                    lease,
                }))
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    refusal(read_item(refused.item().cloned().unwrap_or_default(), what)?, what)
                }
                _ => Err(StoreError::request("claim delivery")(error)),
            },
        }
    }

    fn claim_update(&self, claim: &DeliveryClaim, lease: &Lease, now: Timestamp) -> UpdateItemFluentBuilder {
        let by_time = keys::delivery_by_time(&claim.destination, now, &claim.alert);
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::delivery(&claim.alert, &claim.destination))))
            .update_expression(
                "SET #type = :type, v = if_not_exists(v, :v), delivery = :delivery, alert = :alert, destination = :destination, \
                 provider = :provider, incident = :incident, attempts = if_not_exists(attempts, :none), \
                 attempt_count = if_not_exists(attempt_count, :zero), lease = :lease, #ttl = :ttl, \
                 filter_unknown = :unknown, first_at = if_not_exists(first_at, :at), \
                 gsi1pk = if_not_exists(gsi1pk, :index), gsi1sk = if_not_exists(gsi1sk, :order)",
            )
            .condition_expression(MAY_CLAIM)
            .expression_attribute_names("#type", "type")
            .expression_attribute_names("#ttl", crate::table::TTL)
            .expression_attribute_values(":type", attribute("delivery"))
            // Versions 1 and 2 of a delivery have the same form.
            .expression_attribute_values(":v", schema::number(schema::WRITES))
            .expression_attribute_values(":reads", schema::number(schema::READS))
            .expression_attribute_values(":delivery", attribute(&claim.delivery))
            .expression_attribute_values(":alert", attribute(&claim.alert))
            .expression_attribute_values(":destination", attribute(&claim.destination))
            .expression_attribute_values(":provider", attribute(&claim.provider))
            .expression_attribute_values(":incident", attribute(&claim.incident))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":zero", attribute(0))
            .expression_attribute_values(":lease", attribute(lease))
            .expression_attribute_values(":ttl", seconds(now + KEPT_FOR))
            .expression_attribute_values(":unknown", attribute(claim.unknown))
            .expression_attribute_values(":at", attribute(now))
            .expression_attribute_values(":index", AttributeValue::S(by_time.partition))
            .expression_attribute_values(":order", AttributeValue::S(by_time.sort))
            .expression_attribute_values(":now", attribute(now.as_millisecond()))
            .expression_attribute_values(":host", attribute(&lease.owner.host))
            .expression_attribute_values(":instance", attribute(&lease.owner.instance))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Records the result of a claim and releases it. `attempt` is `None` if nothing was sent; `handle` replaces the
    /// destination's stored one.
    pub async fn record(
        &self,
        claimed: &DeliveryRecord,
        verdict: Verdict,
        attempt: Option<Attempt>,
        handle: Option<(&Episode, KeptHandle)>,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        let update = self.record_update(claimed, verdict, attempt, now);
        let Some((episode, KeptHandle { fields, as_of })) = handle else {
            return self.record_alone(update).await;
        };
        let body = HandleItem { handle: fields, as_of };
        let row = item(keys::handle(episode, &claimed.destination), "handle", &body);
        let writes = vec![TransactWriteItem::builder().update(update).build(), self.put(expiring(row, now + KEPT_FOR))];
        match self.transact("record delivery", &writes).await {
            Ok(()) => Ok(()),
            Err(cancelled) if cancelled.by_condition => Err(RecordError::LeaseLost),
            Err(cancelled) => Err(cancelled.error.into()),
        }
    }

    /// Without a handle there is one item to write, and a transaction would cost twice as much. If the response is
    /// lost, the SDK's retry finds the first request's write and the claim seems lost: the message comes again and
    /// finds the delivery ended.
    async fn record_alone(&self, update: Update) -> Result<(), RecordError> {
        let updated = self
            .client
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .send()
            .await;
        match updated {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(RecordError::LeaseLost)
            }
            Err(error) => Err(StoreError::request("record delivery")(error).into()),
        }
    }

    fn record_update(
        &self,
        claimed: &DeliveryRecord,
        verdict: Verdict,
        attempt: Option<Attempt>,
        now: Timestamp,
    ) -> Update {
        let count = claimed.attempt_count + u32::from(attempt.is_some());
        let mut attempts = claimed.attempts.clone();
        attempts.extend(attempt);
        attempts.drain(..attempts.len().saturating_sub(MAX_ATTEMPTS_KEPT));

        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::delivery(&claimed.alert, &claimed.destination))))
            .expression_attribute_names("#ttl", crate::table::TTL)
            .expression_attribute_values(":attempts", attribute(attempts))
            .expression_attribute_values(":count", attribute(count))
            .expression_attribute_values(":ttl", seconds(now + KEPT_FOR));
        let update = match verdict {
            Verdict::Retry { not_before } => update
                .update_expression(
                    "SET attempts = :attempts, attempt_count = :count, not_before = :not_before, #ttl = :ttl \
                     REMOVE lease",
                )
                .condition_expression("attribute_not_exists(ended) AND lease = :lease")
                .expression_attribute_values(":not_before", attribute(not_before))
                .expression_attribute_values(":lease", attribute(&claimed.lease)),
            Verdict::Ended(end) => update
                .update_expression(
                    "SET attempts = :attempts, attempt_count = :count, ended = :ended, #ttl = :ttl \
                     REMOVE lease, not_before",
                )
                .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended)")
                .expression_attribute_values(":ended", attribute(end)),
        };
        update.build().expect("table, key and expression are set")
    }
}

/// Why a claim was refused: what fails `MAY_CLAIM` has an end or a valid lease.
fn refusal(found: DeliveryItem, what: impl ToString) -> Result<Claim, StoreError> {
    let until = found.lease.map(|lease| Timestamp::from_millisecond(lease.until_ms));
    match (found.ended, until) {
        (Some(end), _) => Ok(Claim::Finished(end)),
        (None, Some(Ok(until))) => Ok(Claim::Busy { until }),
        (None, _) => Err(StoreError::Unreadable { what: what.to_string() }),
    }
}

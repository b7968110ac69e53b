//! Alerts that wait for the end of quiet hours: a row for each incident and destination, with the newest alert about
//! it. Wanted properties:
//! - what waits is told once: its rows say so from the transaction on that writes the summary and its outbox row, so
//!   that a router which repeats an alert neither holds nor tells it again;
//! - what began and ended while it waited is told to nobody, and a router that repeats the end knows that it dropped
//!   it.
use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::{
    operation::delete_item::DeleteItemError,
    types::{
        AttributeValue, Delete, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update, builders::UpdateBuilder,
    },
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{AccountId, AlertId, DestinationId, IncidentId, ProviderId},
};

use crate::{
    error::StoreError,
    follow_ups::{FOLLOW_UP_TYPE, PlannedFollowUp},
    items::{attribute, primary, read_item, seconds},
    keys,
    records::{Episode, OutboxRow, WrittenBy},
    requests::{BatchGet, query_all, query_page},
    schema,
    store::Store,
    table::TTL,
};

/// After the time when it was to be told. Nothing reads it then.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);
/// What was told. Longer than a router repeats an alert.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(24);
/// What was put aside. Longer than incidents last.
const ASIDE_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The alert that a summary has told.
const TOLD: &str = "told";
/// The row is as it was read, and waits.
const AS_KNOWN: &str = "alert = :alert AND attribute_exists(gsi1pk) AND attribute_not_exists(dropped_by)";
/// No summary has told this alert.
const UNTOLD: &str = "(attribute_not_exists(told) OR told <> :alert)";

/// Item type, as it is stored.
const HELD_TYPE: &str = "held";

/// What is due, from the index: it may lag behind the newest write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueRows {
    /// Something waits for these.
    pub destinations: BTreeSet<DestinationId>,
    pub follow_ups: Vec<PlannedFollowUp>,
}

/// The newest alert about an incident that waits for a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAlert {
    pub destination: DestinationId,
    pub account: AccountId,
    pub episode: Episode,
    pub alert: AlertId,
    /// When it is to be told.
    pub due_at: Timestamp,
}

/// What is held for a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldFor {
    /// The earliest first.
    pub waiting: Vec<HeldAlert>,
    /// It was told nothing of these: what waits is the first, or was put aside, or its end dropped it.
    pub untold: BTreeSet<Episode>,
}

/// What becomes of what waits for a destination.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// The summary stands for these.
    pub held: &'a [HeldAlert],
    /// `None`: nothing is left to be told.
    pub summary: Option<&'a Alert>,
    /// These are not told: they are over, or their account has muted them or wants them no more.
    pub aside: &'a [HeldAlert],
}

/// What all rows of the index have.
#[derive(Deserialize)]
struct DueItem {
    due_at: Timestamp,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize, Deserialize)]
struct HeldItem {
    destination: DestinationId,
    account: AccountId,
    provider: ProviderId,
    incident: IncidentId,
    episode: u32,
    alert: AlertId,
    due_at: Timestamp,
    #[serde(default)]
    is_first: bool,
    /// `None`: it was dropped, put aside or told, and waits no more.
    #[serde(default)]
    gsi1pk: Option<String>,
}

/// The same row, for whoever asks whether something was told.
#[derive(Deserialize)]
struct HeldState {
    destination: DestinationId,
    #[serde(default)]
    is_first: bool,
    #[serde(default)]
    dropped_by: Option<AlertId>,
}

impl Store {
    /// Adds the alert to what waits for its destination. An earlier one about the incident keeps its place and its
    /// time. `is_first`: nothing was told of the incident before. Idempotent.
    pub async fn hold(&self, held: &HeldAlert, is_first: bool) -> Result<(), StoreError> {
        const WAITS: &str = "due_at = if_not_exists(due_at, :due), gsi1pk = if_not_exists(gsi1pk, :index), \
                             gsi1sk = if_not_exists(gsi1sk, :order)";
        const WAITS_ANEW: &str = "due_at = :due, gsi1pk = :index, gsi1sk = :order";
        if !self.try_hold(held, is_first, (WAITS, "(attribute_not_exists(pk) OR attribute_exists(gsi1pk))")).await? {
            // An earlier one was told or put aside, or its end dropped it.
            self.try_hold(held, is_first, (WAITS_ANEW, "attribute_exists(pk) AND attribute_not_exists(gsi1pk)"))
                .await?;
        }
        Ok(())
    }

    /// `false`: the row is not as the condition says, or was dropped.
    async fn try_hold(
        &self,
        held: &HeldAlert,
        is_first: bool,
        (waits, condition): (&str, &str),
    ) -> Result<bool, StoreError> {
        let HeldAlert { destination, account, episode, alert, due_at } = held;
        let index = keys::held_by_time(destination, *due_at, episode);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::held(destination, episode))))
            .update_expression(format!(
                "SET #type = :type, v = :v, destination = :destination, account = :account, provider = :provider, \
                 incident = :incident, episode = :episode, alert = :alert, \
                 is_first = if_not_exists(is_first, :first), #ttl = :ttl, {waits}"
            ))
            .condition_expression(format!("attribute_not_exists(dropped_by) AND {UNTOLD} AND {condition}"))
            .expression_attribute_names("#type", "type")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":type", attribute(HELD_TYPE))
            .expression_attribute_values(":v", schema::number(schema::WRITES))
            .expression_attribute_values(":destination", attribute(destination))
            .expression_attribute_values(":account", attribute(account))
            .expression_attribute_values(":provider", attribute(&episode.provider))
            .expression_attribute_values(":incident", attribute(&episode.incident))
            .expression_attribute_values(":episode", attribute(episode.number))
            .expression_attribute_values(":alert", attribute(alert))
            .expression_attribute_values(":first", attribute(is_first))
            .expression_attribute_values(":due", attribute(due_at))
            .expression_attribute_values(":index", attribute(index.partition))
            .expression_attribute_values(":order", attribute(index.sort))
            .expression_attribute_values(":ttl", seconds(*due_at + KEPT_FOR));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if is_condition(error.as_service_error().map(|it| it.is_conditional_check_failed_exception())) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::request("hold alert")(error)),
        }
    }

    /// An incident ends of which everything waits: none of it is told. `false`: something was told of it, so its end
    /// is to be told. The same `end` gets the same answer again.
    pub async fn drop_held(
        &self,
        destination: &DestinationId,
        episode: &Episode,
        end: &AlertId,
    ) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::held(destination, episode))))
            .update_expression("SET dropped_by = :end REMOVE gsi1pk, gsi1sk")
            .condition_expression("is_first = :true AND (attribute_not_exists(dropped_by) OR dropped_by = :end)")
            .expression_attribute_values(":end", attribute(end))
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if is_condition(error.as_service_error().map(|it| it.is_conditional_check_failed_exception())) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::request("drop held alert")(error)),
        }
    }

    /// What waits about the incident is told by this alert, which does not wait. `false`: a summary has told it.
    pub async fn forget_held(
        &self,
        destination: &DestinationId,
        episode: &Episode,
        alert: &AlertId,
    ) -> Result<bool, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::held(destination, episode))))
            .condition_expression(format!("attribute_not_exists(dropped_by) AND {UNTOLD}"))
            .expression_attribute_values(":alert", attribute(alert))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(refused.item.as_ref().is_none_or(|row| row.get(TOLD) != Some(&attribute(alert))))
                }
                _ => Err(StoreError::request("forget held alert")(error)),
            },
        }
    }

    /// Those of `destinations` that were told nothing of the incident: what waits for them, or was put aside, is the
    /// first. Strongly consistent.
    pub async fn untold(
        &self,
        episode: &Episode,
        destinations: &[DestinationId],
    ) -> Result<HashSet<DestinationId>, StoreError> {
        let keys = destinations.iter().map(|id| keys::held(id, episode)).collect();
        let get = BatchGet { operation: "read held alerts", keys, only: None, consistent: true };
        let rows = self.batch_get(get).await?.into_iter().map(|row| read_item::<HeldState>(row, "held alert"));
        let untold = rows.filter_map(|row| match row {
            Ok(row) => (row.is_first && row.dropped_by.is_none()).then_some(Ok(row.destination)),
            Err(error) => Some(Err(error)),
        });
        untold.collect()
    }

    /// When the first of what waits, or is to be followed up, is due. May lag behind the newest write.
    pub async fn next_held(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut first = None;
        for shard in keys::held_shards() {
            let (mut rows, _) = query_page("read what is held", self.query_index(shard), None, 1).await?;
            if let Some(row) = rows.pop() {
                let due_at = read_item::<DueItem>(row, "due row")?.due_at;
                first = Some(first.map_or(due_at, |first: Timestamp| first.min(due_at)));
            }
        }
        Ok(first)
    }

    /// What is due by `now`: at most `limit` rows of each shard.
    pub async fn due_rows(&self, now: Timestamp, limit: u32) -> Result<DueRows, StoreError> {
        let mut due = DueRows::default();
        for shard in keys::held_shards() {
            let query = self
                .query_index(shard)
                .key_condition_expression("#pk = :pk AND gsi1sk < :after")
                .expression_attribute_values(":after", attribute(keys::after_held_at(now)));
            for row in query_page("read what is due", query, None, limit).await?.0 {
                if read_item::<DueItem>(row.clone(), "due row")?.kind == FOLLOW_UP_TYPE {
                    due.follow_ups.push(PlannedFollowUp::read(row)?);
                } else {
                    due.destinations.insert(read_item::<HeldItem>(row, "held alert")?.destination);
                }
            }
        }
        Ok(due)
    }

    /// All that waits for a destination, and what it was told nothing of. Strongly consistent.
    pub async fn held_of(&self, destination: &DestinationId) -> Result<HeldFor, StoreError> {
        let rows = query_all("read what is held for a destination", self.query(keys::held_for(destination))).await?;
        let mut held = HeldFor::default();
        for row in rows {
            let row = read_item::<HeldItem>(row, "held alert")?;
            let (waits, is_first) = (row.gsi1pk.is_some(), row.is_first);
            let row = HeldAlert::of(row);
            held.untold.extend(is_first.then(|| row.episode.clone()));
            held.waiting.extend(waits.then_some(row));
        }
        held.waiting.sort_by(|a, b| a.due_at.cmp(&b.due_at).then_with(|| a.alert.cmp(&b.alert)));
        Ok(held)
    }

    /// Writes the summary of what waited, which waits no more, in one transaction. The rows of what is put aside stay:
    /// the end drops them, if nothing was told before. `None`: there is no summary, or something of it was changed
    /// meanwhile, and nothing happened.
    pub async fn tell_held(&self, told: Told<'_>, now: Timestamp) -> Result<Option<OutboxRow>, StoreError> {
        let Told { held, summary, aside } = told;
        let end = |held| match summary {
            Some(_) => self.note_told(held, now),
            None => self.delete_held(held),
        };
        let mut writes: Vec<TransactWriteItem> = held.iter().map(end).collect();
        writes.extend(aside.iter().map(|aside| self.put_aside(aside, now)));
        let summary: Vec<Alert> = summary.cloned().into_iter().collect();
        let row = summary.first().and_then(|it| OutboxRow::of(&it.provider, WrittenBy::Notice { at: now }, &summary));
        writes.extend(row.as_ref().map(|row| self.put(row.item())));
        writes.extend(crate::alerts::rows(&summary, now)?.into_iter().map(|row| self.put(row)));
        match self.transact("tell what was held", &writes).await {
            Ok(()) => Ok(row),
            Err(cancelled) if cancelled.by_condition => Ok(None),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    fn note_told(&self, held: &HeldAlert, now: Timestamp) -> TransactWriteItem {
        let end = "SET #ttl = :ttl, is_first = :false, told = :alert REMOVE gsi1pk, gsi1sk";
        let update = self.end_waiting(held, end, now + TOLD_FOR);
        let update = update.expression_attribute_values(":false", AttributeValue::Bool(false));
        TransactWriteItem::builder().update(update.build().expect("table, key and update are set")).build()
    }

    /// As it is known.
    fn delete_held(&self, held: &HeldAlert) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::held(&held.destination, &held.episode))))
            .condition_expression(AS_KNOWN)
            .expression_attribute_values(":alert", attribute(&held.alert));
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }

    /// For as long as incidents last, since whether something was told before is known by the row alone.
    fn put_aside(&self, held: &HeldAlert, now: Timestamp) -> TransactWriteItem {
        let update = self.end_waiting(held, "SET #ttl = :ttl REMOVE gsi1pk, gsi1sk", now + ASIDE_FOR);
        TransactWriteItem::builder().update(update.build().expect("table, key and update are set")).build()
    }

    /// As it is known. The row is kept until then.
    fn end_waiting(&self, held: &HeldAlert, end: &str, until: Timestamp) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::held(&held.destination, &held.episode))))
            .update_expression(end)
            .condition_expression(AS_KNOWN)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":ttl", seconds(until))
            .expression_attribute_values(":alert", attribute(&held.alert))
    }
}

impl HeldAlert {
    fn of(item: HeldItem) -> Self {
        let HeldItem { destination, account, provider, incident, episode, alert, due_at, .. } = item;
        Self { destination, account, episode: Episode { provider, incident, number: episode }, alert, due_at }
    }
}

fn is_condition(of_service: Option<bool>) -> bool {
    of_service == Some(true)
}

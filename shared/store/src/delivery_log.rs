//! The delivery log, for people. It is read from the dispatchers' records, which expire a month after their last
//! change.
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::ids::{AlertId, DeliveryId, DestinationId, IncidentId, ProviderId};

use crate::{
    deliveries::{Attempt, DeliveryEnd},
    error::StoreError,
    items::{attribute, read_item},
    keys,
    requests::{BatchGet, query_all, query_page},
    store::Store,
};

/// One delivery in its current state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryEntry {
    pub delivery: DeliveryId,
    pub alert: AlertId,
    pub destination: DestinationId,
    pub provider: ProviderId,
    pub incident: IncidentId,
    /// The component filter gave no answer. (`unknown` is a reserved word of DynamoDB.)
    #[serde(default, rename = "filter_unknown")]
    pub unknown: bool,
    /// When a dispatcher first claimed it.
    pub first_at: Timestamp,
    /// The newest ones, oldest first.
    pub attempts: Vec<Attempt>,
    /// Of all attempts, including those dropped from the record.
    pub attempt_count: u32,
    /// The earliest time of the next attempt.
    pub not_before: Option<Timestamp>,
    /// `None`: still to be sent or retried.
    pub ended: Option<DeliveryEnd>,
    /// How often it was reopened after its end.
    #[serde(default)]
    pub reopened: u32,
    /// When it was reopened last.
    #[serde(default)]
    pub reopened_at: Option<Timestamp>,
}

/// May hold fewer than asked for; only a missing cursor is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    pub deliveries: Vec<DeliveryEntry>,
    pub cursor: Option<String>,
}

const SHARDS_AT_A_TIME: usize = 4;

impl Store {
    /// Of one alert, to all destinations.
    pub async fn deliveries_of(&self, alert: &AlertId) -> Result<Vec<DeliveryEntry>, StoreError> {
        let shards: Vec<String> = keys::deliveries_of(alert).collect();
        let read = async |shard| {
            let items = query_all("read deliveries of an alert", self.query(shard)).await?;
            items.into_iter().map(|item| read_item(item, "delivery")).collect::<Result<Vec<_>, _>>()
        };
        stream::iter(shards).map(read).buffered(SHARDS_AT_A_TIME).try_concat().await
    }

    /// Some of them, from every shard, at most `limit` and in no particular order.
    pub async fn first_deliveries_of(&self, alert: &AlertId, limit: u32) -> Result<Vec<DeliveryEntry>, StoreError> {
        let read = async |shard| query_page("read deliveries of an alert", self.query(shard), None, limit).await;
        let shards: Vec<String> = keys::deliveries_of(alert).collect();
        let pages: Vec<_> = stream::iter(shards).map(read).buffered(SHARDS_AT_A_TIME).try_collect().await?;
        let items = pages.into_iter().flat_map(|(items, _)| items).take(limit as usize);
        items.map(|item| read_item(item, "delivery")).collect()
    }

    /// One of them; `None` until a dispatcher claims it. Strongly consistent.
    pub async fn delivery(
        &self,
        alert: &AlertId,
        destination: &DestinationId,
    ) -> Result<Option<DeliveryEntry>, StoreError> {
        let found = self.get("read delivery", keys::delivery(alert, destination)).await?;
        found.map(|item| read_item(item, "delivery")).transpose()
    }

    /// The newest ones to one destination, newest first, that were first claimed before `before`. May lag behind.
    pub async fn newest_deliveries_to(
        &self,
        destination: &DestinationId,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<DeliveryEntry>, StoreError> {
        let query = self.query_index(keys::deliveries_to(destination)).scan_index_forward(false);
        let query = match before {
            None => query,
            Some(before) => query
                .key_condition_expression("#pk = :pk AND gsi1sk < :before")
                .expression_attribute_values(":before", attribute(keys::by_time(before))),
        };
        let (items, _) = query_page("read newest deliveries to a destination", query, None, limit).await?;
        items.into_iter().map(|item| read_item(item, "delivery")).collect()
    }

    /// Of one alert to these destinations.
    pub async fn deliveries_among(
        &self,
        alert: &AlertId,
        destinations: &[DestinationId],
    ) -> Result<Vec<DeliveryEntry>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read deliveries of an alert",
            keys: destinations.iter().map(|destination| keys::delivery(alert, destination)).collect(),
            only: None,
            consistent: false,
        });
        found.await?.into_iter().map(|item| read_item(item, "delivery")).collect()
    }

    /// To one destination of these alerts. Strongly consistent.
    pub async fn deliveries_among_alerts(
        &self,
        alerts: &[AlertId],
        destination: &DestinationId,
    ) -> Result<Vec<DeliveryEntry>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read deliveries to a destination",
            keys: alerts.iter().map(|alert| keys::delivery(alert, destination)).collect(),
            only: None,
            consistent: true,
        });
        found.await?.into_iter().map(|item| read_item(item, "delivery")).collect()
    }

    /// To one destination, in the order they were first claimed, from `since` on. May lag behind.
    pub async fn deliveries_to(
        &self,
        destination: &DestinationId,
        since: Timestamp,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        let query = self
            .query_index(keys::deliveries_to(destination))
            .key_condition_expression("#pk = :pk AND gsi1sk >= :since")
            .expression_attribute_values(":since", attribute(keys::by_time(since)));
        let (items, cursor) = query_page("read deliveries to a destination", query, cursor, limit).await?;
        let deliveries = items.into_iter().map(|item| read_item(item, "delivery"));
        Ok(LogPage { deliveries: deliveries.collect::<Result<_, _>>()?, cursor })
    }
}

//! Alerts that are committed and not known to be queued. A row is written in the transaction of the facts behind it
//! and cleared only after the queue accepted every alert it lists, so a stop in between repeats alerts and loses none.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{AlertId, ProviderId},
};

use crate::{
    Store, StoreError,
    items::{Item, OutboxItem, attribute, item, primary, read_item},
    keys,
    requests::query_all,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub provider: ProviderId,
    pub by: WrittenBy,
    /// In the order they are to be told; never empty.
    pub alerts: Vec<AlertId>,
}

/// The commit that wrote a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenBy {
    Page {
        version: u64,
    },
    Health {
        at: Timestamp,
    },
    /// A notice about a destination of ours.
    Notice {
        at: Timestamp,
    },
}

impl OutboxRow {
    /// `None` without alerts.
    pub(crate) fn of(provider: &ProviderId, by: WrittenBy, alerts: &[Alert]) -> Option<Self> {
        (!alerts.is_empty()).then(|| Self {
            provider: provider.clone(),
            by,
            alerts: alerts.iter().map(|alert| alert.id.clone()).collect(),
        })
    }

    pub(crate) fn item(&self) -> Item {
        let body = OutboxItem { provider: self.provider.clone(), by: self.by, alerts: self.alerts.clone() };
        item(keys::outbox(&self.provider, self.by), "outbox", &body)
    }
}

impl Store {
    /// All rows; those of one provider's page in the order of its commits. Strongly consistent.
    pub async fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut rows = Vec::new();
        for shard in keys::outbox_shards() {
            for item in query_all("read outbox", self.query(shard)).await? {
                let OutboxItem { provider, by, alerts } = read_item(item, "outbox row")?;
                rows.push(OutboxRow { provider, by, alerts });
            }
        }
        Ok(rows)
    }

    /// Those of one provider, in the order of its commits: one that a dead run left behind comes before a new one.
    pub async fn outbox_of(&self, provider: &ProviderId) -> Result<Vec<OutboxRow>, StoreError> {
        let (shard, prefix) = keys::outbox_of(provider);
        let query = self
            .query(shard)
            .key_condition_expression("#pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", attribute(prefix));
        let rows = query_all("read outbox of a provider", query).await?.into_iter().map(|item| {
            let OutboxItem { provider, by, alerts } = read_item(item, "outbox row")?;
            Ok(OutboxRow { provider, by, alerts })
        });
        rows.collect()
    }

    /// Only after the queue accepted every alert of the row. Clearing twice is fine.
    pub async fn clear(&self, row: &OutboxRow) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::outbox(&row.provider, row.by))))
            .send()
            .await
            .map_err(StoreError::request("clear outbox row"))?;
        Ok(())
    }
}

//! Alerts that are committed and not known to be queued. A row is written in the transaction of the facts behind it. It
//! is deleted only after the queue accepted every alert it lists, so a stop in between repeats alerts and loses none.
use status::ids::ProviderId;

use crate::{
    error::StoreError,
    items::{Item, OutboxItem, attribute, item, primary, read_item},
    keys,
    records::OutboxRow,
    requests::query_all,
    store::Store,
};

impl OutboxRow {
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

    /// Those of one provider, in the order of its commits: a row left by a run that died comes before a new one.
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

    /// To be called only after the queue accepted every alert of the row. Idempotent.
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

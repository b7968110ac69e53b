//! Source health per page, and the commit of its alerts. It is kept apart from the page state: a failed read is no
//! data, so it must not touch the state. The newest writer wins; two writers' alerts of one fact have the same id.
use std::collections::HashMap;

use jiff::Timestamp;
use status::{
    alert::Alert,
    health::{HealthState, SourceHealth},
    ids::ProviderId,
};

use crate::{
    error::StoreError,
    items::{HealthItem, Item, indexed, item, read_item},
    keys,
    records::{OutboxRow, WrittenBy},
    requests::BatchGet,
    store::Store,
};

impl Store {
    /// Of those that have one stored; may lag behind.
    pub async fn healths(&self, providers: &[ProviderId]) -> Result<HashMap<ProviderId, SourceHealth>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read source healths",
            keys: providers.iter().map(keys::health).collect(),
            only: None,
            consistent: false,
        });
        let healths = found.await?.into_iter().map(|item| {
            let HealthItem { provider, health } = read_item(item, "health of a page")?;
            Ok((provider, health))
        });
        healths.collect()
    }

    pub async fn put_health(&self, provider: &ProviderId, health: &SourceHealth) -> Result<(), StoreError> {
        self.replace("write source health", row(provider, health), "health of a page").await
    }

    /// Health, alerts and their outbox row together or not at all.
    pub async fn commit_health(
        &self,
        provider: &ProviderId,
        health: &SourceHealth,
        alerts: &[Alert],
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let outbox = OutboxRow::of(provider, WrittenBy::Health { at: now }, alerts);
        let mut writes = vec![self.put(row(provider, health))];
        writes.extend(outbox.as_ref().map(|row| self.put(row.item())));
        writes.extend(crate::alerts::rows(alerts, now)?.into_iter().map(|row| self.put(row)));
        let committed = self.transact("commit source health", &writes).await;
        committed.map_err(|cancelled| cancelled.error)?;
        Ok(outbox)
    }
}

fn row(provider: &ProviderId, health: &SourceHealth) -> Item {
    let body = HealthItem { provider: provider.clone(), health: health.clone() };
    let row = item(keys::health(provider), "health", &body);
    if health.state == HealthState::Readable {
        return row;
    }
    indexed(row, keys::list_key(keys::UNREADABLE, provider))
}

//! What a list of all providers shows, in one query: a row per page that is written only when it says something else, and the
//! pages that cannot be read. When pages were read is kept per round, not per page: an unchanged page writes nothing.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{glance::Glance, health::SourceHealth, ids::ProviderId};

use crate::{
    Store, StoreError,
    items::{HealthItem, Item, indexed, item, read_item},
    keys,
    requests::all,
};

/// A poller's newest round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Which part of the pages, out of how many.
    pub shard: u64,
    pub of: u64,
    /// Pages that were due before this were read.
    pub began_at: Timestamp,
    pub pages: usize,
    pub unreadable: usize,
}

impl Store {
    /// Every page that was ever read, by provider. May lag behind the newest commit.
    pub async fn glances(&self) -> Result<Vec<Glance>, StoreError> {
        let items = all("read glances", self.query_index(keys::GLANCES.into())).await?;
        items.into_iter().map(|item| read_item(item, "glance at a page")).collect()
    }

    /// Pages whose newest reads failed, by provider. May lag behind.
    pub async fn failing(&self) -> Result<Vec<(ProviderId, SourceHealth)>, StoreError> {
        let items = all("read failing pages", self.query_index(keys::UNREADABLE.into())).await?;
        let healths = items.into_iter().map(|item| {
            let HealthItem { provider, health } = read_item(item, "health of a page")?;
            Ok((provider, health))
        });
        healths.collect()
    }

    pub async fn rounds(&self) -> Result<Vec<Round>, StoreError> {
        let items = all("read rounds", self.query(keys::ROUNDS.into())).await?;
        items.into_iter().map(|item| read_item(item, "round")).collect()
    }

    pub async fn put_round(&self, round: &Round) -> Result<(), StoreError> {
        let row = item(keys::round(round.shard, round.of), "round", round);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        put.send().await.map_err(StoreError::request("write round"))?;
        Ok(())
    }
}

pub(crate) fn row(glance: &Glance) -> Item {
    indexed(item(keys::glance(&glance.provider), "glance", glance), keys::among(keys::GLANCES, &glance.provider))
}

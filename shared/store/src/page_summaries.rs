//! What a list of all providers shows, in one query each: a summary per page, written only when it changes, and the
//! pages that cannot be read. The time of reading is kept per round, not per page, so that an unchanged page writes
//! nothing.
use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{health::SourceHealth, ids::ProviderId, page_summary::PageSummary};

use crate::{
    error::StoreError,
    items::{HealthItem, Item, attribute, indexed, item, primary, read_item},
    keys,
    requests::{BatchGet, query_all},
    store::Store,
};

/// A poller's newest round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Which part of the pages, out of `of` parts.
    pub shard: u64,
    pub of: u64,
    /// All pages that were due before this time were read.
    pub began_at: Timestamp,
    pub pages: usize,
    pub unreadable: usize,
    /// Since when this poller has had no internet, so that it reads no public page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_internet_since: Option<Timestamp>,
    /// When the newest of its rounds ended that wrote something. What is listed of all pages is since then as it was.
    /// `None`: it does not say so, as in rows of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
}

/// Of a round: the process that ran it.
const BY: &str = "by";

/// Item type, as it is stored.
const PAGE_SUMMARY_TYPE: &str = "glance";

impl Store {
    /// Every page that was ever read, by provider. May lag behind the newest commit.
    pub async fn page_summaries(&self) -> Result<Vec<PageSummary>, StoreError> {
        let items = query_all("read page summaries", self.query_index(keys::PAGE_SUMMARIES.into())).await?;
        items.into_iter().map(|item| read_item(item, "summary of a page")).collect()
    }

    /// Of those that were ever read; may lag behind the newest commit.
    pub async fn page_summaries_of(
        &self,
        providers: &[ProviderId],
    ) -> Result<HashMap<ProviderId, PageSummary>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read page summaries",
            keys: providers.iter().map(keys::page_summary).collect(),
            only: None,
            consistent: false,
        });
        let summaries = found.await?.into_iter().map(|item| {
            let summary: PageSummary = read_item(item, "summary of a page")?;
            Ok((summary.provider.clone(), summary))
        });
        summaries.collect()
    }

    /// Pages whose newest reads failed, by provider. May lag behind.
    pub async fn failing(&self) -> Result<Vec<(ProviderId, SourceHealth)>, StoreError> {
        let items = query_all("read failing pages", self.query_index(keys::UNREADABLE.into())).await?;
        let healths = items.into_iter().map(|item| {
            let HealthItem { provider, health } = read_item(item, "health of a page")?;
            Ok((provider, health))
        });
        healths.collect()
    }

    pub async fn rounds(&self) -> Result<Vec<Round>, StoreError> {
        let items = query_all("read rounds", self.query(keys::ROUNDS.into())).await?;
        items.into_iter().map(|item| read_item(item, "round")).collect()
    }

    /// That something was written between two rounds. Does nothing before the first.
    pub async fn note_change(&self, shard: u64, of: u64, at: Timestamp) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::round(shard, of))))
            .update_expression("SET changed_at = :at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":at", attribute(at));
        match update.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::request("note a change")(error))
            }
            _ => Ok(()),
        }
    }

    /// Keeps the round of the process `by` as the newest of its shard. Returns by whom the one before it was.
    pub async fn put_round(&self, round: &Round, by: &str) -> Result<Option<String>, StoreError> {
        let mut row = item(keys::round(round.shard, round.of), "round", round);
        row.insert(BY.into(), AttributeValue::S(by.to_owned()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let put = put.return_values(ReturnValue::AllOld).send().await.map_err(StoreError::request("write round"))?;
        let before = put.attributes.and_then(|mut before| before.remove(BY));
        Ok(before.and_then(|by| by.as_s().ok().cloned()))
    }
}

pub(crate) fn row(page_summary: &PageSummary) -> Item {
    indexed(
        item(keys::page_summary(&page_summary.provider), PAGE_SUMMARY_TYPE, page_summary),
        keys::list_key(keys::PAGE_SUMMARIES, &page_summary.provider),
    )
}

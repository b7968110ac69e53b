//! The state of each page, and the commit that changes it.
//!
//! A commit writes the page state, the history of the incidents it changed, its alerts and the outbox row that lists
//! them. Wanted properties:
//! - Of two writers that read the same version one commits. The other gets `Conflict`; it has changed no page state and
//!   sent nothing.
//! - The page and the outbox row are one transaction, whatever the size: no alert is in the outbox before the page
//!   state behind it is stored, and no page state is stored without its alerts in the outbox.
//! - Whoever finds an alert's id in the outbox finds the alert.
//! - An incident has rows under one kind only: if its kind changes, the commit deletes those under the former kind.
//! - A commit too large for one transaction writes history and alerts first. Interrupted there, it leaves alerts that
//!   nothing refers to, which expire, and history rows that are newer than the page state. Repeating the commit writes
//!   the same rows.
use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use status::{
    alert::Alert,
    ids::ProviderId,
    page_state::{IncidentState, PageState},
    page_summary::PageSummary,
};

use crate::{
    documents::{document, read_document},
    error::StoreError,
    items::{HeadItem, Item, PageItem, attribute, item, read_item},
    keys,
    records::{OutboxRow, PageHead, PageRecord, WrittenBy},
    requests::BatchGet,
    store::Store,
};

/// What one read of a page changes.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The new state, with its new version.
    pub page: PageRecord,
    /// The version it was computed from; `None`: the page was not stored.
    pub read_version: Option<u64>,
    /// Those that changed, as they stand in the page state.
    pub incidents: Vec<IncidentState>,
    /// `None`: the same as before.
    pub page_summary: Option<PageSummary>,
    /// In the order of sending.
    pub alerts: Vec<Alert>,
    pub now: Timestamp,
}

impl Commit {
    /// The same for a page whose stored state, of this version, is not built on but replaced.
    pub fn replacing(mut self, version: Option<u64>) -> Self {
        if let Some(version) = version {
            self.read_version = Some(version);
            self.page.head.version = version + 1;
        }
        self
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another writer was faster: read the page again and compare again.
    #[error("another writer changed the page")]
    Conflict,
    /// The same commit will never fit.
    #[error("{what} takes {bytes} bytes, too much for one item")]
    TooLarge { what: String, bytes: usize },
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooLarge { what, bytes } => Self::TooLarge { what, bytes },
            StoreError::Contended { .. } => Self::Conflict,
            other => Self::Store(other),
        }
    }
}

/// Limits of a DynamoDB transaction: 100 items and 4 MB, part of which the attributes beside the documents take.
const TRANSACTION_ITEMS: usize = 100;
const TRANSACTION_DOCUMENT_BYTES: usize = 3_500_000;

/// Whether there is room for this state in its item. Pure.
pub fn has_room(page_state: &PageState) -> bool {
    document(page_state, "the state of a page").is_ok()
}

impl Store {
    /// Returns the outbox row it wrote, so that the caller can queue it without another query.
    pub async fn commit(&self, commit: &Commit) -> Result<Option<OutboxRow>, CommitError> {
        let head = &commit.page.head;
        let page_state = document(&commit.page.page_state, format_args!("the state of page {}", head.provider))?;
        let mut bytes = page_state.len();
        let page = self.put_page(&PageItem { head: head.clone(), page_state }, commit.read_version);

        let mut rows = Vec::new();
        for state in &commit.incidents {
            rows.push(crate::history::row(&head.provider, state)?);
            rows.extend(crate::timelines::rows(&head.provider, state, commit.now)?);
        }
        rows.extend(crate::alerts::rows(&commit.alerts, commit.now)?);
        let rows = unique(rows);
        bytes += rows.iter().map(document_bytes).sum::<usize>();

        let outbox = OutboxRow::of(&head.provider, WrittenBy::Page { version: head.version }, &commit.alerts);
        let mut writes = vec![page];
        writes.extend(outbox.as_ref().map(|row| self.put(row.item())));
        writes.extend(
            commit.page_summary.as_ref().map(|page_summary| self.put(crate::page_summaries::row(page_summary))),
        );
        if writes.len() + rows.len() <= TRANSACTION_ITEMS && bytes <= TRANSACTION_DOCUMENT_BYTES {
            writes.extend(rows.into_iter().map(|row| self.put(row)));
        } else {
            self.batch_put("write history and alerts", rows).await?;
        }
        match self.transact("commit page", writes).await {
            Ok(()) => Ok(outbox),
            Err(cancelled) if cancelled.by_condition => Err(CommitError::Conflict),
            Err(cancelled) => Err(cancelled.error.into()),
        }
    }

    fn put_page(&self, page: &PageItem, read_version: Option<u64>) -> TransactWriteItem {
        let put =
            Put::builder().table_name(&self.table).set_item(Some(item(keys::page(&page.head.provider), "page", page)));
        let put = match read_version {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression("head.#version = :read")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":read", attribute(version)),
        };
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// Strongly consistent, so that a commit may build on it.
    pub async fn page(&self, provider: &ProviderId) -> Result<Option<PageRecord>, StoreError> {
        let found = self.get("read page", keys::page(provider)).await?;
        found.map(|item| read_page(item, provider)).transpose()
    }

    /// Those that are stored. May lag behind: a commit that builds on an old head gets a conflict.
    pub async fn page_heads(&self, providers: &[ProviderId]) -> Result<HashMap<ProviderId, PageHead>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read page heads",
            keys: providers.iter().map(keys::page).collect(),
            only: Some("head"),
            consistent: false,
        });
        let heads = found.await?.into_iter().map(|item| {
            let HeadItem { head } = read_item(item, "head of a page")?;
            Ok((head.provider.clone(), head))
        });
        heads.collect()
    }
}

fn read_page(item: Item, what: impl std::fmt::Display) -> Result<PageRecord, StoreError> {
    let PageItem { head, page_state } = read_item(item, format_args!("page of {what}"))?;
    let mut page_state: PageState = read_document(&page_state, format_args!("state of page {}", head.provider))?;
    page_state.bound_stored();
    Ok(PageRecord { head, page_state })
}

/// The first of each key: a transaction refuses two writes of one item.
fn unique(rows: Vec<Item>) -> Vec<Item> {
    let mut seen = HashSet::new();
    let first = |row: &Item| {
        let key = [crate::table::PARTITION_KEY, crate::table::SORT_KEY].map(|name| row[name].as_s().cloned().ok());
        seen.insert(key)
    };
    rows.into_iter().filter(first).collect()
}

fn document_bytes(row: &Item) -> usize {
    let blobs = row.values().filter_map(|value| value.as_b().ok());
    blobs.map(|blob| blob.as_ref().len()).sum()
}

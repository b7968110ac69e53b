//! What we believe of each page, and the commit that changes it.
//!
//! A commit moves the page state, the history of the incidents it changed, its alerts and the outbox row that lists them.
//! Wanted properties:
//! - Of two writers that read the same version one commits; the other gets `Conflict` and has changed no page state and
//!   sent nothing.
//! - No alert is in the outbox before the page state it follows from is stored, and no page state is stored whose alerts are
//!   not in the outbox: the page and the outbox row are one transaction, whatever the size.
//! - Whoever finds an alert's id in the outbox finds the alert.
//! - A commit too large for one transaction writes history and alerts first. Cut short there, it leaves alerts nobody
//!   refers to, which expire, and history that is ahead of the page state by what the page really said; doing it again
//!   writes the same rows.
use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{IncidentId, ProviderId},
    page_state::{IncidentState, PageState},
    page_summary::PageSummary,
    snapshot::Kind,
};

use crate::{
    Store, StoreError,
    items::{HeadItem, Item, PageItem, attribute, document, item, read_document, read_item},
    keys,
    outbox::{OutboxRow, WrittenBy},
    requests::BatchGet,
};

/// What a poller needs to know of a page before it reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageHead {
    pub provider: ProviderId,
    /// One more at each commit; what a writer must have read to commit the next.
    pub version: u64,
    /// Name of the registered format the page was read with.
    pub format: String,
    /// Which of the format's sources served the last good read.
    #[serde(rename = "via")]
    pub source: String,
    /// Where the status page was found, if the address given only led to it.
    #[serde(default, rename = "led", skip_serializing_if = "Option::is_none")]
    pub resolved: Option<ResolvedUrl>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Of the first answer's body as it came; `None`: not comparable.
    pub body_digest: Option<String>,
    pub snapshot_digest: String,
    /// Something awaits a second reading, so that an unchanged page must be compared all the same.
    pub unsettled: bool,
    /// Incidents and maintenances believed to be open.
    pub open: Vec<(Kind, IncidentId)>,
    /// When the clock alone brings something to tell of what is open.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// When planned work begins or ends next. Some pages have no word for that, so they mean something else from then on
    /// though their bytes are the same: they are read in full once more.
    #[serde(default)]
    pub read_again_at: Option<Timestamp>,
}

/// The way from the address of a provider to its status page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedUrl {
    /// The address as it was given then: once another is given, this way is void.
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRecord {
    pub head: PageHead,
    pub page_state: PageState,
}

/// What one read of a page changes.
#[derive(Clone, Debug)]
pub struct Commit {
    /// As it shall be, with its new version.
    pub page: PageRecord,
    /// The version it was computed from; `None`: the page was not stored.
    pub read_version: Option<u64>,
    /// The changed ones, as they stand in the page state.
    pub incidents: Vec<IncidentState>,
    /// What lists show of the page from now on; `None`: the same as before.
    pub page_summary: Option<PageSummary>,
    /// In the order they are to be told.
    pub alerts: Vec<Alert>,
    pub now: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another writer was faster: read again, compare again.
    #[error("the page was changed by another writer")]
    Conflict,
    /// The same commit will never fit.
    #[error("{what} takes {bytes} bytes compressed: too much for one item")]
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

/// Limits of a `DynamoDB` transaction: 100 items and 4 MB, some of which the attributes beside the documents take.
const TRANSACTION_ITEMS: usize = 100;
const TRANSACTION_DOCUMENT_BYTES: usize = 3_500_000;

impl Store {
    /// Gives back the outbox row it wrote, so that the caller can send it without looking for it.
    pub async fn commit(&self, commit: &Commit) -> Result<Option<OutboxRow>, CommitError> {
        let head = &commit.page.head;
        let page_state = document(&commit.page.page_state, format_args!("the belief of {}", head.provider))?;
        let mut bytes = page_state.len();
        let page = self.put_page(&PageItem { head: head.clone(), page_state }, commit.read_version);

        let mut rows = Vec::new();
        for incident_state in &commit.incidents {
            rows.push(crate::history::row(&head.provider, incident_state)?);
            rows.extend(crate::timelines::rows(&head.provider, incident_state, commit.now)?);
        }
        rows.extend(crate::alerts::rows(&commit.alerts, commit.now)?);
        let rows = without_repeats(rows);
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

    /// Strongly consistent: what a commit may build upon.
    pub async fn page(&self, provider: &ProviderId) -> Result<Option<PageRecord>, StoreError> {
        let found = self.get("read page", keys::page(provider)).await?;
        found.map(|item| read_page(item, provider)).transpose()
    }

    /// Those that are stored. They may lag behind: a commit that builds on an old head gets a conflict.
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
    let page_state = read_document(&page_state, format_args!("belief of {}", head.provider))?;
    Ok(PageRecord { head, page_state })
}

/// The first of each key: a transaction refuses two writes of one item.
fn without_repeats(rows: Vec<Item>) -> Vec<Item> {
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

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
//! - A commit too large for one transaction, such as the first read of a page with a long history, writes a part of its
//!   history and alerts first: that of ended incidents, as far as possible. This is done in transactions too, each on
//!   the condition that the page is still as it was read, so that a writer that has lost changes no row of the other.
//!   Of two that have not committed yet, the one that read the page last leaves its rows.
//! - Interrupted there, it leaves alerts that nothing refers to, which expire, and history rows that are newer than the
//!   page state. Repeating the commit, or the next read, writes them again.
use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use jiff::Timestamp;
use status::{
    alert::Alert,
    ids::{IncidentId, ProviderId},
    page_state::{IncidentState, PageState},
    page_summary::PageSummary,
};

use crate::{
    archive::{Archives, Series, archives},
    documents::{document, fits, read_document},
    error::StoreError,
    items::{HeadItem, Item, PageItem, attribute, item, primary, read_item},
    keys,
    records::{OutboxRow, PageHead, PageRecord, WrittenBy},
    requests::BatchGet,
    schema,
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
            other => Self::Store(other),
        }
    }
}

/// Microseconds since the epoch: when the page was read. Of rows that were written before their page.
const READ_AT: &str = "read_at";

/// Limits of a DynamoDB transaction: 100 items and 4 MB, part of which the attributes beside the documents take.
const TRANSACTION_ITEMS: usize = 100;
const TRANSACTION_DOCUMENT_BYTES: usize = 3_500_000;

/// Whether there is room for this state in its item. Pure.
pub fn has_room(page_state: &PageState) -> bool {
    fits(page_state)
}

impl Store {
    /// Returns the outbox row it wrote, so that the caller can queue it without another query.
    pub async fn commit(&self, commit: &Commit) -> Result<Option<OutboxRow>, CommitError> {
        let archived = commit.read_version.is_none().then_some(Series::FirstRead);
        self.commit_with(commit, archived).await
    }

    /// The same for incidents that had ended before the first read and are not part of the page state: they go to
    /// archives. What is in an archive already stays there.
    pub async fn import_history(&self, commit: &Commit) -> Result<Option<OutboxRow>, CommitError> {
        let ids: HashSet<IncidentId> = commit.incidents.iter().map(|state| state.incident.id.clone()).collect();
        let archived = self.archived(&commit.page.head.provider, &ids).await?;
        let archived: HashSet<IncidentId> = archived.into_iter().map(|state| state.incident.id).collect();
        let mut commit = commit.clone();
        commit.incidents.retain(|state| !archived.contains(&state.incident.id));
        self.commit_with(&commit, Some(Series::Imported(commit.page.head.version))).await
    }

    async fn commit_with(&self, commit: &Commit, archived: Option<Series>) -> Result<Option<OutboxRow>, CommitError> {
        let head = &commit.page.head;
        let page_state = document(&commit.page.page_state, format_args!("the state of page {}", head.provider))?;
        let bytes = page_state.len();
        let page = self.put_page(&PageItem { head: head.clone(), page_state }, commit.read_version);
        let outbox = OutboxRow::of(&head.provider, WrittenBy::Page { version: head.version }, &commit.alerts);
        let mut writes = vec![page];
        writes.extend(outbox.as_ref().map(|row| self.put(row.item())));
        writes.extend(
            commit.page_summary.as_ref().map(|page_summary| self.put(crate::page_summaries::row(page_summary))),
        );
        let archives = match archived {
            Some(series) => archives(&head.provider, &commit.incidents, series, commit.now),
            None => Archives::default(),
        };
        if archived.is_none() {
            writes.extend(self.taken_out(&head.provider, &commit.incidents).await?);
        }
        let bytes = bytes + archives.rows.iter().map(document_bytes).sum::<usize>();
        let mut before = rows(commit, &archives.incidents)?;
        writes.extend(archives.rows.into_iter().map(|row| self.put(row)));
        let room = (TRANSACTION_ITEMS - writes.len(), TRANSACTION_DOCUMENT_BYTES.saturating_sub(bytes));
        let with_page = before.split_off(before.len() - fitting(before.iter().rev(), room));
        self.write_before(commit, before).await?;
        writes.extend(with_page.into_iter().map(|row| self.put(row)));
        match self.transact("commit page", &writes).await {
            Ok(()) => Ok(outbox),
            Err(cancelled) if cancelled.by_condition => Err(CommitError::Conflict),
            Err(cancelled) => Err(cancelled.error.into()),
        }
    }

    fn put_page(&self, page: &PageItem, read_version: Option<u64>) -> TransactWriteItem {
        let IsAsRead { expression, names, values } = IsAsRead::new(read_version);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item(keys::page(&page.head.provider), "page", page)))
            .condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    pub(crate) fn check_page(&self, provider: &ProviderId, read_version: Option<u64>) -> TransactWriteItem {
        let IsAsRead { expression, names, values } = IsAsRead::new(read_version);
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::page(provider))))
            .condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        TransactWriteItem::builder().condition_check(check.build().expect("table, key and condition are set")).build()
    }

    /// Writes those rows of a commit that there is no room for beside the page.
    async fn write_before(&self, commit: &Commit, mut rows: Vec<Item>) -> Result<(), CommitError> {
        // One after the other: side by side they would be in each other's way, since all of them check the page.
        while !rows.is_empty() {
            let room = (TRANSACTION_ITEMS - 1, TRANSACTION_DOCUMENT_BYTES);
            let rest = rows.split_off(fitting(rows.iter(), room).max(1));
            self.write_unless_newer(commit, rows).await?;
            rows = rest;
        }
        Ok(())
    }

    /// Leaves out rows that somebody wrote after a later read.
    async fn write_unless_newer(&self, commit: &Commit, rows: Vec<Item>) -> Result<(), CommitError> {
        let check = self.check_page(&commit.page.head.provider, commit.read_version);
        let puts = rows.into_iter().map(|row| self.put_unless_newer(row, commit.now));
        let mut writes: Vec<TransactWriteItem> = std::iter::once(check).chain(puts).collect();
        while writes.len() > 1 {
            let Err(cancelled) = self.transact("write history and alerts", &writes).await else { break };
            if !cancelled.by_condition {
                return Err(cancelled.error.into());
            }
            if cancelled.refused.contains(&0) {
                return Err(CommitError::Conflict);
            }
            let mut at = 0..;
            writes.retain(|_| at.next().is_some_and(|at| !cancelled.refused.contains(&at)));
        }
        Ok(())
    }

    fn put_unless_newer(&self, mut row: Item, read_at: Timestamp) -> TransactWriteItem {
        let read_at = AttributeValue::N(read_at.as_microsecond().to_string());
        row.insert(READ_AT.into(), read_at.clone());
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(#read_at) OR #read_at <= :read_at")
            .expression_attribute_names("#read_at", READ_AT)
            .expression_attribute_values(":read_at", read_at);
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

pub(crate) fn read_page(item: Item, what: impl std::fmt::Display) -> Result<PageRecord, StoreError> {
    let version = schema::version_of(&item, format_args!("page of {what}"))?;
    let PageItem { head, page_state } = read_item(item, format_args!("page of {what}"))?;
    let mut page_state: PageState = read_document(&page_state, format_args!("state of page {}", head.provider))?;
    schema::migrate_page_state(&mut page_state, version);
    Ok(PageRecord { head, page_state })
}

/// The condition that a page is stored as the commit's read found it.
struct IsAsRead {
    expression: &'static str,
    names: Option<HashMap<String, String>>,
    values: Option<Item>,
}

impl IsAsRead {
    fn new(read_version: Option<u64>) -> Self {
        match read_version {
            None => Self { expression: "attribute_not_exists(pk)", names: None, values: None },
            Some(version) => Self {
                expression: "head.#version = :read",
                names: Some([("#version".into(), "version".into())].into()),
                values: Some([(":read".into(), attribute(version))].into()),
            },
        }
    }
}

/// The history and the alerts of a commit. What is open comes last, and what is sent.
fn rows(commit: &Commit, archived: &HashSet<IncidentId>) -> Result<Vec<Item>, StoreError> {
    let provider = &commit.page.head.provider;
    let has_rows = |state: &&IncidentState| !archived.contains(&state.incident.id);
    let mut incidents: Vec<&IncidentState> = commit.incidents.iter().filter(has_rows).collect();
    incidents.sort_by_key(|state| state.is_open());
    let mut rows = Vec::new();
    for state in incidents {
        rows.push(crate::history::row(provider, state)?);
        rows.extend(crate::timelines::rows(provider, state, commit.now)?);
    }
    rows.extend(crate::alerts::rows(&commit.alerts, commit.now)?);
    Ok(unique(rows))
}

/// How many of these rows fit, in their order. `room`: items, and bytes of documents.
fn fitting<'a>(rows: impl Iterator<Item = &'a Item>, (items, mut bytes): (usize, usize)) -> usize {
    let fits = |row: &&Item| {
        let left = bytes.checked_sub(document_bytes(row));
        bytes = left.unwrap_or_default();
        left.is_some()
    };
    rows.take(items).take_while(fits).count()
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

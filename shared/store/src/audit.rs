//! The audit log of an account. An entry is written in the transaction of what it tells, wherever that is one.
use accounts::audit::AuditEntry;
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::SignedDuration;
use status::ids::AccountId;

use crate::{
    error::StoreError,
    items::{Item, attribute, expiring, item, primary, read_item},
    keys,
    requests::{delete_request, query_all, query_page},
    store::Store,
    table::SORT_KEY,
};

/// How long an entry is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Entries, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// For [`Store::audit_log`], if there are older ones.
    pub next: Option<String>,
}

impl Store {
    /// Writes an entry by itself, after what it tells.
    pub async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row(entry)?)).send().await;
        put.map_err(StoreError::request("write audit log"))?;
        Ok(())
    }

    /// The entry as a part of a transaction.
    pub(crate) fn audited(&self, entry: AuditEntry) -> Result<TransactWriteItem, StoreError> {
        Ok(self.put(row(entry)?))
    }

    /// About `limit` entries before `before`, which is the `next` of the page before. It may come from a stranger: any
    /// text is a place in the log of this account.
    pub async fn audit_log(
        &self,
        account: &AccountId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        let mut query = self.query(keys::audit_log(account)).scan_index_forward(false);
        if let Some(before) = before.filter(|before| (1..=500).contains(&before.len())) {
            query = query
                .key_condition_expression("#pk = :pk AND sk < :before")
                .expression_attribute_values(":before", attribute(before));
        }
        let (items, more) = query_page("read audit log", query, None, limit).await?;
        let last = items.last().and_then(|item| item.get(SORT_KEY)?.as_s().ok().cloned());
        let entries = items.into_iter().map(|item| read_item(item, "audit log")).collect::<Result<_, _>>()?;
        Ok(AuditPage { entries, next: last.filter(|_| more.is_some()) })
    }

    pub(crate) async fn delete_audit_log(&self, account: &AccountId) -> Result<(), StoreError> {
        let query = self.query(keys::audit_log(account)).projection_expression("pk, sk");
        let found = query_all("read audit log", query).await?;
        let keys = found.iter().filter_map(crate::items::key_of);
        self.batch_write("delete audit log", keys.map(|key| delete_request(primary(key))).collect()).await
    }
}

fn row(entry: AuditEntry) -> Result<Item, StoreError> {
    let entry = entry.redacted();
    let end = entry.at.checked_add(KEPT).map_err(|_| StoreError::Unreadable { what: "time of an entry".to_owned() })?;
    Ok(expiring(item(keys::audit_entry(&entry.account, entry.at, &entry.id), "audit", &entry), end))
}

//! What an edit of a setting writes beside the setting, in the same transaction: the entry of the audit log, the groups
//! that change with it, and, of a request that may be repeated, what it made.
use accounts::audit::AuditEntry;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{ids::AccountId, monitor::Group};

use crate::{
    error::StoreError,
    items::{Item, attribute, expiring, item, read_item, seconds},
    keys,
    store::Store,
    table::TTL,
};

/// What goes with a save or a removal.
#[derive(Debug)]
pub struct Edit {
    pub(super) entry: Option<AuditEntry>,
    /// Groups as they are to be, each with the version that it replaces.
    pub groups: Vec<(Group, u64)>,
    /// Of the settings that it was checked against; `None`: it was checked against none.
    pub(super) revision: Option<Revision>,
    pub once: Option<Once>,
}

/// What an account's settings are when they are read. Each change that is made of them makes a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    account: AccountId,
    number: u64,
}

/// A request that is answered once, however often it is sent.
#[derive(Clone, Debug)]
pub struct Once {
    pub account: AccountId,
    /// Whoever sends it chose it, so it is known under a digest.
    pub key: String,
    pub made: Made,
    pub now: Timestamp,
    /// From when on the key is a new one.
    pub ends_at: Timestamp,
}

/// What was made by a request with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// A digest of the request.
    pub request: String,
    /// The id of the setting.
    pub id: String,
}

#[derive(Serialize, Deserialize)]
struct RevisionItem {
    number: u64,
}

impl Revision {
    /// That of the same settings after so many changes.
    #[must_use]
    pub fn after(&self, changes: u64) -> Self {
        Self { account: self.account.clone(), number: self.number + changes }
    }
}

impl Edit {
    /// Nothing is edited without an entry in the audit log.
    pub fn of(entry: AuditEntry) -> Self {
        Self { entry: Some(entry), ..Self::of_deletion() }
    }

    /// Of settings that were checked against the others as they were at this revision.
    pub fn of_settings(entry: AuditEntry, revision: Revision) -> Self {
        Self { revision: Some(revision), ..Self::of(entry) }
    }

    /// Of an account that is deleted with its log.
    pub(crate) fn of_deletion() -> Self {
        Self { entry: None, groups: Vec::new(), revision: None, once: None }
    }
}

impl Store {
    /// What a request with this key made, unless that is too long ago.
    pub async fn made(&self, account: &AccountId, key: &str, now: Timestamp) -> Result<Option<Made>, StoreError> {
        let found = self.get("read idempotency key", keys::idempotency(account, key)).await?;
        let has_ended = |item: &Item| {
            let end = item.get(TTL).and_then(|end| end.as_n().ok()?.parse::<i64>().ok());
            end.is_some_and(|end| end <= now.as_second())
        };
        found.filter(|item| !has_ended(item)).map(|item| read_item(item, "idempotency key")).transpose()
    }

    /// Refused if a request with its key has made something.
    pub(super) fn put_made(&self, once: &Once) -> TransactWriteItem {
        let row = expiring(item(keys::idempotency(&once.account, &once.key), "made", &once.made), once.ends_at);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR #ttl <= :now")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":now", seconds(once.now));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// To be read before the settings that a change is checked against. Strongly consistent.
    pub async fn settings_revision(&self, account: &AccountId) -> Result<Revision, StoreError> {
        let found = self.get("read revision", keys::settings_revision(account)).await?;
        let number = match found {
            None => 0,
            Some(row) => read_item::<RevisionItem>(row, "revision of settings")?.number,
        };
        Ok(Revision { account: account.clone(), number })
    }

    /// Refused if the settings were changed since `seen`.
    pub(super) fn next_revision(&self, seen: &Revision) -> TransactWriteItem {
        let next = RevisionItem { number: seen.number + 1 };
        let row = item(keys::settings_revision(&seen.account), "settings_revision", &next);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression(if seen.number == 0 { "attribute_not_exists(pk)" } else { "#number = :seen" });
        let put = match seen.number {
            0 => put,
            seen => put
                .expression_attribute_names("#number", "number")
                .expression_attribute_values(":seen", attribute(seen)),
        };
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }
}

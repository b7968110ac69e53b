//! What an edit of a setting writes beside the setting, in the same transaction: the entry of the audit log, the groups
//! that change with it, and, of a request that may be repeated, what it made.
use accounts::audit::AuditEntry;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{ids::AccountId, monitor::Group};

use crate::{
    error::StoreError,
    items::{Item, attribute, expiring, item, primary, read_item, seconds},
    keys, schema,
    store::Store,
    table::TTL,
};

/// What goes with a save or a removal.
#[derive(Debug)]
pub struct Edit {
    pub(super) entry: Option<AuditEntry>,
    /// Groups as they are to be, each with the version that it replaces.
    pub groups: Vec<(Group, u64)>,
    /// Monitors that an account may make on the pages; `None`: as many as it likes.
    pub max_monitors: Option<u32>,
    pub once: Option<Once>,
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

impl Edit {
    /// Nothing is edited without an entry in the audit log.
    pub fn of(entry: AuditEntry) -> Self {
        Self { entry: Some(entry), ..Self::of_deletion() }
    }

    /// Of an account that is deleted with its log.
    pub(crate) fn of_deletion() -> Self {
        Self { entry: None, groups: Vec::new(), max_monitors: None, once: None }
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

    /// One more or one less monitor that was made on the pages. Refused if there are `most`.
    pub(super) fn count_monitor(&self, account: &AccountId, by: i64, most: Option<u32>) -> TransactWriteItem {
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::monitor_count(account))))
            .update_expression("ADD monitors :by SET #type = :type, v = :v")
            .expression_attribute_names("#type", "type")
            .expression_attribute_values(":by", attribute(by))
            .expression_attribute_values(":type", attribute("monitor_count"))
            .expression_attribute_values(":v", schema::number(schema::WRITES));
        if let Some(most) = most.filter(|_| by > 0) {
            // A row that is absent counts as none.
            let condition = if most == 0 { "monitors < :most" } else { "attribute_not_exists(pk) OR monitors < :most" };
            update = update.condition_expression(condition).expression_attribute_values(":most", attribute(most));
        }
        TransactWriteItem::builder().update(update.build().expect("table, key and expression are set")).build()
    }
}

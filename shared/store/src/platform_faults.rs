//! The newest fault of each platform, with its alerts. Of several pollers that find the same one writes: every write is
//! conditional on the version read.
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{alert::Alert, platform_fault::PlatformFault};

use crate::{
    documents::{document, read_document},
    error::StoreError,
    items::{attribute, item, read_item},
    keys,
    pages::CommitError,
    records::{OutboxRow, WrittenBy},
    requests::query_all,
    store::Store,
};

#[derive(Serialize, Deserialize)]
struct PlatformFaultItem {
    version: u64,
    /// Whole, because it may concern thousands of providers.
    #[serde(with = "serde_bytes")]
    fault: Vec<u8>,
}

impl Store {
    /// Of every platform that ever had one, over or not. Strongly consistent.
    pub async fn platform_faults(&self) -> Result<Vec<PlatformFault>, StoreError> {
        let items = query_all("read platform faults", self.query(keys::PLATFORMS.into())).await?;
        let faults = items.into_iter().map(|item| {
            let PlatformFaultItem { fault, .. } = read_item(item, "fault of a platform")?;
            read_document(&fault, "fault of a platform")
        });
        faults.collect()
    }

    /// Fault, alert and its outbox row together or not at all. The version before `fault.version` must be the stored
    /// one; 1 is the first.
    pub async fn commit_platform_fault(
        &self,
        fault: &PlatformFault,
        alert: Option<&Alert>,
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, CommitError> {
        let document = document(fault, format_args!("the fault of platform {}", fault.platform))?;
        let body = PlatformFaultItem { version: fault.version, fault: document };
        let row = item(keys::platform_fault(&fault.platform), "platform_fault", &body);
        let put = Put::builder().table_name(&self.table).set_item(Some(row));
        let put = match fault.version {
            ..=1 => put.condition_expression("attribute_not_exists(pk)"),
            version => put
                .condition_expression("#version = :read")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":read", attribute(version - 1)),
        };
        let put = TransactWriteItem::builder().put(put.build().expect("table and item are set")).build();
        let alerts: Vec<Alert> = alert.into_iter().cloned().collect();
        let outbox = OutboxRow::of(&fault.provider(), WrittenBy::Health { at: now }, &alerts);
        let mut writes = vec![put];
        writes.extend(outbox.as_ref().map(|row| self.put(row.item())));
        writes.extend(crate::alerts::rows(&alerts, now)?.into_iter().map(|row| self.put(row)));
        match self.transact("commit platform fault", &writes).await {
            Ok(()) => Ok(outbox),
            Err(cancelled) if cancelled.by_condition => Err(CommitError::Conflict),
            Err(cancelled) => Err(cancelled.error.into()),
        }
    }
}

//! The mail addresses that an account ever had asked for consent.
use std::collections::BTreeSet;

use accounts::audit::AuditEntry;
use status::ids::AccountId;
use store::{StoreError, StoredSettings};

use crate::{sending, state::Console};

/// Of the audit log, in one query.
const PAGE: u32 = 500;

/// All that the account's destinations have, and those that its log tells of.
pub(crate) async fn addresses(console: &Console, account: &AccountId) -> Result<BTreeSet<String>, StoreError> {
    let settings = console.store.stored_settings(account).await?;
    Ok(addresses_of(&settings, &log(console, account).await?))
}

pub(crate) fn addresses_of(settings: &StoredSettings, log: &[AuditEntry]) -> BTreeSet<String> {
    let present = settings.destinations.iter().filter_map(|stored| sending::address(&stored.value));
    let asked = log.iter().filter(|entry| entry.action == sending::ASKED).map(|entry| entry.target.clone());
    present.chain(asked).collect()
}

/// The whole audit log, the newest entry first.
pub(crate) async fn log(console: &Console, account: &AccountId) -> Result<Vec<AuditEntry>, StoreError> {
    let (mut log, mut next) = (Vec::new(), None);
    loop {
        let page = console.store.audit_log(account, next.as_deref(), PAGE).await?;
        log.extend(page.entries);
        next = page.next;
        if next.is_none() {
            return Ok(log);
        }
    }
}

//! Entries of the audit log.
use accounts::audit::{AuditEntry, values};
use jiff::Timestamp;
use status::ids::AccountId;

use crate::random;

/// An entry of the audit log, at this moment.
pub(crate) fn entry(account: &AccountId, who: &str, action: &str, target: &str, now: Timestamp) -> AuditEntry {
    AuditEntry {
        account: account.clone(),
        at: now,
        id: random::id(),
        who: who.to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        before: values([]),
        after: values([]),
    }
}

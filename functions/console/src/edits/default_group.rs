//! The group that every account starts with: openings and ends of incidents that are major or minor, of all monitors.
//! The first destination of the account is put into it. It can be changed, and not removed.
use jiff::Timestamp;
use status::{
    ids::{AccountId, GroupId},
    monitor::{Group, Scope},
    words::{Event, Severity},
};
use store::{Edit, EditError, StoreError};

use crate::{entry::entry, state::Console};

/// No id that a configuration file is likely to declare.
const ID: &str = "group_default";
/// In the audit log: nobody asked for the group.
const MAKER: &str = "statuswire";

pub(crate) fn default_group() -> GroupId {
    GroupId::new(ID)
}

pub(super) fn group_of(account: &AccountId) -> Group {
    Group {
        id: default_group(),
        account: account.clone(),
        name: Some("Default".to_owned()),
        destinations: Vec::new(),
        severities: vec![Severity::Major, Severity::Minor],
        events: vec![Event::Opened, Event::Resolved],
        scope: Scope::All,
        quiet_hours: None,
        digest: None,
        follow_up: None,
    }
}

/// Makes it, unless the account has it.
pub(crate) async fn ensure_default_group(
    console: &Console,
    account: &AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let edit = Edit::of(entry(account, MAKER, "group.made", "Default", now));
    match console.store.save_group(&group_of(account), None, &edit).await {
        Ok(_) | Err(EditError::Conflict | EditError::ManagedByFile) => Ok(()),
        Err(EditError::Store(error)) => Err(error),
        Err(error) => unreachable!("nothing else refuses a new group: {error}"),
    }
}

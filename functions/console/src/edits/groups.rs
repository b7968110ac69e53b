//! Notification groups: who is alerted of what.
use accounts::audit::Values;
use settings::{GroupDraft, Problem};
use status::{
    ids::{AccountId, GroupId},
    monitor::Group,
};
use store::{ManagedBy, Stored, StoredSettings};

use super::{
    change::{Change, change, check_limit, current, new_id},
    default_group::default_group,
    refused::Refused,
    values,
};
use crate::{actor::Actor, state::Console};

/// A change of a destination changes all of them in one transaction.
const MAX_GROUPS: u32 = 50;

pub(crate) async fn group(console: &Console, account: &AccountId, id: &GroupId) -> Result<Stored<Group>, Refused> {
    console.store.stored_group(account, id).await?.ok_or(Refused::NotFound)
}

/// Makes a group, or replaces this version of the one with the draft's id.
pub(crate) async fn save_group(
    console: &Console,
    by: &Actor,
    mut draft: GroupDraft,
    version: Option<u64>,
) -> Result<Stored<Group>, Refused> {
    if version.is_none() {
        draft.id = new_id("group", &draft.id)?;
    }
    let draft = &draft;
    change(console, by, |change| async move {
        let before = match version {
            None => {
                check_limit(&change.present.groups, "groups", MAX_GROUPS)?;
                Values::new()
            }
            Some(version) => {
                let is_it = |group: &Group| group.id.as_str() == draft.id;
                values_of(&current(&change.present.groups, is_it, version)?.value)
            }
        };
        let value = draft.validate(&change.context()).map_err(Refused::Problems)?;
        let action = if version.is_none() { "group.made" } else { "group.changed" };
        let mut edit = change.edit(action, value.shown_name(), before, values_of(&value));
        if version.is_none() {
            edit.once = change.once(value.id.as_str());
        }
        let version = console.store.save_group(&value, version, &edit).await?;
        Ok(Stored { value, version, managed_by: ManagedBy::Web })
    })
    .await
}

/// The group that a save of this draft would make, which is not saved, or what is wrong with it; with the settings that
/// it was checked against.
pub(crate) async fn drafted_group(
    console: &Console,
    by: &Actor,
    mut draft: GroupDraft,
) -> Result<(StoredSettings, Result<Group, Vec<Problem>>), Refused> {
    if draft.id.is_empty() {
        draft.id = new_id("group", "")?;
    }
    let change = Change::begin(console, by).await?;
    let drafted = draft.validate(&change.context());
    Ok((change.present, drafted))
}

pub(crate) async fn remove_group(console: &Console, by: &Actor, id: &GroupId, version: u64) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let before = &current(&change.present.groups, |group| group.id == *id, version)?.value;
        if *id == default_group() {
            return Err(Refused::DefaultGroup);
        }
        // First: of a group that is gone nobody can take the address back.
        if let Some(feed) = console.store.feed(change.account(), Some(id)).await? {
            let edit = change.edit("feed.removed", before.shown_name(), Values::new(), Values::new());
            console.store.remove_feed(&feed, &edit).await?;
            change.saved();
        }
        let edit = change.edit("group.removed", before.shown_name(), values_of(before), Values::new());
        Ok(console.store.remove_group(change.account(), id, version, &edit).await?)
    })
    .await
}

fn values_of(group: &Group) -> Values {
    values::of_draft(&GroupDraft::of(group))
}

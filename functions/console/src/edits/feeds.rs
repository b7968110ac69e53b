//! Secret addresses of the account's feeds: of all that it watches, and of what a group covers.
use accounts::{audit::Values, secret::Secret};
use status::ids::{AccountId, GroupId};
use store::{Feed, Stored, StoredFeed};

use super::{
    change::{Change, change},
    refused::Refused,
};
use crate::{actor::Actor, random, state::Console};

/// `None`: it has no address.
pub(crate) async fn feed(
    console: &Console,
    account: &AccountId,
    group: Option<&GroupId>,
) -> Result<Option<Stored<StoredFeed>>, Refused> {
    Ok(console.store.feed(account, group).await?)
}

/// Whoever has the address it had is out.
pub(crate) async fn readdress_feed(
    console: &Console,
    by: &Actor,
    group: Option<&GroupId>,
    version: Option<u64>,
) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let target = target(&change, group).ok_or(Refused::NotFound)?;
        let before = feed(console, change.account(), group).await?;
        if before.as_ref().map(|before| before.version) != version {
            return Err(Refused::Conflict);
        }
        let address = Secret::new(random::bytes());
        let feed = Feed { account: change.account().clone(), group: group.cloned() };
        let edit = change.edit("feed.readdressed", &target, Values::new(), Values::new());
        Ok(console.store.save_feed(&feed, address.reveal(), before.as_ref(), &edit).await?)
    })
    .await
}

pub(crate) async fn remove_feed(
    console: &Console,
    by: &Actor,
    group: Option<&GroupId>,
    version: Option<u64>,
) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let before = feed(console, change.account(), group).await?.ok_or(Refused::NotFound)?;
        if Some(before.version) != version {
            return Err(Refused::Conflict);
        }
        let target = target(&change, group).unwrap_or_else(|| "a removed group".to_owned());
        let edit = change.edit("feed.removed", &target, Values::new(), Values::new());
        Ok(console.store.remove_feed(&before, &edit).await?)
    })
    .await
}

/// For the audit log; `None`: the account has no such group.
fn target(change: &Change<'_>, group: Option<&GroupId>) -> Option<String> {
    let Some(id) = group else { return Some("everything watched".to_owned()) };
    let found = change.present.groups.iter().find(|group| group.value.id == *id)?;
    Some(found.value.shown_name().to_owned())
}

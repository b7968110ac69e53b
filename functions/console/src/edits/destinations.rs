//! Destinations: the addresses that alerts go to. What is secret in their settings is never given out; a draft that
//! leaves it blank keeps it.
use accounts::audit::Values;
use settings::{Code, DestinationDraft};
use status::{
    follow_up::FollowUp,
    ids::{AccountId, DestinationId},
    monitor::{Destination, Group},
};
use store::{ManagedBy, Stored, StoredDestination};

use super::{
    change::{Change, change, check_limit, current, new_id, problem},
    default_group::default_group,
    refused::Refused,
    values,
};
use crate::{actor::Actor, state::Console};

const MAX_DESTINATIONS: u32 = 100;

pub(crate) async fn destination(
    console: &Console,
    account: &AccountId,
    id: &DestinationId,
) -> Result<Stored<StoredDestination>, Refused> {
    console.store.stored_destination(account, id).await?.ok_or(Refused::NotFound)
}

/// Makes a destination, or replaces this version of the one with the draft's id. The first one of an account is put
/// into its Default group, so that somebody is alerted.
pub(crate) async fn save_destination(
    console: &Console,
    by: &Actor,
    draft: DestinationDraft,
    version: Option<u64>,
) -> Result<Stored<StoredDestination>, Refused> {
    save_destination_without(console, by, draft, version, &[]).await
}

/// The same; those secrets that the draft leaves blank and `forgotten` names by their keys are removed.
pub(crate) async fn save_destination_without(
    console: &Console,
    by: &Actor,
    mut draft: DestinationDraft,
    version: Option<u64>,
    forgotten: &[String],
) -> Result<Stored<StoredDestination>, Refused> {
    if version.is_none() {
        draft.id = new_id("destination", &draft.id)?;
    }
    let draft = &draft;
    change(console, by, |change| async move {
        match version {
            None => change.make(draft).await,
            Some(version) => change.replace(draft, version, forgotten).await,
        }
    })
    .await?;
    destination(console, &by.account, &DestinationId::new(&draft.id)).await
}

/// Also takes it out of the groups that name it.
pub(crate) async fn remove_destination(
    console: &Console,
    by: &Actor,
    id: &DestinationId,
    version: u64,
) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let before = &current(&change.present.destinations, |it| it.id == *id, version)?.value;
        let values = values::of_destination(before);
        let mut edit = change.edit("destination.removed", before.shown_name(), values, Values::new());
        edit.groups = change.groups_without_destination(id);
        Ok(console.store.remove_destination(change.account(), id, version, &edit).await?)
    })
    .await
}

impl Change<'_> {
    async fn make(&self, draft: &DestinationDraft) -> Result<(), Refused> {
        check_limit(&self.present.destinations, "destinations", MAX_DESTINATIONS)?;
        let value = draft.validate(&self.context()).map_err(Refused::Problems)?;
        let mut edit = self.edit("destination.made", shown_name(&value), Values::new(), values_of(&value, &[]));
        edit.groups = self.default_group_with(&value.id).into_iter().collect();
        edit.once = self.once(value.id.as_str());
        self.console.store.save_destination(value, None, &edit).await?;
        Ok(())
    }

    async fn replace(&self, draft: &DestinationDraft, version: u64, forgotten: &[String]) -> Result<(), Refused> {
        let is_it = |destination: &StoredDestination| destination.id.as_str() == draft.id;
        let before = &current(&self.present.destinations, is_it, version)?.value;
        if draft.channel != before.channel {
            let hint = "add another destination, and remove this one";
            let problems = vec![problem("channel", Code::Refused, "cannot be changed", hint)];
            return Err(Refused::Problems(problems));
        }
        let known = self.console.store.unseal(before)?;
        let (draft, changed) = with_kept_secrets(draft.clone(), &known, forgotten);
        let value = draft.validate(&self.context()).map_err(Refused::Problems)?;
        let after = values_of(&value, &changed);
        let edit = self.edit("destination.changed", shown_name(&value), values::of_destination(before), after);
        self.console.store.save_destination(value, Some(version), &edit).await?;
        Ok(())
    }

    /// `None`: somebody is alerted by it already, or it is the file's.
    fn default_group_with(&self, destination: &DestinationId) -> Option<(Group, u64)> {
        let group = self.present.groups.iter().find(|group| group.value.id == default_group())?;
        let is_waiting = group.managed_by == ManagedBy::Web && group.value.destinations.is_empty();
        let destinations = vec![destination.clone()];
        is_waiting.then(|| (Group { destinations, ..group.value.clone() }, group.version))
    }

    fn groups_without_destination(&self, destination: &DestinationId) -> Vec<(Group, u64)> {
        let follows = |group: &Group| {
            let target = group.follow_up.as_ref().and_then(|follow_up| follow_up.destination.as_ref());
            target == Some(destination)
        };
        let is_named = |group: &Group| group.destinations.contains(destination) || follows(group);
        let named = self.present.groups.iter().filter(|group| is_named(&group.value));
        let without = |group: &Group| Group {
            destinations: group.destinations.iter().filter(|other| *other != destination).cloned().collect(),
            // It goes to those who got the first alert, rather than to nobody.
            follow_up: group.follow_up.clone().map(|follow_up| match follows(group) {
                true => FollowUp { destination: None, ..follow_up },
                false => follow_up,
            }),
            ..group.clone()
        };
        let of_pages = named.filter(|group| group.managed_by == ManagedBy::Web);
        of_pages.map(|group| (without(&group.value), group.version)).collect()
    }
}

/// A form never shows a secret, so that a blank one says nothing. Returns the secrets that change, too.
fn with_kept_secrets(
    mut draft: DestinationDraft,
    known: &Destination,
    forgotten: &[String],
) -> (DestinationDraft, Vec<String>) {
    let mut changed = Vec::new();
    let channel = channels::channel(&known.channel);
    for setting in channel.into_iter().flat_map(|channel| channel.settings).filter(|setting| setting.secret) {
        let present = known.settings.get(setting.key);
        let given = draft.settings.get(setting.key).filter(|value| !value.trim().is_empty());
        match (given, present) {
            (None, Some(_)) if forgotten.iter().any(|key| key == setting.key) => changed.push(setting.key.to_owned()),
            (None, Some(present)) => {
                draft.settings.insert(setting.key.to_owned(), present.to_owned());
            }
            (Some(given), present) if present != Some(given) => changed.push(setting.key.to_owned()),
            _ => {}
        }
    }
    (draft, changed)
}

fn shown_name(destination: &Destination) -> &str {
    destination.label.as_deref().unwrap_or(destination.id.as_str())
}

/// Of a secret only whether it changes.
fn values_of(destination: &Destination, changed: &[String]) -> Values {
    let mut values: Values = [("channel".to_owned(), destination.channel.clone())].into();
    values.extend(destination.label.clone().map(|label| ("label".to_owned(), label)));
    let is_secret = |key: &str| channels::is_secret(&destination.channel, key);
    let clear = destination.settings.0.iter().filter(|(key, _)| !is_secret(key));
    values.extend(clear.map(|(key, value)| (key.clone(), value.clone())));
    if !changed.is_empty() {
        values.insert("changed".to_owned(), changed.join(", "));
    }
    values
}

//! Monitors: what the account watches.
use std::{
    collections::{BTreeSet, HashSet},
    sync::{Mutex, PoisonError},
};

use accounts::audit::Values;
use settings::{Code, MonitorDraft};
use status::{
    ids::{AccountId, GroupId, MonitorId},
    monitor::{Group, Monitor, Scope},
};
use store::{EditError, ManagedBy, StoreError, Stored};

use super::{
    change::{Change, change, current, new_id, of_pages, problem},
    refused::Refused,
    values,
};
use crate::{actor::Actor, state::Console};

const WHAT: &str = "monitors";

/// Groups of chosen monitors that a monitor is to be put into and taken out of.
#[derive(Default)]
pub(crate) struct Membership {
    pub(crate) into: BTreeSet<GroupId>,
    pub(crate) out_of: BTreeSet<GroupId>,
}

impl Membership {
    /// A group of all monitors stays one.
    pub(crate) fn applied(&self, group: &Group, monitor: &MonitorId) -> Group {
        let Scope::Monitors(chosen) = &group.scope else { return group.clone() };
        let others = chosen.iter().filter(|other| *other != monitor).cloned();
        let scope = match (self.into.contains(&group.id), self.out_of.contains(&group.id)) {
            (true, _) if !chosen.contains(monitor) => Scope::Monitors(others.chain([monitor.clone()]).collect()),
            (_, true) => Scope::Monitors(others.collect()),
            _ => return group.clone(),
        };
        Group { scope, ..group.clone() }
    }
}

pub(crate) async fn monitor(
    console: &Console,
    account: &AccountId,
    id: &MonitorId,
) -> Result<Stored<Monitor>, Refused> {
    console.store.stored_monitor(account, id).await?.ok_or(Refused::NotFound)
}

/// Makes a monitor, or replaces this version of the one with the draft's id.
pub(crate) async fn save_monitor(
    console: &Console,
    by: &Actor,
    draft: MonitorDraft,
    version: Option<u64>,
) -> Result<Stored<Monitor>, Refused> {
    save_monitor_in(console, by, draft, version, &Membership::default()).await
}

/// The same, and puts it into groups of chosen monitors or takes it out of them.
pub(crate) async fn save_monitor_in(
    console: &Console,
    by: &Actor,
    mut draft: MonitorDraft,
    version: Option<u64>,
    membership: &Membership,
) -> Result<Stored<Monitor>, Refused> {
    if version.is_none() {
        draft.id = new_id("monitor", &draft.id)?;
    }
    let draft = &draft;
    change(console, by, |change| async move {
        if version.is_none() {
            change.check_room(1)?;
        }
        change.save(draft, version, membership).await
    })
    .await
}

/// Makes a monitor for each draft of a provider that is not watched yet. All drafts are good, and there is room for
/// all, or none is made.
pub(crate) async fn watch(
    console: &Console,
    by: &Actor,
    mut drafts: Vec<MonitorDraft>,
) -> Result<Vec<Stored<Monitor>>, Refused> {
    for draft in &mut drafts {
        draft.id = new_id("monitor", &draft.id)?;
    }
    let saved = Mutex::new(Vec::new());
    let (drafts, made) = (&drafts, &saved);
    // What was saved before somebody else's change came between is watched in the next attempt.
    change(console, by, |change| async move {
        let new = change.not_watched(drafts);
        for draft in &new {
            draft.validate(&change.context()).map_err(Refused::Problems)?;
        }
        change.check_room(new.len())?;
        for draft in new {
            let monitor = change.save(draft, None, &Membership::default()).await?;
            change.saved();
            made.lock().unwrap_or_else(PoisonError::into_inner).push(monitor);
        }
        Ok(())
    })
    .await?;
    Ok(saved.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Also takes it out of the groups that name it. A group that names no other is left without any: it must not get the
/// alerts of all.
pub(crate) async fn remove_monitor(console: &Console, by: &Actor, id: &MonitorId, version: u64) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let before = &current(&change.present.monitors, |monitor| monitor.id == *id, version)?.value;
        let values = change.values(before);
        let mut edit = change.edit("monitor.removed", before.provider.as_str(), values, Values::new());
        edit.groups = change.groups_without(id);
        Ok(console.store.remove_monitor(change.account(), id, version, &edit).await?)
    })
    .await
}

impl Change<'_> {
    /// Those drafts whose providers are not watched yet, one for each.
    fn not_watched<'d>(&self, drafts: &'d [MonitorDraft]) -> Vec<&'d MonitorDraft> {
        let mut watched: HashSet<&str> = self.present.watched.iter().map(|provider| provider.as_str()).collect();
        let named = |draft: &'d MonitorDraft| draft.provider.as_deref().or(draft.page.as_deref());
        drafts.iter().filter(|draft| named(draft).is_none_or(|id| watched.insert(id))).collect()
    }

    /// Whether `more` monitors may be made.
    fn check_room(&self, more: usize) -> Result<(), Refused> {
        match self.console.max_monitors(self.account()) {
            Some(most) if of_pages(&self.present.monitors) + more > most as usize => {
                Err(Refused::Limit { what: WHAT, most })
            }
            _ => Ok(()),
        }
    }

    async fn save(
        &self,
        draft: &MonitorDraft,
        version: Option<u64>,
        membership: &Membership,
    ) -> Result<Stored<Monitor>, Refused> {
        let before = match version {
            None => Values::new(),
            Some(version) => {
                let is_it = |monitor: &Monitor| monitor.id.as_str() == draft.id;
                self.values(&current(&self.present.monitors, is_it, version)?.value)
            }
        };
        let value = draft.validate(&self.context()).map_err(Refused::Problems)?;
        let action = if version.is_none() { "monitor.made" } else { "monitor.changed" };
        let groups = self.groups_of(&value.id, membership)?;
        let mut after = self.values(&value);
        for (what, ids) in [("put into groups", &membership.into), ("taken out of groups", &membership.out_of)] {
            let changed = groups.iter().filter(|(group, _)| ids.contains(&group.id));
            let names: Vec<&str> = changed.map(|(group, _)| group.shown_name()).collect();
            if !names.is_empty() {
                after.insert(what.to_owned(), names.join(", "));
            }
        }
        let mut edit = self.edit(action, value.provider.as_str(), before, after);
        edit.groups = groups;
        if version.is_none() {
            edit.once = self.once(&draft.id);
        }
        match self.console.store.save_monitor(&value, version, &edit).await {
            Ok(version) => Ok(Stored { value, version, managed_by: ManagedBy::Web }),
            Err(EditError::Store(StoreError::TooLarge { .. })) => Err(Refused::Problems(vec![problem(
                "components",
                Code::TooMany,
                "take more room than a monitor has",
                "choose groups of components, or fewer of them",
            )])),
            Err(error) => Err(error.into()),
        }
    }

    fn values(&self, monitor: &Monitor) -> Values {
        let is_own_page = self.present.pages.iter().any(|page| page.value.0.id == monitor.provider);
        values::of_draft(&MonitorDraft::of(monitor, is_own_page))
    }

    /// Those that the membership changes, as they are after it.
    fn groups_of(&self, monitor: &MonitorId, membership: &Membership) -> Result<Vec<(Group, u64)>, Refused> {
        let of_pages = self.present.groups.iter().filter(|stored| stored.managed_by == ManagedBy::Web);
        let after = |stored: &Stored<Group>| {
            let group = membership.applied(&stored.value, monitor);
            (group != stored.value).then_some((group, stored.version))
        };
        let changed: Vec<(Group, u64)> = of_pages.filter_map(after).collect();
        let monitors = |group: &Group| match &group.scope {
            Scope::All => 0,
            Scope::Monitors(chosen) => chosen.len(),
        };
        if changed.iter().any(|(group, _)| monitors(group) > settings::MAX_REFERENCES) {
            let (message, hint) = ("a group has as many monitors as it may have", "choose another group");
            return Err(Refused::Problems(vec![problem("alert_group", Code::TooMany, message, hint)]));
        }
        Ok(changed)
    }

    fn groups_without(&self, monitor: &MonitorId) -> Vec<(Group, u64)> {
        let without = |stored: &Stored<Group>| match &stored.value.scope {
            Scope::Monitors(chosen) if stored.managed_by == ManagedBy::Web && chosen.contains(monitor) => {
                let others = chosen.iter().filter(|other| *other != monitor).cloned().collect();
                Some((Group { scope: Scope::Monitors(others), ..stored.value.clone() }, stored.version))
            }
            _ => None,
        };
        self.present.groups.iter().filter_map(without).collect()
    }
}

//! Monitors: what the account watches.
use std::collections::HashSet;

use accounts::audit::Values;
use settings::{Code, MonitorDraft};
use status::{
    ids::{AccountId, MonitorId},
    monitor::{Group, Monitor, Scope},
};
use store::{EditError, ManagedBy, StoreError, Stored};

use super::{
    change::{ATTEMPTS, Change, current, new_id, of_pages, problem},
    refused::Refused,
    values,
};
use crate::{actor::Actor, state::Console};

const WHAT: &str = "monitors";

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
    mut draft: MonitorDraft,
    version: Option<u64>,
) -> Result<Stored<Monitor>, Refused> {
    let change = Change::begin(console, by).await?;
    if version.is_none() {
        change.check_room(1)?;
        draft.id = new_id("monitor", &draft.id)?;
    }
    change.save(&draft, version).await
}

/// Makes a monitor for each draft of a provider that is not watched yet. All drafts are good, and there is room for
/// all, or none is made.
pub(crate) async fn watch(
    console: &Console,
    by: &Actor,
    drafts: Vec<MonitorDraft>,
) -> Result<Vec<Stored<Monitor>>, Refused> {
    let change = Change::begin(console, by).await?;
    let is_watched = |id: &String| change.present.watched.iter().any(|watched| watched.as_str() == id);
    let mut new = Vec::new();
    let mut named = HashSet::new();
    for mut draft in drafts {
        let named =
            draft.provider.as_ref().or(draft.page.as_ref()).filter(|id| is_watched(id) || !named.insert((*id).clone()));
        if named.is_some() {
            continue;
        }
        draft.id = new_id("monitor", &draft.id)?;
        draft.validate(&change.context()).map_err(Refused::Problems)?;
        new.push(draft);
    }
    change.check_room(new.len())?;
    let mut saved = Vec::new();
    for draft in &new {
        saved.push(change.save(draft, None).await?);
    }
    Ok(saved)
}

/// Also takes it out of the groups that name it. A group that names no other is left without any: it must not get the
/// alerts of all.
pub(crate) async fn remove_monitor(console: &Console, by: &Actor, id: &MonitorId, version: u64) -> Result<(), Refused> {
    for _ in 0..ATTEMPTS {
        let change = Change::begin(console, by).await?;
        let before = &current(&change.present.monitors, |monitor| monitor.id == *id, version)?.value;
        let values = change.values(before);
        let mut edit = change.edit("monitor.removed", before.provider.as_str(), values, Values::new());
        edit.groups = change.groups_without(id);
        match console.store.remove_monitor(change.account(), id, version, &edit).await {
            Err(EditError::GroupsChanged) => {}
            done => return Ok(done?),
        }
    }
    Err(Refused::Store(StoreError::Contended { operation: "remove monitor" }))
}

impl Change<'_> {
    /// Whether `more` monitors may be made.
    fn check_room(&self, more: usize) -> Result<(), Refused> {
        match self.console.max_monitors(self.account()) {
            Some(most) if of_pages(&self.present.monitors) + more > most as usize => {
                Err(Refused::Limit { what: WHAT, most })
            }
            _ => Ok(()),
        }
    }

    async fn save(&self, draft: &MonitorDraft, version: Option<u64>) -> Result<Stored<Monitor>, Refused> {
        let before = match version {
            None => Values::new(),
            Some(version) => {
                let is_it = |monitor: &Monitor| monitor.id.as_str() == draft.id;
                self.values(&current(&self.present.monitors, is_it, version)?.value)
            }
        };
        let value = draft.validate(&self.context()).map_err(Refused::Problems)?;
        let action = if version.is_none() { "monitor.made" } else { "monitor.changed" };
        let mut edit = self.edit(action, value.provider.as_str(), before, self.values(&value));
        if version.is_none() {
            edit.max_monitors = self.console.max_monitors(self.account());
            edit.once = self.once(&draft.id);
        }
        match self.console.store.save_monitor(&value, version, &edit).await {
            Ok(version) => Ok(Stored { value, version, managed_by: ManagedBy::Web }),
            Err(EditError::Limit) => Err(Refused::Limit { what: WHAT, most: edit.max_monitors.unwrap_or_default() }),
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

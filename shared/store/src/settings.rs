//! An account's settings, written as the difference to what is stored. Every row is independent, so the next run
//! completes one that was interrupted. A destination is two items (one under its account, one under its id), written in
//! one transaction; so is what is counted: see [`crate::watched`]. What is secret in a destination is encrypted: see
//! [`crate::sealed`]. So is the login of a page: see [`crate::logins`]. What the pages and the API made is left as it
//! is: see [`crate::edits`].
use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use status::{
    board::Board,
    ids::{AccountId, DestinationId, ProviderId},
    monitor::{Destination, Group, Monitor},
    provider::{Login, Provider},
};

use crate::{
    boards::BoardChanges,
    error::StoreError,
    items::{DestinationItem, Item, Setting, attribute, item, primary, read_item, setting_item, setting_keys},
    keys,
    requests::{delete_request, put_request, query_all},
    sealed::{Sealer, StoredDestination},
    store::Store,
    stored::{ManagedBy, managed_by},
    table::{PARTITION_KEY, SORT_KEY},
    watched::{Holder, Row, Step},
};

/// All settings of an account that its configuration file declares. What the file does not list is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSettings {
    /// Status pages that are not in the catalogue.
    pub pages: Vec<Provider>,
    /// Of those of them that need a login.
    pub logins: BTreeMap<ProviderId, Login>,
    pub destinations: Vec<Destination>,
    pub groups: Vec<Group>,
    pub monitors: Vec<Monitor>,
    pub boards: Vec<Board>,
}

/// Numbers of pages, destinations, groups, monitors and boards, by what was done with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub written: usize,
    pub removed: usize,
    pub unchanged: usize,
    /// For [`Store::note_applied`].
    pub run: u64,
}

/// What has to be written.
#[derive(Default)]
struct Changes {
    puts: Vec<(Setting, Item)>,
    /// Destinations whose definitions are as before, and are to be encrypted with today's key.
    sealed_anew: Vec<(StoredDestination, Item)>,
    removals: Vec<(Setting, Item)>,
    watched: Vec<Step>,
    boards: BoardChanges,
    applied: Applied,
}

impl Store {
    /// Applying the same settings twice writes nothing the second time. A destination whose definition changed is
    /// written anew, so it is enabled again; what it missed stays marked. Once the caller has done what follows from
    /// the settings, [`Store::note_applied`] spares the next start all of this.
    pub async fn apply(&self, account: &AccountId, wanted: &AccountSettings) -> Result<Applied, StoreError> {
        let run = self.newest_run(account).await?;
        let present = query_all("read settings", self.query(keys::account(account))).await?;
        let mut changes = Changes::between(&self.sealer, account, present, wanted)?;
        changes.add_boards(BoardChanges::between(self.boards(account).await?, &wanted.boards)?);
        let mut applied = Applied { run, ..changes.applied };
        if !changes.is_empty() {
            applied.run = self.begin_apply(account).await?;
            self.carry_out(account, changes).await?;
        }
        Ok(applied)
    }

    async fn carry_out(&self, account: &AccountId, changes: Changes) -> Result<(), StoreError> {
        let mut writes = Vec::new();
        for (setting, item) in changes.puts {
            match setting {
                Setting::Destination(destination) => self.put_destination(account, destination, item).await?,
                _ => writes.push(put_request(item)),
            }
        }
        for (destination, item) in changes.sealed_anew {
            self.seal_anew(account, destination, item).await?;
        }
        for (setting, item) in changes.removals {
            let key = key_of(&item);
            match setting {
                Setting::Destination(destination) => self.delete_destination(&destination.id, key).await?,
                _ => writes.push(delete_request(key)),
            }
        }
        self.batch_write("write settings", writes).await?;
        self.change_boards(changes.boards).await?;
        self.change_watched(account, &changes.watched).await
    }

    async fn put_destination(
        &self,
        account: &AccountId,
        definition: StoredDestination,
        listed: Item,
    ) -> Result<(), StoreError> {
        let id = definition.id.clone();
        let before = self.destination(&id).await?.filter(|before| before.destination.account == *account);
        let missed_since = before.and_then(|before| before.missed_since.or(Some(before.disabled?.at)));
        let body = DestinationItem::unused(account.clone(), definition, missed_since);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item(keys::destination(&id), "destination", &body)))
            .condition_expression("attribute_not_exists(pk) OR account = :account")
            .expression_attribute_values(":account", attribute(account))
            .build()
            .expect("table and item are set");
        let writes = vec![self.put(listed), TransactWriteItem::builder().put(put).build()];
        match self.transact("write destination", &writes).await {
            Ok(()) => Ok(()),
            Err(cancelled) if cancelled.by_condition => Err(StoreError::Taken { id: id.to_string() }),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    /// Replaces the definition alone: whether the destination is disabled, and what it missed, stays.
    async fn seal_anew(
        &self,
        account: &AccountId,
        definition: StoredDestination,
        listed: Item,
    ) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(&definition.id))))
            .update_expression("SET #definition = :definition")
            .condition_expression("account = :account")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_values(":definition", attribute(&definition))
            .expression_attribute_values(":account", attribute(account))
            .build()
            .expect("table, key and expression are set");
        let writes = vec![self.put(listed.clone()), TransactWriteItem::builder().update(update).build()];
        match self.transact("encrypt destination", &writes).await {
            Ok(()) => Ok(()),
            // It was removed meanwhile.
            Err(cancelled) if cancelled.by_condition => self.put_destination(account, definition, listed).await,
            Err(cancelled) => Err(cancelled.error),
        }
    }

    async fn delete_destination(&self, destination: &DestinationId, listed: Item) -> Result<(), StoreError> {
        let writes = vec![self.delete(listed), self.delete(primary(keys::destination(destination)))];
        let removed = self.transact("remove destination", &writes).await;
        removed.map_err(|cancelled| cancelled.error)
    }
}

impl Changes {
    fn between(
        sealer: &Sealer,
        account: &AccountId,
        present: Vec<Item>,
        wanted: &AccountSettings,
    ) -> Result<Self, StoreError> {
        let (of_web, present): (Vec<Item>, Vec<Item>) =
            present.into_iter().partition(|item| managed_by(item) == ManagedBy::Web);
        let of_web: HashSet<String> = of_web.iter().map(sort_key).collect();
        let mut present: HashMap<String, Item> = present.into_iter().map(|item| (sort_key(&item), item)).collect();
        let mut changes = Self::default();
        for (sort, setting) in wanted.settings(account) {
            if of_web.contains(&sort) {
                return Err(StoreError::ManagedByWeb { what: name_of(&setting) });
            }
            let present = present.remove(&sort);
            if let Setting::Watched(provider) = setting {
                changes.watch(provider, present.as_ref(), true);
                continue;
            }
            if let Setting::Destination(wanted) = setting {
                changes.seal(sealer, account, wanted, present)?;
                continue;
            }
            let mut item = setting_item(account, &setting);
            if let Setting::Page(page) = &setting
                && let Some(login) = wanted.logins.get(&page.id)
            {
                sealer.add_login(page, login, present.as_ref(), &mut item)?;
            }
            if present.is_some_and(|present| present == item) {
                changes.applied.unchanged += 1;
            } else {
                changes.applied.written += 1;
                changes.puts.push((setting, item));
            }
        }
        // What is left in `present` is no longer wanted.
        for item in present.into_values() {
            match read_item(item.clone(), format_args!("setting of account {account}"))? {
                Setting::Watched(provider) => changes.watch(provider, Some(&item), false),
                setting => {
                    changes.applied.removed += 1;
                    changes.removals.push((setting, item));
                }
            }
        }
        Ok(changes)
    }

    /// Only with the key can be seen whether a destination is as before.
    fn seal(
        &mut self,
        sealer: &Sealer,
        account: &AccountId,
        wanted: StoredDestination,
        present: Option<Item>,
    ) -> Result<(), StoreError> {
        let wanted = sealer.unseal(&wanted)?;
        let present = match present {
            None => None,
            Some(item) => match read_item(item, format_args!("destination {}", wanted.id))? {
                Setting::Destination(present) => Some(present),
                _ => return Err(StoreError::unexpected_item("settings")),
            },
        };
        let is_same = match &present {
            Some(present) => sealer.unseal(present)? == wanted,
            None => false,
        };
        if is_same && present.is_some_and(|present| sealer.is_current(&present)) {
            self.applied.unchanged += 1;
            return Ok(());
        }
        self.applied.written += 1;
        let sealed = sealer.seal(wanted)?;
        let setting = Setting::Destination(sealed.clone());
        let item = setting_item(account, &setting);
        match is_same {
            true => self.sealed_anew.push((sealed, item)),
            false => self.puts.push((setting, item)),
        }
        Ok(())
    }

    fn watch(&mut self, provider: ProviderId, present: Option<&Item>, is_wanted: bool) {
        let step = Step { provider, from: Row::of(present), holder: Holder::File(is_wanted) };
        if !step.is_empty() {
            self.watched.push(step);
        }
    }

    fn add_boards(&mut self, boards: BoardChanges) {
        self.applied.written += boards.written.len();
        self.applied.removed += boards.removed.len();
        self.applied.unchanged += boards.unchanged;
        self.boards = boards;
    }

    fn is_empty(&self) -> bool {
        self.puts.is_empty()
            && self.sealed_anew.is_empty()
            && self.removals.is_empty()
            && self.watched.is_empty()
            && self.boards.is_empty()
    }
}

impl AccountSettings {
    /// Each setting by its sort key; destinations in clear. Boards are not among them: they have rows elsewhere.
    pub(crate) fn settings(&self, account: &AccountId) -> BTreeMap<String, Setting> {
        let pages = self.pages.iter().cloned().map(Setting::Page);
        let clear = |destination: &Destination| Setting::Destination(StoredDestination::clear(destination.clone()));
        let destinations = self.destinations.iter().map(clear);
        let groups = self.groups.iter().cloned().map(Setting::Group);
        let monitors = self.monitors.iter().cloned().map(Setting::Monitor);
        let watched = self.monitors.iter().map(|monitor| Setting::Watched(monitor.provider.clone()));
        let settings = pages.chain(destinations).chain(groups).chain(monitors).chain(watched);
        settings.map(|setting| (setting_keys(account, &setting).0.sort, setting)).collect()
    }

    /// How many pages, destinations, groups, monitors and boards there are.
    pub fn len(&self) -> usize {
        self.pages.len() + self.destinations.len() + self.groups.len() + self.monitors.len() + self.boards.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// For people.
fn name_of(setting: &Setting) -> String {
    match setting {
        Setting::Page(page) => format!("page {}", page.id),
        Setting::Destination(destination) => format!("destination {}", destination.id),
        Setting::Group(group) => format!("group {}", group.id),
        Setting::Monitor(monitor) => format!("monitor {}", monitor.id),
        Setting::Watched(provider) => format!("watched provider {provider}"),
    }
}

fn sort_key(item: &Item) -> String {
    item[SORT_KEY].as_s().cloned().expect("sort keys are text")
}

fn key_of(item: &Item) -> Item {
    [PARTITION_KEY, SORT_KEY].map(|name| (name.into(), item[name].clone())).into()
}

//! Settings one at a time, as the pages and the API write them. Wanted properties:
//! - each save or removal is one transaction with all rows that follow from it, so that whoever stops half-way leaves
//!   the old setting or the new one;
//! - of two who edit one version, one is told of the conflict;
//! - what the configuration file declares is not edited here, and [`Store::apply`] leaves alone what is.
mod edit;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use status::{
    ids::{AccountId, DestinationId, GroupId, MonitorId, ProviderId},
    monitor::{Destination, Group, Monitor},
    provider::{Login, Provider},
};

use crate::{
    error::{EditError, StoreError},
    items::{
        DestinationItem, Item, PRIVATE, Setting, VISIBILITY, attribute, item, primary, setting_item, setting_keys,
    },
    keys::{self, Key},
    requests::{Cancelled, delete_request},
    sealed::StoredDestination,
    store::Store,
    stored::{MANAGED_BY, ManagedBy, StoredSettings, VERSION, Visibility, WEB, managed_by},
    watched::{Holder, Row, Step},
};

pub use edit::{Edit, Made, Once, Revision};

/// Another edit may change the rows that follow from a setting between the read and the write.
const TRIES: u32 = 8;

impl Store {
    /// Creates the group of its account, or replaces this `version` of it. Returns the new version.
    pub async fn save_group(&self, group: &Group, version: Option<u64>, edit: &Edit) -> Result<u64, EditError> {
        let row = Edited::saved(&group.account, &Setting::Group(group.clone()), version);
        self.write(&row, Vec::new(), edit).await?;
        Ok(row.version)
    }

    pub async fn remove_group(
        &self,
        account: &AccountId,
        group: &GroupId,
        version: u64,
        edit: &Edit,
    ) -> Result<(), EditError> {
        Ok(self.write(&Edited::removed(keys::account_group(account, group), version), Vec::new(), edit).await?)
    }

    /// As [`Store::save_group`]; with what is counted of who watches its provider.
    pub async fn save_monitor(&self, monitor: &Monitor, version: Option<u64>, edit: &Edit) -> Result<u64, EditError> {
        let account = &monitor.account;
        let before = match version {
            None => None,
            Some(_) => {
                Some(self.stored_monitor(account, &monitor.id).await?.ok_or(EditError::Conflict)?.value.provider)
            }
        };
        let row = Edited::saved(account, &Setting::Monitor(monitor.clone()), version);
        let mut moves = Vec::new();
        if before.as_ref() != Some(&monitor.provider) {
            moves.extend(before.map(|before| (before, Holder::Web { more: false })));
            moves.push((monitor.provider.clone(), Holder::Web { more: true }));
        }
        self.write_monitor(account, &row, &moves, edit).await?;
        Ok(row.version)
    }

    pub async fn remove_monitor(
        &self,
        account: &AccountId,
        monitor: &MonitorId,
        version: u64,
        edit: &Edit,
    ) -> Result<(), EditError> {
        let before = self.stored_monitor(account, monitor).await?.ok_or(EditError::Conflict)?.value.provider;
        let row = Edited::removed(keys::account_monitor(account, monitor), version);
        self.write_monitor(account, &row, &[(before, Holder::Web { more: false })], edit).await
    }

    /// The version in the condition of `row` makes sure that `moves` begin at the provider that it watched.
    async fn write_monitor(
        &self,
        account: &AccountId,
        row: &Edited,
        moves: &[(ProviderId, Holder)],
        edit: &Edit,
    ) -> Result<(), EditError> {
        for _ in 0..TRIES {
            let mut more = Vec::new();
            for (provider, holder) in moves {
                let found = self.get("read watched provider", keys::account_watched(account, provider)).await?;
                let step = Step { provider: provider.clone(), from: Row::of(found.as_ref()), holder: *holder };
                more.extend(self.writes(account, &step));
            }
            match self.write(row, more, edit).await {
                Err(Refused::More | Refused::Edit(EditError::Store(StoreError::Contended { .. }))) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    let left = moves.iter().filter(|(_, holder)| *holder == Holder::Web { more: false });
                    self.forget_unwatched(left.map(|(provider, _)| provider)).await?;
                    return Ok(());
                }
            }
        }
        Err(StoreError::Contended { operation: "save monitor" }.into())
    }

    /// As [`Store::save_group`]. `destination` is in clear, and is encrypted here. One whose channel or settings
    /// changed is enabled again, and what it missed stays marked.
    pub async fn save_destination(
        &self,
        destination: Destination,
        version: Option<u64>,
        edit: &Edit,
    ) -> Result<u64, EditError> {
        let (account, id) = (destination.account.clone(), destination.id.clone());
        let definition = self.sealer.seal(destination.clone())?;
        let row = Edited::saved(&account, &Setting::Destination(definition.clone()), version);
        let before = match version {
            None => None,
            Some(_) => self.destination(&id).await?.filter(|before| before.destination.account == account),
        };
        let relabelled = match &before {
            Some(before) => {
                let known = self.unseal(&before.destination)?;
                Destination { label: destination.label.clone(), ..known } == destination
            }
            None => false,
        };
        let state = if relabelled {
            self.redefine(&definition)
        } else {
            let missed_since = before.and_then(|before| before.missed_since.or(Some(before.disabled?.at)));
            self.define(definition, missed_since, version)
        };
        match self.write(&row, vec![state], edit).await {
            Ok(()) => Ok(row.version),
            // Another account has its id.
            Err(Refused::More) => Err(EditError::Conflict),
            Err(error) => Err(error.into()),
        }
    }

    /// The destination under its own id, as one that has not been used.
    fn define(
        &self,
        definition: StoredDestination,
        missed_since: Option<jiff::Timestamp>,
        version: Option<u64>,
    ) -> TransactWriteItem {
        let key = keys::destination(&definition.id);
        let account = definition.account.clone();
        let body = DestinationItem::unused(account.clone(), definition, missed_since);
        let put = Put::builder().table_name(&self.table).set_item(Some(item(key, "destination", &body)));
        let put = match version {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(_) => put
                .condition_expression("account = :account")
                .expression_attribute_values(":account", attribute(account)),
        };
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// Its definition alone: whether it is disabled, and what it missed, stays.
    fn redefine(&self, definition: &StoredDestination) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(&definition.id))))
            .update_expression("SET #definition = :definition")
            .condition_expression("account = :account")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_values(":definition", attribute(definition))
            .expression_attribute_values(":account", attribute(&definition.account));
        TransactWriteItem::builder().update(update.build().expect("table, key and expression are set")).build()
    }

    pub async fn remove_destination(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        version: u64,
        edit: &Edit,
    ) -> Result<(), EditError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::destination(destination))))
            .condition_expression("account = :account")
            .expression_attribute_values(":account", attribute(account));
        let delete = TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build();
        let row = Edited::removed(keys::account_destination(account, destination), version);
        Ok(self.write(&row, vec![delete], edit).await?)
    }

    /// As [`Store::save_group`]. The id is to follow from the URL, so that accounts share what is read of a page, and
    /// nothing else; and from the account too, if there is a `login`, which is encrypted here.
    pub async fn save_page(
        &self,
        account: &AccountId,
        (page, visibility, login): (&Provider, Visibility, Option<&Login>),
        version: Option<u64>,
        edit: &Edit,
    ) -> Result<u64, EditError> {
        let mut row = Edited::saved(account, &Setting::Page(page.clone()), version);
        if let Some(item) = &mut row.item {
            if visibility == Visibility::Private {
                item.insert(VISIBILITY.into(), AttributeValue::S(PRIVATE.into()));
            }
            if let Some(login) = login {
                self.sealer.add_login(page, login, None, item)?;
            }
        }
        self.write(&row, Vec::new(), edit).await?;
        Ok(row.version)
    }

    /// Refused while a monitor of the account watches it: nobody would read the page, and nobody be told.
    pub async fn remove_page(
        &self,
        account: &AccountId,
        page: &ProviderId,
        version: u64,
        edit: &Edit,
    ) -> Result<(), EditError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::account_watched(account, page))))
            .condition_expression("attribute_not_exists(pk)");
        let check = TransactWriteItem::builder().condition_check(check.build().expect("all is set")).build();
        let row = Edited::removed(keys::account_page(account, page), version);
        Ok(self.write(&row, vec![check], edit).await?)
    }

    /// Removes whatever the account has that is not the file's, one setting after the other; what was removed stays so
    /// if this stops. For the deletion of an account, whose audit log goes with it.
    pub async fn remove_settings(&self, account: &AccountId) -> Result<(), EditError> {
        let StoredSettings { pages, destinations, groups, monitors, .. } = self.stored_settings(account).await?;
        let of_pages = |managed_by| managed_by == ManagedBy::Web;
        let edit = Edit::of_deletion();
        for it in monitors.iter().filter(|it| of_pages(it.managed_by)) {
            self.remove_monitor(account, &it.value.id, it.version, &edit).await?;
        }
        for it in groups.iter().filter(|it| of_pages(it.managed_by)) {
            self.remove_group(account, &it.value.id, it.version, &edit).await?;
        }
        for it in destinations.iter().filter(|it| of_pages(it.managed_by)) {
            self.remove_destination(account, &it.value.id, it.version, &edit).await?;
        }
        for it in pages.iter().filter(|it| of_pages(it.managed_by)) {
            self.remove_page(account, &it.value.0.id, it.version, &edit).await?;
        }
        self.batch_write("forget revision", vec![delete_request(primary(keys::settings_revision(account)))]).await?;
        Ok(())
    }

    /// The row and what goes with it, all in one transaction.
    pub(crate) async fn write(&self, row: &Edited, more: Vec<TransactWriteItem>, edit: &Edit) -> Result<(), Refused> {
        let groups = edit.groups.iter().map(|(group, version)| {
            self.edit(&Edited::saved(&group.account, &Setting::Group(group.clone()), Some(*version)))
        });
        let settings = groups.chain(edit.revision.iter().map(|seen| self.next_revision(seen)));
        let mut writes: Vec<_> = std::iter::once(self.edit(row)).chain(settings).collect();
        let (settings, of_more) = (writes.len(), more.len());
        writes.extend(more);
        writes.extend(edit.once.as_ref().map(|once| self.put_made(once)));
        writes.extend(edit.entry.clone().map(|entry| self.audited(entry)).transpose().map_err(EditError::Store)?);
        let Err(Cancelled { refused, error, .. }) = self.transact("save setting", &writes).await else { return Ok(()) };
        let is_made = |at: &usize| *at >= settings + of_more;
        Err(match refused.first() {
            None => EditError::Store(error).into(),
            Some(0) => {
                let found = self.get("read setting", row.key.clone()).await.map_err(EditError::Store)?;
                let is_of_file = found.is_some_and(|row| managed_by(&row) == ManagedBy::File);
                if is_of_file { EditError::ManagedByFile } else { EditError::Conflict }.into()
            }
            // What it made is what changed the settings.
            Some(_) if refused.iter().any(is_made) => EditError::MadeBefore.into(),
            Some(at) if *at < settings => EditError::SettingsChanged.into(),
            Some(_) => Refused::More,
        })
    }

    fn edit(&self, row: &Edited) -> TransactWriteItem {
        const UNCHANGED: &str = "#by = :web AND #version = :before";
        let known = row.before.map(|before| (AttributeValue::S(WEB.into()), AttributeValue::N(before.to_string())));
        match (&row.item, known) {
            (Some(item), None) => {
                let put = Put::builder().table_name(&self.table).set_item(Some(item.clone()));
                let put = put.condition_expression("attribute_not_exists(pk)").build();
                TransactWriteItem::builder().put(put.expect("table and item are set")).build()
            }
            (Some(item), Some((web, before))) => {
                let put = Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(item.clone()))
                    .condition_expression(UNCHANGED)
                    .expression_attribute_names("#by", MANAGED_BY)
                    .expression_attribute_names("#version", VERSION)
                    .expression_attribute_values(":web", web)
                    .expression_attribute_values(":before", before)
                    .build();
                TransactWriteItem::builder().put(put.expect("table and item are set")).build()
            }
            (None, known) => {
                let (web, before) = known.expect("what is removed has a version");
                let delete = Delete::builder()
                    .table_name(&self.table)
                    .set_key(Some(primary(row.key.clone())))
                    .condition_expression(UNCHANGED)
                    .expression_attribute_names("#by", MANAGED_BY)
                    .expression_attribute_names("#version", VERSION)
                    .expression_attribute_values(":web", web)
                    .expression_attribute_values(":before", before)
                    .build();
                TransactWriteItem::builder().delete(delete.expect("table and key are set")).build()
            }
        }
    }
}

/// Why a transaction was refused.
pub(crate) enum Refused {
    /// One of what is written beside the row is not as it was known.
    More,
    Edit(EditError),
}

impl From<EditError> for Refused {
    fn from(error: EditError) -> Self {
        Self::Edit(error)
    }
}

impl From<Refused> for EditError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::More => Self::InUse,
            Refused::Edit(error) => error,
        }
    }
}

/// A row of the account's settings as it is to be.
pub(crate) struct Edited {
    pub(crate) key: Key,
    /// The version it replaces; `None`: there is none yet.
    pub(crate) before: Option<u64>,
    pub(crate) version: u64,
    /// `None`: it is removed.
    pub(crate) item: Option<Item>,
}

impl Edited {
    fn saved(account: &AccountId, setting: &Setting, before: Option<u64>) -> Self {
        let (key, _) = setting_keys(account, setting);
        let version = before.unwrap_or(0) + 1;
        let mut item = setting_item(account, setting);
        item.insert(MANAGED_BY.into(), AttributeValue::S(WEB.into()));
        item.insert(VERSION.into(), AttributeValue::N(version.to_string()));
        Self { key, before, version, item: Some(item) }
    }

    pub(crate) fn removed(key: Key, before: u64) -> Self {
        Self { key, before: Some(before), version: before, item: None }
    }
}

//! Settings as they are stored: each with who writes it, and its version for those who edit one at a time. A row that
//! the pages or the API made says so; the file's rows have none of these attributes.
use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use status::{
    ids::{AccountId, DestinationId, GroupId, MonitorId, ProviderId},
    monitor::{Group, Monitor},
    provider::Provider,
};

use crate::{
    error::StoreError,
    items::{Item, PRIVATE, Setting, VISIBILITY, attribute, read_item},
    keys::{self, Key},
    logins::{StoredLogin, StoredLogins, stored_login},
    requests::query_all,
    sealed::StoredDestination,
    store::Store,
};

pub(crate) const MANAGED_BY: &str = "managed_by";
pub(crate) const WEB: &str = "web";
pub(crate) const VERSION: &str = "version";

/// Who writes a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagedBy {
    /// The configuration file, at every start or `config apply`.
    File,
    /// The pages and the API.
    Web,
}

/// Who sees a custom page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody who sees the instance, as with the pages of the file.
    Public,
    /// The accounts that added it.
    Private,
}

/// A setting as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    pub value: T,
    /// For the next save or removal, and as an `ETag`. 0: of the file.
    pub version: u64,
    pub managed_by: ManagedBy,
}

/// All settings of an account, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSettings {
    pub pages: Vec<Stored<(Provider, Visibility)>>,
    /// Of those of them that need a login.
    pub logins: StoredLogins,
    pub destinations: Vec<Stored<StoredDestination>>,
    pub groups: Vec<Stored<Group>>,
    pub monitors: Vec<Stored<Monitor>>,
    /// The providers that the monitors watch.
    pub watched: BTreeSet<ProviderId>,
}

impl<T> Stored<T> {
    pub(crate) fn of(row: &Item, value: T) -> Self {
        let managed_by = managed_by(row);
        let version = row.get(VERSION).and_then(|version| version.as_n().ok()?.parse().ok()).unwrap_or(0);
        Self { value, version, managed_by }
    }
}

/// Of a row of the account's settings.
pub(crate) fn managed_by(row: &Item) -> ManagedBy {
    match row.get(MANAGED_BY) {
        Some(AttributeValue::S(by)) if by == WEB => ManagedBy::Web,
        _ => ManagedBy::File,
    }
}

/// Of a row of a custom page, in the account or in the directory.
pub(crate) fn visibility(row: &Item) -> Visibility {
    match row.get(VISIBILITY) {
        Some(AttributeValue::S(visibility)) if visibility == PRIVATE => Visibility::Private,
        _ => Visibility::Public,
    }
}

impl Store {
    /// All of the account, in one query. Strongly consistent.
    pub async fn stored_settings(&self, account: &AccountId) -> Result<StoredSettings, StoreError> {
        let mut settings = StoredSettings::default();
        for row in query_all("read settings", self.query(keys::account(account))).await? {
            match read_item(row.clone(), format_args!("setting of account {account}"))? {
                Setting::Page(page) => {
                    settings.logins.extend(stored_login(&row).map(|login| (page.id.clone(), login)));
                    settings.pages.push(Stored::of(&row, (page, visibility(&row))));
                }
                Setting::Destination(destination) => settings.destinations.push(Stored::of(&row, destination)),
                Setting::Group(group) => settings.groups.push(Stored::of(&row, group)),
                Setting::Monitor(monitor) => settings.monitors.push(Stored::of(&row, monitor)),
                Setting::Watched(provider) => {
                    settings.watched.insert(provider);
                }
            }
        }
        Ok(settings)
    }

    /// The providers of whose incidents somebody is alerted: a monitor watches them, and a group with destinations
    /// covers it. One query; may lag behind.
    pub async fn told_of(&self, account: &AccountId) -> Result<HashSet<ProviderId>, StoreError> {
        let query = self
            .query(keys::account(account))
            .consistent_read(false)
            .key_condition_expression("#pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":first", attribute(keys::GROUPS))
            .expression_attribute_values(":last", attribute(keys::AFTER_MONITORS));
        let (mut groups, mut monitors) = (Vec::new(), Vec::new());
        for row in query_all("read groups and monitors", query).await? {
            match read_item(row, format_args!("setting of account {account}"))? {
                Setting::Group(group) => groups.push(group),
                Setting::Monitor(monitor) => monitors.push(monitor),
                _ => return Err(StoreError::unexpected_item("groups and monitors")),
            }
        }
        monitors.retain(|monitor: &Monitor| groups.iter().any(|group: &Group| group.tells_of(&monitor.id)));
        Ok(monitors.into_iter().map(|monitor| monitor.provider).collect())
    }

    /// With its login.
    pub async fn stored_page(
        &self,
        account: &AccountId,
        page: &ProviderId,
    ) -> Result<Option<(Stored<(Provider, Visibility)>, Option<StoredLogin>)>, StoreError> {
        let found = self.stored(keys::account_page(account, page), |row, setting| match setting {
            Setting::Page(page) => Some(((page, visibility(row)), stored_login(row))),
            _ => None,
        });
        Ok(found.await?.map(|Stored { value: (value, login), version, managed_by }| {
            (Stored { value, version, managed_by }, login)
        }))
    }

    pub async fn stored_destination(
        &self,
        account: &AccountId,
        destination: &DestinationId,
    ) -> Result<Option<Stored<StoredDestination>>, StoreError> {
        self.stored(keys::account_destination(account, destination), |_, setting| match setting {
            Setting::Destination(destination) => Some(destination),
            _ => None,
        })
        .await
    }

    pub async fn stored_group(
        &self,
        account: &AccountId,
        group: &GroupId,
    ) -> Result<Option<Stored<Group>>, StoreError> {
        self.stored(keys::account_group(account, group), |_, setting| match setting {
            Setting::Group(group) => Some(group),
            _ => None,
        })
        .await
    }

    pub async fn stored_monitor(
        &self,
        account: &AccountId,
        monitor: &MonitorId,
    ) -> Result<Option<Stored<Monitor>>, StoreError> {
        self.stored(keys::account_monitor(account, monitor), |_, setting| match setting {
            Setting::Monitor(monitor) => Some(monitor),
            _ => None,
        })
        .await
    }

    async fn stored<T>(
        &self,
        key: Key,
        read: impl Fn(&Item, Setting) -> Option<T>,
    ) -> Result<Option<Stored<T>>, StoreError> {
        let Some(row) = self.get("read setting", key).await? else { return Ok(None) };
        let setting = read_item(row.clone(), "setting")?;
        let value = read(&row, setting).ok_or_else(|| StoreError::unexpected_item("settings"))?;
        Ok(Some(Stored::of(&row, value)))
    }
}

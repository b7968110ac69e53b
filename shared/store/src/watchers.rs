//! Who wants alerts of a provider: monitors by segments of accounts, and the groups and destinations of an account.
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use status::{
    ids::{AccountId, ProviderId},
    monitor::{Group, Monitor},
};

use crate::{
    error::StoreError,
    items::{Item, Setting, attribute, read_item},
    keys,
    requests::query_page,
    sealed::StoredDestination,
    store::Store,
};

/// Monitors of whole accounts, account by account in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchersPage {
    pub monitors: Vec<Monitor>,
    /// There may be more after the last account.
    pub more: bool,
}

/// Of an account, what decides who is alerted of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertSettings {
    pub groups: Vec<Group>,
    pub destinations: Vec<StoredDestination>,
    pub monitors: Vec<Monitor>,
}

/// Where a page begins. It is a place between accounts, so that monitors that come and go meanwhile do not move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchersFrom<'a> {
    Start,
    /// This account, then those after it.
    Account(&'a AccountId),
    After(&'a AccountId),
}

/// The segments of a provider's monitors, for [`Store::watchers`]: an account is in one of them. `None`: the monitors
/// that were written before there were segments. The next [`Store::apply`] moves them to the others, so whoever reads
/// all segments reads this one first, to the end, and misses none.
pub fn watcher_segments() -> impl Iterator<Item = Option<u8>> {
    std::iter::once(None).chain((0..keys::WATCHER_SEGMENTS).map(Some))
}

impl Store {
    /// About `limit` monitors of one of [`watcher_segments`]: at least one account, if there is one, and each of them
    /// whole. May lag behind the newest [`Store::apply`].
    pub async fn watchers(
        &self,
        provider: &ProviderId,
        segment: Option<u8>,
        from: WatchersFrom<'_>,
        limit: u32,
    ) -> Result<WatchersPage, StoreError> {
        let first = match from {
            WatchersFrom::Start => None,
            WatchersFrom::Account(account) => Some(keys::watchers_of(account)),
            WatchersFrom::After(account) => Some(keys::after_watchers_of(account)),
        };
        let mut query = self.query_index(keys::watch(provider, segment));
        if let Some(first) = first {
            query = query
                .key_condition_expression("#pk = :pk AND gsi1sk >= :first")
                .expression_attribute_values(":first", attribute(first));
        }
        let (mut monitors, mut cursor) = watchers_page(query.clone(), None, limit).await?;
        while let Some(next) = &cursor
            && monitors.first().map(|monitor| &monitor.account) == monitors.last().map(|monitor| &monitor.account)
        {
            let (more, next) = watchers_page(query.clone(), Some(next), limit).await?;
            monitors.extend(more);
            cursor = next;
        }
        let more = cursor.is_some();
        if let Some(last) = monitors.last().filter(|_| more).map(|monitor| monitor.account.clone()) {
            // There may be more of it.
            monitors.retain(|monitor| monitor.account != last);
        }
        Ok(WatchersPage { monitors, more })
    }

    /// All of an account's groups and destinations, whose sort keys are adjacent.
    pub async fn groups_and_destinations(
        &self,
        account: &AccountId,
    ) -> Result<(Vec<Group>, Vec<StoredDestination>), StoreError> {
        let settings = self.read_alert_settings(account, keys::AFTER_GROUPS).await?;
        Ok((settings.groups, settings.destinations))
    }

    /// The same with all of its monitors, which follow.
    pub async fn alert_settings(&self, account: &AccountId) -> Result<AlertSettings, StoreError> {
        self.read_alert_settings(account, keys::AFTER_MONITORS).await
    }

    async fn read_alert_settings(&self, account: &AccountId, last: &str) -> Result<AlertSettings, StoreError> {
        let query = self
            .query(keys::account(account))
            .key_condition_expression("#pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":first", attribute(keys::DESTINATIONS))
            .expression_attribute_values(":last", attribute(last));
        let mut found = AlertSettings::default();
        // One by one: as items the destinations of a large account would take several times their memory.
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.try_next().await.map_err(StoreError::request("read settings"))? {
            match read_item(item, format_args!("setting of account {account}"))? {
                Setting::Group(group) => found.groups.push(group),
                Setting::Destination(destination) => found.destinations.push(destination),
                Setting::Monitor(monitor) => found.monitors.push(monitor),
                _ => return Err(StoreError::unexpected_item("settings of alerts")),
            }
        }
        Ok(found)
    }
}

async fn watchers_page(
    query: QueryFluentBuilder,
    cursor: Option<&str>,
    limit: u32,
) -> Result<(Vec<Monitor>, Option<String>), StoreError> {
    let (items, cursor) = query_page("read watchers", query, cursor, limit).await?;
    let monitor = |item: Item| match read_item(item, "monitor")? {
        Setting::Monitor(monitor) => Ok(monitor),
        _ => Err(StoreError::unexpected_item("list of watchers")),
    };
    Ok((items.into_iter().map(monitor).collect::<Result<_, StoreError>>()?, cursor))
}

//! Entries of component filters that fit nothing on a page. A monitor's groups are told once, in the transaction that
//! records it, so that neither a restart nor a second poller repeats it; the record goes when the entries fit again.
use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    component_match::PageNames,
    ids::{AccountId, MonitorId, ProviderId},
    monitor::{ComponentChoice, Monitor},
    notice,
    provider::Provider,
};

use crate::{
    error::StoreError,
    items::{Item, attribute, indexed, item, primary, read_item},
    keys,
    records::{OutboxRow, WrittenBy},
    requests::query_all,
    store::Store,
};

/// What a monitor's groups know of its filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedFilter {
    pub provider: ProviderId,
    pub account: AccountId,
    pub monitor: MonitorId,
    /// As they are written in the configuration, sorted; never empty.
    pub entries: BTreeSet<String>,
    /// Our clock, when the first of them was found.
    pub since: Timestamp,
}

impl Store {
    /// Those of a provider's monitors. Strongly consistent.
    pub async fn unmatched_filters_of(&self, provider: &ProviderId) -> Result<Vec<UnmatchedFilter>, StoreError> {
        let found = query_all("read unmatched filters", self.query(keys::unmatched_of(provider))).await?;
        found.into_iter().map(|item| read_item(item, "unmatched filter")).collect()
    }

    /// Those of all monitors; may lag behind.
    pub async fn unmatched_filters(&self) -> Result<Vec<UnmatchedFilter>, StoreError> {
        let found = query_all("read unmatched filters", self.query_index(keys::UNMATCHED.into())).await?;
        found.into_iter().map(|item| read_item(item, "unmatched filter")).collect()
    }

    /// Compares the filters of `monitors`, which all watch `page`, with the names on it. `known` are the records of
    /// those monitors. Returns the outbox rows of the notices, to be queued. Of two processes one tells.
    pub async fn check_filters(
        &self,
        page: &Provider,
        names: &PageNames,
        monitors: &[Monitor],
        known: &[UnmatchedFilter],
        now: Timestamp,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let known: HashMap<(&AccountId, &MonitorId), &UnmatchedFilter> =
            known.iter().map(|known| ((&known.account, &known.monitor), known)).collect();
        let mut rows = Vec::new();
        for (monitor, number) in monitors.iter().zip(0..) {
            let known = known.get(&(&monitor.account, &monitor.id)).copied();
            // No two notices of one check share a row of the outbox.
            let now = now + SignedDuration::from_nanos(number);
            rows.extend(self.check_filter(page, names, monitor, known, now).await?);
        }
        Ok(rows)
    }

    async fn check_filter(
        &self,
        page: &Provider,
        names: &PageNames,
        monitor: &Monitor,
        known: Option<&UnmatchedFilter>,
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let told = known.map_or_else(BTreeSet::new, |known| known.entries.clone());
        let found = unmatched(names, monitor, &told);
        if found == told {
            return Ok(None);
        }
        let new: Vec<String> = found.difference(&told).cloned().collect();
        let alert =
            Alert { account: Some(monitor.account.clone()), ..notice::unmatched(page, &monitor.id, new.clone(), now) };
        let alerts = if new.is_empty() { Vec::new() } else { vec![alert] };
        let row = OutboxRow::of(&ProviderId::new(notice::SELF_PROVIDER), WrittenBy::Notice { at: now }, &alerts);
        let mut writes = vec![self.replace_unmatched(monitor, known, found, now)];
        writes.extend(row.as_ref().map(|row| self.put(row.item())));
        writes.extend(crate::alerts::rows(&alerts, now)?.into_iter().map(|row| self.put(row)));
        match self.transact("record an unmatched filter", &writes).await {
            Ok(()) => Ok(row),
            // Another process was faster, and tells.
            Err(cancelled) if cancelled.by_condition => Ok(None),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    /// Provided that the record is still the known one.
    fn replace_unmatched(
        &self,
        monitor: &Monitor,
        known: Option<&UnmatchedFilter>,
        entries: BTreeSet<String>,
        now: Timestamp,
    ) -> TransactWriteItem {
        let condition = if known.is_some() { "entries = :known" } else { "attribute_not_exists(pk)" };
        let known_entries = known.map(|known| attribute(&known.entries));
        if entries.is_empty() {
            let mut delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(primary(keys::unmatched(&monitor.provider, &monitor.account, &monitor.id))))
                .condition_expression(condition);
            if let Some(entries) = known_entries {
                delete = delete.expression_attribute_values(":known", entries);
            }
            return TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build();
        }
        let body = UnmatchedFilter {
            provider: monitor.provider.clone(),
            account: monitor.account.clone(),
            monitor: monitor.id.clone(),
            entries,
            since: known.map_or(now, |known| known.since),
        };
        let mut put = Put::builder().table_name(&self.table).set_item(Some(row(&body))).condition_expression(condition);
        if let Some(entries) = known_entries {
            put = put.expression_attribute_values(":known", entries);
        }
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// Removes the records of monitors that are gone.
    pub async fn forget_unmatched(&self, gone: &[UnmatchedFilter]) -> Result<(), StoreError> {
        let key = |it: &UnmatchedFilter| primary(keys::unmatched(&it.provider, &it.account, &it.monitor));
        let deletes = gone.iter().map(|it| crate::requests::delete_request(key(it))).collect();
        self.batch_write("forget unmatched filters", deletes).await
    }
}

/// The entries that fit nothing. While the page may have more than is known, nothing is added to those that were told.
fn unmatched(names: &PageNames, monitor: &Monitor, told: &BTreeSet<String>) -> BTreeSet<String> {
    let text = |entries: Vec<&ComponentChoice>| entries.into_iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    if names.are_all() {
        return text(names.unmatched(&monitor.components));
    }
    let unseen = text(names.unseen(&monitor.components));
    told.intersection(&unseen).cloned().collect()
}

fn row(body: &UnmatchedFilter) -> Item {
    let key = keys::unmatched(&body.provider, &body.account, &body.monitor);
    indexed(item(key, "unmatched", body), keys::unmatched_in_list(&body.provider, &body.account, &body.monitor))
}

//! What accounts muted or acknowledged. The rows are beside the settings of their account and not among them, since the
//! router of a release that knows no mutes reads those, and would stop at a row that it does not know.
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{AccountId, IncidentId, ProviderId},
    mute::{Mute, Muted},
};

use crate::{
    edits::{Edit, Edited},
    error::{EditError, StoreError},
    follow_ups::PlannedFollowUp,
    items::{Item, expiring, indexed, item, primary, read_item},
    keys,
    requests::query_all,
    store::Store,
    stored,
};

/// Longer than incidents last.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Nobody changes a mute.
const VERSION: u64 = 1;
/// A summary names a thousand incidents.
const CONCURRENT_READS: usize = 8;

#[derive(Serialize, Deserialize)]
struct MuteItem {
    definition: Mute,
}

impl Store {
    /// All of an account, in no order. Strongly consistent.
    pub async fn mutes(&self, account: &AccountId) -> Result<Vec<Mute>, StoreError> {
        let rows = query_all("read mutes", self.query(keys::mutes(account))).await?;
        rows.into_iter().map(read).collect()
    }

    /// Those of all accounts that are about one of these incidents. May lag behind the newest mute.
    pub async fn mutes_of(
        &self,
        provider: &ProviderId,
        incidents: impl IntoIterator<Item = &IncidentId>,
    ) -> Result<Vec<Mute>, StoreError> {
        let partitions: Vec<String> = incidents.into_iter().map(|it| keys::mutes_of(provider, it)).collect();
        let of_one = async |partition| {
            let rows = query_all("read mutes", self.query_index(partition)).await?;
            rows.into_iter().map(read).collect::<Result<Vec<Mute>, StoreError>>()
        };
        stream::iter(partitions).map(of_one).buffered(CONCURRENT_READS).try_concat().await
    }

    /// [`EditError::Conflict`]: it is muted already.
    pub async fn save_mute(&self, mute: &Mute, edit: &Edit) -> Result<(), EditError> {
        let key = keys::mute(&mute.account, &mute.id());
        let by_incident = keys::mute_by_incident(&mute.provider, &mute.incident, &mute.account, &mute.id());
        let row = indexed(item(key.clone(), "mute", &MuteItem { definition: mute.clone() }), by_incident);
        let mut row = expiring(row, mute.at + KEPT_FOR);
        row.insert(stored::MANAGED_BY.into(), AttributeValue::S(stored::WEB.into()));
        row.insert(stored::VERSION.into(), AttributeValue::N(VERSION.to_string()));
        let row = Edited { key, before: None, version: VERSION, item: Some(row) };
        Ok(self.write(&row, Vec::new(), edit).await?)
    }

    /// [`EditError::Conflict`]: it is muted no more.
    pub async fn remove_mute(&self, mute: &Mute, edit: &Edit) -> Result<(), EditError> {
        let row = Edited::removed(keys::mute(&mute.account, &mute.id()), VERSION);
        Ok(self.write(&row, Vec::new(), edit).await?)
    }

    /// As [`Store::remove_mute`], of what is over: nothing changes by it, so that no entry says who did it.
    pub async fn forget_mute(&self, mute: &Mute) -> Result<(), EditError> {
        self.remove_mute(mute, &Edit::of_deletion()).await
    }

    /// For the deletion of an account.
    pub async fn remove_mutes(&self, account: &AccountId) -> Result<(), EditError> {
        for mute in self.mutes(account).await? {
            self.forget_mute(&mute).await?;
        }
        Ok(())
    }

    /// Refuses a follow-up that its account has muted or acknowledged since that was looked at. One check for each
    /// key, since a transaction names none twice.
    pub(crate) fn check_not_muted(&self, planned: &[PlannedFollowUp], alerts: &[Alert]) -> Vec<TransactWriteItem> {
        let is_told = |planned: &&PlannedFollowUp| {
            let is_it = |alert: &Alert| {
                alert.destination.as_ref() == Some(&planned.destination)
                    && alert.incident.id == planned.episode.incident
            };
            alerts.iter().any(is_it)
        };
        let mut keys: Vec<_> = planned.iter().filter(is_told).flat_map(mute_keys).collect();
        keys.sort();
        keys.dedup();
        let check = |key| {
            let check = ConditionCheck::builder()
                .table_name(&self.table)
                .set_key(Some(primary(key)))
                .condition_expression("attribute_not_exists(pk)");
            let check = check.build().expect("table, key and condition are set");
            TransactWriteItem::builder().condition_check(check).build()
        };
        keys.into_iter().map(check).collect()
    }
}

fn read(row: Item) -> Result<Mute, StoreError> {
    Ok(read_item::<MuteItem>(row, "mute")?.definition)
}

/// Of every mute that stops it.
fn mute_keys(planned: &PlannedFollowUp) -> impl Iterator<Item = keys::Key> {
    let (account, episode) = (planned.account.clone(), planned.episode.clone());
    Muted::ALL.into_iter().map(move |muted| {
        let id = status::mute::id(&episode.provider, &episode.incident, episode.number, muted);
        keys::mute(&account, &id)
    })
}

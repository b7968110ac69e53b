//! Mutes, as rows among the settings of their account: whoever reads its groups reads them too, and no alert costs a
//! further request.
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use jiff::SignedDuration;
use status::{
    alert::Alert,
    mute::{Mute, Muted},
};

use crate::{
    edits::{Edit, Edited},
    error::EditError,
    follow_ups::PlannedFollowUp,
    items::{Setting, primary, seconds},
    keys,
    store::Store,
    table::TTL,
};

/// Longer than incidents last.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Nobody changes a mute.
const VERSION: u64 = 1;

impl Store {
    /// [`EditError::Conflict`]: it is muted already.
    pub async fn save_mute(&self, mute: &Mute, edit: &Edit) -> Result<(), EditError> {
        let mut row = Edited::saved(&mute.account, &Setting::Mute(mute.clone()), None);
        if let Some(item) = &mut row.item {
            item.insert(TTL.into(), seconds(mute.at + KEPT_FOR));
        }
        Ok(self.write(&row, Vec::new(), edit).await?)
    }

    /// [`EditError::Conflict`]: it is muted no more.
    pub async fn remove_mute(&self, mute: &Mute, edit: &Edit) -> Result<(), EditError> {
        let row = Edited::removed(keys::account_mute(&mute.account, &mute.id()), VERSION);
        Ok(self.write(&row, Vec::new(), edit).await?)
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

/// Of every mute that stops it.
fn mute_keys(planned: &PlannedFollowUp) -> impl Iterator<Item = keys::Key> {
    let (account, episode) = (planned.account.clone(), planned.episode.clone());
    Muted::ALL.into_iter().map(move |muted| {
        let id = status::mute::id(&episode.provider, &episode.incident, episode.number, muted);
        keys::account_mute(&account, &id)
    })
}

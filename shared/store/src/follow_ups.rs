//! Follow-ups that are planned: a row for each destination and episode, which is found by the time when it is due,
//! beside the alerts that wait. Wanted properties:
//! - a follow-up is told once: its row stays as settled, so that no later alert plans it again;
//! - it is not told once its account has muted or acknowledged the incident;
//! - it is never told after the end: the transaction that writes it checks that the page is as it was read, so an end
//!   is committed either before, and seen, or afterwards, and queued behind it.
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{AccountId, AlertId, DestinationId, GroupId, IncidentId, ProviderId},
};

use crate::{
    error::StoreError,
    items::{Item, attribute, expiring, indexed, item, primary, read_item},
    keys,
    records::{Episode, OutboxRow, WrittenBy},
    store::Store,
};

/// Longer than incidents last.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Item type, as it is stored.
pub(crate) const FOLLOW_UP_TYPE: &str = "follow_up";

/// Those of one page that are told in one transaction.
pub const MAX_FOLLOW_UPS: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFollowUp {
    /// Who gets it.
    pub destination: DestinationId,
    pub account: AccountId,
    /// The groups that want it.
    pub groups: Vec<GroupId>,
    pub episode: Episode,
    /// The alert that it follows.
    pub alert: AlertId,
    pub minutes: u32,
    pub due_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct FollowUpItem {
    destination: DestinationId,
    account: AccountId,
    groups: Vec<GroupId>,
    provider: ProviderId,
    incident: IncidentId,
    episode: u32,
    alert: AlertId,
    minutes: u32,
    due_at: Timestamp,
}

impl Store {
    /// Leaves what is planned or settled as it is. Idempotent.
    pub async fn plan_follow_up(&self, planned: &PlannedFollowUp) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(planned.item()))
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Err(error) if !error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Err(StoreError::request("plan follow-up")(error))
            }
            _ => Ok(()),
        }
    }

    /// Its groups are quiet until then.
    pub async fn postpone_follow_up(&self, planned: &PlannedFollowUp, until: Timestamp) -> Result<(), StoreError> {
        let index = keys::held_by_time(&planned.destination, until, &planned.episode);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::follow_up(&planned.destination, &planned.episode))))
            .update_expression("SET due_at = :due, gsi1sk = :order")
            .condition_expression("attribute_exists(gsi1pk)")
            .expression_attribute_values(":due", attribute(until))
            .expression_attribute_values(":order", attribute(index.sort));
        match update.send().await {
            Err(error) if !error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Err(StoreError::request("postpone follow-up")(error))
            }
            _ => Ok(()),
        }
    }

    /// Settles follow-ups of one provider and writes the alerts of those that are told, in one transaction. `version`:
    /// of the page that says that the incidents are open; `None`: it is not stored, and nothing is told. Returns `None`
    /// if nothing is told, or if something was changed meanwhile and nothing happened.
    pub async fn settle_follow_ups(
        &self,
        planned: &[PlannedFollowUp],
        alerts: &[Alert],
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let Some(provider) = planned.first().map(|planned| &planned.episode.provider) else { return Ok(None) };
        let mut writes: Vec<TransactWriteItem> = planned.iter().map(|planned| self.settle(planned)).collect();
        let row = OutboxRow::of(provider, WrittenBy::Notice { at: now }, alerts);
        if let Some(row) = &row {
            writes.push(self.check_page(provider, version));
            writes.extend(self.check_not_muted(planned, alerts));
            writes.push(self.put(row.item()));
        }
        writes.extend(crate::alerts::rows(alerts, now)?.into_iter().map(|row| self.put(row)));
        match self.transact("settle follow-ups", &writes).await {
            Ok(()) => Ok(row),
            Err(cancelled) if cancelled.by_condition => Ok(None),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    fn settle(&self, planned: &PlannedFollowUp) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::follow_up(&planned.destination, &planned.episode))))
            .update_expression("SET settled = :true REMOVE gsi1pk, gsi1sk")
            .condition_expression("due_at = :due AND attribute_not_exists(settled)")
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":due", attribute(planned.due_at));
        TransactWriteItem::builder().update(update.build().expect("table, key and update are set")).build()
    }
}

impl PlannedFollowUp {
    fn item(&self) -> Item {
        let Self { destination, account, groups, episode, alert, minutes, due_at } = self.clone();
        let order = keys::held_by_time(&destination, due_at, &episode);
        let key = keys::follow_up(&destination, &episode);
        let Episode { provider, incident, number } = episode;
        let body =
            FollowUpItem { destination, account, groups, provider, incident, episode: number, alert, minutes, due_at };
        expiring(indexed(item(key, FOLLOW_UP_TYPE, &body), order), due_at + KEPT_FOR)
    }

    pub(crate) fn read(row: Item) -> Result<Self, StoreError> {
        let FollowUpItem { destination, account, groups, provider, incident, episode, alert, minutes, due_at } =
            read_item(row, "planned follow-up")?;
        let episode = Episode { provider, incident, number: episode };
        Ok(Self { destination, account, groups, episode, alert, minutes, due_at })
    }
}

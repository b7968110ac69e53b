//! Alerts by id, for whoever got the id from a queue. An alert outlives all of its deliveries, then expires.
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use status::{
    alert::Alert,
    ids::{AlertId, IncidentId, ProviderId},
};

use crate::{
    documents::{ListRoom, read_document, row_document},
    error::StoreError,
    items::{AlertHeadItem, AlertItem, Item, expiring, indexed, item, read_item},
    keys,
    records::AlertHead,
    requests::{BatchGet, query_page},
    store::Store,
};

/// Far longer than queues and dead-letter queues keep messages.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Each takes up to 300 KB in the answer.
const LOADED_AT_ONCE: usize = 25;

/// Of one incident in a list.
const MAX_OF_INCIDENT: u32 = 500;

impl Store {
    pub async fn alert(&self, alert: &AlertId) -> Result<Option<Alert>, StoreError> {
        self.get("read alert", keys::alert(alert)).await?.map(read_row).transpose()
    }

    /// What `keep` takes of those of `alerts` that are stored. Whole alerts may be long, so few are loaded at a time.
    pub async fn alerts<T>(
        &self,
        alerts: &[AlertId],
        keep: impl Fn(Alert) -> T,
    ) -> Result<HashMap<AlertId, T>, StoreError> {
        let mut kept = HashMap::new();
        for alerts in alerts.chunks(LOADED_AT_ONCE) {
            let found = self.batch_get(BatchGet {
                operation: "read alerts",
                keys: alerts.iter().map(keys::alert).collect(),
                only: None,
                consistent: false,
            });
            for item in found.await? {
                let alert = read_row(item)?;
                kept.insert(alert.id.clone(), keep(alert));
            }
        }
        Ok(kept)
    }

    /// Oldest first; the newest [`MAX_OF_INCIDENT`] of them, or fewer if they are too long to be loaded at once. May
    /// lag behind the newest commit.
    pub async fn alerts_of(&self, provider: &ProviderId, incident: &IncidentId) -> Result<Vec<Alert>, StoreError> {
        let query = self.query_index(keys::alerts_of(provider, incident)).scan_index_forward(false);
        let (items, _) = query_page("read alerts of an incident", query, None, MAX_OF_INCIDENT).await?;
        let mut room = ListRoom::new();
        let newest = items.into_iter().take_while(|item| room.takes(item)).map(read_row);
        let mut alerts = newest.collect::<Result<Vec<Alert>, _>>()?;
        alerts.reverse();
        Ok(alerts)
    }

    /// The heads of the newest of them, oldest first: at most [`MAX_OF_INCIDENT`], none of those that earlier versions
    /// wrote, which are counted. May lag behind the newest commit.
    pub async fn alert_heads_of(
        &self,
        provider: &ProviderId,
        incident: &IncidentId,
    ) -> Result<(Vec<AlertHead>, usize), StoreError> {
        let query = self
            .query_index(keys::alerts_of(provider, incident))
            .scan_index_forward(false)
            .projection_expression("#head, v")
            .expression_attribute_names("#head", "head");
        let (items, _) = query_page("read alerts of an incident", query, None, MAX_OF_INCIDENT).await?;
        let all = items.len();
        let heads = items.into_iter().filter_map(|item| match read_item::<AlertHeadItem>(item, "alert") {
            Ok(AlertHeadItem { head }) => head.map(Ok),
            Err(error) => Some(Err(error)),
        });
        let mut heads = heads.collect::<Result<Vec<_>, StoreError>>()?;
        heads.reverse();
        let without = all - heads.len();
        Ok((heads, without))
    }

    /// The heads of those of `alerts` that are stored and have one: earlier versions wrote none.
    pub async fn alert_heads(&self, alerts: &[AlertId]) -> Result<HashMap<AlertId, AlertHead>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read heads of alerts",
            keys: alerts.iter().map(keys::alert).collect(),
            only: Some("head"),
            consistent: false,
        });
        let heads = found.await?.into_iter().map(|item| read_item::<AlertHeadItem>(item, "alert"));
        let heads = heads.filter_map(|item| item.map(|item| item.head).transpose());
        heads.map(|head| head.map(|head| (head.id.clone(), head))).collect()
    }

    /// For a notice, which no commit writes and which is queued right away. Idempotent.
    pub async fn put_alert(&self, alert: &Alert, now: Timestamp) -> Result<(), StoreError> {
        self.batch_put("write alert", rows(std::slice::from_ref(alert), now)?).await
    }
}

pub(crate) fn rows(alerts: &[Alert], now: Timestamp) -> Result<Vec<Item>, StoreError> {
    let row = |alert: &Alert| {
        let head = AlertHead { id: alert.id.clone(), event: alert.event, seen_at: alert.seen_at };
        let body = AlertItem { alert: row_document(alert, Alert::shorter, &alert.id)?, head: Some(head) };
        let by_time = keys::alert_by_time(&alert.provider, &alert.incident.id, alert.seen_at, &alert.id);
        let row = expiring(item(keys::alert(&alert.id), "alert", &body), now + KEPT_FOR);
        // A follow-up is no news of the incident, and the affair of one account.
        Ok(if alert.is_follow_up() { row } else { indexed(row, by_time) })
    };
    alerts.iter().map(row).collect()
}

pub(crate) fn read_row(item: Item) -> Result<Alert, StoreError> {
    let AlertItem { alert, .. } = read_item(item, "alert")?;
    read_document(&alert, "alert")
}

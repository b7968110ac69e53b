//! Alerts by id, for those who got the id from a queue. An alert outlives every delivery of it, then expires.
use jiff::{SignedDuration, Timestamp};
use status::{alert::Alert, ids::AlertId};

use crate::{
    Store, StoreError,
    items::{AlertItem, Item, document, expiring, item, read_document, read_item},
    keys,
};

/// Far beyond what a queue and its dead letters keep.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Store {
    pub async fn alert(&self, alert: &AlertId) -> Result<Option<Alert>, StoreError> {
        let Some(item) = self.get("read alert", keys::alert(alert)).await? else {
            return Ok(None);
        };
        let AlertItem { alert: bytes } = read_item(item, alert)?;
        read_document(&bytes, alert).map(Some)
    }
}

pub(crate) fn rows(alerts: &[Alert], now: Timestamp) -> Result<Vec<Item>, StoreError> {
    let row = |alert: &Alert| {
        let body = AlertItem { alert: document(alert, &alert.id)? };
        Ok(expiring(item(keys::alert(&alert.id), "alert", &body), now + KEPT))
    };
    alerts.iter().map(row).collect()
}

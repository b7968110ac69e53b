//! Which destinations were notified of an incident. A destination that got the opening also gets the end, even if its
//! filters have changed since (truth rule 8).
use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use status::ids::{AlertId, DestinationId};

use crate::{
    error::StoreError,
    items::{NotifiedItem, expiring, item, read_item},
    keys,
    records::Episode,
    requests::{BatchGet, query_page},
    store::Store,
};

/// Longer than incidents last.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Item type, as it is stored.
const NOTIFIED_TYPE: &str = "told";

/// May hold fewer than asked for; only a missing cursor is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedPage {
    pub destinations: Vec<DestinationId>,
    pub cursor: Option<String>,
}

impl Store {
    /// Those of `destinations` that were notified, with the newest alert of each. Strongly consistent.
    pub async fn notified(
        &self,
        episode: &Episode,
        destinations: &[DestinationId],
    ) -> Result<HashMap<DestinationId, AlertId>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read notified destinations",
            keys: destinations.iter().map(|id| keys::notified(episode, id)).collect(),
            only: None,
            consistent: true,
        });
        let read = |item| read_row(item).map(|NotifiedItem { destination, alert }| (destination, alert));
        found.await?.into_iter().map(read).collect()
    }

    /// Idempotent.
    pub async fn mark_notified(
        &self,
        episode: &Episode,
        alert: &AlertId,
        destinations: &HashSet<DestinationId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = |destination: &DestinationId| {
            let body = NotifiedItem { destination: destination.clone(), alert: alert.clone() };
            expiring(item(keys::notified(episode, destination), NOTIFIED_TYPE, &body), now + KEPT_FOR)
        };
        self.batch_put("mark destinations as notified", destinations.iter().map(row).collect()).await
    }

    /// All destinations that were notified. Strongly consistent.
    pub async fn all_notified(
        &self,
        episode: &Episode,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<NotifiedPage, StoreError> {
        let query = self.query(keys::notified_of(episode));
        let (items, cursor) = query_page("read all notified destinations", query, cursor, limit).await?;
        Ok(NotifiedPage {
            destinations: items
                .into_iter()
                .map(|item| Ok(read_row(item)?.destination))
                .collect::<Result<_, StoreError>>()?,
            cursor,
        })
    }
}

fn read_row(item: crate::items::Item) -> Result<NotifiedItem, StoreError> {
    read_item(item, "mark of a notified destination")
}

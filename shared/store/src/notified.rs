//! Which destinations were told of an incident: whoever heard of its opening hears of its end, whatever has become of
//! the filters since (truth rule 8).
use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use status::{
    alert::Alert,
    ids::{AlertId, DestinationId, IncidentId, ProviderId},
};

use crate::{
    Store, StoreError,
    items::{NotifiedItem, expiring, item, read_item},
    keys,
    requests::{BatchGet, query_page},
};

/// Longer than incidents last.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// One opening of an incident, up to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    pub provider: ProviderId,
    pub incident: IncidentId,
    pub number: u32,
}

impl Episode {
    pub fn of(alert: &Alert) -> Self {
        Self { provider: alert.provider.clone(), incident: alert.incident.id.clone(), number: alert.incident.episode }
    }
}

/// May hold fewer than asked for; only a missing cursor is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedPage {
    pub destinations: Vec<DestinationId>,
    pub cursor: Option<String>,
}

impl Store {
    /// Those of `destinations` that were told. Strongly consistent.
    pub async fn notified(
        &self,
        episode: &Episode,
        destinations: &[DestinationId],
    ) -> Result<HashMap<DestinationId, AlertId>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read who was told",
            keys: destinations.iter().map(|id| keys::notified(episode, id)).collect(),
            only: None,
            consistent: true,
        });
        let read = |item| read_row(item).map(|NotifiedItem { destination, alert }| (destination, alert));
        found.await?.into_iter().map(read).collect()
    }

    /// Marking twice is fine.
    pub async fn mark_notified(
        &self,
        episode: &Episode,
        alert: &AlertId,
        destinations: &HashSet<DestinationId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = |destination: &DestinationId| {
            let body = NotifiedItem { destination: destination.clone(), alert: alert.clone() };
            expiring(item(keys::notified(episode, destination), "told", &body), now + KEPT)
        };
        self.batch_put("mark who was told", destinations.iter().map(row).collect()).await
    }

    /// Everybody who was told. Strongly consistent.
    pub async fn all_notified(
        &self,
        episode: &Episode,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<NotifiedPage, StoreError> {
        let query = self.query(keys::notified_of(episode));
        let (items, cursor) = query_page("read all who were told", query, cursor, limit).await?;
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
    read_item(item, "mark of who was told")
}

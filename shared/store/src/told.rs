//! Which destinations were told of an incident: whoever heard of its opening hears of its end, whatever has become of
//! the filters since (truth rule 8).
use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use status::{
    alert::Alert,
    ids::{DestinationId, IncidentId, ProviderId},
};

use crate::{
    Store, StoreError,
    items::{ToldItem, expiring, item, read_item},
    keys,
    requests::{BatchGet, some},
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
pub struct ToldPage {
    pub destinations: Vec<DestinationId>,
    pub cursor: Option<String>,
}

impl Store {
    /// Those of `destinations` that were told. Strongly consistent.
    pub async fn told(
        &self,
        episode: &Episode,
        destinations: &[DestinationId],
    ) -> Result<HashSet<DestinationId>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read who was told",
            keys: destinations.iter().map(|id| keys::told(episode, id)).collect(),
            only: None,
            consistent: true,
        });
        found.await?.into_iter().map(read_row).collect()
    }

    /// Marking twice is fine.
    pub async fn mark_told(
        &self,
        episode: &Episode,
        destinations: &HashSet<DestinationId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = |destination: &DestinationId| {
            let body = ToldItem { destination: destination.clone() };
            expiring(item(keys::told(episode, destination), "told", &body), now + KEPT)
        };
        self.batch_put("mark who was told", destinations.iter().map(row).collect()).await
    }

    /// Everybody who was told. Strongly consistent.
    pub async fn told_all(&self, episode: &Episode, cursor: Option<&str>, limit: u32) -> Result<ToldPage, StoreError> {
        let query = self.query(keys::told_of(episode));
        let (items, cursor) = some("read all who were told", query, cursor, limit).await?;
        Ok(ToldPage { destinations: items.into_iter().map(read_row).collect::<Result<_, _>>()?, cursor })
    }
}

fn read_row(item: crate::items::Item) -> Result<DestinationId, StoreError> {
    let ToldItem { destination } = read_item(item, "mark of who was told")?;
    Ok(destination)
}

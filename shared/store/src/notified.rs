//! Which destinations were notified of an incident. A destination that got the opening also gets the end, even if its
//! filters have changed since (truth rule 8).
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use status::ids::{AlertId, DestinationId};

use crate::{
    error::StoreError,
    items::{NotifiedItem, attribute, expiring, item, key_of, read_item},
    keys::{self, Key},
    records::Episode,
    requests::{BatchGet, query_page},
    store::Store,
};

pub use crate::items::QuietMark;

/// Longer than incidents last.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Item type, as it is stored.
const NOTIFIED_TYPE: &str = "told";

/// That a destination was notified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedMark {
    /// The alert that marked it.
    pub alert: AlertId,
    /// `None`: nothing waits for it.
    pub quiet: Option<QuietMark>,
}

/// Destinations of one shard in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedPage {
    pub destinations: Vec<DestinationId>,
    /// Of those for which the end may wait.
    pub quiet: HashMap<DestinationId, QuietMark>,
    /// There may be more after the last one.
    pub more: bool,
}

/// The shards of an episode's notified destinations, for [`Store::all_notified`]. `None`: those who were notified
/// before there were shards.
pub fn notified_shards() -> impl Iterator<Item = Option<u8>> {
    (0..keys::NOTIFIED_SHARDS).map(Some).chain([None])
}

impl Store {
    /// Those of `destinations` that were notified, with the mark of each. Strongly consistent.
    pub async fn notified(
        &self,
        episode: &Episode,
        destinations: &[DestinationId],
    ) -> Result<HashMap<DestinationId, NotifiedMark>, StoreError> {
        let read = async |keys: BTreeSet<Key>| {
            let operation = "read notified destinations";
            let found = self.batch_get(BatchGet { operation, keys, only: None, consistent: true }).await?;
            let mark = |NotifiedItem { destination, alert, quiet }| (destination, NotifiedMark { alert, quiet });
            let read = |item| read_row(item).map(mark);
            found.into_iter().map(read).collect::<Result<HashMap<_, _>, _>>()
        };
        let mut found = read(destinations.iter().map(|id| keys::notified(episode, id)).collect()).await?;
        // Marks from before there were shards are no concern of a list that is complete.
        let missing = destinations.iter().filter(|id| !found.contains_key(*id));
        let missing: BTreeSet<Key> = missing.map(|id| keys::notified_without_shard(episode, id)).collect();
        if !missing.is_empty() {
            found.extend(read(missing).await?);
        }
        Ok(found)
    }

    /// Those of `episodes` of which the destination was notified. Strongly consistent.
    pub async fn notified_of(
        &self,
        destination: &DestinationId,
        episodes: impl IntoIterator<Item = Episode>,
    ) -> Result<BTreeSet<Episode>, StoreError> {
        let by_key: BTreeMap<Key, Episode> =
            episodes.into_iter().map(|episode| (keys::notified(&episode, destination), episode)).collect();
        let keys = by_key.keys().cloned().collect();
        let operation = "read notified destinations";
        let found = self.batch_get(BatchGet { operation, keys, only: None, consistent: true }).await?;
        Ok(found.iter().filter_map(|item| by_key.get(&key_of(item)?).cloned()).collect())
    }

    /// Idempotent.
    pub async fn mark_notified(
        &self,
        episode: &Episode,
        alert: &AlertId,
        destinations: &HashSet<DestinationId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let marks = destinations.iter().map(|destination| (destination.clone(), None)).collect();
        self.mark_notified_quietly(episode, alert, &marks, now).await
    }

    /// The same, with the quiet groups of each. Idempotent.
    pub async fn mark_notified_quietly(
        &self,
        episode: &Episode,
        alert: &AlertId,
        destinations: &HashMap<DestinationId, Option<QuietMark>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = |(destination, quiet): (&DestinationId, &Option<QuietMark>)| {
            let body = NotifiedItem { destination: destination.clone(), alert: alert.clone(), quiet: quiet.clone() };
            expiring(item(keys::notified(episode, destination), NOTIFIED_TYPE, &body), now + KEPT_FOR)
        };
        self.batch_put("mark destinations as notified", destinations.iter().map(row).collect()).await
    }

    /// The destinations of one of [`notified_shards`] that were notified, after this one. Strongly consistent.
    pub async fn all_notified(
        &self,
        episode: &Episode,
        shard: Option<u8>,
        after: Option<&DestinationId>,
        limit: u32,
    ) -> Result<NotifiedPage, StoreError> {
        let mut query = self.query(keys::notified_in(episode, shard));
        if let Some(after) = after {
            query = query
                .key_condition_expression("#pk = :pk AND sk > :after")
                .expression_attribute_values(":after", attribute(keys::notified_of(after)));
        }
        let (items, cursor) = query_page("read all notified destinations", query, None, limit).await?;
        let (mut destinations, mut quiet) = (Vec::new(), HashMap::new());
        for item in items {
            let row = read_row(item)?;
            quiet.extend(row.quiet.map(|mark| (row.destination.clone(), mark)));
            destinations.push(row.destination);
        }
        let more = cursor.is_some() && !destinations.is_empty();
        Ok(NotifiedPage { destinations, quiet, more })
    }
}

fn read_row(item: crate::items::Item) -> Result<NotifiedItem, StoreError> {
    read_item(item, "mark of a notified destination")
}

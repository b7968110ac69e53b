//! The marks of those who were notified of what an alert ends. They are read before the first delivery, since they say
//! for whom something of it may wait, whatever the groups say now. The stage that goes through them gets what was read,
//! so that an end costs no more requests than without.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::ids::DestinationId;
use store::{Episode, NotifiedPage, Store};

use crate::stages::Segment;

const CONCURRENT_READS: usize = 8;

#[derive(Default)]
pub(crate) struct Marks {
    /// First pages of segments that nobody took.
    pages: Mutex<Vec<(Episode, Option<u8>, NotifiedPage)>>,
    /// Of each episode, who was notified and whether something may wait; `None`: there are more than were read.
    all: Option<Vec<(Episode, DestinationId, bool)>>,
}

impl Marks {
    /// Reads the first page of each segment, of so many destinations.
    pub(crate) async fn read(store: &Store, segments: &[Segment], page: usize) -> anyhow::Result<Self> {
        let limit = u32::try_from(page).unwrap_or(u32::MAX);
        let mut notified: Vec<(Episode, Option<u8>)> = Vec::new();
        for segment in segments {
            if let Segment::Notified { episode, shard } = segment {
                notified.push((episode.clone(), *shard));
            }
        }
        let read = |(episode, shard): (Episode, Option<u8>)| async move {
            let page = store.all_notified(&episode, shard, None, limit).await?;
            anyhow::Ok((episode, shard, page))
        };
        let pages: Vec<_> = stream::iter(notified).map(read).buffered(CONCURRENT_READS).try_collect().await?;
        let marks = pages.iter().flat_map(|(episode, _, page)| {
            let mark = |id: &DestinationId| (episode.clone(), id.clone(), page.quiet.contains_key(id));
            page.destinations.iter().map(mark)
        });
        let all = pages.iter().all(|(_, _, page)| !page.more).then(|| marks.collect());
        Ok(Self { pages: Mutex::new(pages), all })
    }

    /// The first page of a segment, once.
    pub(crate) fn take(&self, episode: &Episode, shard: Option<u8>) -> Option<NotifiedPage> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let position = pages.iter().position(|(of, number, _)| (of, *number) == (episode, shard))?;
        Some(pages.swap_remove(position).2)
    }

    /// Those of `destinations` that were notified of the episode, and whether something may wait for each.
    pub(crate) async fn of(
        &self,
        store: &Store,
        episode: &Episode,
        destinations: &[DestinationId],
    ) -> anyhow::Result<HashMap<DestinationId, bool>> {
        let Some(all) = &self.all else {
            let found = store.notified(episode, destinations).await?;
            return Ok(found.into_iter().map(|(id, mark)| (id, mark.quiet.is_some())).collect());
        };
        let of_episode = all.iter().filter(|(of, _, _)| of == episode);
        Ok(of_episode.map(|(_, id, waits)| (id.clone(), *waits)).collect())
    }
}

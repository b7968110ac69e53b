//! Reads one segment page by page, whatever it is made of.
use crate::{
    notices::NoticeReader,
    notified::NotifiedReader,
    progress::Reached,
    reads::{Page, Reads},
    stages::Segment,
    watchers::WatchersReader,
};

pub(crate) enum SegmentReader {
    Watchers(WatchersReader),
    Notified(NotifiedReader),
    Notice(NoticeReader),
}

impl SegmentReader {
    /// After what is done of the segment.
    pub(crate) fn new(segment: &Segment, reached: Option<Reached>) -> Self {
        match segment {
            Segment::Watchers { provider, segment } => {
                Self::Watchers(WatchersReader::new(provider.clone(), *segment, reached))
            }
            Segment::Notified { episode, shard } => {
                Self::Notified(NotifiedReader::new(episode.clone(), *shard, reached))
            }
            Segment::Notice => Self::Notice(NoticeReader::new(reached)),
        }
    }

    /// `None` at the end.
    pub(crate) async fn next(&mut self, reads: &Reads<'_>) -> anyhow::Result<Option<Page>> {
        match self {
            Self::Watchers(reader) => reader.next(reads).await,
            Self::Notified(reader) => reader.next(reads).await,
            Self::Notice(reader) => reader.next(reads).await,
        }
    }
}

//! The memory that the answers of one read take. Most pages are small: each read may take [`FREE`] bytes unasked. One
//! that takes more holds one of few places of large reads until it is done, however many pages are read at a time.
//! There is one kind of place, taken once by a read, and whoever holds one waits for none, so nobody waits for ever.
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{OnceCell, OwnedSemaphorePermit, Semaphore},
    time::timeout_at,
};

/// What every read may take without a place.
const FREE: usize = 256 * 1024;
/// The most that the answers of one read take together.
const MAX: usize = 8 * 1024 * 1024;

/// What all reads of a process share.
pub struct Rooms {
    /// Of large reads.
    places: Arc<Semaphore>,
    /// What all of them take at present.
    used: AtomicUsize,
}

impl Rooms {
    /// With so many places for large reads.
    pub fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), used: AtomicUsize::new(0) }
    }

    /// What all reads take at present.
    pub fn used(&self) -> usize {
        self.used.load(Relaxed)
    }
}

/// The room of one read. It is given back when this is dropped.
pub struct Room {
    rooms: Arc<Rooms>,
    place: OnceCell<OwnedSemaphorePermit>,
    used: AtomicUsize,
    /// No turn that comes later is of use.
    until: Option<Instant>,
}

/// Why there is no room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// The read has to wait for a place: see [`Room::wait`].
    Yet,
    /// One read must not take so much.
    Ever,
}

/// There was no place in time, which is not the page's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTurn;

impl Room {
    pub fn new(rooms: Arc<Rooms>, until: Option<Instant>) -> Self {
        Self { rooms, place: OnceCell::new(), used: AtomicUsize::new(0), until }
    }

    /// For a read that shares its room with no other.
    pub fn alone() -> Self {
        Self::new(Arc::new(Rooms::new(1)), None)
    }

    /// How much one read may take.
    pub fn max() -> usize {
        MAX
    }

    /// What it takes at present.
    pub fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// How much more it may take now.
    pub fn left(&self) -> usize {
        self.limit().saturating_sub(self.used())
    }

    /// Whether this is a large read, which waits for nothing any more.
    pub fn has_place(&self) -> bool {
        self.place.initialized()
    }

    fn limit(&self) -> usize {
        if self.has_place() { MAX } else { FREE }
    }

    /// Takes room for so many bytes, if it is there.
    pub fn take(&self, bytes: usize) -> Result<(), NoRoom> {
        let limit = self.limit();
        let used = self.used.fetch_update(Relaxed, Relaxed, |used| Some(used + bytes).filter(|used| *used <= limit));
        match used {
            Ok(_) => {
                self.rooms.used.fetch_add(bytes, Relaxed);
                Ok(())
            }
            Err(used) if used + bytes > MAX => Err(NoRoom::Ever),
            Err(_) => Err(NoRoom::Yet),
        }
    }

    pub fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Relaxed);
        self.rooms.used.fetch_sub(bytes, Relaxed);
    }

    /// Waits for a place.
    pub async fn wait(&self) -> Result<(), NoTurn> {
        let place = self.place.get_or_try_init(|| async {
            self.in_time(self.rooms.places.clone().acquire_owned()).await?.map_err(|_| NoTurn)
        });
        place.await.map(|_| ())
    }

    /// Waits for what depends on other reads, as long as it is of use.
    pub async fn in_time<T>(&self, turn: impl Future<Output = T>) -> Result<T, NoTurn> {
        match self.until {
            Some(until) => timeout_at(until.into(), turn).await.map_err(|_| NoTurn),
            None => Ok(turn.await),
        }
    }

    /// The time until no turn is of use any more.
    pub(crate) fn time_left(&self) -> Duration {
        self.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.give_back(self.used());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_large_read_waits_for_a_place_and_a_small_one_does_not() {
        let rooms = Arc::new(Rooms::new(1));
        let room = || Room::new(rooms.clone(), Some(Instant::now()));
        let (first, second) = (room(), room());
        assert_eq!(first.take(FREE), Ok(()));
        assert_eq!(first.take(1), Err(NoRoom::Yet));
        assert_eq!(first.wait().await, Ok(()));
        assert_eq!((first.take(1), first.used()), (Ok(()), FREE + 1));
        assert_eq!((second.take(FREE), second.take(1)), (Ok(()), Err(NoRoom::Yet)));
        assert_eq!(second.wait().await, Err(NoTurn));
        assert_eq!(rooms.used(), 2 * FREE + 1);
        drop(first);
        assert_eq!(rooms.used(), FREE);
        assert_eq!((second.wait().await, second.take(1)), (Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn no_read_takes_more_than_the_limit() {
        let room = Room::alone();
        assert_eq!(room.take(MAX + 1), Err(NoRoom::Ever));
        room.wait().await.unwrap();
        assert_eq!((room.take(MAX), room.take(1)), (Ok(()), Err(NoRoom::Ever)));
        room.give_back(MAX);
        assert_eq!((room.take(MAX), room.left()), (Ok(()), 0));
    }
}

//! How many pages a round reads at the same time. Wanted properties:
//! - while all places are taken and the processor has time to spare, pages wait for the network: there are more places;
//! - while our own work is late there are fewer, so that the time it takes does not count against a page;
//! - a page that does not answer holds its place for a few seconds, not until it times out;
//! - nothing begins while the answers of running reads take much memory.
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How often the places are counted anew.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Places at the beginning of a round.
const FIRST: usize = 64;
const LEAST: usize = 16;
/// Places that a tick adds.
const STEP: usize = 8;
/// A tick that comes later than this shows that the processor has no time to spare. A small Lambda function gets its
/// share of the processor in turns of a tenth of a second.
const LATE: Duration = Duration::from_millis(250);
const IN_TIME: Duration = Duration::from_millis(125);
/// A read that takes longer has no place any more. Nearly all pages answer sooner.
const SLOW: Duration = Duration::from_secs(2);
/// What the answers of all running reads may take before another read begins.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Of one round.
pub(crate) struct Pace {
    places: usize,
    /// Reads at the same time, with and without a place: each takes descriptors.
    most: usize,
    /// The running reads that have a place, by number, and when they began.
    placed: HashMap<usize, Instant>,
    /// How many run without a place.
    slow: usize,
    /// What the answers of the running reads take.
    bytes: usize,
}

impl Pace {
    pub(crate) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self { places: FIRST.min(most), most, placed: HashMap::new(), slow: 0, bytes: 0 }
    }

    /// Whether a read may begin. One always may while none is running.
    pub(crate) fn has_place(&self) -> bool {
        let running = self.placed.len() + self.slow;
        let is_free = self.placed.len() < self.places && running < self.most && self.bytes < MOST_BYTES;
        is_free || running == 0
    }

    pub(crate) fn begin(&mut self, read: usize, now: Instant) {
        self.placed.insert(read, now);
    }

    pub(crate) fn end(&mut self, read: usize) {
        if self.placed.remove(&read).is_none() {
            self.slow -= 1;
        }
    }

    /// Counts the places anew. `late`: how late this tick is. `bytes`: what the answers of the running reads take.
    pub(crate) fn tick(&mut self, late: Duration, bytes: usize, now: Instant) {
        let is_full = self.placed.len() >= self.places;
        if late > LATE {
            self.places = (self.places * 3 / 4).max(LEAST.min(self.most));
        } else if late < IN_TIME && is_full {
            self.places = (self.places + STEP).min(self.most);
        }
        let before = self.placed.len();
        self.placed.retain(|_, began| now.duration_since(*began) < SLOW);
        self.slow += before - self.placed.len();
        self.bytes = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A round that has more to read than places.
    struct Round {
        pace: Pace,
        now: Instant,
        reads: usize,
    }

    impl Round {
        fn new(most: usize) -> Self {
            let mut round = Self { pace: Pace::new(most), now: Instant::now(), reads: 0 };
            round.fill();
            round
        }

        fn fill(&mut self) {
            while self.pace.has_place() {
                self.pace.begin(self.reads, self.now);
                self.reads += 1;
            }
        }

        /// Returns how many run with a place afterwards.
        fn tick(&mut self, late: Duration) -> usize {
            self.now += TICK + late;
            self.pace.tick(late, 0, self.now);
            self.fill();
            self.pace.placed.len()
        }
    }

    #[test]
    fn more_pages_are_read_at_once_while_all_wait_for_the_network_as_far_as_descriptors_allow() {
        let mut round = Round::new(200);
        assert_eq!(round.reads, FIRST);
        assert_eq!(round.tick(Duration::ZERO), FIRST + STEP);
        (0..30).for_each(|_| _ = round.tick(Duration::ZERO));
        assert_eq!(round.reads, 200);
    }

    #[test]
    fn fewer_pages_are_read_at_once_while_our_own_work_is_late() {
        let mut round = Round::new(256);
        round.tick(SECOND);
        let places = round.pace.places;
        assert_eq!(places, FIRST * 3 / 4);
        assert!(!round.pace.has_place(), "more are running");
        (0..30).for_each(|_| _ = round.tick(LATE + TICK));
        assert_eq!(round.pace.places, LEAST, "some are read whatever else this machine does");
        round.tick((LATE + IN_TIME) / 2);
        assert_eq!(round.pace.places, LEAST, "neither late nor in time");
    }

    #[test]
    fn places_that_nobody_takes_are_not_multiplied() {
        let mut pace = Pace::new(256);
        (0..30).for_each(|_| pace.tick(Duration::ZERO, 0, Instant::now()));
        assert_eq!(pace.places, FIRST);
    }

    #[test]
    fn pages_that_hang_hold_no_place() {
        let mut round = Round::new(150);
        let first: Vec<usize> = (0..round.reads).collect();
        round.now += SLOW;
        round.pace.tick(Duration::ZERO, 0, round.now);
        assert!(round.pace.has_place() && round.pace.placed.is_empty());
        round.fill();
        assert_eq!(round.reads, first.len() + FIRST + STEP);
        // But each of them has its descriptors.
        (0..9).for_each(|_| _ = round.tick(SECOND / 10));
        assert_eq!(round.pace.placed.len() + round.pace.slow, 150);
        assert!(!round.pace.has_place());
        first.iter().for_each(|read| round.pace.end(*read));
        assert!(round.pace.has_place() && round.pace.slow == 0);
    }

    #[test]
    fn nothing_begins_while_answers_take_much_memory_unless_nothing_is_running() {
        let (mut pace, now) = (Pace::new(256), Instant::now());
        pace.begin(0, now);
        pace.tick(Duration::ZERO, MOST_BYTES, now);
        assert!(!pace.has_place());
        pace.end(0);
        assert!(pace.has_place());
        pace.begin(1, now);
        pace.tick(Duration::ZERO, MOST_BYTES - 1, now);
        assert!(pace.has_place());
    }
}

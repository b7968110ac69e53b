//! The time in a round: it begins when the schedule says, and goes on as this process does.
use std::time::Instant;

use jiff::Timestamp;

/// When a round began, by the schedule's clock and by this process's.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) began_at: Timestamp,
    pub(crate) started: Instant,
}

impl Clock {
    pub(crate) fn new(began_at: Timestamp) -> Self {
        Self { began_at, started: Instant::now() }
    }

    pub(crate) fn now(self) -> Timestamp {
        self.began_at + self.started.elapsed()
    }
}

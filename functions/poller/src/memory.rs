//! What came at reads that led to nothing: as long as the same comes again, it is neither inflated nor parsed, and
//! leads to the same again.
use std::time::Duration;

use jiff::Timestamp;
use status::health::Failure;

use crate::read::{ReadFailure, trace::Trace};

/// What is read of a page depends a little on the time, so it is read anew once in a while.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// The same of what could not be stored, which depends on what is stored already.
const KEPT_FOR_WHEN_NOT_STORED: Duration = Duration::from_secs(15 * 60);

/// Of one page.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// When it was read with the format that is known.
    pub(crate) of_reading: Option<Remembered>,
    /// When its format was looked for.
    pub(crate) of_detection: Option<Remembered>,
}

#[derive(Debug)]
pub(crate) struct Remembered {
    trace: Trace,
    /// The stored version of the page that it was read for.
    version: Option<u64>,
    until: Timestamp,
    pub(crate) outcome: Nothing,
}

/// How a read led to nothing.
#[derive(Clone, Debug)]
pub(crate) enum Nothing {
    /// There was no page in it.
    Failed(ReadFailure),
    /// It was another page.
    Moved(Failure),
    /// The store has no room for it: why, for people.
    NotStored(String),
}

impl Remembered {
    /// `None`: what came may lead to something else when it comes again.
    pub(crate) fn new(trace: Trace, version: Option<u64>, outcome: Nothing, now: Timestamp) -> Option<Self> {
        let kept_for = match &outcome {
            Nothing::Failed(failure) if !failure.is_repeatable() => return None,
            Nothing::Failed(_) => KEPT_FOR,
            Nothing::Moved(_) | Nothing::NotStored(_) => KEPT_FOR_WHEN_NOT_STORED,
        };
        (!trace.batches.is_empty()).then(|| Self { trace, version, until: now + kept_for, outcome })
    }

    /// What to compare a read with. `is_unsettled`: something stored waits for another read of the page.
    pub(crate) fn trace(&self, version: Option<u64>, is_unsettled: bool, now: Timestamp) -> Option<&Trace> {
        let must_be_applied = is_unsettled && matches!(self.outcome, Nothing::NotStored(_));
        (self.version == version && now < self.until && !must_be_applied).then_some(&self.trace)
    }
}

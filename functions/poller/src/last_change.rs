//! When the newest round ended that wrote something, for those who show all pages: while it stays, so does what they
//! have read. A process does not know what the one before it wrote and did not record, so its first round counts as a
//! change. More is counted than what they show, such as alerts, and whatever else this store writes: never less.
use std::sync::Mutex;

use jiff::Timestamp;

#[derive(Default)]
pub(crate) struct LastChange(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Writes of the store up to the record of the newest change.
    writes: u64,
    at: Option<Timestamp>,
}

/// The newest change as it is to be recorded.
pub(crate) struct Change {
    pub(crate) at: Timestamp,
    /// It is recorded nowhere.
    pub(crate) is_new: bool,
    writes: u64,
}

impl Change {
    /// The same, made by somebody else at the latest by then.
    pub(crate) fn by(&self, at: Timestamp) -> Self {
        Self { at, ..*self }
    }
}

impl LastChange {
    /// `writes`: of the store so far; `now`: at the end of a round.
    pub(crate) fn look(&self, writes: u64, now: Timestamp) -> Change {
        let known = self.0.lock().expect("nothing panics while holding it");
        match known.at {
            Some(at) if known.writes == writes => Change { at, is_new: false, writes },
            _ => Change { at: now, is_new: true, writes },
        }
    }

    /// By one write, which is no change. What others wrote meanwhile is one.
    pub(crate) fn recorded(&self, change: &Change) {
        *self.0.lock().expect("nothing panics while holding it") =
            Known { writes: change.writes + 1, at: Some(change.at) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn round_that_writes_nothing_keeps_the_change_before_it() {
        let last = LastChange::default();
        let first = last.look(0, at(1));
        assert!(first.is_new && first.at == at(1), "nobody knows what was before");
        last.recorded(&first);
        let unchanged = last.look(1, at(2));
        assert!(!unchanged.is_new && unchanged.at == at(1));
        last.recorded(&unchanged);
        let changed = last.look(3, at(3));
        assert!(changed.is_new && changed.at == at(3));
    }

    #[test]
    fn change_that_was_not_recorded_or_came_with_the_record_is_new() {
        let last = LastChange::default();
        last.recorded(&last.look(0, at(1)));
        assert!(last.look(2, at(2)).is_new);
        let again = last.look(2, at(3));
        assert!(again.is_new, "its record failed");
        last.recorded(&again);
        // Another round of this process has written once beside the record.
        assert!(last.look(4, at(4)).is_new);
    }
}

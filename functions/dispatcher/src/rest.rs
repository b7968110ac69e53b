//! Who is to be left alone for a moment: a platform's pace and what its rate headers ask for. Known to this process only:
//! it saves requests that would be refused, and where two processes take turns the platform's refusal says the same.
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use status::ids::DestinationId;

/// Ended rests are swept out when the map reaches this size.
const SWEEP_AT: usize = 4096;

#[derive(Default)]
pub(crate) struct Rests(Mutex<Until>);

#[derive(Default)]
struct Until {
    each: HashMap<DestinationId, Instant>,
    all: Option<Instant>,
}

impl Rests {
    /// What is left of the rest of this destination.
    pub(crate) fn left(&self, destination: &DestinationId, now: Instant) -> Duration {
        let until = self.0.lock().expect("nothing panics while holding the rests");
        let end = until.each.get(destination).copied().max(until.all);
        end.map_or(Duration::ZERO, |end| end.saturating_duration_since(now))
    }

    pub(crate) fn give(&self, destination: &DestinationId, rest: Duration, now: Instant) {
        if rest.is_zero() {
            return;
        }
        let mut until = self.0.lock().expect("nothing panics while holding the rests");
        if until.each.len() >= SWEEP_AT {
            until.each.retain(|_, end| *end > now);
        }
        until.each.insert(destination.clone(), now + rest);
    }

    /// The platform refuses all that comes from here.
    pub(crate) fn give_all(&self, rest: Duration, now: Instant) {
        let mut until = self.0.lock().expect("nothing panics while holding the rests");
        until.all = until.all.max(Some(now + rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rests_for_itself_and_all_together() {
        let rests = Rests::default();
        let now = Instant::now();
        let (a, b) = (DestinationId::new("a"), DestinationId::new("b"));
        rests.give(&a, Duration::from_secs(5), now);
        assert_eq!(rests.left(&a, now), Duration::from_secs(5));
        assert_eq!(rests.left(&b, now), Duration::ZERO);
        rests.give_all(Duration::from_secs(2), now);
        assert_eq!(rests.left(&a, now), Duration::from_secs(5));
        assert_eq!(rests.left(&b, now), Duration::from_secs(2));
        assert_eq!(rests.left(&a, now + Duration::from_secs(6)), Duration::ZERO);
    }
}

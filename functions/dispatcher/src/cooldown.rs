//! How long a destination must be left alone after a request: the channel's rate limit and what the receiver's rate
//! headers ask for. Each process keeps its own cooldowns, which save requests that would be refused. If two processes
//! take turns, the receiver refuses the excess, and the delivery is retried.
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use status::ids::DestinationId;

/// The map drops cooldowns that have ended when it reaches this size.
const SWEEP_AT: usize = 4096;

#[derive(Default)]
pub(crate) struct Cooldowns(Mutex<Ends>);

#[derive(Default)]
struct Ends {
    by_destination: HashMap<DestinationId, Instant>,
    of_all: Option<Instant>,
}

impl Cooldowns {
    /// How long this destination must still be left alone; zero if it is free.
    pub(crate) fn remaining(&self, destination: &DestinationId, now: Instant) -> Duration {
        let ends = self.0.lock().expect("nothing panics while holding the cooldowns");
        let end = ends.by_destination.get(destination).copied().max(ends.of_all);
        end.map_or(Duration::ZERO, |end| end.saturating_duration_since(now))
    }

    pub(crate) fn set(&self, destination: &DestinationId, cooldown: Duration, now: Instant) {
        if cooldown.is_zero() {
            return;
        }
        let mut ends = self.0.lock().expect("nothing panics while holding the cooldowns");
        if ends.by_destination.len() >= SWEEP_AT {
            ends.by_destination.retain(|_, end| *end > now);
        }
        ends.by_destination.insert(destination.clone(), now + cooldown);
    }

    /// For a service that refuses every request from this process.
    pub(crate) fn set_all(&self, cooldown: Duration, now: Instant) {
        let mut ends = self.0.lock().expect("nothing panics while holding the cooldowns");
        ends.of_all = ends.of_all.max(Some(now + cooldown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cooldown_holds_for_one_destination_or_for_all() {
        let cooldowns = Cooldowns::default();
        let now = Instant::now();
        let (a, b) = (DestinationId::new("a"), DestinationId::new("b"));
        cooldowns.set(&a, Duration::from_secs(5), now);
        assert_eq!(cooldowns.remaining(&a, now), Duration::from_secs(5));
        assert_eq!(cooldowns.remaining(&b, now), Duration::ZERO);
        cooldowns.set_all(Duration::from_secs(2), now);
        assert_eq!(cooldowns.remaining(&a, now), Duration::from_secs(5));
        assert_eq!(cooldowns.remaining(&b, now), Duration::from_secs(2));
        assert_eq!(cooldowns.remaining(&a, now + Duration::from_secs(6)), Duration::ZERO);
    }
}

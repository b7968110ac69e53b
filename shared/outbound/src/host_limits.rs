//! The bound on simultaneous exchanges with one host and port, so that a round stays polite however many pages live
//! there. Waiting for a turn costs none of an exchange's own time.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// Entries of hosts that nobody talks to are swept out when the map reaches this size.
const SWEEP_AT: usize = 1024;

pub(crate) struct Hosts {
    per_host: usize,
    /// Weak: an entry lives as long as somebody holds or awaits a turn.
    turns: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl Hosts {
    pub(crate) fn new(per_host: usize) -> Self {
        Self { per_host: per_host.max(1), turns: Mutex::default() }
    }

    /// Waits until fewer than `per_host` others talk to the host of `url`. Dropping the permit ends the turn.
    pub(crate) async fn turn(&self, url: &Url) -> OwnedSemaphorePermit {
        self.semaphore(url).acquire_owned().await.expect("the semaphore is never closed")
    }

    fn semaphore(&self, url: &Url) -> Arc<Semaphore> {
        let key = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let mut turns = self.turns.lock().expect("no panic while the lock is held");
        if let Some(semaphore) = turns.get(&key).and_then(Weak::upgrade) {
            return semaphore;
        }
        if turns.len() >= SWEEP_AT {
            turns.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.per_host));
        turns.insert(key, Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hosts_nobody_talks_to_are_forgotten() {
        let hosts = Hosts::new(2);
        let held = hosts.turn(&"https://held.example/".parse().unwrap()).await;
        for n in 0..3 * SWEEP_AT {
            let _ended = hosts.turn(&format!("https://{n}.example/").parse().unwrap()).await;
        }
        let turns = hosts.turns.lock().unwrap();
        assert!(turns.len() <= SWEEP_AT);
        assert!(turns.contains_key("held.example:443"));
        drop(held);
    }
}

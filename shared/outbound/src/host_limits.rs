//! Limits how many exchanges with one host and port run at the same time, so that a round stays polite however many
//! pages a host serves. Waiting does not count towards the time-out of an exchange.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// The map drops hosts without a running exchange when it reaches this size.
const SWEEP_AT: usize = 1024;

pub(crate) struct HostLimits {
    per_host: usize,
    /// Weak: an entry lives as long as somebody holds a permit or waits for one.
    semaphores: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl HostLimits {
    pub(crate) fn new(per_host: usize) -> Self {
        Self { per_host: per_host.max(1), semaphores: Mutex::default() }
    }

    /// Waits until fewer than `per_host` exchanges with the host of `url` are running. The permit is held during one.
    pub(crate) async fn acquire(&self, url: &Url) -> OwnedSemaphorePermit {
        self.semaphore(url).acquire_owned().await.expect("the semaphore is never closed")
    }

    fn semaphore(&self, url: &Url) -> Arc<Semaphore> {
        let key = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let mut semaphores = self.semaphores.lock().expect("no panic while the lock is held");
        if let Some(semaphore) = semaphores.get(&key).and_then(Weak::upgrade) {
            return semaphore;
        }
        if semaphores.len() >= SWEEP_AT {
            semaphores.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.per_host));
        semaphores.insert(key, Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn idle_hosts_are_dropped() {
        let limits = HostLimits::new(2);
        let held = limits.acquire(&"https://held.example/".parse().unwrap()).await;
        for n in 0..3 * SWEEP_AT {
            let _ended = limits.acquire(&format!("https://{n}.example/").parse().unwrap()).await;
        }
        let semaphores = limits.semaphores.lock().unwrap();
        assert!(semaphores.len() <= SWEEP_AT);
        assert!(semaphores.contains_key("held.example:443"));
        drop(held);
    }
}

//! Connections that wait for another request: most reads make one, and the next round comes when they are long closed.
//! A read that makes several uses its connection again.
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::{Duration, Instant},
};

use hyper::client::conn::http1::SendRequest;
use url::Url;

/// Of a request for a page: empty, but for a `POST`.
pub(crate) type PageBody = String;

/// A host, and by which rule it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    host: String,
    port: u16,
    is_plain: bool,
    is_public: bool,
}

impl Key {
    pub(crate) fn new(url: &Url, is_public: bool) -> Self {
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or_default();
        Self { host, port, is_plain: url.scheme() == "http", is_public }
    }
}

pub(crate) struct Kept {
    idle: Duration,
    /// Of connections at the same time.
    most: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// The oldest of a host is the first.
    by_host: HashMap<Key, Vec<One>>,
    number: usize,
    /// Whether a task closes what has waited too long.
    is_swept: bool,
}

struct One {
    since: Instant,
    peer: IpAddr,
    sender: SendRequest<PageBody>,
}

impl Kept {
    pub(crate) fn new(idle: Duration, most: usize) -> Arc<Self> {
        Arc::new(Self { idle, most, waiting: Mutex::default() })
    }

    /// The one that waits for the shortest time.
    pub(crate) fn take(&self, key: &Key) -> Option<(IpAddr, SendRequest<PageBody>)> {
        let mut waiting = self.waiting();
        let of_host = waiting.by_host.get_mut(key)?;
        let one = of_host.pop();
        if of_host.is_empty() {
            waiting.by_host.remove(key);
        }
        let one = one?;
        waiting.number -= 1;
        Some((one.peer, one.sender))
    }

    /// The one that waits for the longest time makes room.
    pub(crate) fn put(self: &Arc<Self>, key: Key, peer: IpAddr, sender: SendRequest<PageBody>) {
        let mut waiting = self.waiting();
        if waiting.number >= self.most {
            waiting.close_oldest();
        }
        waiting.by_host.entry(key).or_default().push(One { since: Instant::now(), peer, sender });
        waiting.number += 1;
        if !waiting.is_swept {
            waiting.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(self), self.idle));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nothing panics while holding the connections")
    }
}

impl Waiting {
    fn close_oldest(&mut self) {
        let oldest = self.by_host.iter().min_by_key(|(_, of_host)| of_host.first().map(|one| one.since));
        if let Some(key) = oldest.map(|(key, _)| key.clone()) {
            let since = self.by_host[&key].first().map(|one| one.since);
            self.close(|one| Some(one.since) == since);
        }
    }

    fn close(&mut self, is_over: impl Fn(&One) -> bool) {
        self.by_host.retain(|_, of_host| {
            of_host.retain(|one| !is_over(one));
            !of_host.is_empty()
        });
        self.number = self.by_host.values().map(Vec::len).sum();
    }
}

/// Closes connections that wait for longer than `idle`, until none is left.
async fn sweep(kept: Weak<Kept>, idle: Duration) {
    loop {
        tokio::time::sleep(idle).await;
        let Some(kept) = kept.upgrade() else { return };
        let mut waiting = kept.waiting();
        waiting.close(|one| one.since.elapsed() >= idle || one.sender.is_closed());
        if waiting.number == 0 {
            waiting.is_swept = false;
            return;
        }
    }
}

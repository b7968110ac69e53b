//! Everything that was received, in order, and waiting for more of it.
use std::{collections::VecDeque, fmt};

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::{Fakes, routing::Service};

/// One request, or one mail to one recipient.
#[derive(Clone)]
pub struct Received {
    pub service: Service,
    /// Names of the destination, most telling first; the first is the path for all that are posted to a path.
    pub names: Vec<String>,
    /// The host it was meant for, if it came to us instead.
    pub host: Option<String>,
    /// Of mail it is `DATA`, or `RCPT` if the recipient was refused.
    pub method: Method,
    /// As the service sees it, without the query.
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub at: Instant,
    pub received_at: Timestamp,
    /// The status; 0 if the answer never came, or not whole.
    pub answered: u16,
}

impl Received {
    /// `Null` if the body is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Without what is secret: headers, paths and queries hold tokens.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("service", &self.service)
            .field("destination", &self.shown_destination())
            .field("received_at", &self.received_at)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Log {
    newest: VecDeque<Received>,
    kept: usize,
    /// Those that are forgotten included.
    pub(crate) count: usize,
}

impl Log {
    pub(crate) fn new(kept: usize) -> Self {
        Self { newest: VecDeque::new(), kept, count: 0 }
    }

    pub(crate) fn push(&mut self, received: Received) {
        push(&mut self.newest, received, self.kept);
        self.count += 1;
    }
}

/// Forgets the oldest where that is too many.
pub(crate) fn push<T>(list: &mut VecDeque<T>, item: T, kept: usize) {
    if list.len() >= kept {
        list.pop_front();
    }
    list.push_back(item);
}

impl Fakes {
    /// What was received and is remembered, what was refused included, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.world().log.newest.iter().cloned().collect()
    }

    /// What was received for the destination of this name (see [`Fakes::behave_at`]).
    pub fn received_at(&self, name: &str) -> Vec<Received> {
        self.received().into_iter().filter(|received| received.is_at(name)).collect()
    }

    /// Waits until so many requests were received in all.
    pub async fn has(&self, number: usize) {
        self.until(|fakes| fakes.world().log.count >= number).await;
    }

    /// Waits until so many requests were received for the destination of this name.
    pub async fn has_at(&self, name: &str, number: usize) {
        self.until(|fakes| fakes.received_at(name).len() >= number).await;
    }

    /// Waits until this holds; it is asked again after everything received.
    pub async fn until(&self, mut holds: impl FnMut(&Self) -> bool) {
        let mut received = self.shared.received.subscribe();
        let held = received.wait_for(|_| holds(self)).await;
        held.expect("the sender lives as long as the fakes");
    }
}

impl Received {
    fn is_at(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

//! Everything that was received, in order.
use std::{collections::VecDeque, fmt};

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    fake::{Fake, Service},
    world::{Fakes, push_bounded},
};

/// One request, or one mail to one recipient.
#[derive(Clone)]
pub struct Received {
    pub(crate) fake: &'static Fake,
    /// Names of the destination, the most telling first; see [`Fakes::set_faults_at`].
    pub names: Vec<String>,
    /// The host it was meant for, if it was redirected here.
    pub host: Option<String>,
    /// By SMTP it is `DATA`, or `RCPT` if the recipient was refused.
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
    pub fn service(&self) -> Service {
        self.fake.service
    }

    /// The body as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Without secrets: headers, paths and queries hold tokens.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("service", &self.service().name())
            .field("destination", &(self.fake.redaction.destination)(self))
            .field("received_at", &self.received_at)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Log {
    newest: VecDeque<Received>,
    capacity: usize,
    /// Including those that are forgotten.
    pub(crate) count: usize,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { newest: VecDeque::new(), capacity, count: 0 }
    }

    pub(crate) fn push(&mut self, received: Received) {
        push_bounded(&mut self.newest, received, self.capacity);
        self.count += 1;
    }
}

impl Fakes {
    /// What was received and is remembered, including what was refused, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.world().log.newest.iter().cloned().collect()
    }

    /// What was received for the destination of this name (see [`Fakes::set_faults_at`]).
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
}

impl Received {
    fn is_at(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

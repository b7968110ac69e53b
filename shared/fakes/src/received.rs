//! Everything that was received, in order.
use std::{collections::VecDeque, fmt};

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    bounded::{Capacity, Size, push_bounded},
    service::Service,
};

/// One request, or one mail to one recipient.
#[derive(Clone)]
pub struct Received {
    pub(crate) service: Service,
    pub(crate) redaction: &'static Redaction,
    /// Names of the destination, the most telling first; see [`crate::Fakes::set_faults_at`].
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
        self.service
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
            .field("destination", &(self.redaction.destination)(self))
            .field("received_at", &self.received_at)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

impl Size for Received {
    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64);
        size_of::<Self>()
            + self.names.iter().map(String::len).sum::<usize>()
            + self.host.as_ref().map_or(0, String::len)
            + self.path.len()
            + self.query.as_ref().map_or(0, String::len)
            + headers.sum::<usize>()
            + self.body.len()
    }
}

pub(crate) struct Log {
    pub(crate) newest: VecDeque<Received>,
    capacity: Capacity,
    /// Including those that are forgotten.
    pub(crate) count: usize,
}

impl Log {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self { newest: VecDeque::new(), capacity, count: 0 }
    }

    pub(crate) fn push(&mut self, received: Received) {
        push_bounded(&mut self.newest, received, self.capacity);
        self.count += 1;
    }
}

impl Received {
    /// Whether the destination has this name.
    pub(crate) fn is_at(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

/// What `/receiver.json` and `Debug` show of a request. Neither shows headers or queries.
pub(crate) struct Redaction {
    /// The destination without secrets.
    pub(crate) destination: fn(&Received) -> String,
    /// The body as people want to read it. Secrets of the request that occur in it are masked afterwards.
    pub(crate) body: fn(&Received) -> Value,
    /// Keys of the body, at any depth, whose values are secrets.
    pub(crate) secret_keys: &'static [&'static str],
    /// Our alert's id in the body, where the service's messages carry it.
    pub(crate) alert_id: fn(&Value) -> Option<&str>,
}

/// What stands for a secret.
pub(crate) const HIDDEN: &str = "…";

/// The body as JSON, or as a string if it is none.
pub(crate) fn json_or_text(received: &Received) -> Value {
    serde_json::from_slice(&received.body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&received.body).into_owned()))
}

/// For services whose messages do not carry the alert's id.
pub(crate) fn no_alert_id(_: &Value) -> Option<&str> {
    None
}

/// The host and the path, where the segment `offset` segments after `word` is hidden.
pub(crate) fn hide_segment(received: &Received, word: &str, offset: usize) -> String {
    let secret = received.path.split('/').position(|segment| segment == word).map(|at| at + 1 + offset);
    let segments = received.path.split('/').enumerate();
    let shown: Vec<_> = segments.map(|(at, segment)| if Some(at) == secret { HIDDEN } else { segment }).collect();
    format!("{}{}", received.host.as_deref().unwrap_or_default(), shown.join("/"))
}

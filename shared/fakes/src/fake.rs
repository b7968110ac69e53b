//! What a fake is: the contract that every service's file fulfils.
use serde_json::Value;

use crate::{
    call::Call,
    fault::Reply,
    rate::{Limit, Rate},
    received::Received,
    world::World,
};

/// The name of a service; each fake declares its own as an associated constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service(&'static str);

impl Service {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// As it stands in `/pretend/<name>/` and in `/receiver.json`.
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// One fake service.
pub(crate) struct Fake {
    pub(crate) service: Service,
    /// `None`: it is not reached over HTTP.
    pub(crate) http: Option<Http>,
    /// How often one destination may be used, as the real service limits it.
    pub(crate) limits: &'static [(Limit, Rate)],
    pub(crate) redaction: Redaction,
}

/// How a service is reached and answers over HTTP.
pub(crate) struct Http {
    pub(crate) owns_host: fn(host: &str) -> bool,
    /// Whether its paths look like this, for requests that name no host.
    pub(crate) owns_path: fn(path: &str) -> bool,
    /// The names of the destination, the most telling first: see [`crate::Fakes::set_faults_at`].
    pub(crate) names: fn(&mut World, &Call) -> Vec<String>,
    pub(crate) respond: fn(&mut World, &Call, names: &[String]) -> Reply,
    /// A path it serves, with the word `SECRET` wherever a path holds one: what the contract test requests.
    pub(crate) example: &'static str,
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

/// Whether `host` is this domain or below it.
pub(crate) fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

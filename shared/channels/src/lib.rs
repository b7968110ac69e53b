//! Delivery channels: one file each, one line each in the list below. Pure: a channel is a function from an alert, a
//! destination and the answers so far to the next request or the outcome; it opens no socket and reads no clock.
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{alert::Alert, ids::DeliveryId, monitor::Settings};

mod outcome;
mod request;
mod settings;
mod text;

#[cfg(test)]
mod tests;

pub use settings::check_settings;

/// Declares each module and lists its `CHANNEL`, so that a line cannot be half-added.
macro_rules! channels {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static CHANNELS: &[Channel] = &[$($name::CHANNEL),+];
    };
}

channels! {
    slack,
    webhook,
}

/// Every registered channel.
pub fn channels() -> &'static [Channel] {
    CHANNELS
}

/// The channel of this name.
pub fn channel(name: &str) -> Option<&'static Channel> {
    CHANNELS.iter().find(|channel| channel.name == name)
}

/// One medium.
pub struct Channel {
    /// What the configuration, the queues and the logs call it.
    pub name: &'static str,
    /// The settings a destination of this channel takes.
    pub settings: &'static [Setting],
    /// Checks settings whose keys are known and whose required ones are there. One message per key, each saying what
    /// a right value looks like and never repeating the value.
    pub check: fn(&Settings) -> Vec<(&'static str, String)>,
    /// Asked again with each new answer until it is done.
    pub deliver: fn(&Job<'_>, &[Answer]) -> Step,
}

pub struct Setting {
    pub key: &'static str,
    pub required: bool,
    /// Given as a literal or as `env:NAME`.
    pub secret: bool,
    /// The value is a URL we will send to: the network guard vets it when the configuration is checked.
    pub url: bool,
    /// One line for people: what it is and where to get it.
    pub help: &'static str,
}

/// One delivery to be made.
pub struct Job<'a> {
    /// The same at every attempt: passed on wherever a channel accepts an idempotency key.
    pub id: &'a DeliveryId,
    pub alert: &'a Alert,
    pub settings: &'a Settings,
    /// What the channel kept of the earlier messages about this incident at this destination.
    pub handle: Option<&'a Handle>,
    /// The monitor's component filter could not say whether this concerns the user: tell why it came all the same.
    pub unknown: bool,
    /// Our own page of the incident, if this instance has a public address.
    pub incident_url: Option<&'a str>,
    pub now: Timestamp,
}

/// What a channel remembers per (incident, destination), e.g. a message id. Not secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle(pub std::collections::BTreeMap<String, String>);

pub enum Step {
    Send(http::Request<Bytes>),
    Done(Outcome),
}

/// What came back for one sent request, in the order of sending.
#[derive(Clone, Debug)]
pub enum Answer {
    Http {
        status: u16,
        headers: http::HeaderMap,
        body: Bytes,
    },
    /// No answer: time-out, connection refused or cut. Safe to show, names no URL.
    Failed(String),
}

/// How a delivery attempt ended. `reason`s are for people and never hold a setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted; `handle` replaces the one kept so far.
    Delivered { handle: Option<Handle> },
    /// Worth another try; not before `after` if the platform said so.
    Retry { after: Option<Duration>, reason: String },
    /// This alert will never be accepted (our fault or a setting's); later ones may.
    Rejected { reason: String },
    /// The destination is no more: disable it.
    Gone { reason: String },
}

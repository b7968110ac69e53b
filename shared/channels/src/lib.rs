//! Delivery channels: one file each, one line each in the list below. Pure: a channel is a function from an alert, a
//! destination and the answers so far to the next request or the outcome; it opens no socket and reads no clock.
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{DeliveryId, DestinationId},
    monitor::Settings,
};

mod facts;
mod outcome;
mod request;
mod settings;
mod text;

#[cfg(test)]
mod tests;

pub use settings::check_settings;
pub use webhook::{WEBHOOK_SCHEMA, public_key};

/// Declares each module and lists its `CHANNEL`, so that a line cannot be half-added.
macro_rules! channels {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static CHANNELS: &[Channel] = &[$($name::CHANNEL),+];
    };
}

channels! {
    discord,
    email,
    slack,
    teams,
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
    /// The least time between two messages to one destination.
    pub pace: Duration,
    /// Whether it keeps a [`Handle`] per incident and destination.
    pub keeps_handle: bool,
    /// The address whose owner must have agreed before anything but the question is sent to it; `None` where whoever
    /// sets a destination up owns it.
    pub recipient: fn(&Settings) -> Option<String>,
}

pub struct Setting {
    pub key: &'static str,
    pub required: bool,
    /// Given as a literal or as `env:NAME`.
    pub secret: bool,
    /// How the configuration gives the value.
    pub kind: SettingKind,
    /// One line for people: what it is and where to get it.
    pub help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    Text,
    /// A URL we will send to: the network guard vets it when the configuration is checked.
    Url,
    /// A table of names and texts; the setting's value has a line `name: text` for each, in the order of names.
    Table,
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
    /// For a channel with a [`Channel::recipient`].
    pub mail: Option<MailJob<'a>>,
    pub now: Timestamp,
}

/// What a mail needs of this instance.
#[derive(Clone, Copy)]
pub struct MailJob<'a> {
    /// `alerts@example.com` or `Name <alerts@example.com>`.
    pub from: &'a str,
    /// Page at which this recipient agrees or unsubscribes; known to nobody else. A POST to `{page}/unsubscribe`
    /// unsubscribes at once (RFC 8058), a GET of the page changes nothing.
    pub page: &'a str,
    pub destination: &'a DestinationId,
}

/// What a channel remembers per (incident, destination), e.g. a message id. Not secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle(pub std::collections::BTreeMap<String, String>);

pub enum Step {
    Send(http::Request<Bytes>),
    Mail(Mail),
    Done(Outcome),
}

/// One mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Address of the envelope's sender and recipient, without a name.
    pub from: String,
    pub to: String,
    /// The whole message as it goes over the wire (RFC 5322, CRLF).
    pub message: Bytes,
    /// For the events of the mail service: what a bounce or complaint of this mail is about.
    pub destination: DestinationId,
}

/// What came back for one sent request, in the order of sending.
#[derive(Clone, Debug)]
pub enum Answer {
    Http {
        status: u16,
        headers: http::HeaderMap,
        body: Bytes,
    },
    /// A mail server's reply: code and text of SMTP (RFC 5321). Other mail services are translated into these.
    Mail {
        code: u16,
        said: String,
    },
    /// No answer: time-out, connection refused or cut. Safe to show, names no URL.
    Failed(String),
}

/// How a delivery attempt ended. `reason`s are for people and never hold a setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted. `handle` replaces the one kept so far; `rest`: the platform wants nothing more for this destination
    /// until then.
    Delivered { handle: Option<Handle>, rest: Option<Duration> },
    /// Worth another try; not before `after` if the platform said so. `everyone`: it said so to all we send there, not
    /// to this destination alone.
    Retry { after: Option<Duration>, everyone: bool, reason: String },
    /// The channel does not tell this alert, by its own rules; later ones tell what it says.
    Skipped { reason: String },
    /// This alert will never be accepted (our fault or a setting's); later ones may.
    Rejected { reason: String },
    /// The destination is no more: disable it.
    Gone { reason: String },
}

impl Outcome {
    /// Accepted, with nothing to remember and no limit in sight.
    pub(crate) fn delivered(handle: Option<Handle>) -> Self {
        Self::Delivered { handle, rest: None }
    }

    /// For this destination alone.
    pub(crate) fn retry(after: Option<Duration>, reason: impl Into<String>) -> Self {
        Self::Retry { after, everyone: false, reason: reason.into() }
    }
}

/// One line about an answer for people, without any value of the settings: `200: ok`.
pub fn shown(answer: &Answer, settings: &Settings) -> String {
    outcome::shown(answer, settings)
}

/// The form that all spellings of a mail address share; `None` if it is none that mail is sent to.
pub fn mail_address(text: &str) -> Option<String> {
    email::mail_address(text)
}

/// Whether mails can be sent in this name: `alerts@example.com` or `Name <alerts@example.com>`.
pub fn is_mail_sender(from: &str) -> bool {
    email::is_sender(from)
}

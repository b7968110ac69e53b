//! Delivery channels: one file each, with a `mod` line and a line of the list below. Pure: a channel is a function from
//! an alert, a destination and the responses so far to the next request or the outcome; it opens no socket and reads no
//! clock.
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{DeliveryId, DestinationId},
    monitor::Settings,
};

mod discord;
mod email;
mod slack;
mod teams;
mod webhook;

mod classify;
mod message;
mod redact;
mod request;
mod settings;
mod text;

#[cfg(test)]
mod tests;

pub use email::{is_mail_sender, mail_address};
pub use redact::{redact, redacted};
pub use settings::{check_settings, is_secret};
pub use webhook::{WEBHOOK_SCHEMA, own_headers, public_key};

/// Lists the `CHANNEL` of each module and what its tests promise of it, so that neither is forgotten.
macro_rules! channels {
    ($($name:ident),+ $(,)?) => {
        static CHANNELS: &[Channel] = &[$($name::CHANNEL),+];
        #[cfg(test)]
        static CONTRACTS: &[tests::contract::Contract] = &[$($name::tests::CONTRACT),+];
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
    /// Its name in the configuration, the queues and the logs.
    pub name: &'static str,
    /// For people who set a destination up.
    pub setup: Setup,
    /// The settings a destination of this channel takes.
    pub settings: &'static [Setting],
    /// Checks settings whose keys are known and whose required ones are present. Returns one message per key, which
    /// says what a right value looks like and never repeats the value.
    pub check: fn(&Settings) -> Vec<(&'static str, String)>,
    /// Called again with each new response until it returns [`Step::Done`].
    pub deliver: fn(&Job<'_>, &[Response]) -> Step,
    /// The least time between two messages to one destination.
    pub min_interval: Duration,
    /// Whether it keeps a [`Handle`] per incident and destination.
    pub keeps_handle: bool,
    /// The address whose owner must consent before anything but the question is sent to it. `None` where whoever sets
    /// a destination up owns it.
    pub recipient: fn(&Settings) -> Option<String>,
    /// Valid settings, made up, one set for each form; the first holds the least that is required. Tests and examples
    /// use them.
    pub samples: &'static [&'static [(&'static str, &'static str)]],
}

impl Channel {
    /// Whether a form asks for the setting at first: it belongs to the least that is required.
    pub fn asks_first(&self, setting: &Setting) -> bool {
        self.samples.first().is_some_and(|least| least.iter().any(|(key, _)| *key == setting.key))
    }

    /// [`Self::samples`] as settings.
    pub fn sample_settings(&self) -> impl Iterator<Item = Settings> + use<> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        self.samples.iter().map(move |sample| Settings(sample.iter().map(owned).collect()))
    }
}

/// What people read who set a destination up on the pages.
pub struct Setup {
    /// The channel as its service writes it: `Microsoft Teams`.
    pub title: &'static str,
    /// Where the alerts arrive: `Messages in a Slack channel`.
    pub summary: &'static str,
    /// Where to find what the form asks for, step by step.
    pub steps: &'static [&'static str],
}

/// One setting of a destination.
pub struct Setting {
    pub key: &'static str,
    /// The label of its field in a form.
    pub label: &'static str,
    pub required: bool,
    /// Its value, and parts of it, are masked wherever a foreign text is shown ([`redact`]). The configuration takes it
    /// as a literal or as `env:NAME`.
    pub secret: bool,
    /// How the configuration gives the value.
    pub kind: SettingKind,
    /// One line for people: what it is and where to get it.
    pub help: &'static str,
    /// Makes a valid value of random bytes, where it is ours to choose.
    pub suggest: Option<fn(&[u8; 32]) -> String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    Text,
    /// A URL we send to: the network guard checks it when the configuration is checked.
    Url,
    /// A table of names and texts. The setting's value has one line `name: text` for each, sorted by name.
    Table,
}

/// One delivery to be made.
pub struct Job<'a> {
    /// The same at every attempt. A channel passes it on wherever its service accepts an idempotency key.
    pub id: &'a DeliveryId,
    pub alert: &'a Alert,
    pub settings: &'a Settings,
    /// What the channel kept of the earlier messages about this incident at this destination.
    pub handle: Option<&'a Handle>,
    /// A newer alert about this incident was sent to this destination already: a redriven opening after the end, for
    /// example. `handle` is `None` then, and what this delivery returns is not kept. A channel that opens something
    /// living (an alert to be resolved, a message to be edited) must not open it, because nothing will ever close it.
    /// Known only of channels with [`Channel::keeps_handle`].
    pub superseded: bool,
    /// The monitor's component filter could not decide whether this concerns the user: the message says so.
    pub unknown: bool,
    /// Our own page of the incident, if this instance has a public address; of the provider where
    /// [`status::words::Event::has_incident_page`] says no.
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
    /// unsubscribes at once (RFC 8058); a GET of the page changes nothing.
    pub page: &'a str,
    /// Page at which this recipient's account acknowledges or mutes the incident.
    pub acknowledge: Option<&'a str>,
    pub destination: &'a DestinationId,
}

/// What a channel remembers per incident and destination, for example a message id. Not secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle(pub std::collections::BTreeMap<String, String>);

/// What a channel wants next.
pub enum Step {
    Send(http::Request<Bytes>),
    Mail(Mail),
    Done(Outcome),
}

/// One mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Addresses of the envelope's sender and recipient, without a name.
    pub from: String,
    pub to: String,
    /// The whole message as it goes over the wire (RFC 5322, CRLF).
    pub message: Bytes,
    /// For the events of the mail service: what a bounce or complaint of this mail is about.
    pub destination: DestinationId,
}

/// The response to one sent request, in the order of sending.
#[derive(Clone, Debug)]
pub enum Response {
    Http {
        status: u16,
        headers: http::HeaderMap,
        body: Bytes,
    },
    /// A mail server's reply: code and text of SMTP (RFC 5321). Other mail services are translated into these.
    Mail {
        code: u16,
        text: String,
        /// It answers the name of the recipient (RCPT TO), not the sender or the content.
        to_recipient: bool,
    },
    /// No response: time-out, connection refused or cut. Safe to show, names no URL.
    Failed(String),
}

/// How a delivery attempt ended. `reason`s are for people and never hold a secret setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted. `handle` replaces the one kept so far. `cooldown`: the service accepts nothing more for this
    /// destination until then.
    Delivered { handle: Option<Handle>, cooldown: Option<Duration> },
    /// Worth another attempt, not before `after` if the service named a wait. `everyone`: the refusal holds for all we
    /// send there, not for this destination alone.
    Retry { after: Option<Duration>, everyone: bool, reason: String },
    /// The channel does not send this alert, by its own rules; later messages cover it.
    Skipped { reason: String },
    /// Refused, perhaps for as long as the cause lasts: tried again on the schedule, not before `after` if the service
    /// named a wait. `blame` says what becomes of it if it lasts.
    Refused { after: Option<Duration>, blame: Blame, reason: String },
    /// The service says that it cannot read this very message: the alert will never be accepted, later ones may be.
    Rejected { reason: String },
    /// The destination does not exist any more, by the service's own word: disable it.
    Gone { reason: String },
}

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The destination as it is set up: its address, a setting, a right. If it lasts, the destination is disabled.
    Destination,
    /// A state that its owner or the operator must change: a full mailbox, a policy against the sender. If it lasts,
    /// the alert is given up; the destination stays enabled.
    Circumstances,
}

impl Outcome {
    /// Accepted, with nothing to remember and no limit in sight.
    pub(crate) fn delivered(handle: Option<Handle>) -> Self {
        Self::Delivered { handle, cooldown: None }
    }

    /// For this destination alone.
    pub(crate) fn retry(after: Option<Duration>, reason: impl Into<String>) -> Self {
        Self::Retry { after, everyone: false, reason: reason.into() }
    }

    /// Without a wait that the service named.
    pub(crate) fn refused(blame: Blame, reason: impl Into<String>) -> Self {
        Self::Refused { after: None, blame, reason: reason.into() }
    }
}

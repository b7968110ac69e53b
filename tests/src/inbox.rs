//! A pretend receiver of webhooks and Slack messages: one of the [`fakes`], as strict as they are, but for what it
//! was told.
use std::{net::SocketAddr, time::Duration, time::Instant};

use bytes::Bytes;
use fakes::{Fakes, Received, Reply};
use http::HeaderMap;
use serde_json::Value;
use status::ids::AlertId;

#[derive(Clone, Debug)]
pub struct Message {
    pub path: String,
    pub headers: HeaderMap,
    pub raw: Bytes,
    pub at: Instant,
    /// What it was answered; 0 if the answer never came, or not whole.
    pub answered: u16,
}

/// How the receiver treats the next message.
#[derive(Clone, Debug)]
pub enum Fault {
    Answer(u16, Vec<(&'static str, String)>),
    /// Never answers.
    Hang,
    /// Takes the message, then closes the connection in the middle of its answer.
    Cut,
}

#[derive(Clone)]
pub struct Inbox {
    pub address: SocketAddr,
    /// Where it takes mail.
    pub smtp: SocketAddr,
    /// What stands there in the end.
    pub fakes: Fakes,
}

impl Inbox {
    pub async fn start() -> Self {
        Self::of(Fakes::unlimited()).await
    }

    /// With rates of the caller's.
    pub async fn of(fakes: Fakes) -> Self {
        // Stories may let a channel that does not sign post to any path.
        fakes.take_unsigned_webhooks();
        let ports = fakes.listen().await.expect("free ports");
        Self { address: ports.http, smtp: ports.smtp, fakes }
    }

    /// The path says whose it is: `/services/...` is Slack's, one of nobody's takes webhooks.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How to treat the next messages, in turn.
    pub fn behave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.fakes.behave(faults.into_iter().map(Into::into));
    }

    /// How to treat the next messages to this path, in turn.
    pub fn behave_at(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.fakes.behave_at(path, faults.into_iter().map(Into::into));
    }

    /// Everything received, also what was refused.
    pub fn got(&self) -> Vec<Message> {
        self.fakes.received().into_iter().map(Message::from).collect()
    }

    /// Everything received at this path, also what was refused.
    pub fn got_at(&self, path: &str) -> Vec<Message> {
        self.fakes.received_at(path).into_iter().map(Message::from).collect()
    }

    /// Waits until `number` messages were received in all, but not for ever.
    pub async fn has_soon(&self, number: usize) {
        let came = tokio::time::timeout(PATIENCE, self.has(number)).await;
        assert!(came.is_ok(), "{} of {number} messages came: {:?}", self.got().len(), self.events());
    }

    /// Waits until `number` messages were received in all.
    pub async fn has(&self, number: usize) {
        self.fakes.has(number).await;
    }

    /// What was accepted, as `event incident`, in the order it came.
    pub fn events(&self) -> Vec<String> {
        events(self.got())
    }

    /// What was accepted at this path.
    pub fn events_at(&self, path: &str) -> Vec<String> {
        events(self.got_at(path))
    }
}

/// The longest wait of a story.
const PATIENCE: Duration = Duration::from_secs(60);

fn events(messages: Vec<Message>) -> Vec<String> {
    messages.iter().filter(|message| message.answered == 200).map(Message::event).collect()
}

impl From<Fault> for fakes::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Answer(status, headers) => Self::Answer(Reply { headers, ..Reply::text(status, "ok") }),
            Fault::Hang => Self::Hang,
            Fault::Cut => Self::Cut,
        }
    }
}

impl From<Received> for Message {
    fn from(received: Received) -> Self {
        let Received { path, headers, body, at, answered, .. } = received;
        Self { path, headers, raw: body, at: at.into_std(), answered }
    }
}

impl Message {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.raw).expect("what we send is JSON")
    }

    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().expect("ids are ASCII")
    }

    pub fn alert(&self) -> AlertId {
        AlertId::new(self.json()["data"]["alert"]["id"].as_str().expect("every alert has an id"))
    }

    /// Of a webhook.
    pub fn event(&self) -> String {
        let body = self.json();
        let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        format!("{} {}", word(&body["data"]["alert"]["event"]), word(&body["data"]["incident"]["id"]))
    }
}

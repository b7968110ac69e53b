//! The receiver of all channels: one of the [`fakes`], which checks messages as the real services do, with the faults
//! that a story asks for.
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
    /// The status of the response; 0 if it was never sent, or cut off.
    pub answered: u16,
}

/// What goes wrong with the next message.
#[derive(Clone, Debug)]
pub enum Fault {
    Answer(u16, Vec<(&'static str, String)>),
    /// Never answers.
    Hang,
    /// Accepts the message, then closes the connection in the middle of its response.
    Cut,
}

#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    /// The address of its mail server.
    pub smtp: SocketAddr,
    /// The fakes that hold what was received.
    pub fakes: Fakes,
}

impl Receiver {
    pub async fn start() -> Self {
        Self::with_fakes(Fakes::unlimited()).await
    }

    /// With fakes that have their own rate limits.
    pub async fn with_fakes(fakes: Fakes) -> Self {
        // In a story, a channel that does not sign may post to any path.
        fakes.take_unsigned_webhooks();
        let ports = fakes.listen().await.expect("free ports");
        Self { address: ports.http, smtp: ports.smtp, fakes }
    }

    /// The path selects the service: `/services/...` is Slack's; any other path accepts webhooks.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sets the faults of the next messages, one each.
    pub fn behave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.fakes.set_faults(faults.into_iter().map(Into::into));
    }

    /// Sets the faults of the next messages to this path, one each.
    pub fn behave_at(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.fakes.set_faults_at(path, faults.into_iter().map(Into::into));
    }

    /// All messages, refused ones included.
    pub fn messages(&self) -> Vec<Message> {
        self.fakes.received().into_iter().map(Message::from).collect()
    }

    /// All messages at this path, refused ones included.
    pub fn messages_at(&self, path: &str) -> Vec<Message> {
        self.fakes.received_at(path).into_iter().map(Message::from).collect()
    }

    /// Waits until `number` messages were received in all; fails after [`MAX_WAIT`].
    pub async fn wait_for(&self, number: usize) {
        let received = tokio::time::timeout(MAX_WAIT, self.wait_without_limit(number)).await;
        assert!(received.is_ok(), "{} of {number} messages arrived: {:?}", self.messages().len(), self.events());
    }

    /// Waits until `number` messages were received in all, however long it takes.
    async fn wait_without_limit(&self, number: usize) {
        self.fakes.has(number).await;
    }

    /// The accepted messages, as `event incident`, in the order of arrival.
    pub fn events(&self) -> Vec<String> {
        events(self.messages())
    }

    /// The accepted messages at this path.
    pub fn events_at(&self, path: &str) -> Vec<String> {
        events(self.messages_at(path))
    }
}

/// The longest time that a story waits.
const MAX_WAIT: Duration = Duration::from_secs(60);

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

    /// `event incident` of a webhook.
    pub fn event(&self) -> String {
        let body = self.json();
        let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        format!("{} {}", word(&body["data"]["alert"]["event"]), word(&body["data"]["incident"]["id"]))
    }
}

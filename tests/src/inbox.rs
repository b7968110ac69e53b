//! A pretend receiver of webhooks and Slack messages: keeps what it got and answers as told to.
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use status::ids::AlertId;
use tokio::{net::TcpListener, sync::watch};

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
pub enum Manner {
    Answer(u16, Vec<(&'static str, String)>),
    /// Never answers.
    Hang,
    /// Takes the message, then closes the connection in the middle of its answer.
    Cut,
}

#[derive(Clone)]
pub struct Inbox {
    pub address: SocketAddr,
    state: Arc<Mutex<State_>>,
    count: watch::Receiver<usize>,
}

struct State_ {
    got: Vec<Message>,
    /// For the next messages to a path, then for the next ones to any; afterwards `200`.
    manners_at: HashMap<String, VecDeque<Manner>>,
    manners: VecDeque<Manner>,
    count: watch::Sender<usize>,
}

impl Inbox {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let (sender, count) = watch::channel(0);
        let (manners_at, manners) = (HashMap::new(), VecDeque::new());
        let state = Arc::new(Mutex::new(State_ { got: Vec::new(), manners_at, manners, count: sender }));
        let app = Router::new().fallback(take).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, state, count }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How to treat the next messages, in turn.
    pub fn behave(&self, manners: impl IntoIterator<Item = Manner>) {
        self.state.lock().unwrap().manners.extend(manners);
    }

    /// How to treat the next messages to this path, in turn.
    pub fn behave_at(&self, path: &str, manners: impl IntoIterator<Item = Manner>) {
        self.state.lock().unwrap().manners_at.entry(path.to_owned()).or_default().extend(manners);
    }

    /// Everything received, also what was refused.
    pub fn got(&self) -> Vec<Message> {
        self.state.lock().unwrap().got.clone()
    }

    /// Everything received at this path, also what was refused.
    pub fn got_at(&self, path: &str) -> Vec<Message> {
        self.got().into_iter().filter(|message| message.path == path).collect()
    }

    /// Waits until `number` messages were received in all, but not for ever.
    pub async fn has_soon(&self, number: usize) {
        let came = tokio::time::timeout(PATIENCE, self.has(number)).await;
        assert!(came.is_ok(), "{} of {number} messages came: {:?}", self.got().len(), self.events());
    }

    /// Waits until `number` messages were received in all.
    pub async fn has(&self, number: usize) {
        self.count.clone().wait_for(|count| *count >= number).await.expect("the receiver lives as long as its inbox");
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

async fn take(State(state): State<Arc<Mutex<State_>>>, uri: Uri, headers: HeaderMap, raw: Bytes) -> Response {
    let manner = {
        let mut state = state.lock().unwrap();
        let own = state.manners_at.get_mut(uri.path()).and_then(VecDeque::pop_front);
        let manner = own.or_else(|| state.manners.pop_front()).unwrap_or(Manner::Answer(200, Vec::new()));
        let answered = match &manner {
            Manner::Answer(status, _) => *status,
            Manner::Hang | Manner::Cut => 0,
        };
        state.got.push(Message { path: uri.path().to_owned(), headers, raw, at: Instant::now(), answered });
        let count = state.got.len();
        state.count.send_replace(count);
        manner
    };
    match manner {
        Manner::Answer(status, headers) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), "ok").into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Manner::Hang => std::future::pending().await,
        Manner::Cut => {
            let cut = futures_util::stream::iter([
                Ok(Bytes::from_static(b"o")),
                Err(std::io::Error::other("the connection is cut here")),
            ]);
            axum::body::Body::from_stream(cut).into_response()
        }
    }
}

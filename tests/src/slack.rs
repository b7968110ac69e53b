//! A pretend Slack, as far as a bot meets it: `chat.postMessage` and `chat.update` with what they demand and answer, and
//! a conversation one can look at.
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, response::IntoResponse, response::Response, routing::post};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

pub const TOKEN: &str = "xoxb-of-the-pretend-slack";
/// By name; Slack itself uses the id, and accepts no name for an edit.
pub const CONVERSATION: &str = "#status";
const CONVERSATION_ID: &str = "C0123456789";

#[derive(Clone)]
pub struct Slack {
    pub address: SocketAddr,
    state: Arc<Mutex<Conversation>>,
    calls: watch::Receiver<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub ts: String,
    /// Of the message whose thread it is in.
    pub thread: Option<String>,
    /// Shown in the conversation too.
    pub broadcast: bool,
    /// As it stands after the last edit.
    pub text: String,
    pub edits: usize,
}

struct Conversation {
    posts: Vec<Post>,
    /// Slack's word for what is wrong with the next calls; `None` lets one pass.
    refusals: VecDeque<Option<&'static str>>,
    calls: watch::Sender<usize>,
}

impl Slack {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let (sender, calls) = watch::channel(0);
        let state = Arc::new(Mutex::new(Conversation { posts: Vec::new(), refusals: VecDeque::new(), calls: sender }));
        let app = Router::new()
            .route("/api/chat.postMessage", post(post_message))
            .route("/api/chat.update", post(update))
            .with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, state, calls }
    }

    /// A destination for the settings.
    pub fn destination(&self, id: &str) -> String {
        format!(
            "[[destination]]\nid = '{id}'\nchannel = 'slack'\ntoken = '{TOKEN}'\nconversation = '{CONVERSATION}'\n\
             api = 'http://{}/api'\n",
            self.address
        )
    }

    /// Refuses the next calls with these words, in turn; `None` lets one pass.
    pub fn refuse(&self, words: impl IntoIterator<Item = Option<&'static str>>) {
        self.state.lock().unwrap().refusals.extend(words);
    }

    /// Somebody deletes the message.
    pub fn delete(&self, ts: &str) {
        self.state.lock().unwrap().posts.retain(|post| post.ts != ts);
    }

    /// What stands in the conversation, oldest first.
    pub fn posts(&self) -> Vec<Post> {
        self.state.lock().unwrap().posts.clone()
    }

    /// Waits until it was called so often in all.
    pub async fn was_called(&self, times: usize) {
        self.calls.clone().wait_for(|calls| *calls >= times).await.expect("Slack lives as long as its story");
    }
}

async fn post_message(
    State(state): State<Arc<Mutex<Conversation>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    call(&state, &headers, |conversation| {
        if body["channel"] != CONVERSATION && body["channel"] != CONVERSATION_ID {
            return Err("channel_not_found");
        }
        let thread = body["thread_ts"].as_str().map(str::to_owned);
        if thread.as_ref().is_some_and(|root| conversation.posts.iter().all(|post| post.ts != *root)) {
            return Err("cannot_reply_to_message");
        }
        let ts = format!("1772000000.{:06}", conversation.posts.len());
        let broadcast = body["reply_broadcast"] == true;
        conversation.posts.push(Post { ts: ts.clone(), thread, broadcast, text: text(&body)?, edits: 0 });
        Ok(ts)
    })
}

async fn update(
    State(state): State<Arc<Mutex<Conversation>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    call(&state, &headers, |conversation| {
        if body["channel"] != CONVERSATION_ID {
            return Err("channel_not_found");
        }
        let post = conversation.posts.iter_mut().find(|post| body["ts"] == post.ts);
        let post = post.ok_or("message_not_found")?;
        post.text = text(&body)?;
        post.edits += 1;
        Ok(post.ts.clone())
    })
}

fn text(body: &Value) -> Result<String, &'static str> {
    body["text"].as_str().map(str::to_owned).ok_or("no_text")
}

fn call(
    state: &Mutex<Conversation>,
    headers: &HeaderMap,
    work: impl FnOnce(&mut Conversation) -> Result<String, &'static str>,
) -> Response {
    let mut conversation = state.lock().unwrap();
    let refusal = conversation.refusals.pop_front().flatten();
    let is_known = headers.get("authorization").is_some_and(|value| value == format!("Bearer {TOKEN}").as_str());
    let done = match refusal {
        Some(word) => Err(word),
        None if !is_known => Err("invalid_auth"),
        None => work(&mut conversation),
    };
    conversation.calls.send_modify(|calls| *calls += 1);
    match done {
        Ok(ts) => Json(json!({"ok": true, "channel": CONVERSATION_ID, "ts": ts})).into_response(),
        Err("ratelimited") => {
            let body = Json(json!({"ok": false, "error": "ratelimited"}));
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")], body).into_response()
        }
        Err(word) => Json(json!({"ok": false, "error": word})).into_response(),
    }
}

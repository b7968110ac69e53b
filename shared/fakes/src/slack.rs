//! Slack: incoming webhooks at `/services/...`, and `chat.postMessage` and `chat.update` of the Web API. A webhook says
//! what is wrong by its status, the Web API with 200 and a word; the words are those of
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors> and
//! <https://docs.slack.dev/reference/methods/chat.postMessage>.
mod api;
mod blocks;

use std::collections::{HashSet, VecDeque};

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    Fakes, Reply, World,
    exchange::Call,
    log,
    rate::{Limit, whole_seconds},
};

/// Characters; what is longer is cut: <https://docs.slack.dev/reference/methods/chat.postMessage#truncating>.
const TEXT: usize = 40_000;

/// What stands in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// The conversation's id; of what came through an incoming webhook, its path.
    pub conversation: String,
    pub ts: String,
    /// Of the message whose thread it is in.
    pub thread: Option<String>,
    /// Shown in the conversation too.
    pub broadcast: bool,
    /// As they stand after the last edit.
    pub text: String,
    pub blocks: Vec<Value>,
    pub edits: usize,
}

#[derive(Default)]
pub(crate) struct Workspace {
    posts: VecDeque<Post>,
    posted: usize,
    conversations: Vec<Conversation>,
    /// `None`: any bot's token is good, and any conversation exists.
    tokens: Option<HashSet<String>>,
}

struct Conversation {
    id: String,
    /// Without `#`.
    name: Option<String>,
}

impl Fakes {
    /// From now on only these tokens and these conversations (id and name) exist.
    pub fn set_slack_workspace(&self, tokens: &[&str], conversations: &[(&str, &str)]) {
        let owned = |(id, name): &(&str, &str)| Conversation {
            id: (*id).to_owned(),
            name: Some(name.trim_start_matches('#').to_owned()),
        };
        let mut world = self.world();
        world.slack.tokens = Some(tokens.iter().map(|token| (*token).to_owned()).collect());
        world.slack.conversations = conversations.iter().map(owned).collect();
    }

    /// What stands in all conversations, oldest first.
    pub fn slack_posts(&self) -> Vec<Post> {
        self.world().slack.posts.iter().cloned().collect()
    }

    /// Somebody deletes a message.
    pub fn delete_slack_post(&self, ts: &str) {
        self.world().slack.posts.retain(|post| post.ts != ts);
    }
}

impl Reply {
    /// How the Web API refuses with this word.
    pub fn slack_error(word: &str) -> Self {
        api::refusal(word)
    }
}

impl Workspace {
    /// Of the Web API: the conversation's id and name, as far as they are known, and the token; then the path.
    pub(crate) fn names(&mut self, call: &Call) -> Vec<String> {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let mut names = Vec::new();
        if let Some(asked) = body["channel"].as_str().filter(|_| call.path.starts_with("/api/")) {
            let known = self.conversation(asked).map(|found| (found.id.clone(), found.name.clone()));
            let (id, name) = known.unwrap_or_else(|| (asked.to_owned(), None));
            names.push(id);
            names.extend(name.into_iter().flat_map(|name| [format!("#{name}"), name]));
        }
        names.push(call.path.clone());
        names
    }

    /// In a workspace of no one in particular it is made when it is first named.
    fn conversation(&mut self, asked: &str) -> Option<&Conversation> {
        let name = asked.trim_start_matches('#');
        let is_it = |it: &Conversation| it.id == asked || it.name.as_deref() == Some(name);
        let known = self.conversations.iter().position(is_it);
        if known.is_none() && self.tokens.is_none() && !name.is_empty() {
            let made = match is_id(asked) {
                true => Conversation { id: asked.to_owned(), name: None },
                false => {
                    Conversation { id: format!("C{:010}", self.conversations.len() + 1), name: Some(name.to_owned()) }
                }
            };
            self.conversations.push(made);
        }
        let at = known.or_else(|| self.conversations.iter().position(is_it))?;
        self.conversations.get(at)
    }

    /// Posts it; the answer is its `ts`, which no other message of any run has.
    fn post(&mut self, conversation: &str, thread: Option<String>, content: Content, kept: usize) -> &mut Post {
        let ts = format!("{}.{:06}", Timestamp::now().as_second(), self.posted % 1_000_000);
        self.posted += 1;
        let Content { text, blocks } = content;
        let conversation = conversation.to_owned();
        let post = Post { conversation, ts, thread, broadcast: false, text, blocks, edits: 0 };
        log::push(&mut self.posts, post, kept);
        self.posts.back_mut().expect("it was just pushed")
    }
}

fn is_id(text: &str) -> bool {
    let (kind, rest) = text.split_at_checked(1).unwrap_or_default();
    matches!(kind, "C" | "G" | "D")
        && rest.len() >= 8
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// What a message says, as far as Slack accepts it.
struct Content {
    text: String,
    blocks: Vec<Value>,
}

/// Why a message is not accepted: Slack's word, and what is wrong with its blocks.
struct ContentError {
    word: &'static str,
    details: Vec<String>,
}

impl From<&'static str> for ContentError {
    fn from(word: &'static str) -> Self {
        Self { word, details: Vec::new() }
    }
}

fn content(body: &Value) -> Result<Content, ContentError> {
    let blocks = match &body["blocks"] {
        Value::Null => Vec::new(),
        Value::Array(blocks) => blocks.clone(),
        _ => return Err("invalid_blocks_format".into()),
    };
    blocks::check(&blocks)?;
    let text: String = body["text"].as_str().unwrap_or_default().chars().take(TEXT).collect();
    if text.is_empty() && blocks.is_empty() {
        return Err("no_text".into());
    }
    Ok(Content { text, blocks })
}

pub(crate) fn answer(world: &mut World, call: &Call, names: &[String], kept: usize) -> Reply {
    match call.path.strip_prefix("/api/") {
        Some(method) => api::answer(world, call, method, names, kept),
        None => webhook(world, call, names, kept),
    }
}

fn webhook(world: &mut World, call: &Call, names: &[String], kept: usize) -> Reply {
    let segments: Vec<&str> = call.path.split('/').skip(1).collect();
    match segments[..] {
        ["services", _, _, _] if !world.is_gone(names) => {}
        ["services", ..] => return Reply::text(404, "no_service"),
        _ => return Reply::empty(404),
    }
    if call.method != Method::POST {
        return Reply::text(400, "invalid_payload");
    }
    if let Some(wait) = world.rates.refuses(Limit::SlackPosts, &call.path, 1) {
        return Reply::text(429, "rate_limited").with("retry-after", whole_seconds(wait));
    }
    let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(&call.body) else {
        return Reply::text(400, "invalid_payload");
    };
    match content(&body) {
        Err(fault) => Reply::text(400, fault.word),
        Ok(content) => {
            world.slack.post(&call.path, None, content, kept);
            Reply::text(200, "ok")
        }
    }
}

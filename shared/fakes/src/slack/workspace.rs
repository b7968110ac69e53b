//! A workspace: its conversations and the messages in them.
use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;
use serde_json::Value;

use super::content::Content;
use crate::{
    bounded::{Capacity, Size, bytes_of, push_bounded},
    call::Call,
    world::Fakes,
};

/// A message in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// The conversation's id; of what came through an incoming webhook, its path.
    pub conversation: String,
    pub ts: String,
    /// Of the message whose thread it is in.
    pub thread: Option<String>,
    /// Shown in the conversation too.
    pub broadcast: bool,
    /// After the last edit.
    pub text: String,
    pub blocks: Vec<Value>,
    pub edits: usize,
}

impl Size for Post {
    fn size(&self) -> usize {
        let thread = self.thread.as_ref().map_or(0, String::len);
        size_of::<Self>()
            + self.conversation.len()
            + self.ts.len()
            + thread
            + self.text.len()
            + self.blocks.iter().map(bytes_of).sum::<usize>()
    }
}

/// Conversations that are created because they are named.
const MAX_CONVERSATIONS: usize = 1000;

#[derive(Default)]
pub(super) struct Workspace {
    pub(super) posts: VecDeque<Post>,
    posted: usize,
    conversations: Vec<Conversation>,
    /// `None`: any bot token is valid, and any conversation exists.
    pub(super) tokens: Option<HashSet<String>>,
}

pub(super) struct Conversation {
    pub(super) id: String,
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
        let slack = world.states.get::<Workspace>();
        slack.tokens = Some(tokens.iter().map(|token| (*token).to_owned()).collect());
        slack.conversations = conversations.iter().map(owned).collect();
    }

    /// All messages in all conversations, oldest first.
    pub fn slack_posts(&self) -> Vec<Post> {
        self.world().states.get::<Workspace>().posts.iter().cloned().collect()
    }

    /// Deletes a message, as a person would.
    pub fn delete_slack_post(&self, ts: &str) {
        self.world().states.get::<Workspace>().posts.retain(|post| post.ts != ts);
    }
}

impl Workspace {
    /// Of the Web API: the conversation's id and name, as far as they are known, and the token; then the path.
    pub(super) fn names(&mut self, call: &Call) -> Vec<String> {
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

    /// Without [`Fakes::set_slack_workspace`] a conversation is created when it is first named.
    pub(super) fn conversation(&mut self, asked: &str) -> Option<&Conversation> {
        let name = asked.trim_start_matches('#');
        let is_it = |it: &Conversation| it.id == asked || it.name.as_deref() == Some(name);
        let known = self.conversations.iter().position(is_it);
        if known.is_none() && self.tokens.is_none() && !name.is_empty() && self.conversations.len() < MAX_CONVERSATIONS
        {
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
    pub(super) fn post(
        &mut self,
        conversation: &str,
        thread: Option<String>,
        content: Content,
        capacity: Capacity,
    ) -> &mut Post {
        let ts = format!("{}.{:06}", Timestamp::now().as_second(), self.posted % 1_000_000);
        self.posted += 1;
        let Content { text, blocks } = content;
        let conversation = conversation.to_owned();
        let post = Post { conversation, ts, thread, broadcast: false, text, blocks, edits: 0 };
        push_bounded(&mut self.posts, post, capacity);
        self.posts.back_mut().expect("it was just pushed")
    }
}

fn is_id(text: &str) -> bool {
    let (kind, rest) = text.split_at_checked(1).unwrap_or_default();
    matches!(kind, "C" | "G" | "D")
        && rest.len() >= 8
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

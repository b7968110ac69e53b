//! Discord's webhooks: <https://docs.discord.com/developers/resources/webhook>. A webhook posts into the channel it was
//! made for, or into a thread of it, and may read, edit and delete what it posted. Every answer tells how many more
//! requests are welcome: <https://docs.discord.com/developers/topics/rate-limits>.
mod form;

use std::collections::{HashMap, VecDeque};

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    Fakes, Reply, World,
    exchange::Call,
    log,
    rate::{Limit, Standing, whole_seconds},
};

/// What stands in a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: String,
    pub webhook: String,
    /// Of the thread, if it is in one.
    pub channel: String,
    /// As they stand after the last edit.
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub username: Option<String>,
    /// Everybody in the channel was notified.
    pub mentions_everyone: bool,
    pub edits: usize,
}

#[derive(Default)]
pub(crate) struct Messages {
    messages: VecDeque<Message>,
    posted: u64,
    /// The token of each webhook that was used.
    tokens: HashMap<String, String>,
}

impl Fakes {
    /// What stands in all channels, oldest first.
    pub fn discord_messages(&self) -> Vec<Message> {
        self.world().discord.messages.iter().cloned().collect()
    }

    /// Somebody deletes a message.
    pub fn delete_discord_message(&self, id: &str) {
        self.world().discord.messages.retain(|message| message.id != id);
    }
}

/// `/api/webhooks/{id}/{token}`, `/api/v10/webhooks/{id}/{token}/messages/{message}`.
struct Target<'a> {
    webhook: &'a str,
    token: &'a str,
    message: Option<&'a str>,
}

fn target(path: &str) -> Option<Target<'_>> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let rest = match &segments[..] {
        ["api", version, "webhooks", rest @ ..] if version.starts_with('v') => rest,
        ["api", "webhooks", rest @ ..] => rest,
        _ => return None,
    };
    match *rest {
        [webhook, token] => Some(Target { webhook, token, message: None }),
        [webhook, token, "messages", message] => Some(Target { webhook, token, message: Some(message) }),
        _ => None,
    }
}

/// The webhook's path, without a version, and its id.
pub(crate) fn names(call: &Call) -> Vec<String> {
    let of_webhook = target(&call.path)
        .map(|Target { webhook, token, .. }| [format!("/api/webhooks/{webhook}/{token}"), webhook.to_owned()]);
    of_webhook.into_iter().flatten().chain(std::iter::once(call.path.clone())).collect()
}

pub(crate) fn answer(world: &mut World, call: &Call, names: &[String], kept: usize) -> Reply {
    let Some(target) = target(&call.path) else {
        return error(404, 0, "404: Not Found");
    };
    let standing = world.rates.take(Limit::DiscordRequests, target.webhook, 1);
    let reply = match standing.as_ref().and_then(|standing| standing.refused) {
        Some(wait) => {
            let seconds = (wait.as_secs_f64() * 1000.0).ceil() / 1000.0;
            let body = json!({"message": "You are being rate limited.", "retry_after": seconds, "global": false});
            Reply::json(429, &body).with("retry-after", whole_seconds(wait)).with("x-ratelimit-scope", "user")
        }
        None => serve(world, call, &target, names, kept).unwrap_or_else(|refusal| refusal),
    };
    match standing {
        Some(standing) => with_headers(reply, &standing, target.webhook),
        None => reply,
    }
}

fn with_headers(reply: Reply, standing: &Standing, webhook: &str) -> Reply {
    let reset_after = standing.reset_after.as_secs_f64();
    let reset = Timestamp::now().as_millisecond() as f64 / 1000.0 + reset_after;
    reply
        .with("x-ratelimit-limit", standing.most)
        .with("x-ratelimit-remaining", standing.remaining)
        .with("x-ratelimit-reset", format!("{reset:.3}"))
        .with("x-ratelimit-reset-after", format!("{reset_after:.3}"))
        .with("x-ratelimit-bucket", format!("{:032x}", webhook.parse::<u64>().unwrap_or_default()))
}

fn serve(world: &mut World, call: &Call, target: &Target<'_>, names: &[String], kept: usize) -> Result<Reply, Reply> {
    if !is_snowflake(target.webhook) || world.is_gone(names) {
        return Err(error(404, 10_015, "Unknown Webhook"));
    }
    let known = &mut world.discord.tokens;
    if known.entry(target.webhook.to_owned()).or_insert_with(|| target.token.to_owned()) != target.token {
        return Err(error(401, 50_027, "Invalid Webhook Token"));
    }
    let thread = call.query("thread_id");
    if thread.is_some_and(|thread| !is_snowflake(thread) || world.gone.contains(thread)) {
        return Err(error(404, 10_003, "Unknown Channel"));
    }
    // That of the webhook's own channel is any other number.
    let of_webhook = || target.webhook.parse::<u64>().unwrap_or_default().wrapping_add(1).to_string();
    let channel = thread.map_or_else(of_webhook, str::to_owned);
    let discord = &mut world.discord;
    match (&call.method, target.message) {
        (&Method::POST, None) => {
            let body = body(call)?;
            form::check(&body)?;
            let message = discord.post(target.webhook, channel, &body, kept)?;
            Ok(if call.query("wait") == Some("true") { Reply::json(200, &message.object()) } else { Reply::empty(204) })
        }
        (&Method::GET, None) => Ok(Reply::json(
            200,
            &json!({
                "id": target.webhook, "type": 1, "channel_id": of_webhook(), "guild_id": "1", "application_id": null,
                "name": "statuswire", "avatar": null, "token": target.token,
            }),
        )),
        (&Method::DELETE, None) => {
            world.gone.insert(target.webhook.to_owned());
            Ok(Reply::empty(204))
        }
        (method, Some(id)) => {
            let is_it = |it: &Message| it.id == id && it.webhook == target.webhook && it.channel == channel;
            let at = discord.messages.iter().position(is_it).ok_or_else(|| error(404, 10_008, "Unknown Message"))?;
            match *method {
                Method::GET => Ok(Reply::json(200, &discord.messages[at].object())),
                Method::PATCH => {
                    let body = body(call)?;
                    form::check(&body)?;
                    discord.messages[at].edit(&body)?;
                    Ok(Reply::json(200, &discord.messages[at].object()))
                }
                Method::DELETE => {
                    discord.messages.remove(at);
                    Ok(Reply::empty(204))
                }
                _ => Err(error(405, 0, "405: Method Not Allowed")),
            }
        }
        _ => Err(error(405, 0, "405: Method Not Allowed")),
    }
}

fn body(call: &Call) -> Result<Value, Reply> {
    let body = serde_json::from_slice::<Value>(&call.body).ok().filter(Value::is_object);
    let is_json = call.header("content-type").is_some_and(|it| it.starts_with("application/json"));
    body.filter(|_| is_json).ok_or_else(|| error(400, 50_109, "The request body contains invalid JSON."))
}

fn is_snowflake(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

fn empty() -> Reply {
    error(400, 50_006, "Cannot send an empty message")
}

/// The codes are those of <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>.
fn error(status: u16, code: u32, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message, "code": code}))
}

impl Messages {
    fn post(&mut self, webhook: &str, channel: String, body: &Value, kept: usize) -> Result<&Message, Reply> {
        // An id is the time in milliseconds and a number.
        let since_epoch = (Timestamp::now().as_millisecond() as u64).saturating_sub(EPOCH);
        let mut message = Message {
            id: ((since_epoch << 22) | (self.posted % (1 << 22))).to_string(),
            webhook: webhook.to_owned(),
            channel,
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            username: body["username"].as_str().map(str::to_owned),
            mentions_everyone: false,
            edits: 0,
        };
        message.set(body)?;
        self.posted += 1;
        log::push(&mut self.messages, message, kept);
        Ok(self.messages.back().expect("it was just pushed"))
    }
}

/// <https://docs.discord.com/developers/reference#snowflakes>
const EPOCH: u64 = 1_420_070_400_000;

impl Message {
    /// What the body does not name stays.
    fn set(&mut self, body: &Value) -> Result<(), Reply> {
        let mut changed = self.clone();
        if let Some(content) = body.get("content") {
            changed.content = content.as_str().unwrap_or_default().to_owned();
        }
        for (key, list) in [("embeds", &mut changed.embeds), ("components", &mut changed.components)] {
            if let Some(value) = body.get(key) {
                *list = value.as_array().cloned().unwrap_or_default();
            }
        }
        if changed.content.is_empty() && changed.embeds.is_empty() && changed.components.is_empty() {
            return Err(empty());
        }
        // All mentions count unless the message says which: an edit that does not say so mentions anew.
        let parse = body["allowed_mentions"].is_object().then(|| body["allowed_mentions"]["parse"].as_array());
        let may = parse.is_none_or(|parse| parse.is_some_and(|parse| parse.iter().any(|it| it == "everyone")));
        changed.mentions_everyone =
            may && ["@everyone", "@here"].iter().any(|mention| changed.content.contains(mention));
        *self = changed;
        Ok(())
    }

    fn edit(&mut self, body: &Value) -> Result<(), Reply> {
        self.set(body)?;
        self.edits += 1;
        Ok(())
    }

    fn object(&self) -> Value {
        json!({
            "id": self.id,
            "type": 0,
            "channel_id": self.channel,
            "webhook_id": self.webhook,
            "author": {"id": self.webhook, "username": self.username, "bot": true, "discriminator": "0000"},
            "content": self.content,
            "embeds": self.embeds,
            "components": self.components,
            "attachments": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": self.mentions_everyone,
            "pinned": false,
            "tts": false,
            "flags": 0,
            "timestamp": Timestamp::now(),
            "edited_timestamp": (self.edits > 0).then(Timestamp::now),
        })
    }
}

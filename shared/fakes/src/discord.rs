//! Discord's webhooks: <https://docs.discord.com/developers/resources/webhook>. A webhook posts into the channel it was
//! made for, or into a thread of it, and may read, edit and delete what it posted. Every answer tells how many more
//! requests are welcome: <https://docs.discord.com/developers/topics/rate-limits>.
mod errors;
mod form;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use errors::error;

use crate::{
    bounded::{Capacity, Size, bytes_of, push_bounded},
    call::Call,
    fake::{Fake, Http, is_below},
    fault::Reply,
    rate::{Limit, Quota, Rate, whole_seconds},
    received::{Redaction, hide_segment, json_or_text, no_alert_id},
    service::Service,
    world::{Fakes, World},
};

impl Service {
    pub const DISCORD: Self = Self::new("discord");
}

impl Limit {
    /// Requests to one webhook. Discord promises no number; five in two seconds is what users of webhooks see:
    /// <https://birdie0.github.io/discord-webhooks-guide/other/rate_limits.html>.
    pub const DISCORD_REQUESTS: Self = Self::new("Discord requests");
}

pub(crate) const FAKE: Fake = Fake {
    service: Service::DISCORD,
    http: Some(Http {
        owns_host: |host| is_below(host, "discord.com") || is_below(host, "discordapp.com"),
        owns_path: |path| path.starts_with("/api/") && path.contains("/webhooks/"),
        names: |_, call| names(call),
        respond,
        example: "/discord.com/api/webhooks/112233445566778899/SECRET",
    }),
    limits: &[(Limit::DISCORD_REQUESTS, Rate::window(5, Duration::from_secs(2)))],
    redaction: Redaction {
        destination: |received| hide_segment(received, "webhooks", 1),
        body: json_or_text,
        secret_keys: &[],
        alert_id: no_alert_id,
    },
};

/// Webhooks whose tokens are remembered.
const MAX_WEBHOOKS: usize = 1000;

/// A message in a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: String,
    pub webhook: String,
    /// Of the thread, if it is in one.
    pub channel: String,
    /// After the last edit.
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub username: Option<String>,
    /// Everybody in the channel was notified.
    pub mentions_everyone: bool,
    pub edits: usize,
}

impl Size for Message {
    fn size(&self) -> usize {
        let texts = [&self.id, &self.webhook, &self.channel, &self.content];
        let documents = self.embeds.iter().chain(&self.components);
        size_of::<Self>()
            + texts.iter().map(|text| text.len()).sum::<usize>()
            + self.username.as_ref().map_or(0, String::len)
            + documents.map(bytes_of).sum::<usize>()
    }
}

#[derive(Default)]
struct Messages {
    messages: VecDeque<Message>,
    posted: u64,
    /// The token of each webhook that was used.
    tokens: HashMap<String, String>,
}

impl Fakes {
    /// All messages in all channels, oldest first.
    pub fn discord_messages(&self) -> Vec<Message> {
        self.world().states.get::<Messages>().messages.iter().cloned().collect()
    }

    /// Deletes a message, as a person would.
    pub fn delete_discord_message(&self, id: &str) {
        self.world().states.get::<Messages>().messages.retain(|message| message.id != id);
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
fn names(call: &Call) -> Vec<String> {
    let of_webhook = target(&call.path)
        .map(|Target { webhook, token, .. }| [format!("/api/webhooks/{webhook}/{token}"), webhook.to_owned()]);
    of_webhook.into_iter().flatten().chain(std::iter::once(call.path.clone())).collect()
}

fn respond(world: &mut World, call: &Call, names: &[String]) -> Reply {
    let Some(target) = target(&call.path) else {
        return error(404, 0, "404: Not Found");
    };
    let quota = world.rates.take(Limit::DISCORD_REQUESTS, target.webhook, 1);
    let reply = match quota.as_ref().and_then(|quota| quota.retry_after) {
        Some(wait) => {
            let seconds = (wait.as_secs_f64() * 1000.0).ceil() / 1000.0;
            let body = json!({"message": "You are being rate limited.", "retry_after": seconds, "global": false});
            Reply::json(429, &body).with("retry-after", whole_seconds(wait)).with("x-ratelimit-scope", "user")
        }
        None => serve(world, call, &target, names).unwrap_or_else(|refusal| refusal),
    };
    match quota {
        Some(quota) => with_quota_headers(reply, &quota, target.webhook),
        None => reply,
    }
}

fn with_quota_headers(reply: Reply, quota: &Quota, webhook: &str) -> Reply {
    let reset_after = quota.reset_after.as_secs_f64();
    let reset = Timestamp::now().as_millisecond() as f64 / 1000.0 + reset_after;
    reply
        .with("x-ratelimit-limit", quota.max)
        .with("x-ratelimit-remaining", quota.remaining)
        .with("x-ratelimit-reset", format!("{reset:.3}"))
        .with("x-ratelimit-reset-after", format!("{reset_after:.3}"))
        .with("x-ratelimit-bucket", format!("{:032x}", webhook.parse::<u64>().unwrap_or_default()))
}

fn serve(world: &mut World, call: &Call, target: &Target<'_>, names: &[String]) -> Result<Reply, Reply> {
    if !is_snowflake(target.webhook) || world.is_deleted(names) {
        return Err(error(404, 10_015, "Unknown Webhook"));
    }
    let capacity = world.capacity;
    let known = &mut world.states.get::<Messages>().tokens;
    if known.len() >= MAX_WEBHOOKS && !known.contains_key(target.webhook) {
        known.clear();
    }
    if known.entry(target.webhook.to_owned()).or_insert_with(|| target.token.to_owned()) != target.token {
        return Err(error(401, 50_027, "Invalid Webhook Token"));
    }
    let thread = call.query("thread_id");
    if thread.is_some_and(|thread| !is_snowflake(thread) || world.deleted.contains(thread)) {
        return Err(error(404, 10_003, "Unknown Channel"));
    }
    // The id of the webhook's own channel: any other number will do.
    let of_webhook = || target.webhook.parse::<u64>().unwrap_or_default().wrapping_add(1).to_string();
    let channel = thread.map_or_else(of_webhook, str::to_owned);
    let discord = world.states.get::<Messages>();
    match (&call.method, target.message) {
        (&Method::POST, None) => {
            let body = body(call)?;
            form::check(&body)?;
            let message = discord.post(target.webhook, channel, &body, capacity)?;
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
            world.deleted.insert(target.webhook.to_owned());
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

impl Messages {
    fn post(&mut self, webhook: &str, channel: String, body: &Value, capacity: Capacity) -> Result<&Message, Reply> {
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
        push_bounded(&mut self.messages, message, capacity);
        Ok(self.messages.back().expect("it was just pushed"))
    }
}

/// <https://docs.discord.com/developers/reference#snowflakes>
const EPOCH: u64 = 1_420_070_400_000;

impl Message {
    /// Keys that the body lacks keep their values.
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

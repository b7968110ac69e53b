//! Slack: incoming webhooks at `/services/...`, and `chat.postMessage` and `chat.update` of the Web API. A webhook says
//! what is wrong by its status, the Web API with 200 and a word; the words are those of
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors> and
//! <https://docs.slack.dev/reference/methods/chat.postMessage>.
mod api;
mod blocks;
mod content;
mod error;
mod workspace;

use std::time::Duration;

use http::Method;
use serde_json::Value;

use content::content;
pub use workspace::Post;
use workspace::Workspace;

use crate::{
    call::Call,
    fake::{Fake, Http, is_below},
    fault::Reply,
    rate::{Limit, Rate, whole_seconds},
    received::{HIDDEN, Received, Redaction, hide_segment, json_or_text},
    service::Service,
    world::World,
};

impl Service {
    pub const SLACK: Self = Self::new("slack");
}

impl Limit {
    /// Posts to one conversation, or through one incoming webhook. "One a second, short bursts":
    /// <https://docs.slack.dev/apis/web-api/rate-limits>.
    pub const SLACK_POSTS: Self = Self::new("Slack posts");
    /// Edits by one token: tier 3, 50 and more a minute (same page).
    pub const SLACK_EDITS: Self = Self::new("Slack edits");
}

pub(crate) const FAKE: Fake = Fake {
    service: Service::SLACK,
    http: Some(Http {
        owns_host: |host| is_below(host, "slack.com") || is_below(host, "slack-gov.com"),
        owns_path: |path| path.starts_with("/services/") || path.starts_with("/api/chat."),
        names: |world, call| world.states.get::<Workspace>().names(call),
        respond,
        example: "/hooks.slack.com/services/T0/B0/SECRET",
    }),
    limits: &[
        (Limit::SLACK_POSTS, Rate::steady(3, Duration::from_secs(3))),
        (Limit::SLACK_EDITS, Rate::steady(50, Duration::from_secs(60))),
    ],
    redaction: Redaction {
        destination,
        body: json_or_text,
        secret_keys: &[],
        alert_id: |body| body["blocks"][0]["block_id"].as_str(),
    },
};

fn destination(received: &Received) -> String {
    let host = received.host.as_deref().unwrap_or_default();
    if received.path.starts_with("/services/") {
        hide_segment(received, "services", 2)
    } else if received.path.starts_with("/api/") {
        format!("{host}{} {}", received.path, received.names.first().map_or("", String::as_str))
    } else {
        format!("{host}/{HIDDEN}")
    }
}

impl Reply {
    /// How the Web API refuses with this error code.
    pub fn slack_error(code: &str) -> Self {
        api::refusal(code)
    }
}

fn respond(world: &mut World, call: &Call, names: &[String]) -> Reply {
    match call.path.strip_prefix("/api/") {
        Some(method) => api::respond(world, call, method, names),
        None => webhook(world, call, names),
    }
}

fn webhook(world: &mut World, call: &Call, names: &[String]) -> Reply {
    let segments: Vec<&str> = call.path.split('/').skip(1).collect();
    match segments[..] {
        ["services", _, _, _] if !world.is_deleted(names) => {}
        ["services", ..] => return Reply::text(404, "no_service"),
        _ => return Reply::empty(404),
    }
    if call.method != Method::POST {
        return Reply::text(400, "invalid_payload");
    }
    if let Some(wait) = world.rates.retry_after(Limit::SLACK_POSTS, &call.path, 1) {
        return Reply::text(429, "rate_limited").with("retry-after", whole_seconds(wait));
    }
    let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(&call.body) else {
        return Reply::text(400, "invalid_payload");
    };
    match content(&body) {
        Err(error) => Reply::text(400, error.word),
        Ok(content) => {
            world.states.get::<Workspace>().post(&call.path, None, content, world.capacity);
            Reply::text(200, "ok")
        }
    }
}

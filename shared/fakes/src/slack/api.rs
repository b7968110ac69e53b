//! The Web API for a bot: it posts by a conversation's name or id, edits by its id alone, and only what stands there.
use http::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{
    content::{Content, content},
    error::ContentError,
    workspace::{Post, Workspace},
};
use crate::{
    call::Call,
    fault::Reply,
    rate::{Limit, whole_seconds},
    world::World,
};

pub(super) fn respond(world: &mut World, call: &Call, method: &str, names: &[String]) -> Reply {
    let run = match method {
        "chat.postMessage" => post_message,
        "chat.update" => update,
        _ => return refusal("unknown_method"),
    };
    if call.method != Method::POST {
        return refusal("invalid_post_type");
    }
    let token = match bearer(world, call) {
        Ok(token) => token,
        Err(word) => return refusal(word),
    };
    let is_json = call.header(CONTENT_TYPE.as_str()).is_some_and(|it| it.starts_with("application/json"));
    let body = match serde_json::from_slice::<Value>(&call.body) {
        _ if !is_json => return refusal("invalid_form_data"),
        Err(_) => return refusal("invalid_json"),
        Ok(body) if !body.is_object() => return refusal("json_not_object"),
        Ok(body) => body,
    };
    if world.is_deleted(names) {
        return refusal("channel_not_found");
    }
    run(world, &body, token).unwrap_or_else(|error| refused(&error))
}

fn bearer<'a>(world: &mut World, call: &'a Call) -> Result<&'a str, &'static str> {
    let token = call.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).ok_or("not_authed")?;
    let is_known = match &world.states.get::<Workspace>().tokens {
        Some(tokens) => tokens.contains(token),
        None => token.starts_with("xoxb-"),
    };
    match is_known {
        false => Err("invalid_auth"),
        true if world.deleted.contains(token) => Err("token_revoked"),
        true => Ok(token),
    }
}

fn post_message(world: &mut World, body: &Value, _: &str) -> Result<Reply, ContentError> {
    let asked = body["channel"].as_str().unwrap_or_default();
    let conversation = world.states.get::<Workspace>().conversation(asked).ok_or("channel_not_found")?.id.clone();
    if let Some(wait) = world.rates.retry_after(Limit::SLACK_POSTS, &conversation, 1) {
        return Ok(throttled(whole_seconds(wait)));
    }
    let content = content(body)?;
    let thread = body["thread_ts"].as_str().map(str::to_owned);
    let is_there = |root: &String| find(&mut world.states.get::<Workspace>().posts, &conversation, root).is_some();
    if !thread.as_ref().is_none_or(is_there) {
        return Err("cannot_reply_to_message".into());
    }
    let post = world.states.get::<Workspace>().post(&conversation, thread, content, world.capacity);
    post.broadcast = post.thread.is_some() && body["reply_broadcast"] == true;
    Ok(accepted(post))
}

fn update(world: &mut World, body: &Value, token: &str) -> Result<Reply, ContentError> {
    let asked = body["channel"].as_str().unwrap_or_default();
    let conversation = world.states.get::<Workspace>().conversation(asked).map(|found| found.id.clone());
    let conversation = conversation.filter(|id| id == asked).ok_or("channel_not_found")?;
    if let Some(wait) = world.rates.retry_after(Limit::SLACK_EDITS, token, 1) {
        return Ok(throttled(whole_seconds(wait)));
    }
    let Content { text, blocks } = content(body)?;
    let ts = body["ts"].as_str().unwrap_or_default();
    let post = find(&mut world.states.get::<Workspace>().posts, &conversation, ts).ok_or("message_not_found")?;
    (post.text, post.blocks) = (text, blocks);
    post.edits += 1;
    Ok(accepted(post))
}

fn find<'a>(posts: impl IntoIterator<Item = &'a mut Post>, conversation: &str, ts: &str) -> Option<&'a mut Post> {
    posts.into_iter().find(|post| post.conversation == conversation && post.ts == ts)
}

fn accepted(post: &Post) -> Reply {
    let mut message = json!({"type": "message", "ts": post.ts, "text": post.text, "blocks": post.blocks});
    if let Some(root) = &post.thread {
        message["thread_ts"] = json!(root);
    }
    let answer =
        json!({"ok": true, "channel": post.conversation, "ts": post.ts, "text": post.text, "message": message});
    Reply::json(200, &answer)
}

pub(super) fn refusal(code: &str) -> Reply {
    match code {
        "ratelimited" => throttled(1),
        _ => Reply::json(200, &json!({"ok": false, "error": code})),
    }
}

fn refused(error: &ContentError) -> Reply {
    if error.details.is_empty() {
        return refusal(error.word);
    }
    let messages: Vec<_> = error.details.iter().map(|detail| format!("[ERROR] {detail}")).collect();
    let mut answer = json!({"ok": false, "error": error.word, "errors": error.details});
    answer["response_metadata"] = json!({"messages": messages});
    Reply::json(200, &answer)
}

fn throttled(seconds: u64) -> Reply {
    Reply::json(429, &json!({"ok": false, "error": "ratelimited"})).with("retry-after", seconds)
}

//! What Discord's responses mean: <https://docs.discord.com/developers/topics/rate-limits>, and the codes at
//! <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>. A code counts only in Discord's own
//! JSON; a proxy's response falls under the general rule.
use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;

use super::{CHANNEL, is_id};
use crate::{
    Job, Outcome, Response,
    classify::{MAX_RETRY_AFTER, classify},
};

const UNKNOWN_MESSAGE: u64 = 10_008;
/// Messages older than an hour take only so many edits.
const TOO_MANY_EDITS: u64 = 30_046;
/// A post opens an archived thread again, an edit does not.
const THREAD_IS_ARCHIVED: u64 = 50_083;
const NO_MORE_EDITS: &[u64] = &[UNKNOWN_MESSAGE, TOO_MANY_EDITS, THREAD_IS_ARCHIVED];

/// The fields of a response's JSON that matter here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    id: Option<String>,
    code: Option<u64>,
    /// Seconds.
    retry_after: Option<f64>,
    global: bool,
}

/// How the edit of the living message ended.
pub(super) enum Edit {
    Done,
    /// That message cannot be edited any more: the alert needs a new one.
    NotPossible,
    Failed(Outcome),
}

pub(super) fn of_edit(job: &Job<'_>, response: &Response, discord: bool) -> Edit {
    let code = parse(response).and_then(|body| body.code);
    match (of_post(job, response, discord), response) {
        (Outcome::Delivered { .. }, _) => Edit::Done,
        (_, Response::Http { status: 400..=499, .. }) if code.is_some_and(|code| NO_MORE_EDITS.contains(&code)) => {
            Edit::NotPossible
        }
        // Without a code, either the message or the webhook is gone. A post shows which.
        (_, Response::Http { status: 404, .. }) if code.is_none() => Edit::NotPossible,
        (outcome, _) => Edit::Failed(outcome),
    }
}

/// `discord`: the host is Discord's own, so a limit for everybody is believed.
pub(super) fn of_post(job: &Job<'_>, response: &Response, discord: bool) -> Outcome {
    let body = parse(response);
    match (classify(&CHANNEL, job, response), response) {
        (Outcome::Retry { after, reason, .. }, Response::Http { status: 429, headers, .. }) => {
            let precise = body.as_ref().and_then(|body| body.retry_after).and_then(seconds);
            let global = match &body {
                // Not the API's JSON but that of the proxy before it, which limits by address.
                None => true,
                Some(body) => body.global || is(headers, "x-ratelimit-global", "true"),
            } || is(headers, "x-ratelimit-scope", "global");
            Outcome::Retry { after: precise.or(after), everyone: discord && global, reason }
        }
        // The token in the URL is wrong or withdrawn: only the owner can fix that.
        (Outcome::Rejected { reason }, Response::Http { status: 401, .. })
            if body.is_some_and(|body| body.code.is_some()) =>
        {
            Outcome::Gone { reason }
        }
        (outcome, _) => outcome,
    }
}

/// The id of an accepted message.
pub(super) fn message_id(response: &Response) -> Option<String> {
    parse(response)?.id.filter(|id| is_id(id))
}

/// How long Discord accepts nothing more, if its allowance is used up.
pub(super) fn cooldown(response: &Response) -> Option<Duration> {
    let Response::Http { headers, .. } = response else { return None };
    let reset = headers.get("x-ratelimit-reset-after")?.to_str().ok()?.trim().parse().ok();
    reset.filter(|_| is(headers, "x-ratelimit-remaining", "0")).and_then(seconds)
}

fn parse(response: &Response) -> Option<Body> {
    match response {
        Response::Http { body, .. } => serde_json::from_slice(body).ok(),
        _ => None,
    }
}

fn is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|found| found.as_bytes().trim_ascii().eq_ignore_ascii_case(value.as_bytes()))
}

/// `None` for what is no time span.
fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.min(MAX_RETRY_AFTER.as_secs_f64())).ok()
}

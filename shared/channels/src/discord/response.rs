//! What Discord's responses mean: <https://docs.discord.com/developers/topics/rate-limits>, and the codes at
//! <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>. A code counts only in Discord's own
//! JSON; a proxy's response falls under the general rule.
use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;

use super::{CHANNEL, is_id};
use crate::{
    Blame, Job, Outcome, Response,
    classify::{MAX_RETRY_AFTER, classify, is_web_page},
    redacted,
};

const UNKNOWN_MESSAGE: u64 = 10_008;
/// Messages older than an hour take only so many edits.
const TOO_MANY_EDITS: u64 = 30_046;
/// A post opens an archived thread again, an edit does not.
const THREAD_IS_ARCHIVED: u64 = 50_083;
/// The webhook, its channel, thread or server no longer exists, or its token is no longer valid: only the owner can fix
/// that.
const GONE: &[u64] = &[10_003, 10_004, 10_015, 50_027];
/// Discord cannot read this message; another may be fine.
const MALFORMED: &[u64] = &[40_005, 50_006, 50_035, 50_109];
const NO_MORE_EDITS: &[u64] = &[UNKNOWN_MESSAGE, TOO_MANY_EDITS, THREAD_IS_ARCHIVED];

/// The fields of a response's JSON that matter here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    id: Option<String>,
    code: Option<u64>,
    /// Seconds from version 8 of the API on, milliseconds before: see [`wait`].
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
    let parsed = parse(response);
    let code = parsed.as_ref().and_then(|body| body.code);
    let outcome = classify(&CHANNEL, job, response);
    let Response::Http { status, headers, body } = response else { return outcome };
    let reason = || format!("answered {}", redacted(&CHANNEL, response, job.settings));
    match (outcome, code) {
        (Outcome::Retry { after, reason, .. }, _) if *status == 429 => {
            let precise = parsed.as_ref().and_then(|body| wait(body.retry_after?, headers, job));
            let global = match &parsed {
                // Not the API's JSON but that of the proxy before it, which limits by address.
                None => true,
                Some(body) => body.global || is(headers, "x-ratelimit-global", "true"),
            } || is(headers, "x-ratelimit-scope", "global");
            Outcome::Retry { after: precise.or(after), everyone: discord && global, reason }
        }
        (Outcome::Delivered { .. } | Outcome::Refused { .. }, Some(code)) if GONE.contains(&code) => {
            Outcome::Gone { reason: reason() }
        }
        (Outcome::Refused { .. }, Some(code)) if MALFORMED.contains(&code) => Outcome::Rejected { reason: reason() },
        (Outcome::Delivered { .. }, Some(_)) => Outcome::refused(Blame::Destination, reason()),
        // An answer to a request that does not wait for the message is empty.
        (Outcome::Delivered { .. }, None) if is_web_page(headers, body) => {
            Outcome::retry(None, format!("{} (a web page, not Discord's answer)", reason()))
        }
        // A stand-in may accept in other words.
        (Outcome::Delivered { .. }, None) if discord && !is_json_object(body) && !body.trim_ascii().is_empty() => {
            Outcome::refused(Blame::Destination, format!("{} (not Discord's answer)", reason()))
        }
        (outcome, _) => outcome,
    }
}

fn is_json_object(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body).is_ok()
}

/// Whether Discord says that it cannot read the message.
pub(super) fn is_malformed(response: &Response) -> bool {
    let is_refused = matches!(response, Response::Http { status: 400..=499, .. });
    is_refused && parse(response).and_then(|body| body.code).is_some_and(|code| MALFORMED.contains(&code))
}

/// The wait that a 429 names. Up to version 7 of the API `retry_after` and `Retry-After` are in milliseconds, from
/// version 8 on in seconds, and a URL without a version gets an old one:
/// <https://docs.discord.com/developers/change-log#api-and-gateway-v8> ("Retry-After header is now based in seconds").
/// `X-RateLimit-Reset-After` is in seconds in all of them, and a proxy's `Retry-After` is too. So the value is taken
/// for the unit that agrees with a header; without one, for seconds if it has a fraction, is small or the version is
/// new.
fn wait(value: f64, headers: &HeaderMap, job: &Job<'_>) -> Option<Duration> {
    /// Nobody has to wait less than this many milliseconds, and hardly anybody as many seconds.
    const SMALL: f64 = 100.0;
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let agrees = |told: f64| (told - value / 1_000.0).abs() < (told - value).abs();
    let says_milliseconds = match (number("x-ratelimit-reset-after"), number("retry-after")) {
        (Some(told), _) => agrees(told),
        (None, Some(told)) if (told - value).abs() > 1.0 => agrees(told),
        _ => value.fract() == 0.0 && value >= SMALL && !has_new_version(job),
    };
    seconds(if says_milliseconds { value / 1_000.0 } else { value })
}

/// Whether the webhook's URL names version 8 of the API or a later one.
fn has_new_version(job: &Job<'_>) -> bool {
    let url = job.settings.get("url").unwrap_or_default();
    let version = url.split('/').find_map(|part| part.strip_prefix('v')?.parse::<u32>().ok());
    version.is_some_and(|version| version >= 8)
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

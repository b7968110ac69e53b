//! What Discord's answers mean: <https://docs.discord.com/developers/topics/rate-limits>, and the codes at
//! <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>. A code counts only in Discord's own JSON;
//! what a proxy says falls under the general rule.
use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;

use super::is_id;
use crate::{
    Answer, Job, Outcome,
    outcome::{LONGEST_WAIT, classify},
};

const UNKNOWN_MESSAGE: u64 = 10_008;
/// Of messages older than an hour only so many edits are allowed.
const TOO_MANY_EDITS: u64 = 30_046;
/// A post opens an archived thread again, an edit does not.
const THREAD_IS_ARCHIVED: u64 = 50_083;
const EDIT_IS_OVER: &[u64] = &[UNKNOWN_MESSAGE, TOO_MANY_EDITS, THREAD_IS_ARCHIVED];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    id: Option<String>,
    code: Option<u64>,
    retry_after: Option<f64>,
    global: bool,
}

/// How the edit of the living message went.
pub(super) enum Edit {
    Made,
    /// That message will not change any more: the alert needs a new one.
    Over,
    Failed(Outcome),
}

pub(super) fn of_edit(job: &Job<'_>, answer: &Answer, discord: bool) -> Edit {
    let code = said(answer).and_then(|said| said.code);
    match (judge(job, answer, discord), answer) {
        (Outcome::Delivered { .. }, _) => Edit::Made,
        (_, Answer::Http { status: 400..=499, .. }) if code.is_some_and(|code| EDIT_IS_OVER.contains(&code)) => {
            Edit::Over
        }
        // Without a code it may be the message or the webhook that is gone. A post shows which.
        (_, Answer::Http { status: 404, .. }) if code.is_none() => Edit::Over,
        (outcome, _) => Edit::Failed(outcome),
    }
}

pub(super) fn judge(job: &Job<'_>, answer: &Answer, discord: bool) -> Outcome {
    let said = said(answer);
    match (classify(job, answer), answer) {
        (Outcome::Retry { after, reason, .. }, Answer::Http { status: 429, headers, .. }) => {
            let told = said.as_ref().and_then(|said| said.retry_after).and_then(seconds);
            let global = match &said {
                // Not from the API but from what stands before it, which knows nothing of us but our address.
                None => true,
                Some(said) => said.global || is(headers, "x-ratelimit-global", "true"),
            } || is(headers, "x-ratelimit-scope", "global");
            Outcome::Retry { after: told.or(after), everyone: discord && global, reason }
        }
        // The token in the URL is wrong or withdrawn: nobody but the owner can mend it.
        (Outcome::Rejected { reason }, Answer::Http { status: 401, .. }) if said.is_some_and(|s| s.code.is_some()) => {
            Outcome::Gone { reason }
        }
        (outcome, _) => outcome,
    }
}

/// Of an accepted message.
pub(super) fn message_id(answer: &Answer) -> Option<String> {
    said(answer)?.id.filter(|id| is_id(id))
}

/// How long Discord wants nothing more, when its allowance is used up.
pub(super) fn rest(answer: &Answer) -> Option<Duration> {
    let Answer::Http { headers, .. } = answer else { return None };
    let reset = headers.get("x-ratelimit-reset-after")?.to_str().ok()?.trim().parse().ok();
    reset.filter(|_| is(headers, "x-ratelimit-remaining", "0")).and_then(seconds)
}

fn said(answer: &Answer) -> Option<Said> {
    match answer {
        Answer::Http { body, .. } => serde_json::from_slice(body).ok(),
        _ => None,
    }
}

fn is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|found| found.as_bytes().trim_ascii().eq_ignore_ascii_case(value.as_bytes()))
}

/// `None` for what is no time span.
fn seconds(seconds: f64) -> Option<Duration> {
    let longest = LONGEST_WAIT.as_secs_f64();
    Duration::try_from_secs_f64(seconds.min(longest)).ok()
}

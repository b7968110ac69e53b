//! What Slack's answers mean. The Web API says 200 even when it refuses: the truth is in `ok` and `error`. The words
//! are those listed at <https://docs.slack.dev/reference/methods/chat.postMessage> and `chat.update`; a webhook's at
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    Answer, Handle, Job, Outcome,
    outcome::{classify, quote, retry_after},
};

/// Refusals that pass.
const PASSING: &[&str] = &[
    "external_channel_migrating",
    "fatal_error",
    "internal_error",
    "org_login_required",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
    "update_failed",
];
/// The conversation, the token or its right to post is gone; only the owner can mend it.
const LASTING: &[&str] = &[
    "access_denied",
    "accesslimited",
    "account_inactive",
    "channel_not_found",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "invalid_auth",
    "is_archived",
    "is_inactive",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
];
const ROOT_IS_GONE: &[&str] = &["cannot_reply_to_message", "message_not_found"];
const MAY_NOT_EDIT: &[&str] = &["cant_update_message", "edit_window_closed"];
/// What a webhook says with 400 or 403 when it may never post again.
const WEBHOOK_FORBIDDEN: &[&str] =
    &["action_prohibited", "invalid_token", "no_active_hooks", "posting_to_general_channel_denied", "team_disabled"];

/// The message that stands for the incident, under its thread.
pub(super) struct Root {
    /// Slack's id of the conversation: an edit does not accept its name.
    pub(super) channel: String,
    pub(super) ts: String,
}

/// A refusal by the Web API; `error` is Slack's word for it, empty if the answer was not from the API at all.
pub(super) struct Refusal {
    error: String,
    pub(super) outcome: Outcome,
}

pub(super) fn of_webhook(job: &Job<'_>, answer: &Answer) -> Outcome {
    match (classify(job, answer), answer) {
        (Outcome::Rejected { reason }, Answer::Http { status: 400 | 403, body, .. })
            if WEBHOOK_FORBIDDEN.iter().any(|word| body.trim_ascii() == word.as_bytes()) =>
        {
            Outcome::Gone { reason }
        }
        (outcome, _) => outcome,
    }
}

/// Where the accepted message stands, as far as Slack said so.
pub(super) fn of_bot(job: &Job<'_>, answer: &Answer) -> Result<Option<Root>, Refusal> {
    #[derive(Deserialize)]
    struct Said {
        ok: bool,
        error: Option<String>,
        channel: Option<String>,
        ts: Option<String>,
    }

    let (headers, body) = match (classify(job, answer), answer) {
        (Outcome::Delivered { .. }, Answer::Http { headers, body, .. }) => (headers, body),
        (outcome, _) => {
            return Err(Refusal { error: String::new(), outcome });
        }
    };
    let Ok(said) = serde_json::from_slice::<Said>(body) else {
        return Err(Refusal {
            error: String::new(),
            outcome: Outcome::retry(None, "answered 200 with something that is not Slack's"),
        });
    };
    if said.ok {
        return Ok(said.channel.zip(said.ts).map(|(channel, ts)| Root { channel, ts }));
    }
    let error = said.error.unwrap_or_default();
    let reason = format!("Slack refused: {}", quote(&error, job.settings));
    let outcome = if PASSING.contains(&error.as_str()) {
        Outcome::retry(retry_after(headers, job.now), reason)
    } else if LASTING.contains(&error.as_str()) {
        Outcome::Gone { reason }
    } else {
        Outcome::Rejected { reason }
    };
    Err(Refusal { error, outcome })
}

impl Refusal {
    pub(super) fn root_is_gone(&self) -> bool {
        ROOT_IS_GONE.contains(&self.error.as_str())
    }
    pub(super) fn may_not_edit(&self) -> bool {
        MAY_NOT_EDIT.contains(&self.error.as_str())
    }
}

impl Root {
    pub(super) fn of(handle: &Handle) -> Option<Self> {
        Some(Self { channel: handle.0.get("channel")?.clone(), ts: handle.0.get("ts")?.clone() })
    }
}

impl From<Root> for Handle {
    fn from(root: Root) -> Self {
        Self(BTreeMap::from([("channel".to_owned(), root.channel), ("ts".to_owned(), root.ts)]))
    }
}

//! What Slack's responses mean. The Web API responds with 200 even when it refuses; `ok` and `error` tell. The words
//! of `error` are listed at <https://docs.slack.dev/reference/methods/chat.postMessage> and `chat.update`, a webhook's
//! at <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
use std::collections::BTreeMap;

use serde::Deserialize;

use super::CHANNEL;
use crate::{
    Handle, Job, Outcome, Response,
    classify::{classify, retry_after},
    redact::quote,
};

/// Refusals that are worth a retry.
const TEMPORARY: &[&str] = &[
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
/// The conversation, the token or its right to post is gone; only the owner can fix it.
const PERMANENT: &[&str] = &[
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
/// A webhook's words with 400 or 403 when it may never post again.
const WEBHOOK_FORBIDDEN: &[&str] =
    &["action_prohibited", "invalid_token", "no_active_hooks", "posting_to_general_channel_denied", "team_disabled"];

/// The message at the head of the incident's thread.
pub(super) struct Root {
    /// Slack's id of the conversation: an edit does not accept its name.
    pub(super) channel: String,
    pub(super) ts: String,
}

/// A refusal by the Web API; `error` is Slack's word for it, empty if the response was not the API's.
pub(super) struct Refusal {
    error: String,
    pub(super) outcome: Outcome,
}

pub(super) fn of_webhook(job: &Job<'_>, response: &Response) -> Outcome {
    match (classify(&CHANNEL, job, response), response) {
        (Outcome::Rejected { reason }, Response::Http { status: 400 | 403, body, .. })
            if WEBHOOK_FORBIDDEN.iter().any(|word| body.trim_ascii() == word.as_bytes()) =>
        {
            Outcome::Gone { reason }
        }
        (outcome, _) => outcome,
    }
}

/// The place of the accepted message, if the response names it.
pub(super) fn of_bot(job: &Job<'_>, response: &Response) -> Result<Option<Root>, Refusal> {
    #[derive(Deserialize)]
    struct Body {
        ok: bool,
        error: Option<String>,
        channel: Option<String>,
        ts: Option<String>,
    }

    let (headers, body) = match (classify(&CHANNEL, job, response), response) {
        (Outcome::Delivered { .. }, Response::Http { headers, body, .. }) => (headers, body),
        (outcome, _) => {
            return Err(Refusal { error: String::new(), outcome });
        }
    };
    let Ok(parsed) = serde_json::from_slice::<Body>(body) else {
        return Err(Refusal {
            error: String::new(),
            outcome: Outcome::retry(None, "answered 200, but not with the JSON of Slack's Web API"),
        });
    };
    if parsed.ok {
        return Ok(parsed.channel.zip(parsed.ts).map(|(channel, ts)| Root { channel, ts }));
    }
    let error = parsed.error.unwrap_or_default();
    let reason = format!("Slack refused: {}", quote(&CHANNEL, &error, job.settings));
    let outcome = if TEMPORARY.contains(&error.as_str()) {
        Outcome::retry(retry_after(headers, job.now), reason)
    } else if PERMANENT.contains(&error.as_str()) {
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

//! What Slack's responses mean. The Web API responds with 200 even when it refuses; `ok` and `error` tell. The words
//! of `error` are listed at <https://docs.slack.dev/reference/methods/chat.postMessage> and `chat.update`, a webhook's
//! at <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
use std::collections::BTreeMap;

use serde::Deserialize;

use super::CHANNEL;
use crate::{
    Blame, Handle, Job, Outcome, Response,
    classify::{classify, is_web_page, retry_after},
    redact::{quote, redacted},
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
/// A webhook's words when it may never post again, whatever the status. The words above count as well.
const WEBHOOK_IS_GONE: &[&str] = &[
    "action_prohibited",
    "channel_is_archived",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "posting_to_general_channel_denied",
    "team_disabled",
    "user_not_found",
];
/// Slack cannot read this message; another may be fine.
const MALFORMED: &[&str] = &[
    "attachment_payload_limit_exceeded",
    "block_mismatch",
    "blocks_too_long",
    "invalid_attachments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_metadata_format",
    "invalid_payload",
    "markdown_text_conflict",
    "metadata_too_large",
    "missing_text_or_fallback_or_attachments",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "too_many_attachments",
];

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

/// A webhook answers with one word, `ok` or what is wrong. The word decides, since a status without it may be that of a
/// proxy: only `ok` says that Slack accepted the message.
pub(super) fn of_webhook(job: &Job<'_>, response: &Response) -> Outcome {
    let outcome = classify(&CHANNEL, job, response);
    let Response::Http { status, headers, body } = response else { return outcome };
    let reason = format!("answered {}", redacted(&CHANNEL, response, job.settings));
    match word(body) {
        word if PERMANENT.contains(&word) || WEBHOOK_IS_GONE.contains(&word) => Outcome::Gone { reason },
        word if MALFORMED.contains(&word) => Outcome::Rejected { reason },
        word if TEMPORARY.contains(&word) || word == "rollup_error" => {
            Outcome::retry(retry_after(headers, job.now), reason)
        }
        word if !(200..=299).contains(status) || is_accepted(word) => outcome,
        _ if is_web_page(headers, body) => {
            Outcome::retry(None, format!("{reason} (a web page, not Slack's `ok`: something answers in its place)"))
        }
        _ => Outcome::refused(Blame::Destination, format!("{reason} (not Slack's `ok`)")),
    }
}

/// Stand-ins for Slack answer with JSON.
fn is_accepted(word: &str) -> bool {
    #[derive(Deserialize)]
    struct Body {
        #[serde(alias = "success")]
        ok: bool,
    }
    word.eq_ignore_ascii_case("ok") || serde_json::from_str(word).is_ok_and(|Body { ok }| ok)
}

fn word(body: &[u8]) -> &str {
    str::from_utf8(body).unwrap_or_default().trim()
}

/// Whether Slack, by webhook or API, says that it cannot read the message.
pub(super) fn is_malformed(response: &Response) -> bool {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }
    let Response::Http { body, .. } = response else { return false };
    let word = word(body);
    MALFORMED.contains(&word)
        || serde_json::from_str(word).is_ok_and(|Body { error }| MALFORMED.contains(&error.as_str()))
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
        let reason = "answered 200, but not with the JSON of Slack's Web API";
        let outcome = match is_web_page(headers, body) {
            true => Outcome::retry(None, format!("{reason} (a web page: something answers in its place)")),
            false => Outcome::refused(Blame::Destination, reason),
        };
        return Err(Refusal { error: String::new(), outcome });
    };
    if parsed.ok {
        return Ok(parsed.channel.zip(parsed.ts).map(|(channel, ts)| Root { channel, ts }));
    }
    let error = parsed.error.unwrap_or_default();
    let reason = format!("Slack refused: {}", quote(&CHANNEL, &error, job.settings));
    let outcome = match error.as_str() {
        word if TEMPORARY.contains(&word) => Outcome::retry(retry_after(headers, job.now), reason),
        word if PERMANENT.contains(&word) => Outcome::Gone { reason },
        word if MALFORMED.contains(&word) => Outcome::Rejected { reason },
        _ => Outcome::refused(Blame::Destination, reason),
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

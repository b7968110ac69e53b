//! What the responses of a Workflow mean: 202 on receipt, else an error of Azure with a word in `error.code`:
//! <https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-http-endpoint>. The words below come from public
//! reports. A stand-in may respond as the old connectors did, whose 200 can hide a refusal by Teams.
use serde::Deserialize;

use super::CHANNEL;
use crate::{
    Blame, Job, Outcome, Response,
    classify::{classify, is_web_page, retry_after},
    redacted,
};

/// Nothing is accepted here until the owner acts. A deleted Workflow responds like one that is switched off (400
/// `WorkflowTriggerIsNotEnabled`), and neither returns by itself; the others mean that the signature in the URL is
/// missing, wrong or withdrawn. So the owner is told at once instead of after hours of retries.
const PERMANENT: &[&str] = &[
    "AuthorizationFailed",
    "DirectApiAuthorizationRequired",
    "DirectApiInvalidAuthorizationScheme",
    "WorkflowDisabled",
    "WorkflowNotFound",
    "WorkflowTriggerIsNotEnabled",
];

/// Followed by the status that Teams gave the connector:
/// <https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>.
const HIDDEN_REFUSAL: &str = "endpoint returned http error ";
/// Of texts that the connectors put into a 200 when nothing was shown. A `1` or an empty body means that it was.
const HIDDEN_FAILURES: &[&str] = &[
    "bad payload received",
    "delivery failed",
    "invalid webhook",
    "null or empty event",
    "summary or text is required",
    "too many requests",
    "webhook bad request",
];
/// Codes of a refusal that passes.
const TEMPORARY: &[&str] = &["TooManyRequests", "ServiceUnavailable", "InternalServerError", "WorkflowRunsThrottled"];

#[derive(Deserialize)]
struct Body {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
}

pub(super) fn outcome(job: &Job<'_>, response: &Response) -> Outcome {
    let outcome = classify(&CHANNEL, job, response);
    let Response::Http { body, .. } = response else { return outcome };
    let code = serde_json::from_slice(body).ok().map(|body: Body| body.error.code);
    match (outcome, code) {
        (Outcome::Delivered { .. }, code) => hidden(job, response, code.as_deref()),
        (Outcome::Refused { reason, .. }, Some(code)) if PERMANENT.contains(&code.as_str()) => Outcome::Gone { reason },
        (outcome, _) => outcome,
    }
}

/// What a success really was. The service responded, so the destination exists unless it says that it does not.
fn hidden(job: &Job<'_>, response: &Response, code: Option<&str>) -> Outcome {
    let Response::Http { headers, body, .. } = response else { return Outcome::delivered(None) };
    let reason = format!("answered {}", redacted(&CHANNEL, response, job.settings));
    let text = String::from_utf8_lossy(body).to_lowercase();
    match (code, hidden_status(&text)) {
        (Some(code), _) if PERMANENT.contains(&code) => Outcome::Gone { reason },
        (Some(code), _) if TEMPORARY.contains(&code) => Outcome::retry(retry_after(headers, job.now), reason),
        (Some(_), _) => Outcome::refused(Blame::Destination, reason),
        (None, Some(status)) => {
            let hidden = Response::Http { status, headers: headers.clone(), body: body.clone() };
            match classify(&CHANNEL, job, &hidden) {
                Outcome::Gone { reason } => Outcome::refused(Blame::Destination, reason),
                outcome => outcome,
            }
        }
        (None, None) if HIDDEN_FAILURES.iter().any(|words| text.contains(words)) => {
            Outcome::refused(Blame::Destination, reason)
        }
        (None, None) if is_web_page(headers, body) => {
            Outcome::retry(None, format!("{reason} (a web page: something answers in the Workflow's place)"))
        }
        (None, None) => Outcome::delivered(None),
    }
}

/// `text` is in lower case.
fn hidden_status(text: &str) -> Option<u16> {
    let (_, status) = text.split_once(HIDDEN_REFUSAL)?;
    let digits: String = status.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|status| (300..=599).contains(status))
}

//! What the responses of a Workflow mean: 202 on receipt, else an error of Azure with a word in `error.code`:
//! <https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-http-endpoint>. The words below come from public
//! reports. A stand-in may respond as the old connectors did, whose 200 can hide a refusal by Teams.
use serde::Deserialize;

use super::CHANNEL;
use crate::{Job, Outcome, Response, classify::classify};

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
const HIDDEN_REFUSAL: &str = "Microsoft Teams endpoint returned HTTP error ";

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
    let Response::Http { headers, body, .. } = response else { return outcome };
    match outcome {
        Outcome::Delivered { .. } => {
            let Some(status) = hidden_status(body) else { return outcome };
            let hidden = Response::Http { status, headers: headers.clone(), body: body.clone() };
            match classify(&CHANNEL, job, &hidden) {
                // The connector responded, so the destination exists.
                Outcome::Gone { reason } => Outcome::Rejected { reason },
                outcome => outcome,
            }
        }
        Outcome::Rejected { reason } => {
            let permanent = |body: Body| PERMANENT.contains(&body.error.code.as_str());
            if serde_json::from_slice(body).is_ok_and(permanent) {
                Outcome::Gone { reason }
            } else {
                Outcome::Rejected { reason }
            }
        }
        outcome => outcome,
    }
}

fn hidden_status(body: &[u8]) -> Option<u16> {
    let (_, status) = str::from_utf8(body).ok()?.split_once(HIDDEN_REFUSAL)?;
    let digits: String = status.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|status| !(200..=299).contains(status))
}

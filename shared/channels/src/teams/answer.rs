//! What the answers of a Workflow mean: 202 on receipt, else an error of Azure with a word in `error.code`:
//! <https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-http-endpoint>. The words below were seen in public
//! reports. A stand-in may answer as the old connectors did, whose 200 can hide Teams' own refusal.
use serde::Deserialize;

use crate::{Answer, Job, Outcome, outcome::classify};

/// Nothing will be accepted here until the owner acts. A Workflow that was deleted answers like one that was switched
/// off (400 `WorkflowTriggerIsNotEnabled`), and neither comes back by waiting; the others mean that the signature in
/// the URL is missing, wrong or withdrawn. Telling the owner at once is worth more than trying for hours.
const LASTING: &[&str] = &[
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
struct Said {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
}

pub(super) fn judge(job: &Job<'_>, answer: &Answer) -> Outcome {
    let outcome = classify(job, answer);
    let Answer::Http { headers, body, .. } = answer else { return outcome };
    match outcome {
        Outcome::Delivered { .. } => match hidden_status(body) {
            Some(status) => match classify(job, &Answer::Http { status, headers: headers.clone(), body: body.clone() })
            {
                // The connector is there, so the destination is.
                Outcome::Gone { reason } => Outcome::Rejected { reason },
                outcome => outcome,
            },
            None => outcome,
        },
        Outcome::Rejected { reason } => {
            let lasting = |said: Said| LASTING.contains(&said.error.code.as_str());
            if serde_json::from_slice(body).is_ok_and(lasting) {
                Outcome::Gone { reason }
            } else {
                Outcome::Rejected { reason }
            }
        }
        outcome => outcome,
    }
}

fn hidden_status(body: &[u8]) -> Option<u16> {
    let said = str::from_utf8(body).ok()?;
    let (_, rest) = said.split_once(HIDDEN_REFUSAL)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|status| !(200..=299).contains(status))
}

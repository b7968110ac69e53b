//! An event of Amazon SES as EventBridge hands it over, as far as it says that an address must not be written to.
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct FeedbackEvent {
    pub(crate) detail: Detail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Debug, Deserialize)]
struct Mail {
    /// By name; SES adds its own to ours.
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Bounced>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounced {
    email_address: String,
    diagnostic_code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complained_recipients: Vec<Complained>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complained {
    email_address: String,
}

/// An address that is to be left alone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) address: String,
    pub(crate) reason: String,
}

impl Detail {
    /// A mailbox that is full or away for a while is not lost.
    pub(crate) fn lost(&self) -> Vec<Lost> {
        let bounced = self.bounce.iter().filter(|bounce| bounce.bounce_type == "Permanent");
        let bounced = bounced.flat_map(|bounce| &bounce.bounced_recipients).map(|bounced| {
            let code = bounced.diagnostic_code.as_deref().map(short).filter(|code| !code.is_empty());
            let reason = code.map_or_else(|| "its mail bounced".to_owned(), |code| format!("its mail bounced: {code}"));
            Lost { address: bounced.email_address.clone(), reason }
        });
        let complained = self.complaint.iter().flat_map(|complaint| &complaint.complained_recipients).map(|one| Lost {
            address: one.email_address.clone(),
            reason: "its owner reported a mail as spam".to_owned(),
        });
        bounced.chain(complained).collect()
    }

    /// The destination that the mail was for.
    pub(crate) fn destination(&self) -> Option<String> {
        self.mail.tags.get("destination")?.first().and_then(|value| mail::destination_of_tag(value))
    }
}

/// The code of a foreign diagnosis; its words may repeat the address.
fn short(diagnosis: &str) -> String {
    let is_code = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    diagnosis.split_whitespace().filter(is_code).take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(detail: &str) -> Vec<(String, String)> {
        let event: FeedbackEvent = serde_json::from_str(&format!(r#"{{"detail": {detail}}}"#)).unwrap();
        event.detail.lost().into_iter().map(|lost| (lost.address, lost.reason)).collect()
    }

    #[test]
    fn permanent_bounce_and_complaint_lose_the_address() {
        let bounce = r#"{"eventType": "Bounce", "mail": {"tags": {"destination": ["b3Bz"]}}, "bounce": {"bounceType":
            "Permanent", "bouncedRecipients": [{"emailAddress": "a@example.com", "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 <a@example.com> unknown"}]}}"#;
        assert_eq!(lost(bounce), [("a@example.com".to_owned(), "its mail bounced: 550 5.1.1".to_owned())]);
        let event: FeedbackEvent = serde_json::from_str(&format!(r#"{{"detail": {bounce}}}"#)).unwrap();
        assert_eq!(event.detail.destination().as_deref(), Some("ops"));

        let complaint = r#"{"eventType": "Complaint", "mail": {}, "complaint": {"complainedRecipients":
            [{"emailAddress": "a@example.com"}]}}"#;
        assert_eq!(lost(complaint), [("a@example.com".to_owned(), "its owner reported a mail as spam".to_owned())]);
    }

    #[test]
    fn what_passes_loses_nothing() {
        for detail in [
            r#"{"mail": {}, "bounce": {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "a@b.c"}]}}"#,
            r#"{"mail": {}, "bounce": {"bounceType": "Undetermined"}}"#,
            r#"{"eventType": "Delivery", "mail": {"tags": {}}, "delivery": {}}"#,
        ] {
            assert_eq!(lost(detail), []);
        }
    }
}

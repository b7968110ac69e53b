//! Events of Amazon SES as EventBridge delivers them, and the addresses that must get no more mail because of one.
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
use std::collections::BTreeMap;

use serde::Deserialize;

/// A bounce, a complaint or any other event of SES; only the fields in use are read.
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
    /// Values by name. SES adds tags of its own.
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

/// An address that must get no more mail, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Suppression {
    pub(crate) address: String,
    pub(crate) reason: String,
}

impl Detail {
    /// Addresses that bounced for good or whose owner complained. A full mailbox, for example, is no reason.
    pub(crate) fn suppressions(&self) -> Vec<Suppression> {
        let bounced = self.bounce.iter().filter(|bounce| bounce.bounce_type == "Permanent");
        let bounced = bounced.flat_map(|bounce| &bounce.bounced_recipients).map(|bounced| {
            let code = bounced.diagnostic_code.as_deref().map(status_codes).filter(|code| !code.is_empty());
            let reason = code.map_or_else(|| "its mail bounced".to_owned(), |code| format!("its mail bounced: {code}"));
            Suppression { address: bounced.email_address.clone(), reason }
        });
        let complained = self.complaint.iter().flat_map(|complaint| &complaint.complained_recipients).map(|one| {
            Suppression { address: one.email_address.clone(), reason: "its owner reported a mail as spam".to_owned() }
        });
        bounced.chain(complained).collect()
    }

    /// Id of the destination that the mail was for.
    pub(crate) fn destination(&self) -> Option<String> {
        self.mail.tags.get("destination")?.first().and_then(|value| mail::destination_of_tag(value))
    }
}

/// The status codes in a server's diagnosis, such as `550 5.1.1`. Its words may hold the address.
fn status_codes(diagnosis: &str) -> String {
    let is_code = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    diagnosis.split_whitespace().filter(is_code).take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suppressions(detail: &str) -> Vec<(String, String)> {
        let event: FeedbackEvent = serde_json::from_str(&format!(r#"{{"detail": {detail}}}"#)).unwrap();
        let suppressions = event.detail.suppressions().into_iter();
        suppressions.map(|suppression| (suppression.address, suppression.reason)).collect()
    }

    #[test]
    fn permanent_bounce_and_complaint_suppress_the_address() {
        let bounce = r#"{"eventType": "Bounce", "mail": {"tags": {"destination": ["b3Bz"]}}, "bounce": {"bounceType":
            "Permanent", "bouncedRecipients": [{"emailAddress": "a@example.com", "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 <a@example.com> unknown"}]}}"#;
        assert_eq!(suppressions(bounce), [("a@example.com".to_owned(), "its mail bounced: 550 5.1.1".to_owned())]);
        let event: FeedbackEvent = serde_json::from_str(&format!(r#"{{"detail": {bounce}}}"#)).unwrap();
        assert_eq!(event.detail.destination().as_deref(), Some("ops"));

        let complaint = r#"{"eventType": "Complaint", "mail": {}, "complaint": {"complainedRecipients":
            [{"emailAddress": "a@example.com"}]}}"#;
        assert_eq!(
            suppressions(complaint),
            [("a@example.com".to_owned(), "its owner reported a mail as spam".to_owned())]
        );
    }

    #[test]
    fn transient_bounces_and_other_events_suppress_nothing() {
        for detail in [
            r#"{"mail": {}, "bounce": {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "a@b.c"}]}}"#,
            r#"{"mail": {}, "bounce": {"bounceType": "Undetermined"}}"#,
            r#"{"eventType": "Delivery", "mail": {"tags": {}}, "delivery": {}}"#,
        ] {
            assert_eq!(suppressions(detail), []);
        }
    }
}

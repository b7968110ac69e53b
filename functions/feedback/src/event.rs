//! Events of Amazon SES as EventBridge delivers them, and the addresses that must get no more mail because of one.
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
use std::collections::BTreeMap;

use serde::Deserialize;
use store::SuppressionCause;

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
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Bounced>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounced {
    email_address: String,
    /// As in `5.1.1`.
    status: Option<String>,
    diagnostic_code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
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
    pub(crate) cause: SuppressionCause,
    pub(crate) reason: String,
}

/// Why SES calls a bounce permanent: the mailbox does not exist, or SES itself has the address on a list.
const NO_MAILBOX: &[&str] = &["NoEmail", "Suppressed", "OnAccountSuppressionList"];

impl Detail {
    /// Addresses whose mailbox does not exist, or whose owner complained. A full mailbox or a policy is no reason, even
    /// where SES calls the bounce permanent; nor is a report about how the mail was signed.
    pub(crate) fn suppressions(&self) -> Vec<Suppression> {
        let bounces = self.bounce.iter().filter(|bounce| bounce.bounce_type == "Permanent");
        let bounced = bounces.flat_map(|bounce| {
            let is_listed = NO_MAILBOX.contains(&bounce.bounce_sub_type.as_str());
            bounce.bounced_recipients.iter().filter(move |bounced| is_listed || bounced.is_unknown())
        });
        let bounced = bounced.map(|bounced| {
            let code = bounced.diagnostic_code.as_deref().map(status_codes).filter(|code| !code.is_empty());
            let reason = code.map_or_else(|| "its mail bounced".to_owned(), |code| format!("its mail bounced: {code}"));
            Suppression { address: bounced.email_address.clone(), cause: SuppressionCause::Bounced, reason }
        });
        let complaints = self.complaint.iter().filter(|it| !it.is(NOT_SPAM) && !it.is(AUTH_FAILURE));
        let complained = complaints.flat_map(|complaint| &complaint.complained_recipients).map(|one| Suppression {
            address: one.email_address.clone(),
            cause: SuppressionCause::Complained,
            reason: "its owner reported a mail as spam".to_owned(),
        });
        bounced.chain(complained).collect()
    }

    /// Addresses whose owner says that a mail was no spam.
    pub(crate) fn taken_back(&self) -> Vec<String> {
        let complaints = self.complaint.iter().filter(|complaint| complaint.is(NOT_SPAM));
        complaints.flat_map(|it| &it.complained_recipients).map(|one| one.email_address.clone()).collect()
    }

    /// Id of the destination that the mail was for.
    pub(crate) fn destination(&self) -> Option<String> {
        self.mail.tags.get("destination")?.first().and_then(|value| mail::destination_of_tag(value))
    }
}

/// Types of RFC 5965 and RFC 6591. `not-spam` takes a report back; `auth-failure` is about the sender's signature.
const NOT_SPAM: &str = "not-spam";
const AUTH_FAILURE: &str = "auth-failure";

impl Complaint {
    fn is(&self, feedback_type: &str) -> bool {
        self.complaint_feedback_type.as_deref() == Some(feedback_type)
    }
}

impl Bounced {
    /// Whether the status denies the mailbox (`5.1.x`) or says nothing.
    fn is_unknown(&self) -> bool {
        let status = self.status.as_deref().unwrap_or_default().trim();
        let mut parts = status.split('.').map(|part| part.parse::<u16>().ok());
        match (parts.next().flatten(), parts.next().flatten(), parts.next().flatten()) {
            (Some(_), Some(1), Some(7..=9)) => false,
            (Some(_), Some(1), _) | (Some(_), Some(0), Some(0)) => true,
            (Some(_), Some(_), _) => false,
            _ => true,
        }
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
    fn permanent_bounce_that_does_not_deny_the_mailbox_suppresses_nothing() {
        let bounce = |sub_type: &str, status: &str| {
            format!(
                r#"{{"mail": {{}}, "bounce": {{"bounceType": "Permanent", "bounceSubType": "{sub_type}",
                "bouncedRecipients": [{{"emailAddress": "a@b.c", "status": "{status}"}}]}}}}"#
            )
        };
        for (sub_type, status, expected) in [
            ("General", "5.1.1", 1),
            ("General", "5.1.10", 1),
            ("General", "5.0.0", 1),
            ("General", "", 1),
            ("General", "5.7.1", 0),
            ("General", "5.2.2", 0),
            ("General", "5.1.8", 0),
            ("General", "5.6.0", 0),
            ("NoEmail", "5.7.1", 1),
            ("Suppressed", "5.1.1", 1),
            ("OnAccountSuppressionList", "", 1),
        ] {
            assert_eq!(suppressions(&bounce(sub_type, status)).len(), expected, "{sub_type} {status}");
        }
    }

    #[test]
    fn complaint_is_taken_back_by_not_spam() {
        let complaint = |of_type: &str| {
            format!(
                r#"{{"mail": {{}}, "complaint": {{"complaintFeedbackType": {of_type}, "complainedRecipients":
                [{{"emailAddress": "a@b.c"}}]}}}}"#
            )
        };
        for (of_type, suppressed, taken_back) in [
            (r#""abuse""#, 1, 0),
            (r#""fraud""#, 1, 0),
            (r#""other""#, 1, 0),
            ("null", 1, 0),
            (r#""auth-failure""#, 0, 0),
            (r#""not-spam""#, 0, 1),
        ] {
            let json = complaint(of_type);
            let event: FeedbackEvent = serde_json::from_str(&format!(r#"{{"detail": {json}}}"#)).unwrap();
            assert_eq!(event.detail.suppressions().len(), suppressed, "{of_type}");
            assert_eq!(event.detail.taken_back().len(), taken_back, "{of_type}");
        }
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

//! Answers that look like success or like an end and are neither, as people report them of the real services and of
//! what stands before them. Plan them with [`crate::Fakes::set_faults_at`], or for a while with
//! [`crate::Fakes::set_lasting_fault_at`].
use serde_json::json;

use crate::fault::Reply;

/// Why a mail server refuses a mail. The texts are those of common servers, in the words of their reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailRefusal {
    /// `550 5.1.1`.
    NoMailbox,
    /// A bare 550, as older servers give it to a name they do not know.
    BareNoMailbox,
    /// A bare 550 of Exim for what its operator does not want.
    Administrative,
    /// `552 5.2.2`.
    QuotaExceeded,
    /// A bare 550 about the quota.
    BareQuota,
    /// `550 5.7.1`.
    Policy,
    /// `554 5.6.0`.
    Content,
}

impl MailRefusal {
    pub const ALL: [Self; 7] = [
        Self::NoMailbox,
        Self::BareNoMailbox,
        Self::Administrative,
        Self::QuotaExceeded,
        Self::BareQuota,
        Self::Policy,
        Self::Content,
    ];

    pub fn reply(self) -> Reply {
        let (code, text) = match self {
            Self::NoMailbox => (550, "5.1.1 The mailbox does not exist"),
            Self::BareNoMailbox => (550, "No such user here"),
            Self::Administrative => (550, "Administrative prohibition"),
            Self::QuotaExceeded => (552, "5.2.2 Mailbox is over its quota"),
            Self::BareQuota => (550, "Quota exceeded, try again later"),
            Self::Policy => (550, "5.7.1 Not accepted from your network"),
            Self::Content => (554, "5.6.0 The content was not accepted"),
        };
        Reply::text(code, text)
    }
}

impl Reply {
    /// The page of a captive portal or an identity-aware proxy, with 200.
    pub fn sign_in_page() -> Self {
        let page = "<!DOCTYPE html><html><body>Sign in to the network<input type=\"password\"></body></html>";
        Self::text(200, page).with("content-type", "text/html; charset=utf-8")
    }

    /// A redirect, as of a receiver that has moved.
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::empty(status).with("location", to)
    }

    /// What Microsoft's connectors answered with 200 when Teams refused the card behind them.
    pub fn hidden_by_teams(status: u16) -> Self {
        let text = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error";
        Self::text(200, &format!("{text} {status} with ContextId tcid=0,server=x"))
    }

    /// A 429 of Discord. `retry_after` is in seconds from version 8 of the API on, in milliseconds before.
    pub fn throttled_by_discord(retry_after: f64) -> Self {
        let body = json!({"message": "You are being rate limited.", "retry_after": retry_after, "global": false});
        Self::json(429, &body)
    }
}

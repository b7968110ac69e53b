//! Sending mail to a fake mail server and to a fake Amazon SES.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod ses;
mod smtp;

use mail::Message;

const RECIPIENT: &str = "ada@example.org";

fn message() -> Message {
    Message {
        from: "alerts@example.com".to_owned(),
        to: RECIPIENT.to_owned(),
        content: "Subject: Incident\r\n\r\nIt is down.\r\n.and it ends in a dot\r\n".into(),
        destination: "ops.mail_1".to_owned(),
    }
}

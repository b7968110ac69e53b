//! The only sender of mail, through an SMTP server or Amazon SES. Messages are sent unchanged. Every answer is returned
//! as an SMTP reply, so that the mail channel alone decides what a reply means.
mod ses;
mod smtp;

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

pub use ses::{Ses, destination_of_tag};
pub use smtp::{Security, Smtp, SmtpUrl, WrongUrl};

/// For one message; shorter than a delivery may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How this instance sends mail.
#[derive(Clone)]
pub enum Mailer {
    Smtp(Smtp),
    Ses(Ses),
}

/// One mail to one recipient.
#[derive(Clone, Debug)]
pub struct Message {
    /// Sender and recipient of the envelope.
    pub from: String,
    pub to: String,
    /// Header and body in the format of RFC 5322, with CRLF.
    pub content: Bytes,
    /// Id of the destination. Amazon SES repeats it in events about this mail.
    pub destination: String,
}

/// An SMTP reply (RFC 5321, section 4.2). Errors of Amazon SES are translated into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub text: String,
}

impl Mailer {
    /// An error means that no reply came: no connection, no encryption, or a time-out. Its text holds no secret.
    pub async fn send(&self, message: &Message) -> Result<Reply, String> {
        let sending = async {
            match self {
                Self::Smtp(smtp) => smtp.send(message).await,
                Self::Ses(ses) => ses.send(message).await,
            }
        };
        // The clients have time-outs for connecting, and none for a server that stops answering later.
        timeout(TIMEOUT, sending).await.unwrap_or_else(|_| Err("the mail server stopped answering".to_owned()))
    }
}

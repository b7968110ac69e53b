//! Sending mail: the only crate that talks to a mail server or a mail service. A message comes ready made and leaves as it
//! is; whatever is answered comes back in the words of SMTP, so that what it means is decided in one place, elsewhere.
mod ses;
mod smtp;

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

pub use ses::{Ses, destination_of_tag};
pub use smtp::{Security, Smtp, SmtpUrl, WrongUrl};

/// For one message, less than a delivery may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How this instance sends mail.
#[derive(Clone)]
pub enum Mailer {
    Smtp(Smtp),
    Ses(Ses),
}

/// One message to one recipient.
#[derive(Clone, Debug)]
pub struct Message {
    /// Addresses of the envelope.
    pub from: String,
    pub to: String,
    /// RFC 5322, with CRLF.
    pub content: Bytes,
    /// What events about this message are to name.
    pub destination: String,
}

/// What the server said: RFC 5321, section 4.2. A service's own errors are translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub said: String,
}

impl Mailer {
    /// An error is no answer at all: no connection, no encryption, or nothing in time. It names no secret.
    pub async fn send(&self, message: &Message) -> Result<Reply, String> {
        let sending = async {
            match self {
                Self::Smtp(smtp) => smtp.send(message).await,
                Self::Ses(ses) => ses.send(message).await,
            }
        };
        // The clients have time-outs of their own for connecting, and none for a server that falls silent later.
        timeout(TIMEOUT, sending).await.unwrap_or_else(|_| Err("the mail server fell silent".to_owned()))
    }
}

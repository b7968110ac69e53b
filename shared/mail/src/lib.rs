//! The only sender of mail, through an SMTP server or Amazon SES. Messages are sent unchanged. Every answer is returned
//! as an SMTP reply, so that the mail channel alone decides what a reply means.
pub mod letter;
mod message;
mod ses;
mod smtp;

use std::time::Duration;

use tokio::time::timeout;

pub use message::{Message, Reply};
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

/// The same, and the sender that mails name.
#[derive(Clone)]
pub struct MailSender {
    pub mailer: Mailer,
    /// `alerts@example.com` or `Name <alerts@example.com>`.
    pub from: String,
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

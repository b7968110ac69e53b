//! Mails about an account: a few lines of ours in plain text. Alerts are written by the channel `email`.
use std::time::SystemTime;

use lettre::{
    Address,
    message::{
        Mailbox, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

use crate::Message;

/// What is written in place of a destination in events of Amazon SES; no destination has this id.
const TAG: &str = "account mail";

#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// `alerts@example.com` or `Name <alerts@example.com>`.
    pub from: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    /// Unique; letters and digits.
    pub id: &'a str,
    pub at: SystemTime,
}

impl Letter<'_> {
    /// `None` if one of the addresses is none. No text of it can add a header: addresses are parsed, and the subject is
    /// encoded.
    pub fn message(&self) -> Option<Message> {
        let from: Mailbox = self.from.parse().ok()?;
        let to: Address = self.to.parse().ok()?;
        let (sender, domain) = (from.email.to_string(), from.email.domain().to_owned());
        let raw = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let message = lettre::Message::builder()
            .from(from)
            .to(Mailbox::new(None, to.clone()))
            .subject(self.subject)
            .date(self.at)
            .message_id(Some(format!("<{}@{domain}>", self.id)))
            .raw_header(raw("Auto-Submitted", "auto-generated"))
            .raw_header(raw("X-Auto-Response-Suppress", "All"))
            .singlepart(SinglePart::plain(self.text.to_owned()))
            .ok()?;
        let content = message.formatted().into();
        Some(Message { from: sender, to: to.to_string(), content, destination: TAG.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter<'a>(from: &'a str, to: &'a str, subject: &'a str) -> Letter<'a> {
        Letter { from, to, subject, text: "Hello\n\nhttps://x.test/a", id: "1a", at: SystemTime::UNIX_EPOCH }
    }

    #[test]
    fn no_text_adds_a_header_or_a_recipient() {
        let evil = "a\r\nBcc: evil@example.com\r\n\r\nbody";
        let message = letter("Us <us@example.com>", "jo@example.com", evil).message().unwrap();
        let text = String::from_utf8(message.content.to_vec()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
        assert!(head.contains("\r\nTo: jo@example.com\r\n") && head.contains("<1a@example.com>"), "{head}");
        for to in
            ["", "jo", "jo@example.com, evil@example.com", "jo@example.com\r\nBcc: evil@example.com", "a b@c.test"]
        {
            assert!(letter("us@example.com", to, "Hello").message().is_none(), "{to:?}");
        }
        assert!(letter("us@example.com\r\nBcc: evil@example.com", "jo@example.com", "Hello").message().is_none());
    }
}

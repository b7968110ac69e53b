//! A mail, and the reply to it.
use bytes::Bytes;

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
    /// It answers the name of the recipient (RCPT TO), not the sender or the content.
    pub to_recipient: bool,
}

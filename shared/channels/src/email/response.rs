//! What a mail server's reply means: the code by RFC 5321 (4.2.2, 4.2.3), RFC 4954 (6) for authentication and RFC 7504
//! for hosts that take no mail; the enhanced code in its text by RFC 3463 and RFC 7505 (5.1.10). Only a mailbox that
//! does not exist ends a destination. Refusals of how we send are the operator's to fix: they hold for any recipient.
use super::CHANNEL;
use crate::{Handle, Job, Outcome, Response, redacted};

/// The mail service refuses us as a whole, until it recovers or the operator fixes our credentials.
const EVERYONE: &[u16] = &[421, 432, 454, 530, 534, 535, 538];
/// The mailbox does not exist, unless the text says otherwise.
const NO_MAILBOX: &[u16] = &[550, 551, 553, 556];
/// `5.1.x` about the recipient; 5.1.0 says nothing, 7 to 9 are about the sender and the relay.
const BAD_RECIPIENT: &[u16] = &[1, 2, 3, 4, 6, 10];
/// Of replies without an enhanced code: they refuse us, not the mailbox. Gmail, Microsoft and Yahoo give one (5.7.26,
/// 5.7.515, 5.7.9); Exim and qmail give none.
const ABOUT_US: &[&str] =
    &["authenti", "blacklist", "block", "denied", "dmarc", "policy", "rcpthosts", "relay", "sender", "spam", "spf"];

/// `handle`: kept once the mail is accepted.
pub(super) fn classify(job: &Job<'_>, response: &Response, handle: Option<Handle>) -> Outcome {
    let reason = redacted(&CHANNEL, response, job.settings);
    let (code, text) = match response {
        Response::Mail { code, text } => (*code, text.to_lowercase()),
        Response::Failed(_) => return Outcome::retry(None, reason),
        // An HTTP response to a mail does not occur.
        Response::Http { .. } => return Outcome::Rejected { reason },
    };
    let reason = format!("answered {reason}");
    match code {
        200..=299 => Outcome::delivered(handle),
        code if EVERYONE.contains(&code) => Outcome::Retry { after: None, everyone: true, reason },
        500..=599 if is_gone(code, &text) => Outcome::Gone { reason: format!("the mailbox does not exist: {reason}") },
        500..=599 => Outcome::Rejected { reason },
        // 4xx, and codes that are no reply to a mail.
        _ => Outcome::retry(None, reason),
    }
}

fn is_gone(code: u16, text: &str) -> bool {
    match enhanced(text) {
        Some((1, detail)) => BAD_RECIPIENT.contains(&detail),
        Some(_) => false,
        None => NO_MAILBOX.contains(&code) && !ABOUT_US.iter().any(|word| text.contains(word)),
    }
}

/// Subject and detail of the first `5.subject.detail`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut parts = word.trim_end_matches('.').split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (class == "5" && parts.next().is_none()).then_some((subject, detail))
    })
}

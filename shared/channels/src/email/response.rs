//! What a mail server's reply means: the code by RFC 5321 (4.2.2, 4.2.3) and RFC 4954 (6) for authentication; the
//! enhanced code in its text by RFC 3463 and RFC 7505 (5.1.10). Only a mailbox that does not exist ends a destination,
//! and only two kinds of reply say so: `5.1.x` about the recipient, and a bare 550, 551 or 553 to its name. All other
//! refusals (policy, quota, content, how we send) pass or are the operator's or the owner's to fix.
use super::CHANNEL;
use crate::{Blame, Handle, Job, Outcome, Response, redacted};

/// The mail service refuses us as a whole, until it recovers or the operator fixes our credentials.
const EVERYONE: &[u16] = &[421, 432, 454, 530, 534, 535, 538];
/// The mailbox does not exist, if the reply is to the name of the recipient and its text does not say otherwise.
const NO_MAILBOX: &[u16] = &[550, 551, 553];
/// `5.1.x` about the recipient; 5.1.0 says nothing, 7 to 9 are about the sender and the relay.
const BAD_RECIPIENT: &[u16] = &[1, 2, 3, 4, 6, 10];
/// Of replies without an enhanced code, or with one that says nothing: they refuse us, or refuse for now, and do not
/// deny the mailbox. Gmail, Microsoft and Yahoo give a code (5.7.26, 5.7.515, 5.7.9); Exim and qmail give none.
const NOT_THE_MAILBOX: &[&str] = &[
    "administrative",
    "authenti",
    "banned",
    "blacklist",
    "block",
    "content",
    "denied",
    "dkim",
    "dmarc",
    "dnsbl",
    "exceed",
    "full",
    "greylist",
    "limit",
    "policy",
    "prohibit",
    "quota",
    " rate",
    "rbl",
    "rcpthosts",
    "relay",
    "reputation",
    "sender",
    "size",
    "spam",
    "spf",
    "temporar",
    "too large",
    "too many",
    "try again",
    "virus",
];

/// `handle`: kept once the mail is accepted.
pub(super) fn classify(job: &Job<'_>, response: &Response, handle: Option<Handle>) -> Outcome {
    let reason = redacted(&CHANNEL, response, job.settings);
    let (code, text, to_recipient) = match response {
        Response::Mail { code, text, to_recipient } => (*code, text.to_lowercase(), *to_recipient),
        Response::Failed(_) => return Outcome::retry(None, reason),
        // An HTTP response to a mail does not occur.
        Response::Http { .. } => return Outcome::Rejected { reason },
    };
    let reason = format!("answered {reason}");
    match code {
        200..=299 => Outcome::delivered(handle),
        code if EVERYONE.contains(&code) => Outcome::Retry { after: None, everyone: true, reason },
        500..=599 if is_gone(code, &text, to_recipient) => {
            Outcome::Gone { reason: format!("the mailbox does not exist: {reason}") }
        }
        500..=599 => Outcome::refused(Blame::Circumstances, reason),
        // 4xx, and codes that are no reply to a mail.
        _ => Outcome::retry(None, reason),
    }
}

fn is_gone(code: u16, text: &str, to_recipient: bool) -> bool {
    match enhanced(text) {
        Some((1, detail)) if BAD_RECIPIENT.contains(&detail) => true,
        // `5.0.0` and `5.1.0` are given where there is nothing better to say.
        None | Some((0 | 1, 0)) => {
            to_recipient && NO_MAILBOX.contains(&code) && !NOT_THE_MAILBOX.iter().any(|word| text.contains(word))
        }
        Some(_) => false,
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

//! What a mail server's reply means: the code by RFC 5321 (4.2.2, 4.2.3), RFC 4954 (6) for authentication and RFC 7504
//! for hosts that take no mail; the enhanced code in its text by RFC 3463 and RFC 7505 (5.1.10). Only a mailbox that
//! does not exist ends a destination: refusals of how we send are the operator's to mend, whomever we write to.
use crate::{Answer, Handle, Job, Outcome, outcome::shown};

/// The mail service refuses us as a whole, until it recovers or the operator mends our credentials.
const EVERYONE: &[u16] = &[421, 432, 454, 530, 534, 535, 538];
/// Said of a mailbox, unless the text says otherwise.
const NO_MAILBOX: &[u16] = &[550, 551, 553, 556];
/// `5.1.x` about the recipient; 5.1.0 says nothing, 7 to 9 are about the sender and the relay.
const BAD_RECIPIENT: &[u16] = &[1, 2, 3, 4, 6, 10];
/// Of replies without an enhanced code: they refuse us, not the mailbox. Gmail, Microsoft and Yahoo give one (5.7.26,
/// 5.7.515, 5.7.9); Exim and qmail give none.
const ABOUT_US: &[&str] =
    &["authenti", "blacklist", "block", "denied", "dmarc", "policy", "rcpthosts", "relay", "sender", "spam", "spf"];

/// `handle`: what is kept once the mail was accepted.
pub(super) fn classify(job: &Job<'_>, answer: &Answer, handle: Option<Handle>) -> Outcome {
    let reason = shown(answer, job.settings);
    let (code, said) = match answer {
        Answer::Mail { code, said } => (*code, said.to_lowercase()),
        Answer::Failed(_) => return Outcome::retry(None, reason),
        // An answer to what was no mail.
        Answer::Http { .. } => return Outcome::Rejected { reason },
    };
    let reason = format!("answered {reason}");
    match code {
        200..=299 => Outcome::delivered(handle),
        code if EVERYONE.contains(&code) => Outcome::Retry { after: None, everyone: true, reason },
        500..=599 if is_gone(code, &said) => Outcome::Gone { reason: format!("the mailbox does not exist: {reason}") },
        500..=599 => Outcome::Rejected { reason },
        // 4xx, and what is no reply to a mail at all.
        _ => Outcome::retry(None, reason),
    }
}

fn is_gone(code: u16, said: &str) -> bool {
    match enhanced(said) {
        Some((1, detail)) => BAD_RECIPIENT.contains(&detail),
        Some(_) => false,
        None => NO_MAILBOX.contains(&code) && !ABOUT_US.iter().any(|word| said.contains(word)),
    }
}

/// Subject and detail of the first `5.subject.detail`.
fn enhanced(said: &str) -> Option<(u16, u16)> {
    said.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut parts = word.trim_end_matches('.').split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (class == "5" && parts.next().is_none()).then_some((subject, detail))
    })
}

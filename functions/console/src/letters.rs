//! The mails of accounts. How many are sent is counted in the table: one to an address in ten minutes, so many from one
//! network, so many in all. No word of a stranger gets into one but mail addresses.
use std::time::{Duration, SystemTime};

use accounts::{SignInLink, role::Role};
use jiff::{SignedDuration, Timestamp};
use mail::letter::Letter;
use site::guesses::Sender;
use store::{Allowance, StoreError, Turn};

use crate::{random, state::Console};

/// Between two mails to one address.
pub(crate) const PAUSE: SignedDuration = SignedDuration::from_mins(10);
pub(crate) const TO_ADDRESS: Turn = Turn { name: "mail-to", pause: PAUSE };
/// Of the question whether a member wants alerts at their own address. They have proved that they read its mail, often
/// by a link that was mailed a minute before, so that this mail does not wait for that one's pause.
pub(crate) const TO_ONESELF: Turn = Turn { name: "mail-to-oneself", pause: PAUSE };
const TO_ADDRESS_IN_A_DAY: Allowance =
    Allowance { name: "mail-to-day", most: 8, period: SignedDuration::from_hours(24) };
const FROM_NETWORK: Allowance = Allowance { name: "mail-from", most: 30, period: SignedDuration::from_hours(1) };
const IN_ALL: Allowance = Allowance { name: "mail-all", most: 500, period: SignedDuration::from_hours(1) };

/// Whether another mail may be sent to this address because of this sender; counts it. The sender comes first: whoever
/// is over their limit does not use up what the address is granted.
pub(crate) async fn may_send(
    console: &Console,
    address: &str,
    sender: Sender,
    now: Timestamp,
) -> Result<bool, StoreError> {
    may_send_in(console, TO_ADDRESS, address, sender, now).await
}

/// The same in a turn of its own.
pub(crate) async fn may_send_in(
    console: &Console,
    turn: Turn,
    address: &str,
    sender: Sender,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let store = &console.store;
    Ok(store.count(FROM_NETWORK, &sender.address.to_string(), now).await?
        && store.take_turn(turn, address, now).await?
        && store.count(TO_ADDRESS_IN_A_DAY, address, now).await?
        && store.count(IN_ALL, "all", now).await?
        && store.suppression(address).await?.is_none())
}

/// A subject and lines.
pub(crate) struct Words {
    subject: String,
    text: String,
}

impl Words {
    /// `url` signs the owner of the address in.
    pub(crate) fn link(host: &str, url: &str) -> Self {
        Self {
            subject: format!("Sign in to {host}"),
            text: format!(
                "Someone asked to sign in to {host} with this address.\n\nSign in: {url}\n\n\
                 The link works once, within 15 minutes. If it was not you, ignore this email: nobody gets in without \
                 it.\n"
            ),
        }
    }

    /// To an address that no account knows. It takes as long to send as the other, so that nobody learns which it was.
    pub(crate) fn no_account(host: &str) -> Self {
        Self {
            subject: format!("Sign in to {host}"),
            text: format!(
                "Someone asked to sign in to {host} with this address, but it belongs to no account there.\n\n\
                 Use the address that was invited, or ask an owner of your account to invite this one. If it was not \
                 you, ignore this email.\n"
            ),
        }
    }

    pub(crate) fn invitation(host: &str, by: &str, role: Role, url: &str) -> Self {
        Self {
            subject: format!("Invitation to {host}"),
            text: format!(
                "{by} invites you to join an account at {host} as {role}.\n\nSee the invitation: {url}\n\n\
                 It is good for 7 days. If you do not know {by}, ignore this email.\n"
            ),
        }
    }

    /// To whoever made the token.
    pub(crate) fn invited_by_token(host: &str, address: &str, role: Role) -> Self {
        Self {
            subject: format!("A token of yours invited {address} to {host}"),
            text: format!(
                "An API token that you made at {host} invited {address} to your account as {role}.\n\n\
                 If it was none of your programs, revoke the token and withdraw the invitation on the pages of the \
                 account: somebody else has the token.\n"
            ),
        }
    }
}

/// `status.example.com` of a base URL.
pub(crate) fn host(base: &str) -> &str {
    let host = base.split_once("://").map_or(base, |(_, rest)| rest);
    host.split('/').next().unwrap_or(host)
}

/// Sends it. What goes wrong is logged, without the words: they hold a secret. Returns whether it was sent.
pub(crate) async fn send(console: &Console, to: &str, words: &Words, now: Timestamp) -> bool {
    let Some(sender) = &console.settings.mail else {
        tracing::warn!("no mail about an account is sent, because this instance has no mail server");
        return false;
    };
    let id = random::id();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().max(0).unsigned_abs());
    let letter = Letter { from: &sender.from, to, subject: &words.subject, text: &words.text, id: &id, at };
    let Some(message) = letter.message() else {
        tracing::error!("a mail about an account has no valid address");
        return false;
    };
    match sender.mailer.send(&message).await {
        Ok(reply) if (200..300).contains(&reply.code) => true,
        Ok(reply) => {
            tracing::error!(mail.code = reply.code, "a mail about an account was refused");
            false
        }
        Err(error) => {
            tracing::error!(error, "a mail about an account was not sent");
            false
        }
    }
}

/// A link that was kept, for the words of a mail.
pub(crate) fn kept(address: &str, ends_at: Timestamp, to: &str) -> SignInLink {
    let to = Some(to).filter(|to| *to != "/").map(str::to_owned);
    SignInLink { address: address.to_owned(), ends_at, to }
}

//! Keys of users, their sessions and links, and of accounts with their members.
use jiff::Timestamp;
use status::ids::{AccountId, BoardId, GroupId, Id, IncidentId, ProviderId};

use super::parts::{Key, by_time, escape, key};

fn part(text: &str) -> String {
    escape(&Id::<()>::new(text)).into_owned()
}

/// `address` in its normalised form.
pub(crate) fn user(address: &str) -> Key {
    key(format!("USER#{}", part(address)), "USER")
}

/// Beside the account's settings: `ACCOUNT#account` holds those and nothing else.
pub(crate) fn team(account: &AccountId) -> String {
    format!("TEAM#{}", escape(account))
}

pub(crate) fn account_row(account: &AccountId) -> Key {
    key(team(account), "ACCOUNT")
}

pub(crate) fn member(account: &AccountId, address: &str) -> Key {
    key(team(account), format!("MEMBER#{}", part(address)))
}

pub(crate) fn invitation(account: &AccountId, id: &str) -> Key {
    key(team(account), format!("INVITATION#{}", part(id)))
}

pub(crate) fn api_token(account: &AccountId, id: &str) -> Key {
    key(team(account), format!("TOKEN#{}", part(id)))
}

/// `user` stands for the address.
pub(crate) fn sessions_of(user: &str) -> String {
    format!("SESSIONS#{}", part(user))
}

pub(crate) fn session(user: &str, id: &str) -> Key {
    key(sessions_of(user), format!("SESSION#{}", part(id)))
}

pub(crate) fn sign_in_link(digest: &str) -> Key {
    key(format!("SIGNIN#{}", part(digest)), "SIGNIN")
}

pub(crate) fn audit_log(account: &AccountId) -> String {
    format!("AUDIT#{}", escape(account))
}

pub(crate) fn audit_entry(account: &AccountId, at: Timestamp, id: &str) -> Key {
    key(audit_log(account), format!("{}#{}", by_time(at), part(id)))
}

/// `of`: what is counted.
pub(crate) fn limit(name: &str, of: &str) -> Key {
    key(format!("LIMIT#{name}#{}", part(of)), "LIMIT")
}

/// Beside the account's settings: a release that knows no revisions reads those whole.
pub(crate) fn settings_revision(account: &AccountId) -> Key {
    key(format!("REVISION#{}", escape(account)), "REVISION")
}

/// `of` is a digest: whoever sends a request chooses its key.
pub(crate) fn idempotency(account: &AccountId, of: &str) -> Key {
    key(format!("MADE#{}#{}", escape(account), part(of)), "MADE")
}

/// Beside the account's settings: a release that knows no boards reads those whole.
pub(crate) fn boards(account: &AccountId) -> String {
    format!("BOARDS#{}", escape(account))
}

/// As [`boards`]: a release that knows no mutes alerts by those settings.
pub(crate) fn mutes(account: &AccountId) -> String {
    format!("MUTES#{}", escape(account))
}

/// Mutes of an incident in the index.
pub(crate) fn mutes_of(provider: &ProviderId, incident: &IncidentId) -> String {
    format!("MUTED#{}#{}", escape(provider), escape(incident))
}

/// `mute`: see [`status::mute::id`].
pub(crate) fn mute_by_incident(provider: &ProviderId, incident: &IncidentId, account: &AccountId, mute: &str) -> Key {
    key(mutes_of(provider, incident), format!("{}#{}", escape(account), part(mute)))
}

/// `mute`: see [`status::mute::id`].
pub(crate) fn mute(account: &AccountId, mute: &str) -> Key {
    key(mutes(account), format!("MUTE#{}", part(mute)))
}

pub(crate) fn board(account: &AccountId, board: &BoardId) -> Key {
    key(boards(account), format!("BOARD#{}", escape(board)))
}

/// `address`: of a secret one its digest, so that whoever reads the table can open none.
pub(crate) fn board_address(address: &str, is_secret: bool) -> Key {
    key(format!("SHARED#{}", part(address)), if is_secret { "SECRET" } else { "PUBLIC" })
}

pub(crate) fn feeds(account: &AccountId) -> String {
    format!("FEEDS#{}", escape(account))
}

/// `group`: `None` of all that the account watches.
pub(crate) fn feed(account: &AccountId, group: Option<&GroupId>) -> Key {
    let sort = group.map_or_else(|| "ACCOUNT".to_owned(), |group| format!("GROUP#{}", escape(group)));
    key(feeds(account), sort)
}

pub(crate) fn feed_address(digest: &str) -> Key {
    key(format!("SHARED#{}", part(digest)), "FEED")
}

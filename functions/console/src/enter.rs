//! From a proof that somebody reads the mail of an address to a session in an account. What holds:
//! - a session begins with a new secret, whatever cookie the browser came with: nobody can choose it beforehand;
//! - the session that the browser had before is over.
use accounts::{
    Member, Session, User,
    audit::values,
    credential::{Credential, user_id},
    role::Role,
    secret::Secret,
    sign_up::SignUp,
};
use axum::response::Response;
use http::{header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use site::sender::sender;
use status::ids::AccountId;
use store::{StoreError, TeamError};

use crate::{
    coarse,
    cookie::{self, SESSION_LIFETIME},
    edits::ensure_default_group,
    entry::entry,
    random,
    respond::{see_other, with_cookie},
    state::Console,
    visitor::{session_of, transport},
};

pub(crate) const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// Somebody else may write the same rows at the same moment.
const ATTEMPTS: usize = 3;

/// Whether somebody who proves this address may have an account, or gets one.
pub(crate) async fn may_enter(console: &Console, address: &str) -> Result<bool, StoreError> {
    let is_owner = console.settings.owner.as_deref() == Some(address);
    // Read in any case: how long this takes says nothing.
    let is_user = console.store.user(address).await?.is_some();
    Ok(is_owner || is_user || console.settings.sign_up == SignUp::Open)
}

/// Where somebody begins after signing in.
pub(crate) struct Entered {
    pub(crate) account: AccountId,
    /// It was made just now.
    pub(crate) is_new: bool,
}

/// The account that the owner of this address worked in last; made if they may have one. `None`: they may not.
pub(crate) async fn account_of(
    console: &Console,
    address: &str,
    now: Timestamp,
) -> Result<Option<Entered>, StoreError> {
    if console.settings.owner.as_deref() == Some(address) {
        own_file_account(console, address, now).await?;
    }
    for _ in 0..ATTEMPTS {
        let user = console.store.user(address).await?;
        if let Some(account) = user.as_ref().and_then(User::begins_in) {
            return Ok(Some(Entered { account: account.clone(), is_new: false }));
        }
        if console.settings.sign_up != SignUp::Open {
            return Ok(None);
        }
        let account = AccountId::new(format!("a{}", random::id()));
        let made = entry(&account, address, "account.made", address, now);
        match console.store.found_account(&account, address, false, address, made).await {
            Ok(()) => {
                ensure_default_group(console, &account, now).await?;
                return Ok(Some(Entered { account, is_new: true }));
            }
            Err(TeamError::Store(error)) => return Err(error),
            // Another request of theirs was faster.
            Err(_) => {}
        }
    }
    Ok(None)
}

/// Whoever runs the instance is an owner of the account of the configuration file.
async fn own_file_account(console: &Console, address: &str, now: Timestamp) -> Result<(), StoreError> {
    let (store, account) = (&console.store, &console.settings.file_account);
    for _ in 0..ATTEMPTS {
        let done = match store.member(account, address).await? {
            Some(member) if member.role == Role::Owner => return Ok(()),
            Some(member) => {
                store.change_role(&member, Role::Owner, entry(account, address, "member.changed", address, now)).await
            }
            None if store.account(account).await?.is_some() => {
                let member =
                    Member { account: account.clone(), address: address.to_owned(), role: Role::Owner, since: now };
                store.add_member(&member, entry(account, address, "member.added", address, now)).await
            }
            None => {
                let made = entry(account, address, "account.made", account.as_str(), now);
                let founded = store.found_account(account, "Configuration file", true, address, made).await;
                if founded.is_ok() {
                    ensure_default_group(console, account, now).await?;
                }
                founded
            }
        };
        match done {
            Ok(()) => return Ok(()),
            Err(TeamError::Store(error)) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

/// How somebody proved whose address they have, for the audit log.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// Mailed, or printed on the terminal.
    Link,
    OpenId,
    Invitation,
}

impl By {
    fn words(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::OpenId => "OpenID Connect",
            Self::Invitation => "invitation",
        }
    }
}

/// Begins a session in this account and leads on.
pub(crate) async fn begin_session(
    console: &Console,
    parts: &Parts,
    (address, by): (&str, By),
    account: &AccountId,
    to: &str,
    now: Timestamp,
) -> Result<Response, StoreError> {
    if let Some((before, _)) = session_of(console, &parts.headers, &parts.uri, now).await? {
        end_session(console, &before, now).await?;
    }
    let credential = Credential { owner: user_id(address), id: random::id(), secret: Secret::new(random::bytes()) };
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let session = Session {
        id: credential.id.clone(),
        address: address.to_owned(),
        account: account.clone(),
        digest: credential.secret.digest(),
        since: now,
        ends_at: now + SESSION_LIFETIME,
        from: coarse::from(user_agent, sender(&parts.extensions, &parts.headers).address),
    };
    let mut began = entry(account, address, "session.began", &session.from, now);
    began.after = values([("by", by.words())]);
    console.store.put_session(&session, began).await?;
    let cookie = cookie::begin(&credential, transport(console, &parts.headers, &parts.uri));
    Ok(with_cookie(see_other(to), cookie))
}

/// Ends it, as its owner asked. An account that is gone, or that they left, gets no entry.
pub(crate) async fn end_session(console: &Console, session: &Session, now: Timestamp) -> Result<(), StoreError> {
    let Session { account, address, id, from, .. } = session;
    let is_member = console.store.member(account, address).await?.is_some();
    let ended = is_member.then(|| entry(account, address, "session.ended", from, now));
    console.store.end_session(address, id, ended).await
}

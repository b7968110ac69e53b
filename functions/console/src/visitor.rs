//! Who asks, and in which account: the one place that decides it. A handler that takes [`SignedIn`] runs only for a
//! member of the account that its session works in, as the table says at this moment. All that it reads and writes has
//! this account in its key; no account is ever taken from a path, a query or a form.
use accounts::{Member, Session, credential::Credential, role::Role};
use axum::{extract::FromRequestParts, response::Response};
use http::{HeaderMap, StatusCode, Uri, request::Parts};
use jiff::Timestamp;
use maud::html;
use site::transport::Transport;
use status::ids::AccountId;
use store::StoreError;

pub(crate) use accounts::role::Right;

use crate::{
    actor::Actor,
    cookie,
    respond::{self, Refusal, see_other, to_sign_in, with_cookie},
    state::Console,
};

/// A member of an account.
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) member: Member,
    cookie: Credential,
}

impl SignedIn {
    pub(crate) fn account(&self) -> &AccountId {
        &self.member.account
    }

    pub(crate) fn address(&self) -> &str {
        &self.member.address
    }

    /// For changes of the account's settings.
    pub(crate) fn actor(&self) -> Actor {
        Actor::member(&self.member)
    }

    pub(crate) fn may(&self, right: Right) -> bool {
        self.member.role.may(right)
    }

    /// For `?`, before anything of this kind is done.
    pub(crate) fn require(&self, right: Right) -> Result<(), Refusal> {
        if self.may(right) {
            return Ok(());
        }
        let least = Role::ALL.into_iter().rev().find(|role| role.may(right)).unwrap_or(Role::Owner);
        let role = self.member.role;
        Err(Refusal::from(respond::forbidden(&format!("You are a {role} of this account. This takes an {least}."))))
    }

    /// For every form of this session in this account.
    pub(crate) fn form_token(&self) -> String {
        self.cookie.form_token(self.account())
    }

    /// `None`: no page of this session has a form with this token.
    pub(crate) fn account_of_form(&self, given: &str) -> Option<AccountId> {
        self.cookie.account_of_form(given)
    }
}

/// The session of this browser, if it has not ended.
pub(crate) async fn session_of(
    console: &Console,
    headers: &HeaderMap,
    uri: &Uri,
    now: Timestamp,
) -> Result<Option<(Session, Credential)>, StoreError> {
    let Some(cookie) = cookie::read(headers, transport(console, headers, uri)) else { return Ok(None) };
    Ok(console.store.session(&cookie, now).await?.map(|session| (session, cookie)))
}

pub(crate) fn transport(console: &Console, headers: &HeaderMap, uri: &Uri) -> Transport {
    Transport::of(headers, uri, console.settings.public_url.as_deref())
}

impl FromRequestParts<Console> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Refusal> {
        let is_read = parts.method.is_safe();
        let back = if is_read { parts.uri.path() } else { "/account" };
        let Some((session, cookie)) = session_of(console, &parts.headers, &parts.uri, Timestamp::now()).await? else {
            return Err(Refusal::from(to_sign_in(back)));
        };
        if let Some(member) = console.store.member(&session.account, &session.address).await? {
            return Ok(Self { session, member, cookie });
        }
        // They were removed, or the account is gone: on to another of theirs, if there is one. What they wanted to do
        // was meant for the account before.
        let user = console.store.user(&session.address).await?;
        for account in user.into_iter().flat_map(|user| user.accounts) {
            if console.store.member(&account, &session.address).await?.is_none() {
                continue;
            }
            if !is_read {
                return Err(Refusal::from(no_longer_member()));
            }
            console.store.move_session(&session, &account).await?;
            return Err(Refusal::from(see_other("/account?done=moved")));
        }
        console.store.end_session(&session.address, &session.id, None).await?;
        let transport = transport(console, &parts.headers, &parts.uri);
        Err(Refusal::from(with_cookie(to_sign_in("/account"), cookie::end(transport))))
    }
}

fn no_longer_member() -> Response {
    let content = html! {
        p { "You are no longer a member of the account that this form is of. Nothing was changed." }
        p { a.button href="/account" { "Go on to another account of yours" } }
    };
    respond::page(StatusCode::CONFLICT, "Not your account any more", None, content)
}

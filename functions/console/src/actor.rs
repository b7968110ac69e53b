//! Who does something in an account: a member by their session, or a program by an API token.
use accounts::{ApiToken, Member, role::Role, scope::Scope};
use jiff::Timestamp;
use status::ids::AccountId;

pub(crate) use accounts::role::Right;

pub(crate) struct Actor {
    pub(crate) account: AccountId,
    /// For the audit log: an address, or the name of the token.
    pub(crate) who: String,
    /// The member who acts, or who made the token.
    pub(crate) address: String,
    /// `None`: it is the member.
    pub(crate) token: Option<ApiToken>,
    rights: Rights,
    /// Of a request that may be sent again: see [`Repeatable`].
    pub(crate) repeatable: Option<Repeatable>,
}

#[derive(Clone, Copy)]
enum Rights {
    Role(Role),
    /// The role is that of whoever made the token.
    Token(Scope, Role),
}

/// A request with an idempotency key. What it makes is made once.
#[derive(Clone, Debug)]
pub(crate) struct Repeatable {
    /// A digest of the key and whose it is.
    pub(crate) key: String,
    /// A digest of the request.
    pub(crate) request: String,
    pub(crate) ends_at: Timestamp,
}

impl Actor {
    pub(crate) fn member(member: &Member) -> Self {
        let rights = Rights::Role(member.role);
        let (account, address) = (member.account.clone(), member.address.clone());
        Self { account, who: address.clone(), address, token: None, rights, repeatable: None }
    }

    /// `maker`: who made the token. It may never do more than they may now.
    pub(crate) fn token(token: &ApiToken, maker: &Member) -> Self {
        let who = format!("token {}", token.name);
        let rights = Rights::Token(token.scope, maker.role);
        let (account, address) = (token.account.clone(), token.by.clone());
        Self { account, who, address, token: Some(token.clone()), rights, repeatable: None }
    }

    pub(crate) fn may(&self, right: Right) -> bool {
        match self.rights {
            Rights::Role(role) => role.may(right),
            Rights::Token(scope, role) => scope.may(right) && role.may(right),
        }
    }
}

//! An account with its people, read whole: the account page shows all of it.
use accounts::{Account, ApiToken, Invitation, Member, User};
use jiff::Timestamp;
use status::ids::AccountId;

use crate::{
    error::StoreError,
    items::{Item, read_item},
    keys,
    requests::query_all,
    store::Store,
};

/// Sorted by their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    pub account: Account,
    pub members: Vec<Member>,
    pub invitations: Vec<Invitation>,
    pub tokens: Vec<ApiToken>,
}

impl Store {
    pub async fn user(&self, address: &str) -> Result<Option<User>, StoreError> {
        let found = self.get("read user", keys::user(address)).await?;
        found.map(|item| read_item(item, "user")).transpose()
    }

    pub async fn account(&self, account: &AccountId) -> Result<Option<Account>, StoreError> {
        let found = self.get("read account", keys::account_row(account)).await?;
        found.map(|item| read_item(item, "account")).transpose()
    }

    /// Whether, and as what, somebody belongs to an account. Strongly consistent: who was removed is out at once.
    pub async fn member(&self, account: &AccountId, address: &str) -> Result<Option<Member>, StoreError> {
        let found = self.get("read member", keys::member(account, address)).await?;
        found.map(|item| read_item(item, "member")).transpose()
    }

    /// `None`: there is no such account. Without what has ended.
    pub async fn team(&self, account: &AccountId, now: Timestamp) -> Result<Option<Team>, StoreError> {
        let found = query_all("read team", self.query(keys::team(account))).await?;
        let (mut row, mut members, mut invitations, mut tokens) = (None, Vec::new(), Vec::new(), Vec::new());
        for item in found {
            match kind(&item) {
                "account" => row = Some(read_item(item, "account")?),
                "member" => members.push(read_item(item, "member")?),
                "invitation" => invitations.push(read_item(item, "invitation")?),
                "api_token" => tokens.push(read_item(item, "API token")?),
                _ => return Err(StoreError::unexpected_item("team")),
            }
        }
        invitations.retain(|invitation: &Invitation| invitation.ends_at > now);
        tokens.retain(|token: &ApiToken| token.ends_at.is_none_or(|end| end > now));
        Ok(row.map(|account| Team { account, members, invitations, tokens }))
    }
}

fn kind(item: &Item) -> &str {
    item.get("type").and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

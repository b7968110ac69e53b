//! What is stored of people and accounts. Times are our clock.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::ids::AccountId;

use crate::{role::Role, scope::Scope, secret::SecretDigest};

/// Whoever reads the mail of this address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// In its normalised form.
    pub address: String,
    pub since: Timestamp,
    /// The accounts of which they are a member, the newest last.
    pub accounts: Vec<AccountId>,
    /// The one that they chose last to work in. It may be none of theirs any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<AccountId>,
}

impl User {
    /// The account to begin in: the last one, else the first.
    pub fn begins_in(&self) -> Option<&AccountId> {
        let last = self.last.as_ref().filter(|last| self.accounts.contains(last));
        last.or(self.accounts.first())
    }
}

/// The owner of monitors, groups and destinations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub since: Timestamp,
    pub members: u32,
    pub owners: u32,
    /// Its settings are in the configuration file, and read-only elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_file: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub account: AccountId,
    pub address: String,
    pub role: Role,
    pub since: Timestamp,
}

/// A browser in which somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: String,
    pub address: String,
    /// The account that it works in.
    pub account: AccountId,
    pub digest: SecretDigest,
    pub since: Timestamp,
    pub ends_at: Timestamp,
    /// The browser in two words, and the network without its host part.
    pub from: String,
}

/// A link that was mailed to sign in. Its key is the digest of its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInLink {
    pub address: String,
    pub ends_at: Timestamp,
    /// A path of ours to go on to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub account: AccountId,
    pub id: String,
    pub address: String,
    pub role: Role,
    pub by: String,
    pub digest: SecretDigest,
    pub since: Timestamp,
    pub ends_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    pub account: AccountId,
    pub id: String,
    pub name: String,
    pub scope: Scope,
    pub digest: SecretDigest,
    /// Who made it.
    pub by: String,
    /// The token that made it, with which it ends; `None`: it was made on the pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<String>,
    pub since: Timestamp,
    /// `None`: it does not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Written at most once an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

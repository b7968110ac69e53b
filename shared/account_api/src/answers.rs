//! What the API answers, apart from the settings themselves: those are the drafts of the crate `settings`, together
//! with [`Meta`].
use std::collections::BTreeMap;

use accounts::{role::Role, scope::Scope};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every setting has besides its own fields. Nobody but the instance writes it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Meta {
    pub id: String,
    /// For `If-Match`; 0 if the configuration file declares it.
    pub version: u64,
    /// `file`: it is declared in the configuration file, and read-only here. `web`: it was made on the pages or by the
    /// API.
    pub managed_by: &'static str,
}

/// What a destination has besides its draft.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DestinationState {
    /// Names of the secret settings that are set.
    pub secrets: Vec<String>,
    /// Why it gets no alerts; null if it does.
    pub disabled: Option<String>,
}

/// What a page has besides its draft.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PageState {
    /// `private`: only the accounts that added it see it. `public`: so does everybody who sees the instance.
    pub visibility: &'static str,
    /// Whether it is read with a login.
    pub has_login: bool,
}

/// What a board has besides its draft.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BoardState {
    /// The path of its page on this instance; null if the key that encrypted it is lost: it gets a new one on the
    /// pages of the account.
    pub path: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Account {
    pub id: String,
    pub name: String,
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// How many monitors it may make; null if as many as it likes.
    pub max_monitors: Option<u32>,
    pub token: TokenOf,
}

/// The token of the request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TokenOf {
    pub id: String,
    pub name: String,
    /// `read`, `write` for changes too, or `admin` for members and tokens too.
    #[schemars(with = "String")]
    pub scope: Scope,
    #[schemars(with = "Option<String>")]
    pub ends_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Members {
    pub members: Vec<Member>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Member {
    pub address: String,
    /// `owner`, `editor` or `reader`.
    #[schemars(with = "String")]
    pub role: Role,
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// For `If-Match`.
    pub version: u64,
}

/// What a member is to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleDraft {
    /// `editor` or `reader`.
    pub role: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Invitations {
    pub invitations: Vec<Invitation>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Invitation {
    pub id: String,
    pub address: String,
    /// What they will be.
    #[schemars(with = "String")]
    pub role: Role,
    /// Who invited them.
    pub by: String,
    #[schemars(with = "String")]
    pub since: Timestamp,
    #[schemars(with = "String")]
    pub ends_at: Timestamp,
}

/// Who is to be invited.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationDraft {
    /// Their mail address.
    pub address: String,
    /// `editor` or `reader`.
    pub role: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Tokens {
    pub tokens: Vec<Token>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Token {
    pub id: String,
    pub name: String,
    /// `read`, `write` for changes too, or `admin` for members and tokens too.
    #[schemars(with = "String")]
    pub scope: Scope,
    /// Who made it.
    pub by: String,
    /// The ID of the token that made it, with which it ends; null if it was made on the pages.
    pub made_with: Option<String>,
    #[schemars(with = "String")]
    pub since: Timestamp,
    #[schemars(with = "Option<String>")]
    pub ends_at: Option<Timestamp>,
    /// To the hour.
    #[schemars(with = "Option<String>")]
    pub used_at: Option<Timestamp>,
}

/// A token that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenDraft {
    /// 1 to 60 characters. No other token of the account has it.
    pub name: String,
    /// `read` or `write`.
    pub scope: String,
    /// After how many days it ends. Without it, it ends with the token that makes it.
    #[serde(default)]
    pub days: Option<i64>,
}

/// A token that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MadeToken {
    pub token: Token,
    /// What a program sends as `Authorization: Bearer`. It is not shown again.
    pub text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Deliveries {
    pub deliveries: Vec<Delivery>,
    /// For `before`, if there may be older ones.
    #[schemars(with = "Option<String>")]
    pub next: Option<Timestamp>,
}

/// One alert to one destination.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Delivery {
    pub id: String,
    pub alert: String,
    pub destination: String,
    pub provider: String,
    pub incident: String,
    /// `pending`, or how it ended: `sent`, `skipped`, `not_wanted`, `given_up`, `dropped_stale`, `rejected` or
    /// `disabled`.
    pub state: String,
    #[schemars(with = "String")]
    pub first_at: Timestamp,
    /// The earliest time of the next attempt.
    #[schemars(with = "Option<String>")]
    pub next_attempt_at: Option<Timestamp>,
    /// Of all attempts; `attempts` has the newest.
    pub attempt_count: u32,
    pub attempts: Vec<Attempt>,
}

/// Which delivery is to be sent again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryDraft {
    /// The ID of its alert, as the list has it.
    pub alert: String,
    pub destination: String,
}

/// A test that is on its way.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TestSent {
    /// The ID of its alert.
    pub alert: String,
    pub destination: String,
}

/// What came of asking for consent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConsentAsked {
    /// False: nobody has to consent, or they have answered already.
    pub asked: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Attempt {
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub status: String,
    /// The beginning of what the receiver answered.
    pub answer: String,
    pub took_ms: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Mutes {
    pub mutes: Vec<Mute>,
}

/// An episode of an incident or maintenance that is muted or acknowledged.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mute {
    pub id: String,
    pub provider: String,
    pub incident: String,
    /// 1 at first, one more each time it opened again.
    pub episode: u32,
    pub muted: Muted,
    pub title: String,
    /// Who muted it.
    pub by: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// Which incident is to be muted or acknowledged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteDraft {
    pub provider: String,
    /// Its ID, as the incident of a provider has it.
    pub incident: String,
    pub muted: Muted,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Muted {
    Alerts,
    FollowUp,
}

/// RFC 9457 problem details.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AccountProblem")]
pub struct Problem {
    /// Always `about:blank`: `code` tells the kind of problem.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name of the status.
    pub title: &'static str,
    pub status: u16,
    /// For programs, such as `invalid` or `changed_meanwhile`.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub detail: String,
    /// Of the fields of the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<BTreeMap<String, String>>>")]
    pub problems: Vec<settings::Problem>,
    /// 412: the version that the request named, and what is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<serde_json::Value>,
}

//! Whose token a request has, and how many requests it may send.
use accounts::{
    ApiToken, Member,
    credential::{API_TOKEN_PREFIX, Credential},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use site::{guesses::Verdict, sender::sender};
use store::{Allowance, Taken};

use super::problem::Problem;
use crate::{actor::Actor, state::Console};

const PER_MINUTE: Allowance = Allowance { name: "api", most: 120, period: SignedDuration::from_secs(60) };

/// A token that is good, and who made it.
pub(super) struct Authorized {
    pub(super) token: ApiToken,
    maker: Member,
}

impl Authorized {
    pub(super) fn actor(&self) -> Actor {
        Actor::token(&self.token, &self.maker)
    }
}

/// Wrong tokens are throttled as wrong links are. A token is good as long as whoever made it belongs to the account:
/// somebody who was removed must not stay in by a token that they kept, and invited once more they make new ones.
pub(super) async fn authorize(console: &Console, parts: &Parts) -> Result<Authorized, Problem> {
    let Some(given) = given(&parts.headers) else { return Err(Problem::unauthorized(false)) };
    let token = match given.strip_prefix(API_TOKEN_PREFIX).and_then(Credential::parse) {
        Some(credential) => console.store.api_token(&credential, Timestamp::now()).await?,
        None => None,
    };
    let token = match token {
        Some(token) if !is_alive(console, &token).await? => None,
        token => token,
    };
    let authorized = match token {
        Some(token) => {
            let maker = console.store.member(&token.account, &token.by).await?;
            maker.filter(|maker| maker.since <= token.since).map(|maker| Authorized { token, maker })
        }
        None => None,
    };
    let verdict = console.judge(sender(&parts.extensions, &parts.headers), authorized.is_some());
    match (verdict, authorized) {
        (Verdict::TooMany(wait), _) => {
            Err(Problem::too_many(wait.as_secs() + 1, "Too many invalid tokens came from this address."))
        }
        (_, None) => Err(Problem::unauthorized(true)),
        (_, Some(authorized)) => Ok(authorized),
    }
}

/// Whether the token that made this one is still good.
async fn is_alive(console: &Console, token: &ApiToken) -> Result<bool, Problem> {
    let Some(maker) = &token.made_with else { return Ok(true) };
    Ok(console.store.has_api_token(&token.account, maker, Timestamp::now()).await?)
}

/// The name of the scheme is not case-sensitive.
fn given(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Counts one request of the token.
pub(super) async fn take(console: &Console, token: &ApiToken) -> Result<Taken, Problem> {
    Ok(console.store.take_one(PER_MINUTE, &format!("{} {}", token.account, token.id), Timestamp::now()).await?)
}

/// As in draft-ietf-httpapi-ratelimit-headers.
pub(super) fn add_headers(headers: &mut HeaderMap, taken: Taken) {
    let policy = format!("\"token\";q={};w={}", PER_MINUTE.most, PER_MINUTE.period.as_secs());
    let left = format!("\"token\";r={};t={}", taken.left, taken.resets_in);
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
        headers.insert(name, HeaderValue::try_from(value).expect("digits and letters are visible characters"));
    }
}

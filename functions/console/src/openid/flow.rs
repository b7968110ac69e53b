//! One sign-in on its way to the provider and back, kept by the browser alone: a cookie holds a secret, and everything
//! that the provider sees is derived from it. So a response that was made for another browser fits nothing, and nothing
//! is stored of those who never come back.
use accounts::secret::Secret;
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use site::{account_cookie::Names, transport::Transport};

use crate::{cookie, random};

/// From leaving to coming back.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

const NAMES: Names = Names { encrypted: "__Host-statuswire-openid", loopback: "statuswire-openid" };

#[derive(Debug)]
pub(crate) struct Flow {
    secret: Secret,
    /// The path that was asked for.
    pub(crate) to: String,
}

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    secret: std::borrow::Cow<'a, str>,
    to: std::borrow::Cow<'a, str>,
}

impl Flow {
    pub(crate) fn begin(to: &str) -> Self {
        Self { secret: Secret::new(random::bytes()), to: to.to_owned() }
    }

    /// What the browser kept. `None`: it began nothing, or too long ago.
    pub(crate) fn read(headers: &HeaderMap, transport: Transport) -> Option<Self> {
        let value = NAMES.values(headers, transport).next()?;
        let kept: Kept<'_> = serde_html_form::from_str(value).ok()?;
        Some(Self { secret: Secret::parse(&kept.secret)?, to: kept.to.into_owned() })
    }

    pub(crate) fn cookie(&self, transport: Transport) -> Option<HeaderValue> {
        let kept = Kept { secret: self.secret.reveal().into(), to: self.to.as_str().into() };
        cookie::set(NAMES, transport, &serde_html_form::to_string(kept).ok()?, LIFETIME)
    }

    /// Comes back in the URL. It says that the response is to this browser's request.
    pub(crate) fn state(&self) -> String {
        self.derived("state")
    }

    /// Comes back in the signed token, which so belongs to this request.
    pub(crate) fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// Of PKCE: nobody else can use the code (RFC 7636).
    pub(crate) fn verifier(&self) -> String {
        self.derived("verifier")
    }

    fn derived(&self, of: &str) -> String {
        let digest = digest(&SHA256, format!("statuswire openid {of} {}", self.secret.reveal()).as_bytes());
        let bytes = digest.as_ref().try_into().expect("SHA-256 has 32 bytes");
        Secret::new(bytes).reveal().to_owned()
    }
}

/// Removes the cookie.
pub(crate) fn end(transport: Transport) -> Option<HeaderValue> {
    cookie::set(NAMES, transport, "", SignedDuration::ZERO)
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn flow_comes_back_from_its_cookie_and_tells_the_provider_no_secret() {
        let flow = Flow::begin("/alerts?a=b; c&d");
        let cookie = flow.cookie(Transport::Loopback).unwrap();
        let sent = cookie.to_str().unwrap().split("; ").next().unwrap().to_owned();
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(sent).unwrap())]);
        let read = Flow::read(&headers, Transport::Loopback).unwrap();
        assert_eq!((read.state(), read.to.as_str()), (flow.state(), "/alerts?a=b; c&d"));
        assert!(Flow::read(&headers, Transport::Encrypted).is_none());
        let seen = [flow.state(), flow.nonce(), flow.verifier()];
        assert!(seen.iter().all(|it| it.len() == 64 && it != flow.secret.reveal()));
        assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
        assert_ne!(Flow::begin("/").state(), flow.state());
    }

    #[test]
    fn cookie_goes_over_encrypted_connections_or_within_the_machine() {
        let cookie = |transport| Flow::begin("/").cookie(transport).map(|it| it.to_str().unwrap().to_owned());
        assert!(cookie(Transport::Encrypted).unwrap().ends_with("Max-Age=600; HttpOnly; SameSite=Lax; Secure"));
        assert!(cookie(Transport::Encrypted).unwrap().starts_with("__Host-"));
        assert_eq!(cookie(Transport::Plain), None);
    }
}

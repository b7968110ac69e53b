//! Access tokens by OAuth 2.0's client credentials (RFC 6749, section 4.4), for pages whose service gives one out
//! before it answers. Wanted properties:
//! - the credentials go to the configured token endpoint alone, vetted as every address is: a redirect is not followed;
//! - a token is kept in memory until shortly before it expires, and is one for all requests of a page;
//! - no secret and no token is in an error, whatever the endpoint answers.
use std::{
    fmt,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderValue, header};
use serde::Deserialize;
use tokio::{sync::Mutex, time::timeout};
use url::{Url, form_urlencoded};

use crate::{
    client::Outbound,
    error::{FetchError, host},
};

/// What a token is asked for with.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    pub token_url: Url,
    pub client_id: String,
    pub client_secret: String,
    pub scope: Option<String>,
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").field("token_host", &host(&self.token_url)).finish_non_exhaustive()
    }
}

/// Of an answer without `expires_in`, which the standard only recommends.
const USUAL_LIFE: Duration = Duration::from_secs(5 * 60);
const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// So long before it expires a token is replaced: the request for which it is used takes a while.
const MARGIN: Duration = Duration::from_secs(60);
/// In bytes; a longer one is more than a header of any server may hold.
const MAX_TOKEN: usize = 16 * 1024;
/// The errors of RFC 6749, section 5.2. Any other word may be a secret that is sent back.
const KNOWN_ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Where the tokens of a login come from.
pub(crate) struct TokenSource {
    credentials: ClientCredentials,
    /// Locked while one is asked for, so that requests that are made together ask once.
    known: Mutex<Option<Known>>,
}

struct Known {
    authorization: HeaderValue,
    until: Instant,
}

/// A token as a request sends it.
pub(crate) struct Token {
    pub(crate) authorization: HeaderValue,
    /// It was got for this request.
    pub(crate) is_new: bool,
}

impl TokenSource {
    pub(crate) fn new(credentials: ClientCredentials) -> Self {
        Self { credentials, known: Mutex::new(None) }
    }

    pub(crate) fn credentials(&self) -> &ClientCredentials {
        &self.credentials
    }

    /// The token that is known, or a new one. `refused`: one that the page did not take.
    pub(crate) async fn token(&self, outbound: &Outbound, refused: Option<&Token>) -> Result<Token, FetchError> {
        let mut known = self.known.lock().await;
        let is_usable = |known: &&Known| {
            Instant::now() < known.until && refused.is_none_or(|it| it.authorization != known.authorization)
        };
        if let Some(known) = known.as_ref().filter(is_usable) {
            return Ok(Token { authorization: known.authorization.clone(), is_new: false });
        }
        // What was known is of no use, also if there will be no other.
        *known = None;
        let new = outbound.ask_for_token(&self.credentials).await?;
        let authorization = new.authorization.clone();
        *known = Some(new);
        Ok(Token { authorization, is_new: true })
    }
}

impl Outbound {
    async fn ask_for_token(&self, credentials: &ClientCredentials) -> Result<Known, FetchError> {
        let url = &credentials.token_url;
        let failed = |reason: String| FetchError::Token { host: host(url), reason };
        let asked_at = Instant::now();
        let request = request(credentials).ok_or_else(|| failed("the client's id cannot be sent".to_owned()))?;
        let answer = timeout(self.timeout, self.deliver(url, request)).await.map_err(|_| self.timed_out(url))??;
        match answer.status {
            200 => {}
            300..=399 => return Err(failed(format!("it redirects with status {}", answer.status))),
            status => return Err(failed(format!("status {status}{}", known_error(&answer.body)))),
        }
        let given: Given = serde_json::from_slice(&answer.body)
            .map_err(|_| failed("its answer is no JSON with an access_token".to_owned()))?;
        if !given.token_type.eq_ignore_ascii_case("bearer") {
            return Err(failed("its token is of another type than Bearer".to_owned()));
        }
        let authorization = given.authorization().ok_or_else(|| failed("its token cannot be sent".to_owned()))?;
        let life = given.expires_in.map_or(USUAL_LIFE, |seconds| Duration::from_secs(seconds.get())).min(MAX_LIFE);
        Ok(Known { authorization, until: asked_at + life.saturating_sub(MARGIN.min(life / 2)) })
    }
}

/// The client's id and secret are sent by HTTP's basic authentication, which every server has to support.
fn request(credentials: &ClientCredentials) -> Option<reqwest::Request> {
    let ClientCredentials { token_url, client_id, client_secret, scope } = credentials;
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = BASE64_STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(client_secret)));
    let mut authorization = HeaderValue::from_str(&format!("Basic {basic}")).ok()?;
    authorization.set_sensitive(true);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = scope {
        form.append_pair("scope", scope);
    }
    let mut request = reqwest::Request::new(http::Method::POST, token_url.clone());
    let headers = request.headers_mut();
    headers.insert(header::AUTHORIZATION, authorization);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    *request.body_mut() = Some(form.finish().into());
    Some(request)
}

/// What the endpoint gives.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    token_type: String,
    expires_in: Option<Seconds>,
}

/// Some servers send it as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

impl Seconds {
    /// What is no number is no promise.
    fn get(&self) -> u64 {
        match self {
            Self::Number(seconds) => *seconds,
            Self::Text(text) => text.parse().unwrap_or(0),
        }
    }
}

impl Given {
    fn authorization(&self) -> Option<HeaderValue> {
        let token = &self.access_token;
        let is_sendable =
            !token.is_empty() && token.len() <= MAX_TOKEN && token.bytes().all(|it| it.is_ascii_graphic());
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| is_sendable)?;
        authorization.set_sensitive(true);
        Some(authorization)
    }
}

/// ` (invalid_client)`, if the answer has a word of the standard.
fn known_error(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Failed {
        error: String,
    }
    let failed = serde_json::from_slice::<Failed>(body).ok();
    let known = failed.and_then(|failed| KNOWN_ERRORS.into_iter().find(|known| *known == failed.error));
    known.map_or_else(String::new, |known| format!(" ({known})"))
}

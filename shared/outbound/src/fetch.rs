//! Reads pages: conditional GET with limits on redirects, time and size. Every status is a response; the caller decides
//! what it means.
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use url::Url;

use crate::{
    client::{Initiator, Outbound},
    encoding::Encoding,
    error::{FetchError, host},
    freshness::{MAX_REQUESTED_WAIT, max_age},
    guard::is_public,
    refusal::Refusal,
};

/// The response of a page.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub status: u16,
    /// The URL at the end of all redirects, without fragment; without redirects the requested URL.
    pub final_url: Url,
    /// The page's new URL, if it has moved: where permanent redirects led before the first temporary one.
    pub permanent_redirect: Option<Url>,
    pub content_type: Option<String>,
    /// Names of the `x-…` headers, in lower case: they identify some platforms.
    pub custom_headers: Vec<String>,
    /// For the next fetch, if this response was usable.
    pub validators: Validators,
    pub encoding: Encoding,
    /// The body as sent, empty with status 304; [`Outbound::inflate`] decompresses it.
    pub raw: Bytes,
    /// First 16 bytes of the SHA-256 of `raw`. A body with a known digest needs no decompression.
    pub raw_digest: [u8; 16],
    /// How long the response stays fresh according to `Cache-Control` and `Age`; at most a day. `None`: not at all.
    pub max_age: Option<Duration>,
    /// How long the host asks not to be called again, counted from the response; at most a day.
    pub retry_after: Option<Duration>,
    /// The response is a test for people, or denies access.
    pub refusal: Option<Refusal>,
    /// Who chooses what this response leads to: a public page once a public address has answered on the way.
    pub leads_by: Initiator,
}

impl Fetched {
    /// Whether the page is unchanged since the response that the validators come from.
    pub fn not_modified(&self) -> bool {
        self.status == 304
    }
}

/// Identify a version of a page, exactly as the server wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

const MAX_REDIRECTS: usize = 3;

enum Hop {
    Page(Fetched),
    Redirect { to: Url, permanent: bool, by: Initiator },
}

impl Outbound {
    /// Reads a page that the settings name. With validators the server may answer 304 if it has not changed.
    pub async fn fetch(&self, url: &Url, validators: Option<&Validators>) -> Result<Fetched, FetchError> {
        self.fetch_for(Initiator::Us, url, validators).await
    }

    /// The same of a URL that `initiator` chose.
    pub async fn fetch_for(
        &self,
        initiator: Initiator,
        url: &Url,
        validators: Option<&Validators>,
    ) -> Result<Fetched, FetchError> {
        let mut at = url.clone();
        at.set_fragment(None);
        let mut visited = Vec::new();
        let mut permanent_redirect = None;
        let mut all_permanent = true;
        let mut left = self.timeout;
        let mut initiator = initiator;
        loop {
            let permit = self.host_limits.acquire(&at).await;
            let started = Instant::now();
            let hop = timeout(left, self.hop(&at, validators, initiator)).await.map_err(|_| self.timed_out(&at))??;
            left = left.saturating_sub(started.elapsed());
            // Released before the next is awaited: pages that redirect to each other's host would wait for ever.
            drop(permit);
            let (to, permanent) = match hop {
                Hop::Page(page) => {
                    return Ok(Fetched { permanent_redirect, ..page });
                }
                Hop::Redirect { to, permanent, by } => {
                    initiator = by;
                    (to, permanent)
                }
            };
            all_permanent &= permanent;
            if all_permanent {
                permanent_redirect = Some(to.clone());
            }
            visited.push(std::mem::replace(&mut at, to));
            if visited.contains(&at) {
                return Err(FetchError::Redirects { host: host(url), problem: "in a loop" });
            }
            if visited.len() > MAX_REDIRECTS {
                return Err(FetchError::Redirects { host: host(url), problem: "more than 3 times" });
            }
        }
    }

    async fn hop(&self, url: &Url, validators: Option<&Validators>, initiator: Initiator) -> Result<Hop, FetchError> {
        let mut request = reqwest::Request::new(Method::GET, url.clone());
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
        if let Some(validators) = validators {
            insert(headers, header::IF_NONE_MATCH, validators.etag.as_deref());
            insert(headers, header::IF_MODIFIED_SINCE, validators.last_modified.as_deref());
        }
        let response = self.execute(request, initiator).await?;
        let status = response.status().as_u16();
        let is_private = response.remote_addr().is_some_and(|address| !is_public(address.ip()));
        let by = if is_private { initiator } else { Initiator::PublicPage };
        if let 301 | 302 | 303 | 307 | 308 = status {
            let to = target(url, response.headers())?;
            return Ok(Hop::Redirect { to, permanent: matches!(status, 301 | 308), by });
        }
        if status == 304 && validators.is_none_or(|known| *known == Validators::default()) {
            return Err(FetchError::Broken {
                host: host(url),
                reason: "status 304 to a request without validators".into(),
            });
        }
        let headers = response.headers().clone();
        let raw = self.body(url, response).await?;
        let mut current =
            Validators { etag: text(&headers, header::ETAG), last_modified: text(&headers, header::LAST_MODIFIED) };
        if let (304, Some(sent)) = (status, validators) {
            current.etag = current.etag.or_else(|| sent.etag.clone());
            current.last_modified = current.last_modified.or_else(|| sent.last_modified.clone());
        }
        let digest = Sha256::digest(&raw);
        Ok(Hop::Page(Fetched {
            status,
            final_url: url.clone(),
            permanent_redirect: None,
            content_type: text(&headers, header::CONTENT_TYPE),
            custom_headers: custom(&headers),
            validators: current,
            encoding: Encoding::of(headers.get(header::CONTENT_ENCODING)),
            raw,
            raw_digest: digest[..16].try_into().expect("SHA-256 has 32 bytes"),
            max_age: max_age(&headers),
            retry_after: retry_after(&headers),
            refusal: Refusal::of_head(status, &headers),
            leads_by: by,
        }))
    }

    async fn body(&self, url: &Url, mut response: reqwest::Response) -> Result<Bytes, FetchError> {
        let too_large = || FetchError::TooLarge { host: host(url), cap: self.max_body };
        if response.content_length().is_some_and(|length| length > self.max_body as u64) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::of_request(url, &error))? {
            if body.len() + chunk.len() > self.max_body {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// Leaves out a stored validator that is not a valid header value: reading the whole page is always right.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: Option<&str>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
        headers.insert(name, value);
    }
}

fn target(from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let location = text(headers, header::LOCATION).and_then(|location| from.join(&location).ok());
    let mut to = location.ok_or_else(|| FetchError::Redirects { host: host(from), problem: "to no URL" })?;
    to.set_fragment(None);
    Ok(to)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn custom(headers: &HeaderMap) -> Vec<String> {
    headers.keys().map(HeaderName::as_str).filter(|name| name.starts_with("x-")).map(str::to_owned).collect()
}

/// `Retry-After` in seconds or as a date; a date in the past is zero.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?;
    let wait = match value.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(&value).ok()?.duration_since(SystemTime::now()).unwrap_or_default(),
    };
    Some(wait.min(MAX_REQUESTED_WAIT))
}

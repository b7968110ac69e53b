//! Reads pages: conditional GET with limits on redirects, time and size, and small POSTs, which are neither conditional
//! nor redirected. Every status is a response; the caller decides what it means.
use std::{
    future::poll_fn,
    pin::Pin,
    time::{Duration, Instant, SystemTime},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body::Body as _;
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use url::{Position, Url};

use crate::{
    client::{Initiator, Outbound},
    connections::Connection,
    encoding::Encoding,
    error::{FetchError, host},
    freshness::{MAX_REQUESTED_WAIT, max_age},
    guard::{Refused, is_public},
    kept::PageBody,
    login::Login,
    refusal::Refusal,
    room::{NoRoom, NoTurn, Room},
    token::Token,
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

/// What the caller of [`Outbound::fetch_for`] knows and allows.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// Who chose the URL.
    pub initiator: Initiator,
    /// With them the server may answer 304 if the page has not changed.
    pub validators: Option<&'a Validators>,
    /// The JSON of a `POST`, which is sent once and without validators. A redirect of it is its response. `None`: a
    /// `GET`.
    pub posted: Option<&'a str>,
    /// Sent to its own origin only.
    pub login: Option<&'a Login>,
    /// For the exchange, if that is less than the limit of the settings. Waiting here does not count.
    pub limit: Duration,
    /// Where the body is kept.
    pub room: &'a Room,
}

/// What a page is sent so that it answers.
type Proof<'a> = (&'a Login, Option<&'a Token>);

/// What the requests of one exchange are.
#[derive(Clone, Copy)]
struct Asked<'a> {
    posted: Option<&'a str>,
    validators: Option<&'a Validators>,
    proof: Option<Proof<'a>>,
}

/// Whether it was not got for this request.
fn is_kept(token: Option<&Token>) -> bool {
    token.is_some_and(|token| !token.is_new)
}

enum Hop {
    Page(Box<Fetched>, Incoming, Box<Connection>),
    Redirect { to: Url, permanent: bool, by: Initiator },
}

/// What is left of the time of an exchange, and its turn among those with the same host.
struct Exchange {
    limit: Duration,
    left: Duration,
    /// How long the host was kept waiting for room.
    waited: Duration,
    turn: Option<OwnedSemaphorePermit>,
}

impl Exchange {
    /// The result of talking to the host, and nothing else, while there is time left.
    async fn talk<T>(&mut self, url: &Url, talk: impl Future<Output = T>) -> Result<T, FetchError> {
        let began = Instant::now();
        let result = timeout(self.left, talk).await;
        self.left = self.left.saturating_sub(began.elapsed());
        result.map_err(|_| FetchError::Timeout { host: host(url), limit: self.limit })
    }

    async fn make_room(&mut self, url: &Url, bytes: usize, room: &Room) -> Result<(), FetchError> {
        while let Err(no_room) = room.take(bytes) {
            if no_room == NoRoom::Ever {
                return Err(FetchError::TooLarge { host: host(url), cap: Room::max() });
            }
            // A read with a place may wait for a turn with this host, so none is kept while waiting for a place.
            self.turn = None;
            let began = Instant::now();
            room.wait().await.map_err(|NoTurn| FetchError::NoTurn { host: host(url) })?;
            self.waited += began.elapsed();
        }
        Ok(())
    }

    /// A host that had to wait for us is not at fault when it cuts the connection.
    fn excused(&self, error: FetchError) -> FetchError {
        const LONG_WAIT: Duration = Duration::from_secs(1);
        match error {
            FetchError::Broken { host, .. } if self.waited > LONG_WAIT => FetchError::NoTurn { host },
            error => error,
        }
    }
}

impl Outbound {
    /// Reads a page that the settings name. With validators the server may answer 304 if it has not changed.
    pub async fn fetch(&self, url: &Url, validators: Option<&Validators>) -> Result<Fetched, FetchError> {
        let (initiator, room) = (Initiator::Us, &Room::alone());
        let terms = Terms { initiator, validators, posted: None, login: None, limit: self.timeout, room };
        self.fetch_for(url, terms).await.0
    }

    /// Reads a page on these terms. The second value is the time that the exchange took, without waiting for turns and
    /// room.
    pub async fn fetch_for(&self, url: &Url, terms: Terms<'_>) -> (Result<Fetched, FetchError>, Duration) {
        let limit = terms.limit.min(self.timeout).min(terms.room.time_left());
        let mut exchange = Exchange { limit, left: limit, waited: Duration::ZERO, turn: None };
        let fetched = match self.follow(url, terms, &mut exchange).await {
            // It was given less time than it may take.
            Err(FetchError::Timeout { host, .. }) if terms.room.time_left().is_zero() => {
                Err(FetchError::NoTurn { host })
            }
            fetched => fetched,
        };
        (fetched, limit - exchange.left)
    }

    async fn follow(&self, url: &Url, terms: Terms<'_>, exchange: &mut Exchange) -> Result<Fetched, FetchError> {
        let mut at = url.clone();
        at.set_fragment(None);
        let mut visited = Vec::new();
        let mut permanent_redirect = None;
        let mut all_permanent = true;
        let (mut initiator, mut login) = (terms.initiator, terms.login);
        let mut refused = None;
        loop {
            login = login.filter(|login| login.is_for(&at));
            // Before the turn is awaited: both may be of one host.
            let token = match login.and_then(Login::tokens) {
                Some(tokens) => Some(exchange.talk(&at, tokens.token(self, refused.as_ref())).await??),
                None => None,
            };
            let turn = terms.room.in_time(self.host_limits.acquire(&at)).await;
            exchange.turn = Some(turn.map_err(|NoTurn| FetchError::NoTurn { host: host(&at) })?);
            let Terms { posted, validators, .. } = terms;
            let validators = validators.filter(|_| posted.is_none());
            let asked = Asked { posted, validators, proof: login.map(|login| (login, token.as_ref())) };
            let hop = exchange.talk(&at, self.hop(&at, asked, initiator)).await??;
            let (to, permanent) = match hop {
                // The token may have been revoked. Nobody else's is asked for, and that only once.
                Hop::Page(page, ..) if page.status == 401 && refused.is_none() && is_kept(token.as_ref()) => {
                    exchange.turn = None;
                    refused = token;
                    continue;
                }
                Hop::Page(page, body, connection) => {
                    let (raw, raw_digest) = self.body(&at, body, terms.room, exchange).await?;
                    self.keep(*connection);
                    return Ok(Fetched { permanent_redirect, raw, raw_digest, ..*page });
                }
                Hop::Redirect { to, permanent, by } => {
                    initiator = by;
                    (to, permanent)
                }
            };
            // Released before the next is awaited: pages that redirect to each other's host would wait for ever.
            exchange.turn = None;
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

    async fn hop(&self, url: &Url, asked: Asked<'_>, initiator: Initiator) -> Result<Hop, FetchError> {
        let (response, connection) = self.ask(url, self.request(url, asked)?, initiator).await?;
        let (validators, is_post) = (asked.validators, asked.posted.is_some());
        let status = response.status().as_u16();
        let by = if is_public(connection.peer) { Initiator::PublicPage } else { initiator };
        // A POST is meant for this address, and a GET at another would be another question.
        if !is_post && let 301 | 302 | 303 | 307 | 308 = status {
            let to = target(url, response.headers())?;
            return Ok(Hop::Redirect { to, permanent: matches!(status, 301 | 308), by });
        }
        if status == 304 && validators.is_none_or(|known| *known == Validators::default()) {
            return Err(FetchError::Broken {
                host: host(url),
                reason: "status 304 to a request without validators".into(),
            });
        }
        let headers = response.headers();
        let mut current =
            Validators { etag: text(headers, header::ETAG), last_modified: text(headers, header::LAST_MODIFIED) };
        if is_post {
            current = Validators::default();
        }
        if let (304, Some(sent)) = (status, validators) {
            current.etag = current.etag.or_else(|| sent.etag.clone());
            current.last_modified = current.last_modified.or_else(|| sent.last_modified.clone());
        }
        let page = Fetched {
            status,
            final_url: url.clone(),
            permanent_redirect: None,
            content_type: text(headers, header::CONTENT_TYPE),
            custom_headers: custom(headers),
            validators: current,
            encoding: Encoding::of(headers.get(header::CONTENT_ENCODING)),
            raw: Bytes::new(),
            raw_digest: [0; 16],
            max_age: max_age(headers),
            retry_after: retry_after(headers),
            refusal: Refusal::of_head(status, headers),
            leads_by: by,
        };
        Ok(Hop::Page(Box::new(page), response.into_body(), Box::new(connection)))
    }

    fn request(&self, url: &Url, asked: Asked<'_>) -> Result<Request<PageBody>, FetchError> {
        let Asked { posted, validators, proof } = asked;
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let method = if posted.is_some() { Method::POST } else { Method::GET };
        let request = Request::builder().method(method).uri(target).header(header::HOST, host);
        let request = request.body(posted.unwrap_or_default().to_owned());
        let mut request = request.map_err(|_| Refused::NotWeb)?;
        let headers = request.headers_mut();
        if let Some((login, token)) = proof {
            headers.extend(login.headers().clone());
            headers.extend(token.map(|token| (header::AUTHORIZATION, token.authorization.clone())));
        }
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
        if posted.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(validators) = validators {
            insert(headers, header::IF_NONE_MATCH, validators.etag.as_deref());
            insert(headers, header::IF_MODIFIED_SINCE, validators.last_modified.as_deref());
        }
        Ok(request)
    }

    /// The body and its digest. It is counted in `room`.
    async fn body(
        &self,
        url: &Url,
        mut incoming: Incoming,
        room: &Room,
        exchange: &mut Exchange,
    ) -> Result<(Bytes, [u8; 16]), FetchError> {
        let too_large = |cap| FetchError::TooLarge { host: host(url), cap };
        if incoming.size_hint().exact().is_some_and(|length| length > self.max_body as u64) {
            return Err(too_large(self.max_body));
        }
        let (mut body, mut digest) = (BytesMut::new(), Sha256::new());
        loop {
            let chunk = exchange.talk(url, chunk(&mut incoming)).await;
            let chunk = chunk.and_then(|chunk| chunk.map_err(|error| FetchError::of_exchange(url, &error)));
            let chunk = match chunk {
                Ok(Some(chunk)) if body.len() + chunk.len() > self.max_body => Err(too_large(self.max_body)),
                Ok(Some(chunk)) => exchange.make_room(url, chunk.len(), room).await.map(|()| Some(chunk)),
                Ok(None) => Ok(None),
                Err(error) => Err(exchange.excused(error)),
            };
            match chunk {
                Ok(Some(chunk)) => {
                    digest.update(&chunk);
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                Err(error) => {
                    room.give_back(body.len());
                    return Err(error);
                }
            }
        }
        let digest = digest.finalize();
        Ok((body.freeze(), digest[..16].try_into().expect("SHA-256 has 32 bytes")))
    }
}

/// The next bytes of a body; `None` at its end.
async fn chunk(body: &mut Incoming) -> Result<Option<Bytes>, hyper::Error> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            // What follows a body are trailers, which nobody asked for.
            Some(frame) => match frame?.into_data() {
                Ok(data) => return Ok(Some(data)),
                Err(_trailers) => {}
            },
            None => return Ok(None),
        }
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

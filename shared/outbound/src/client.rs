//! The HTTP clients and what all exchanges share. Pages are read over connections of our own, deliveries are sent by
//! reqwest, which shares a connection to a receiver among many. It has a client each for HTTPS and HTTP, because the
//! guard's rule depends on the scheme and a resolver sees only the name. Literal addresses pass no resolver; they are
//! checked before sending.
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use rustls::{ClientConfig, RootCertStore, client::Resumption, crypto::ring};
use url::Url;

use crate::{
    connections::{CONNECT_TIMEOUT, Connection, Connections, ServedHere},
    error::{FetchError, host},
    guard::Guard,
    host_limits::HostLimits,
    kept::PageBody,
    resolve::GuardedResolver,
    sessions::Sessions,
};

/// Reaches hosts on the internet. All callers of a process share one, because the limits per host are counted in it.
pub struct Outbound {
    https: reqwest::Client,
    http: reqwest::Client,
    pages: Connections,
    pub(crate) user_agent: HeaderValue,
    guard: Arc<Guard>,
    /// For where public pages lead: not to the private networks that we may reach.
    public: Guard,
    requests: AtomicU64,
    pub(crate) host_limits: HostLimits,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) redirect_all_to: Option<Url>,
}

/// Who chose the URL of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initiator {
    /// The settings, or a private host that we may reach.
    #[default]
    Us,
    /// A public host, by a redirect or in what it answered. It must not lead into our own network: only public
    /// addresses are reached, over HTTPS, whatever the guard allows us.
    PublicPage,
}

/// Limits and identity of an [`Outbound`]. [`Settings::new`] has the values for reading pages.
pub struct Settings {
    pub guard: Guard,
    /// Names this instance and a contact for the operators of the pages we read.
    pub user_agent: HeaderValue,
    /// Trusted certificate authorities: by default those of the public web.
    pub roots: RootCertStore,
    /// Concurrent exchanges with one host and port.
    pub per_host: usize,
    /// For a whole exchange, from the first request through all redirects to the last byte of the body. Waiting for the
    /// limit per host does not count.
    pub timeout: Duration,
    /// The most bytes of a body, as sent and again when decompressed.
    pub max_body: usize,
    /// How long an idle connection is kept. Each costs about 40 KB. More than a few seconds pays only for hosts that
    /// are called again and again, because TLS sessions are resumed anyway.
    pub idle: Duration,
    /// The most idle connections to pages that are kept.
    pub kept: usize,
    /// All deliveries go below this URL of a listener of our own instead: `https://host/path` to `<url>/host/path`. No
    /// delivery leaves the machine then.
    pub redirect_all_to: Option<Url>,
    /// Pages are read from these hosts of this process instead of the internet.
    pub served_here: Option<ServedHere>,
}

impl Settings {
    pub fn new(guard: Guard, user_agent: HeaderValue) -> Self {
        Self {
            guard,
            user_agent,
            roots: webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            per_host: 4,
            timeout: Duration::from_secs(15),
            max_body: 4 * 1024 * 1024,
            idle: Duration::from_secs(5),
            kept: 128,
            redirect_all_to: None,
            served_here: None,
        }
    }

    /// The values for deliveries: few hosts, each of which gets the messages of many destinations.
    pub fn for_deliveries(guard: Guard, user_agent: HeaderValue) -> Self {
        Self { per_host: 64, idle: Duration::from_secs(60), ..Self::new(guard, user_agent) }
    }
}

impl Outbound {
    pub fn new(settings: Settings) -> Self {
        let guard = Arc::new(settings.guard);
        let tls = tls(settings.roots);
        let client = |guard: &Arc<Guard>, plain| {
            let resolver = GuardedResolver { guard: guard.clone(), plain };
            client(resolver, tls.clone(), &settings.user_agent, settings.per_host, settings.idle)
        };
        Self {
            https: client(&guard, false),
            http: client(&guard, true),
            pages: Connections::new(tls, settings.idle, settings.kept, settings.served_here),
            user_agent: settings.user_agent,
            public: Guard::default(),
            host_limits: HostLimits::new(settings.per_host),
            timeout: settings.timeout,
            max_body: settings.max_body,
            redirect_all_to: settings.redirect_all_to,
            guard,
            requests: AtomicU64::new(0),
        }
    }

    /// How many requests were sent so far; each hop of a redirect counts.
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Sends one delivery to a vetted host and returns the head of the response, whatever its status.
    pub(crate) async fn execute(&self, request: reqwest::Request) -> Result<reqwest::Response, FetchError> {
        let url = request.url().clone();
        self.guard.check_url(&url)?;
        let client = if url.scheme() == "http" { &self.http } else { &self.https };
        self.requests.fetch_add(1, Relaxed);
        client.execute(request).await.map_err(|error| FetchError::of_request(&url, &error))
    }

    /// Asks a vetted host for a page and returns the head of the response, whatever its status.
    pub(crate) async fn ask(
        &self,
        url: &Url,
        request: Request<PageBody>,
        initiator: Initiator,
    ) -> Result<(Response<Incoming>, Connection), FetchError> {
        let is_public = initiator == Initiator::PublicPage;
        let guard = if is_public { &self.public } else { &*self.guard };
        guard.check_url(url)?;
        self.requests.fetch_add(1, Relaxed);
        self.pages.send(url, request, guard, is_public).await
    }

    /// Keeps the connection for the next request. The response was received to its end.
    pub(crate) fn keep(&self, connection: Connection) {
        self.pages.keep(connection);
    }

    pub(crate) fn timed_out(&self, url: &Url) -> FetchError {
        FetchError::Timeout { host: host(url), limit: self.timeout }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where clients are built, each with a vetting resolver")]
fn client(
    resolver: GuardedResolver,
    tls: ClientConfig,
    user_agent: &HeaderValue,
    per_host: usize,
    idle: Duration,
) -> reqwest::Client {
    reqwest::Client::builder()
        .https_only(!resolver.plain)
        .dns_resolver(Arc::new(resolver))
        // A proxy would resolve names itself, and the guard would not see the addresses.
        .no_proxy()
        // Followed in `fetch`, where the guard sees each target.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // The digest is over the bytes as sent: another crate's features must not turn decompression on.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .tls_backend_preconfigured(tls)
        .user_agent(user_agent)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(idle)
        .pool_max_idle_per_host(per_host)
        .build()
        .expect("TLS and user agent are ready, and nothing else can fail")
}

fn tls(roots: RootCertStore) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::store(Arc::new(Sessions::default()));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Refused;

    #[tokio::test]
    async fn redirect_of_a_public_page_cannot_reach_private_networks() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: vec![address] };
        let outbound = Outbound::new(Settings::new(guard, HeaderValue::from_static("test")));
        for target in [format!("http://{address}/"), format!("https://{address}/"), "https://localhost/".into()] {
            let refused = outbound.ask(&target.parse().unwrap(), Request::default(), Initiator::PublicPage).await;
            assert!(matches!(refused, Err(FetchError::Refused(_))), "{target}");
        }
    }
    /// Without the URL check, which knows `localhost`: any other name of a private address gets as far as the resolver.
    #[tokio::test]
    async fn name_of_a_private_address_is_refused_at_resolution() {
        let outbound = Outbound::new(Settings::new(Guard::default(), HeaderValue::from_static("test")));
        for (client, url) in
            [(&outbound.https, "https://localhost:9/hidden"), (&outbound.http, "http://localhost:9/hidden")]
        {
            let url: Url = url.parse().unwrap();
            let error = client.get(url.clone()).send().await.unwrap_err();
            let of_delivery = FetchError::of_request(&url, &error);
            let guard = Guard::default();
            let of_page = outbound.pages.send(&url, Request::default(), &guard, false).await.err().unwrap();
            for error in [of_delivery, of_page] {
                assert!(
                    matches!(&error, FetchError::Refused(Refused::NotPublic { host, .. }) if host == "localhost"),
                    "{error}"
                );
                assert!(!error.is_offline_sign());
            }
        }
    }
}

//! The two HTTP clients and what every exchange has in common. Two, because the guard's rule depends on the scheme and
//! a resolver sees only the name; literal addresses pass no resolver and are checked before sending.
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use http::HeaderValue;
use rustls::{ClientConfig, RootCertStore, client::Resumption, crypto::ring};
use url::Url;

use crate::{FetchError, Guard, error::host, hosts::Hosts, resolve::Vetted};

/// How strangers are reached. Shared by all callers of a process: the bounds per host are its own.
pub struct Outbound {
    https: reqwest::Client,
    http: reqwest::Client,
    /// For where a public page sends us: what is allowed to us is not allowed to it.
    public: reqwest::Client,
    guard: Arc<Guard>,
    requests: AtomicU64,
    pub(crate) hosts: Hosts,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) divert: Option<SocketAddr>,
}

/// Whose idea a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SentBy {
    /// Ours, or that of a host which we were allowed to reach although it is private.
    Us,
    /// A redirect of a host out there, which must not lead into our own network.
    PublicPage,
}

/// What an [`Outbound`] is built from; [`Settings::new`] has the values for reading pages.
pub struct Settings {
    pub guard: Guard,
    /// Names this instance and a contact to the people whose pages we read.
    pub user_agent: HeaderValue,
    /// Who may vouch for a host: the certificate authorities of the public web, unless told otherwise.
    pub roots: RootCertStore,
    /// Exchanges with one host and port at the same time.
    pub per_host: usize,
    /// For a whole exchange: all redirects and the last byte of the body included, waiting for a turn excluded.
    pub timeout: Duration,
    /// Bytes of a page, as sent and once more inflated.
    pub max_body: usize,
    /// How long a connection is kept for the next request. Each costs about 40 KB; beyond a few seconds it pays only
    /// for a few hosts that are called again and again, since TLS sessions are resumed anyway.
    pub idle: Duration,
    /// Deliveries go to this listener instead, over plain http: `https://host/path` as `/host/path` there. Nothing leaves
    /// the machine then.
    pub divert: Option<SocketAddr>,
}

impl Settings {
    pub fn new(guard: Guard, user_agent: HeaderValue) -> Self {
        Self {
            guard,
            user_agent,
            roots: webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            per_host: 4,
            timeout: Duration::from_secs(15),
            max_body: 8 * 1024 * 1024,
            idle: Duration::from_secs(5),
            divert: None,
        }
    }

    /// For sending to receivers: few hosts, each of which takes the messages of many destinations.
    pub fn for_deliveries(guard: Guard, user_agent: HeaderValue) -> Self {
        Self { per_host: 64, idle: Duration::from_secs(60), ..Self::new(guard, user_agent) }
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Outbound {
    pub fn new(settings: Settings) -> Self {
        let guard = Arc::new(settings.guard);
        let tls = tls(settings.roots);
        let client = |guard: &Arc<Guard>, plain| {
            let resolver = Vetted { guard: guard.clone(), plain };
            client(resolver, tls.clone(), &settings.user_agent, settings.per_host, settings.idle)
        };
        Self {
            https: client(&guard, false),
            http: client(&guard, true),
            public: client(&Arc::default(), false),
            hosts: Hosts::new(settings.per_host),
            timeout: settings.timeout,
            max_body: settings.max_body,
            divert: settings.divert,
            guard,
            requests: AtomicU64::new(0),
        }
    }

    /// How many requests were made so far, each hop of a redirect counted.
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Sends one request to a vetted host and returns the head of the answer, whatever its status.
    pub(crate) async fn exchange(
        &self,
        request: reqwest::Request,
        sent: SentBy,
    ) -> Result<reqwest::Response, FetchError> {
        let url = request.url().clone();
        let client = match sent {
            SentBy::PublicPage => {
                Guard::default().check_url(&url)?;
                &self.public
            }
            SentBy::Us => {
                self.guard.check_url(&url)?;
                if url.scheme() == "http" { &self.http } else { &self.https }
            }
        };
        self.requests.fetch_add(1, Relaxed);
        client.execute(request).await.map_err(|error| FetchError::of_request(&url, &error))
    }

    pub(crate) fn timed_out(&self, url: &Url) -> FetchError {
        FetchError::Timeout { host: host(url), limit: self.timeout }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where clients are built, each with a vetting resolver")]
fn client(
    resolver: Vetted,
    tls: ClientConfig,
    user_agent: &HeaderValue,
    per_host: usize,
    idle: Duration,
) -> reqwest::Client {
    reqwest::Client::builder()
        .https_only(!resolver.plain)
        .dns_resolver(Arc::new(resolver))
        // A proxy would resolve names itself, out of the guard's sight.
        .no_proxy()
        // Followed in `fetch`, where the guard sees each target.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // The digest is one of the bytes as sent; another crate's features must not switch inflating on.
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
        .expect("TLS and user agent are ready made, nothing else can be refused")
}

fn tls(roots: RootCertStore) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Handshakes are the bill of a round and a resumed one costs half. A server takes 8 places of this store, so the
    // default of 256 forgets all but the last 32 servers; this one remembers 8,192. It fills only as far as it is used.
    config.resumption = Resumption::in_memory_sessions(65_536);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn public_page_cannot_send_us_where_only_we_may_go() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: vec![address] };
        let outbound = Outbound::new(Settings::new(guard, HeaderValue::from_static("test")));
        for target in [format!("http://{address}/"), format!("https://{address}/"), "https://localhost/".into()] {
            let request = reqwest::Request::new(http::Method::GET, target.parse().unwrap());
            let refused = outbound.exchange(request, SentBy::PublicPage).await;
            assert!(matches!(refused, Err(FetchError::Refused(_))), "{target}");
        }
    }
    use crate::Refused;

    /// The URL check knows `localhost`, so it is left out here: any other name for a private address gets this far.
    #[tokio::test]
    async fn name_of_a_private_address_is_refused_at_resolution() {
        let outbound = Outbound::new(Settings::new(Guard::default(), HeaderValue::from_static("test")));
        for (client, url) in
            [(&outbound.https, "https://localhost:9/hidden"), (&outbound.http, "http://localhost:9/hidden")]
        {
            let error = client.get(url).send().await.unwrap_err();
            let error = FetchError::of_request(&url.parse().unwrap(), &error);
            assert!(
                matches!(&error, FetchError::Refused(Refused::NotPublic { host, .. }) if host == "localhost"),
                "{error}"
            );
            assert!(!error.is_offline_sign());
        }
    }
}

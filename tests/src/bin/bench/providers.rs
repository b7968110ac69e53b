//! The process that serves the outside: 100 providers, each with its own loopback address, over HTTP and HTTPS, with
//! 1,000 pages between them, and one receiver of webhooks. A line on its standard input changes the pages. It answers
//! with a line when they have changed, and with another when all alerts about the change were received.
use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
    serve::Listener,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, StatusCode, header};
use rustls::{RootCertStore, ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use tests::status_page::{Incident, StatusPage};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::peer::Peer;

pub(crate) const PAGES: usize = 1000;
/// The pages that an order changes.
pub(crate) const CHANGING: usize = 100;
const PROVIDERS: u8 = 100;
/// With this many, a summary has a usual size, 23 KB.
const COMPONENTS: usize = 76;

/// The running process.
pub(crate) struct Providers {
    process: Peer,
    at: Addresses,
}

#[derive(Serialize, Deserialize)]
struct Addresses {
    http: Vec<SocketAddr>,
    https: Vec<SocketAddr>,
    certificate: Vec<u8>,
}

impl Providers {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let (process, at) = Peer::start("providers")?;
        Ok(Self { process, at })
    }

    /// `fault` is `etag` or `bare`.
    pub(crate) fn page(&self, number: usize, https: bool, fault: &str) -> String {
        let (scheme, addresses) = if https { ("https", &self.at.https) } else { ("http", &self.at.http) };
        format!("{scheme}://{}/{fault}/{number}", addresses[number % addresses.len()])
    }

    pub(crate) fn hook(&self) -> String {
        format!("http://{}/hook", self.at.http[0])
    }

    pub(crate) fn roots(&self) -> anyhow::Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.at.certificate.clone().into())?;
        Ok(roots)
    }

    /// The changing pages open an incident (`open`) or end it (`end`); returns when they show it.
    pub(crate) fn order(&mut self, order: &str) -> anyhow::Result<()> {
        self.process.order(order)?;
        self.process.hear("done")
    }

    /// Blocks until an alert about each page that changed was received.
    pub(crate) fn wait_for_alerts(&mut self) -> anyhow::Result<()> {
        self.process.hear("received")
    }
}

struct World {
    pages: Vec<RwLock<Page>>,
    received: AtomicUsize,
}

struct Page {
    shows: StatusPage,
    etag: String,
    summary: Bytes,
    history: Bytes,
}

/// What the process runs.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let pages = (0..PAGES).map(|_| RwLock::new(Page::of(usual_page()))).collect();
    let world = Arc::new(World { pages, received: AtomicUsize::new(0) });
    let app = Router::new()
        .route("/{fault}/{page}/api/v2/{document}", get(show))
        .route("/hook", post(receive))
        .with_state(world.clone());
    let hosts: Vec<Ipv4Addr> = (1..=PROVIDERS).map(|number| Ipv4Addr::new(127, 0, 0, number)).collect();
    let (acceptor, certificate) = tls(&hosts)?;
    let mut at = Addresses { http: Vec::new(), https: Vec::new(), certificate };
    for host in hosts {
        let listener = TcpListener::bind((host, 0)).await?;
        at.http.push(listener.local_addr()?);
        tokio::spawn(axum::serve(listener, app.clone()).into_future());
        let listener = TcpListener::bind((host, 0)).await?;
        at.https.push(listener.local_addr()?);
        let listener = TlsListener { listener, acceptor: acceptor.clone() };
        tokio::spawn(axum::serve(listener, app.clone()).into_future());
    }
    say(&serde_json::to_string(&at)?);
    tokio::task::spawn_blocking(move || {
        for order in io::stdin().lines() {
            world.follow(&order?);
            say("done");
        }
        Ok(())
    })
    .await?
}

/// A line to the process that started this one.
pub(crate) fn say(line: &str) {
    println!("{line}");
}

async fn show(
    State(world): State<Arc<World>>,
    Path((fault, page, document)): Path<(String, usize, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(page) = world.pages.get(page) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let page = page.read().expect("no holder of the lock panics");
    let body = match document.as_str() {
        "summary.json" => page.summary.clone(),
        "incidents.json" => page.history.clone(),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let content = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CONTENT_ENCODING, "gzip")];
    if fault == "bare" {
        return (content, body).into_response();
    }
    let etag = [(header::ETAG, page.etag.clone())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == page.etag.as_str()) {
        return (StatusCode::NOT_MODIFIED, etag).into_response();
    }
    (content, etag, body).into_response()
}

async fn receive(State(world): State<Arc<World>>, _message: Bytes) -> &'static str {
    if world.received.fetch_add(1, Relaxed) + 1 == CHANGING {
        say("received");
    }
    "ok"
}

impl World {
    fn follow(&self, order: &str) {
        self.received.store(0, Relaxed);
        for page in &self.pages[..CHANGING] {
            let mut page = page.write().expect("no holder of the lock panics");
            let mut shows = page.shows.clone();
            if order == "open" {
                let id = format!("i{}", shows.incidents.len());
                let incident = Incident::new(&id, &["Component 1", "Component 2"]).post("investigating");
                shows = shows.with(incident).set("Component 1", "major_outage");
            } else if let Some(open) = shows.incidents.pop() {
                shows = shows.with(open.post("resolved")).set("Component 1", "operational");
            }
            *page = Page::of(shows);
        }
    }
}

/// A page of usual size, with all components operational.
pub(crate) fn usual_page() -> StatusPage {
    let names: Vec<String> = (1..=COMPONENTS).map(|number| format!("Component {number}")).collect();
    StatusPage::operational(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

impl Page {
    fn of(shows: StatusPage) -> Self {
        let summary = shows.summary().to_string();
        Self {
            etag: format!("W/\"{}\"", status::ids::digest(&[&summary])),
            summary: gzip(&summary),
            history: gzip(&shows.history().to_string()),
            shows,
        }
    }
}

fn gzip(text: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory takes everything");
    encoder.finish().expect("memory takes everything").into()
}

fn tls(hosts: &[Ipv4Addr]) -> anyhow::Result<(TlsAcceptor, Vec<u8>)> {
    let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let certificate = rcgen::generate_simple_self_signed(names)?;
    let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key.into())?;
    config.ticketer = ring::Ticketer::new()?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), certificate.cert.der().to_vec()))
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

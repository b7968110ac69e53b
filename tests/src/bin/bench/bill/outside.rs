//! The process that serves the outside of the simulated month: thousands of status pages over HTTPS, and the fakes of
//! the messaging services. A line on its standard input changes a page or how all of them answer.
use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
    serve::Listener,
};
use fakes::Fakes;
use http::{HeaderMap, StatusCode};
use rustls::RootCertStore;
use serde::{Deserialize, Serialize};
use tests::status_page::{Incident, StatusPage};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::server::TlsStream;

use crate::{
    peer::Peer,
    providers::{Page, host, say, usual_page},
    tls_hosts::TlsHosts,
};

/// What a page on the internet takes to answer.
pub(super) const LATENCY: Duration = Duration::from_millis(300);
/// The same of a page on a slow host, of which there is one in a hundred.
pub(super) const SLOW: Duration = Duration::from_secs(3);

/// The running process.
pub(super) struct Outside {
    process: Peer,
    at: Addresses,
}

#[derive(Serialize, Deserialize)]
struct Addresses {
    pages: u16,
    root: Vec<u8>,
    fakes: SocketAddr,
}

impl Outside {
    pub(super) fn start() -> anyhow::Result<Self> {
        let (process, at) = Peer::start("bill-outside")?;
        Ok(Self { process, at })
    }

    pub(super) fn page(&self, number: usize) -> String {
        format!("https://{}:{}/etag/{number}", host(number), self.at.pages)
    }

    /// Deliveries go below it.
    pub(super) fn fakes(&self) -> String {
        format!("http://{}", self.at.fakes)
    }

    pub(super) fn roots(&self) -> anyhow::Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.at.root.clone().into())?;
        Ok(roots)
    }

    /// The page opens an incident (`open`), posts an update about it (`update`) or ends it (`end`).
    pub(super) fn post(&mut self, page: usize, what: &str) -> anyhow::Result<()> {
        self.process.order(&format!("{what} {page}"))?;
        self.process.hear("done")
    }

    /// From now on pages take as long as on the internet, and dead ones do not answer; or all answer at once.
    pub(super) fn be_slow(&mut self, slow: bool) -> anyhow::Result<()> {
        self.process.order(if slow { "slow" } else { "fast" })?;
        self.process.hear("done")
    }

    /// How many requests to dead pages and to slow hosts there were since the last call.
    pub(super) fn asked(&mut self) -> anyhow::Result<[u64; 2]> {
        self.process.order("asked")?;
        Ok(serde_json::from_str(&self.process.line()?)?)
    }

    /// Bytes that connections for pages carried from us so far.
    pub(super) fn received(&mut self) -> anyhow::Result<u64> {
        self.process.order("received")?;
        Ok(self.process.line()?.parse()?)
    }
}

/// One page in a hundred is dead.
fn is_dead(page: usize) -> bool {
    page % 100 == 99
}

fn is_on_slow_host(page: usize) -> bool {
    page % 100 == 98
}

struct World {
    usual: Page,
    /// Pages that had an incident.
    changed: RwLock<HashMap<usize, Page>>,
    slow: AtomicBool,
    /// Requests to dead pages and to slow hosts.
    dead: AtomicU64,
    slow_hosts: AtomicU64,
}

/// What the process runs.
pub(crate) async fn serve() -> anyhow::Result<()> {
    local::descriptors::raise_limit();
    let usual = Page::of(usual_page());
    let (changed, slow) = (RwLock::default(), AtomicBool::new(false));
    let world = Arc::new(World { usual, changed, slow, dead: AtomicU64::new(0), slow_hosts: AtomicU64::new(0) });
    let app = Router::new().route("/etag/{page}/api/v2/{document}", get(show)).with_state(world.clone());
    let tls = Arc::new(TlsHosts::new()?);
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    let (pages, root) = (listener.local_addr()?.port(), tls.root.to_vec());
    tokio::spawn(axum::serve(Connections::accept(listener, tls)?, app).into_future());
    // The fake of webhooks compares the time that is signed with the clock, which is not the simulated one.
    let receivers = Router::new().route("/hooks.example/{*path}", post(async || "ok"));
    let receivers = receivers.fallback_service(Fakes::unlimited().receivers());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let fakes = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, receivers).into_future());
    say(&serde_json::to_string(&Addresses { pages, root, fakes })?);
    tokio::task::spawn_blocking(move || {
        for order in io::stdin().lines() {
            match &order?.split(' ').collect::<Vec<_>>()[..] {
                ["received"] => {
                    say(&RECEIVED.load(Relaxed).to_string());
                    continue;
                }
                ["asked"] => {
                    say(&format!("[{}, {}]", world.dead.swap(0, Relaxed), world.slow_hosts.swap(0, Relaxed)));
                    continue;
                }
                ["slow"] => world.slow.store(true, Relaxed),
                ["fast"] => world.slow.store(false, Relaxed),
                [what, page] => world.post(page.parse()?, what),
                other => anyhow::bail!("unknown order: {other:?}"),
            }
            say("done");
        }
        Ok(())
    })
    .await?
}

impl World {
    fn post(&self, number: usize, what: &str) {
        let mut changed = self.changed.write().unwrap_or_else(PoisonError::into_inner);
        let mut shows = changed.remove(&number).map_or_else(usual_page, |page| page.shows);
        let (status, incident) = match (what, shows.incidents.pop()) {
            ("update", Some(open)) => ("major_outage", open.post("identified")),
            ("end", Some(open)) => ("operational", open.post("resolved")),
            (_, last) => {
                shows.incidents.extend(last);
                let id = format!("i{}", shows.incidents.len());
                ("major_outage", Incident::new(&id, &["Component 1", "Component 2"]).post("investigating"))
            }
        };
        let shows: StatusPage = shows.with(incident).set("Component 1", status);
        changed.insert(number, Page::of(shows));
    }
}

async fn show(
    State(world): State<Arc<World>>,
    Path((page, document)): Path<(usize, String)>,
    headers: HeaderMap,
) -> Response {
    world.dead.fetch_add(is_dead(page).into(), Relaxed);
    world.slow_hosts.fetch_add(is_on_slow_host(page).into(), Relaxed);
    if world.slow.load(Relaxed) {
        match page {
            _ if is_dead(page) => std::future::pending().await,
            _ if is_on_slow_host(page) => tokio::time::sleep(SLOW).await,
            _ => tokio::time::sleep(LATENCY).await,
        }
    }
    if is_dead(page) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let changed = world.changed.read().unwrap_or_else(PoisonError::into_inner);
    changed.get(&page).unwrap_or(&world.usual).answer(&document, &headers)
}

static RECEIVED: AtomicU64 = AtomicU64::new(0);

/// Connections to pages, each at a host of its own.
struct Connections {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<Counted>, SocketAddr)>,
}

impl Connections {
    fn accept(listener: TcpListener, tls: Arc<TlsHosts>) -> io::Result<Self> {
        let (address, (done, ready)) = (listener.local_addr()?, mpsc::channel(1024));
        tokio::spawn(async move {
            loop {
                let Ok((stream, from)) = listener.accept().await else { continue };
                let (tls, done) = (tls.clone(), done.clone());
                tokio::spawn(async move {
                    let acceptor = stream.local_addr().ok().and_then(|host| tls.acceptor(host.ip()).ok());
                    let Some(acceptor) = acceptor else { return };
                    if let Ok(stream) = acceptor.accept(Counted(stream)).await {
                        _ = done.send((stream, from)).await;
                    }
                });
            }
        });
        Ok(Self { address, ready })
    }
}

impl Listener for Connections {
    type Io = TlsStream<Counted>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

/// A connection whose received bytes are counted, those of the handshake too.
struct Counted(TcpStream);

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        RECEIVED.fetch_add((buf.filled().len() - before) as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

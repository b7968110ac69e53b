//! The process that serves the outside: each page at a host of its own, over HTTP and HTTPS, and one receiver of
//! webhooks. Each host is a loopback address. A line on its standard input is an order: it changes the pages or how
//! they answer. It answers with a line when that is done, and with another when all alerts about a change were
//! received.
use std::{
    future::pending,
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use rustls::RootCertStore;
use serde::{Deserialize, Serialize};
use tests::status_page::{Incident, StatusPage};
use tokio::net::TcpListener;

use crate::{peer::Peer, tls_hosts::TlsHosts};

/// The pages that an order changes.
pub(crate) const CHANGING: usize = 100;
/// With this many, a summary has a usual size, 23 KB.
const COMPONENTS: usize = 76;
/// Ended incidents on a page with a history: as many as Statuspage lists.
pub(crate) const HISTORY: usize = 50;

/// How long pages take to answer when they are far away, as on the internet.
const LATENCY: Duration = Duration::from_millis(300);
const LATENCY_OF_SLOW: Duration = Duration::from_secs(10);

/// The running process.
pub(crate) struct Providers {
    process: Peer,
    pub(crate) at: Addresses,
}

/// Where the process serves the pages.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Addresses {
    http: u16,
    https: u16,
    root: Vec<u8>,
}

impl Addresses {
    /// `fault` is `etag`, `bare`, or for pages with [`HISTORY`] ended incidents `history` if all began in an hour and
    /// `years` if they began over more than a year.
    pub(crate) fn page(&self, number: usize, https: bool, fault: &str) -> String {
        let (scheme, port) = if https { ("https", self.https) } else { ("http", self.http) };
        format!("{scheme}://{}:{port}/{fault}/{number}", host(number))
    }

    pub(crate) fn roots(&self) -> anyhow::Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone().into())?;
        Ok(roots)
    }
}

/// The host of a page.
pub(crate) fn host(number: usize) -> Ipv4Addr {
    let [_, a, b, c] = u32::try_from(number).expect("there are few pages").to_be_bytes();
    Ipv4Addr::new(127, a + 1, b, c)
}

/// When pages are far away, one of a hundred never answers, and another one is slow.
pub(crate) fn hangs(number: usize) -> bool {
    number % 100 == 99
}

fn is_slow(number: usize) -> bool {
    number % 100 == 49
}

impl Providers {
    /// With so many pages.
    pub(crate) fn start(pages: usize) -> anyhow::Result<Self> {
        let (process, at) = Peer::start_with(&["providers", &pages.to_string()])?;
        Ok(Self { process, at })
    }

    pub(crate) fn hook(&self) -> String {
        format!("http://{}:{}/hook", Ipv4Addr::LOCALHOST, self.at.http)
    }

    /// Whether TLS sessions are resumed.
    pub(crate) fn resume(&mut self, resume: bool) -> anyhow::Result<()> {
        self.order(if resume { "resume" } else { "refuse" })
    }

    /// When each page was asked for first since the last call, by its number; `None`: it was not.
    pub(crate) fn arrivals(&mut self) -> anyhow::Result<Vec<Option<Duration>>> {
        self.process.order("arrivals")?;
        Ok(serde_json::from_str(&self.process.line()?)?)
    }

    /// The changing pages open an incident (`open`) or end it (`end`), all pages are far away (`far`) or near (`near`).
    /// Returns when it is so.
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
    with_history: RwLock<Page>,
    with_years: RwLock<Page>,
    received: AtomicUsize,
    are_far: AtomicBool,
    tls: Arc<TlsHosts>,
    arrivals: Mutex<Arrivals>,
}

struct Arrivals {
    since: Instant,
    first: Vec<Option<Duration>>,
}

impl Arrivals {
    fn new(pages: usize) -> Self {
        Self { since: Instant::now(), first: vec![None; pages] }
    }
}

pub(crate) struct Page {
    pub(crate) shows: StatusPage,
    etag: String,
    summary: Bytes,
    history: Bytes,
}

/// What the process runs.
pub(crate) async fn serve(pages: usize) -> anyhow::Result<()> {
    local::descriptors::raise_limit();
    let world = Arc::new(World {
        pages: (0..pages).map(|_| RwLock::new(Page::of(usual_page()))).collect(),
        with_history: RwLock::new(Page::of(page_with_history(SignedDuration::ZERO))),
        with_years: RwLock::new(Page::of(page_with_history(SignedDuration::from_hours(24 * 9)))),
        received: AtomicUsize::new(0),
        are_far: AtomicBool::new(false),
        tls: Arc::new(TlsHosts::new()?),
        arrivals: Mutex::new(Arrivals::new(pages)),
    });
    let app = Router::new()
        .route("/{fault}/{page}/api/v2/{document}", get(show))
        .route("/hook", post(receive))
        .with_state(world.clone());
    let every_host = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let (http, https) = (TcpListener::bind(every_host).await?, TcpListener::bind(every_host).await?);
    let (at_http, at_https) = (http.local_addr()?.port(), https.local_addr()?.port());
    let at = Addresses { http: at_http, https: at_https, root: world.tls.root.to_vec() };
    tokio::spawn(axum::serve(http, app.clone()).into_future());
    tokio::spawn(axum::serve(world.tls.clone().listen(https)?, app).into_future());
    say(&serde_json::to_string(&at)?);
    tokio::task::spawn_blocking(move || {
        for order in io::stdin().lines() {
            say(&world.follow(&order?)?);
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
    let number = page;
    let page = match fault.as_str() {
        "history" => Some(&world.with_history),
        "years" => Some(&world.with_years),
        _ => world.pages.get(number),
    };
    let Some(page) = page else {
        return StatusCode::NOT_FOUND.into_response();
    };
    world.arrives(number);
    if world.are_far.load(Relaxed) {
        match number {
            _ if hangs(number) => pending().await,
            _ if is_slow(number) => tokio::time::sleep(LATENCY_OF_SLOW).await,
            _ => tokio::time::sleep(LATENCY).await,
        }
    }
    let page = page.read().expect("no holder of the lock panics");
    if fault == "bare" { page.whole(&document) } else { page.answer(&document, &headers) }
}

async fn receive(State(world): State<Arc<World>>, _message: Bytes) -> &'static str {
    if world.received.fetch_add(1, Relaxed) + 1 == CHANGING {
        say("received");
    }
    "ok"
}

impl World {
    /// Returns what is answered.
    fn follow(&self, order: &str) -> anyhow::Result<String> {
        match order {
            "far" => self.are_far.store(true, Relaxed),
            "near" => self.are_far.store(false, Relaxed),
            "resume" => self.tls.resume(true),
            "refuse" => self.tls.resume(false),
            "arrivals" => {
                let mut arrivals = self.arrivals.lock().expect("no holder of the lock panics");
                let old = std::mem::replace(&mut *arrivals, Arrivals::new(self.pages.len()));
                return Ok(serde_json::to_string(&old.first)?);
            }
            change => self.change(change),
        }
        Ok("done".to_owned())
    }

    fn arrives(&self, page: usize) {
        let mut arrivals = self.arrivals.lock().expect("no holder of the lock panics");
        let after = arrivals.since.elapsed();
        arrivals.first[page].get_or_insert(after);
    }

    fn change(&self, change: &str) {
        self.received.store(0, Relaxed);
        for page in &self.pages[..CHANGING] {
            let mut page = page.write().expect("no holder of the lock panics");
            let mut shows = page.shows.clone();
            if change == "open" {
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

/// `apart`: from the start of each incident to that of the next. The last one began a day ago.
fn page_with_history(apart: SignedDuration) -> StatusPage {
    let last = Timestamp::now() - SignedDuration::from_hours(24);
    (0..HISTORY).fold(usual_page(), |page, number| {
        let phases = ["investigating", "identified", "monitoring", "resolved"];
        let begun_at = last - apart * (HISTORY - 1 - number) as i32;
        let incident = Incident::new(&format!("i{number}"), &["Component 1", "Component 2"]).begun_at(begun_at);
        page.with(phases.into_iter().fold(incident, |incident, phase| incident.post(phase)))
    })
}

impl Page {
    pub(crate) fn of(shows: StatusPage) -> Self {
        let summary = shows.summary().to_string();
        Self {
            etag: format!("W/\"{}\"", status::ids::digest(&[&summary])),
            summary: gzip(&summary),
            history: gzip(&shows.history().to_string()),
            shows,
        }
    }

    /// 304 to a request that has it.
    pub(crate) fn answer(&self, document: &str, headers: &HeaderMap) -> Response {
        let etag = [(header::ETAG, self.etag.clone())];
        if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == self.etag.as_str()) {
            return (StatusCode::NOT_MODIFIED, etag).into_response();
        }
        (etag, self.whole(document)).into_response()
    }

    fn whole(&self, document: &str) -> Response {
        let body = match document {
            "summary.json" => self.summary.clone(),
            "incidents.json" => self.history.clone(),
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        let content = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CONTENT_ENCODING, "gzip")];
        (content, body).into_response()
    }
}

fn gzip(text: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory takes everything");
    encoder.finish().expect("memory takes everything").into()
}

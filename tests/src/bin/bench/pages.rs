//! The cost of the dashboard for its readers: time to the first byte, what is transferred, requests to the store, and
//! many readers at once. The site is another process: this program again.
use std::{
    fmt::Write as _,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    task::JoinSet,
};

use crate::milliseconds;

const PROVIDERS: &str = "5000";
const INCIDENTS: &str = "10000";
const TIMES: usize = 50;
const READERS: usize = 50;
const EACH: usize = 40;
/// The overview is kept for so long: a page view after that reads the store again.
const KEPT: Duration = Duration::from_millis(5_200);

const PAGES: [(&str, &str); 9] = [
    ("dashboard", "/"),
    ("search", "/?q=strpe"),
    ("provider, 60 past incidents", "/providers/acme"),
    ("incident (Clerk)", "/incidents/clerk/01KKCAFE5T00000000000000CK"),
    ("calendar, month", "/calendar"),
    ("calendar of all, iCalendar", "/calendar.ics"),
    ("feed of all, Atom", "/incidents.atom"),
    ("API: 100 providers", "/api/v1/providers?limit=100"),
    ("API: 50 incidents", "/api/v1/incidents?limit=50"),
];

struct Site {
    address: String,
    control: String,
    /// Ends with its standard input.
    _process: Child,
}

impl Site {
    async fn start() -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["site", "--providers", PROVIDERS, "--incidents", INCIDENTS])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the site")?;
        let out = process.stdout.take().context("the site has an output")?;
        let line = BufReader::new(out).lines().next_line().await?.context("the site says where it is")?;
        let said: Value = serde_json::from_str(&line)?;
        let address = |key: &str| said[key].as_str().map(|url| url.trim_start_matches("http://").to_owned());
        Ok(Self {
            address: address("pages").context("no address")?,
            control: address("control").context("no control address")?,
            _process: process,
        })
    }

    async fn store_reads(&self) -> anyhow::Result<u64> {
        let answer = Connection::open(&self.control).await?.get("/reads").await?;
        let text = String::from_utf8(answer.body)?;
        text.trim().parse().with_context(|| format!("{text:?} is no number"))
    }
}

struct Answer {
    status: u16,
    first_byte: Duration,
    /// Head and body, as they came.
    bytes: usize,
    body: Vec<u8>,
}

/// A kept connection that asks for one thing after the other.
struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    async fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host: host.to_owned() })
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept-encoding: gzip\r\n\r\n", self.host);
        let started = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        self.stream.fill_buf().await?;
        let first_byte = started.elapsed();
        let (mut status, mut length, mut chunked, mut bytes) = (0, 0, false, 0);
        loop {
            let mut line = String::new();
            bytes += self.stream.read_line(&mut line).await?;
            let line = line.trim().to_ascii_lowercase();
            match line.split_once(": ") {
                _ if line.is_empty() => break,
                Some(("content-length", value)) => length = value.parse()?,
                Some(("transfer-encoding", "chunked")) => chunked = true,
                _ if line.starts_with("http/1.1 ") => status = line[9..12].parse()?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if chunked {
            loop {
                let mut size = String::new();
                bytes += self.stream.read_line(&mut size).await?;
                let size = usize::from_str_radix(size.trim(), 16)?;
                let start = body.len();
                body.resize(start + size, 0);
                self.stream.read_exact(&mut body[start..]).await?;
                bytes += self.stream.read_line(&mut String::new()).await?;
                if size == 0 {
                    break;
                }
            }
        } else {
            self.stream.read_exact(&mut body).await?;
        }
        Ok(Answer { status, first_byte, bytes: bytes + body.len(), body })
    }
}

pub(crate) async fn table() -> anyhow::Result<String> {
    let site = Site::start().await?;
    let mut table = format!(
        "With {PROVIDERS} providers that were read and {INCIDENTS} recorded incidents, answers compressed; median of {TIMES} on a \
         kept connection, then {READERS} readers at once, {EACH} views each:\n\n\
         | page | first byte | transferred | store requests, nothing kept | kept for 5 s | {READERS} readers: p50 | p99 |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for (name, path) in PAGES {
        row(&mut table, &site, name, path).await.with_context(|| path.to_owned())?;
    }
    Ok(table)
}

async fn row(table: &mut String, site: &Site, name: &str, path: &str) -> anyhow::Result<()> {
    let mut connection = Connection::open(&site.address).await?;
    tokio::time::sleep(KEPT).await;
    let before = site.store_reads().await?;
    let first = connection.get(path).await?;
    anyhow::ensure!(first.status == 200, "answered with status {}", first.status);
    let cold = site.store_reads().await? - before;
    connection.get(path).await?;
    let warm = site.store_reads().await? - before - cold;

    let mut times = Vec::new();
    for _ in 0..TIMES {
        times.push(connection.get(path).await?.first_byte);
    }
    times.sort();
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (host, path) = (site.address.clone(), path.to_owned());
        readers.spawn(async move {
            let mut connection = Connection::open(&host).await?;
            let mut times = Vec::new();
            for _ in 0..EACH {
                let started = Instant::now();
                connection.get(&path).await?;
                times.push(started.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut together: Vec<Duration> = Vec::new();
    while let Some(done) = readers.join_next().await {
        together.extend(done??);
    }
    together.sort();
    let at = |share: f64| milliseconds(together[((together.len() - 1) as f64 * share) as usize]);
    writeln!(
        table,
        "| {name} | {:.1} ms | {:.1} KB | {cold} | {warm} | {:.0} ms | {:.0} ms |",
        milliseconds(times[TIMES / 2]),
        first.bytes as f64 / 1024.0,
        at(0.5),
        at(0.99),
    )?;
    Ok(())
}

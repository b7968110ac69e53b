//! The site of `tests::site` as another process, this program again, and connections to it as a browser has them.
use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

/// Host and port of what it serves.
pub(crate) struct Site {
    pub(crate) pages: String,
    /// The same pages with accounts.
    pub(crate) accounts: String,
    pub(crate) control: String,
    /// Ends with its standard input.
    _process: Child,
}

/// To the store, so far.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct StoreRequests {
    pub(crate) reads: u64,
    pub(crate) writes: u64,
}

impl Site {
    pub(crate) async fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("site")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the site")?;
        let out = process.stdout.take().context("the site has an output")?;
        let line = BufReader::new(out).lines().next_line().await?.context("the site says where it is")?;
        let said: Value = serde_json::from_str(&line)?;
        let address = |key: &str| {
            said[key]
                .as_str()
                .map(|url| url.trim_start_matches("http://").to_owned())
                .with_context(|| format!("no {key}"))
        };
        let (pages, accounts, control) = (address("pages")?, address("accounts")?, address("control")?);
        Ok(Self { pages, accounts, control, _process: process })
    }

    pub(crate) async fn requests(&self) -> anyhow::Result<StoreRequests> {
        let answer = Connection::open(&self.control).await?.get("/requests").await?;
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) first_byte: Duration,
    /// Head and body, as they came.
    pub(crate) bytes: usize,
    pub(crate) body: Vec<u8>,
    /// `name=value`.
    pub(crate) cookie: Option<String>,
}

/// A kept connection that asks for one thing after the other.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    /// Of every request.
    pub(crate) cookie: Option<String>,
}

impl Connection {
    pub(crate) async fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host: host.to_owned(), cookie: None })
    }

    /// The body as it is sent to a browser.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\naccept-encoding: gzip, deflate, br, zstd\r\n"), "").await
    }

    pub(crate) async fn get_text(&mut self, path: &str) -> anyhow::Result<String> {
        let answer = self.send(&format!("GET {path} HTTP/1.1\r\n"), "").await?;
        anyhow::ensure!(answer.status == 200, "{path} is answered with status {}", answer.status);
        Ok(String::from_utf8(answer.body)?)
    }

    /// A form, as a page of the site sends it.
    pub(crate) async fn post(&mut self, path: &str, form: &str) -> anyhow::Result<Answer> {
        let length = form.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nsec-fetch-site: same-origin\r\ncontent-length: {length}\r\n\
             content-type: application/x-www-form-urlencoded\r\n"
        );
        self.send(&head, form).await
    }

    async fn send(&mut self, head: &str, body: &str) -> anyhow::Result<Answer> {
        let cookie = self.cookie.as_ref().map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
        let request = format!("{head}host: {}\r\n{cookie}\r\n{body}", self.host);
        let started = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        self.stream.fill_buf().await?;
        let first_byte = started.elapsed();
        let (mut status, mut length, mut chunked, mut bytes, mut cookie) = (0, 0, false, 0, None);
        loop {
            let mut line = String::new();
            bytes += self.stream.read_line(&mut line).await?;
            let line = line.trim();
            match line.split_once(": ") {
                _ if line.is_empty() => break,
                Some(("content-length", value)) => length = value.parse()?,
                Some(("transfer-encoding", "chunked")) => chunked = true,
                Some(("set-cookie", value)) => cookie = value.split(';').next().map(str::to_owned),
                _ if line.starts_with("HTTP/1.1 ") => status = line[9..12].parse()?,
                _ => {}
            }
        }
        let body = if chunked { self.chunks(&mut bytes).await? } else { self.exactly(length).await? };
        Ok(Answer { status, first_byte, bytes: bytes + body.len(), body, cookie })
    }

    async fn exactly(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }

    /// Counts what is around the chunks in `bytes`.
    async fn chunks(&mut self, bytes: &mut usize) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut size = String::new();
            *bytes += self.stream.read_line(&mut size).await?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            body.append(&mut self.exactly(size).await?);
            *bytes += self.stream.read_line(&mut String::new()).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

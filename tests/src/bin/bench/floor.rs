//! What a round takes at least: the same requests by hyper over tokio-rustls, with nothing around them. No rule, no
//! limit, no digest, nothing to compare.
use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderValue, Request, Response, header};
use http_body::Body as _;
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, client::Resumption, crypto::ring, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::{Cost, cost, providers::Addresses};

/// Requests have no body.
type Nothing = String;

/// A client of all pages.
pub(crate) struct Floor {
    tls: TlsConnector,
    pages: Vec<Page>,
    keeps_connections: bool,
}

struct Page {
    host: String,
    address: SocketAddr,
    is_https: bool,
    path: String,
    etag: Option<HeaderValue>,
    kept: Mutex<Option<SendRequest<Nothing>>>,
}

impl Floor {
    /// Reads each page once, for the entity tags.
    pub(crate) async fn new(
        at: &Addresses,
        pages: impl Iterator<Item = String>,
        keeps_connections: bool,
    ) -> anyhow::Result<Self> {
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(at.roots()?)
            .with_no_client_auth();
        tls.resumption = Resumption::in_memory_sessions(65_536);
        let tls = TlsConnector::from(Arc::new(tls));
        let pages = pages.map(|page| Page::new(&page)).collect::<anyhow::Result<_>>()?;
        let mut floor = Self { tls, pages, keeps_connections };
        let mut etags = Vec::new();
        for page in &floor.pages {
            etags.push(floor.read(page).await?.headers().get(header::ETAG).cloned());
        }
        floor.pages.iter_mut().zip(etags).for_each(|(page, etag)| page.etag = etag);
        Ok(floor)
    }

    /// Asks for every page.
    pub(crate) async fn round(&self, concurrency: usize) -> anyhow::Result<Cost> {
        let reads = stream::iter(&self.pages).map(async |page| {
            let status = self.read(page).await?.status();
            let expected = if page.etag.is_some() { 304 } else { 200 };
            anyhow::ensure!(status == expected, "{}: status {status}", page.host);
            Ok(())
        });
        let (done, cost) = cost(reads.buffer_unordered(concurrency).try_collect::<()>()).await;
        done.map(|()| cost)
    }

    /// The response, whose body was received.
    async fn read(&self, page: &Page) -> anyhow::Result<Response<Incoming>> {
        let kept = page.kept.lock().expect("no holder of the lock panics").take();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connect(page).await?,
        };
        let mut request = Request::get(&page.path)
            .header(header::HOST, &page.host)
            .header(header::USER_AGENT, "statuswire-bench")
            .header(header::ACCEPT_ENCODING, "gzip, br");
        if let Some(etag) = &page.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let mut response = connection.send_request(request.body(Nothing::new())?).await?;
        while let Some(frame) = poll_fn(|context| Pin::new(response.body_mut()).poll_frame(context)).await {
            frame?;
        }
        if self.keeps_connections {
            *page.kept.lock().expect("no holder of the lock panics") = Some(connection);
        }
        Ok(response)
    }

    #[expect(clippy::disallowed_methods, reason = "no stranger: it measures what the pages of this benchmark cost")]
    async fn connect(&self, page: &Page) -> anyhow::Result<SendRequest<Nothing>> {
        let stream = TcpStream::connect(page.address).await?;
        stream.set_nodelay(true)?;
        if page.is_https {
            let name = ServerName::IpAddress(page.address.ip().into());
            let (connection, driver) = handshake(TokioIo::new(self.tls.connect(name, stream).await?)).await?;
            tokio::spawn(driver);
            Ok(connection)
        } else {
            let (connection, driver) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(driver);
            Ok(connection)
        }
    }
}

impl Page {
    fn new(url: &str) -> anyhow::Result<Self> {
        let url = Url::parse(&format!("{url}/api/v2/summary.json"))?;
        let address = url.socket_addrs(|| None)?.into_iter().next().context("an address")?;
        let host = address.to_string();
        let (is_https, path) = (url.scheme() == "https", url.path().to_owned());
        Ok(Self { host, address, is_https, path, etag: None, kept: Mutex::default() })
    }
}

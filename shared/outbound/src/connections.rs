//! Connections to pages, by hyper itself: a page is one request over HTTP/1.1 in most rounds, which needs little of
//! what a client does that shares, upgrades and supervises connections. Wanted properties:
//! - a name is resolved here, and only addresses that the guard allows are connected to;
//! - no proxy is used, whatever the environment says: it would resolve the name itself;
//! - connections are kept for a short time and in a small number, whatever the number of hosts.
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http::{Method, Request, Response};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::{
    error::{FetchError, host},
    guard::Guard,
    kept::{Kept, Key, PageBody},
    resolve::{self, Unresolved},
};

/// For resolving the name, connecting and the handshake together.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An address that has not answered by then competes with the next one (RFC 8305).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

pub(crate) struct Connections {
    tls: TlsConnector,
    kept: Arc<Kept>,
    served_here: Option<ServedHere>,
}

/// The hosts of pages within this process, in place of the internet: a stream to the host of this name, or why there is
/// none; `NotFound`: no host has the name. A simulated internet needs no resolver, no certificates, and no socket for
/// each of its hosts.
pub type ServedHere = Arc<dyn Fn(&str) -> io::Result<Box<dyn HostStream>> + Send + Sync>;

/// A connection of [`ServedHere`].
pub trait HostStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> HostStream for S {}

/// A connection that is in use.
pub(crate) struct Connection {
    key: Key,
    pub(crate) peer: IpAddr,
    sender: http1::SendRequest<PageBody>,
}

impl Connections {
    pub(crate) fn new(mut tls: ClientConfig, idle: Duration, number: usize, served_here: Option<ServedHere>) -> Self {
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { tls: TlsConnector::from(Arc::new(tls)), kept: Kept::new(idle, number), served_here }
    }

    /// Sends one request, whose URL the guard has checked, and returns the head of the response. A `POST` goes over a
    /// connection of its own: when a kept one breaks, nobody knows whether the host got it, and it is sent once only.
    pub(crate) async fn send(
        &self,
        url: &Url,
        request: Request<PageBody>,
        guard: &Guard,
        is_public: bool,
    ) -> Result<(Response<Incoming>, Connection), FetchError> {
        let key = Key::new(url, is_public);
        while request.method() == Method::GET
            && let Some((peer, mut sender)) = self.kept.take(&key)
        {
            if sender.ready().await.is_err() {
                continue;
            }
            match sender.send_request(request.clone()).await {
                Ok(response) => return Ok((response, Connection { key, peer, sender })),
                // It was answered, so it is not sent again.
                Err(error) if error.is_parse() => return Err(FetchError::of_exchange(url, &error)),
                // The host may close a kept connection at any time, also while the request is on its way.
                Err(_) => {}
            }
        }
        let connecting = timeout(CONNECT_TIMEOUT, self.connect(url, guard)).await;
        let (peer, mut sender) = connecting.map_err(|_| FetchError::connect_timeout(url))??;
        let response = sender.send_request(request).await;
        let response = response.map_err(|error| FetchError::of_exchange(url, &error))?;
        Ok((response, Connection { key, peer, sender }))
    }

    /// For the next request to the same host. The response was received to its end.
    pub(crate) fn keep(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            self.kept.put(connection.key, connection.peer, connection.sender);
        }
    }

    async fn connect(&self, url: &Url, guard: &Guard) -> Result<(IpAddr, http1::SendRequest<PageBody>), FetchError> {
        if let Some(hosts) = &self.served_here {
            let stream = hosts(url.host_str().unwrap_or_default());
            let stream = stream.map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => FetchError::of_resolution(url, Unresolved::Failed(error)),
                _ => FetchError::of_connect(url, &error),
            })?;
            return Ok((Ipv4Addr::UNSPECIFIED.into(), start(url, stream).await?));
        }
        let (is_plain, port) = (url.scheme() == "http", url.port_or_known_default().unwrap_or_default());
        let (addresses, name) = match url.host() {
            Some(Host::Domain(name)) => {
                let found = resolve::vetted(guard, name, port, is_plain).await;
                let found = found.map_err(|error| FetchError::of_resolution(url, error))?;
                (found, ServerName::try_from(name.to_owned()).ok())
            }
            Some(Host::Ipv4(address)) => literal(address.into(), port),
            Some(Host::Ipv6(address)) => literal(address.into(), port),
            None => (Vec::new(), None),
        };
        let failed = |error| FetchError::of_connect(url, &error);
        let stream = connect_to_any(&addresses).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let peer = stream.peer_addr().map_err(failed)?.ip();
        if is_plain {
            return Ok((peer, start(url, stream).await?));
        }
        let unnameable = || FetchError::Tls { host: host(url), reason: "no certificate can have this name".into() };
        let stream = self.tls.connect(name.ok_or_else(unnameable)?, stream).await.map_err(failed)?;
        Ok((peer, start(url, stream).await?))
    }
}

fn literal(address: IpAddr, port: u16) -> (Vec<SocketAddr>, Option<ServerName<'static>>) {
    (vec![SocketAddr::new(address, port)], Some(ServerName::IpAddress(address.into())))
}

/// Begins HTTP on a stream.
#[expect(clippy::disallowed_methods, reason = "the one place where pages are read, over a stream to a vetted address")]
async fn start<S>(url: &Url, stream: S) -> Result<http1::SendRequest<PageBody>, FetchError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, driver) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| FetchError::of_exchange(url, &error))?;
    // Its errors reach the request too.
    tokio::spawn(async move { _ = driver.await });
    Ok(sender)
}

/// Connects to the first of these addresses that answers.
async fn connect_to_any(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let (mut attempts, mut left) = (FuturesUnordered::new(), addresses.iter().peekable());
    let mut failure = std::io::Error::from(std::io::ErrorKind::NotFound);
    loop {
        attempts.extend(left.next().map(|address| TcpStream::connect(*address)));
        let has_next = left.peek().is_some();
        tokio::select! {
            attempt = attempts.next() => match attempt {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failure = error,
                None => return Err(failure),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if has_next => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn another_address_is_tried_when_one_refuses_or_does_not_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let refusing = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        // A network for documentation: no packet to it is answered, or there is no route to it.
        let silent = "192.0.2.1:9".parse().unwrap();
        for addresses in [vec![address], vec![refusing, address], vec![silent, refusing, address]] {
            let stream = connect_to_any(&addresses).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), address);
        }
        assert_eq!(connect_to_any(&[refusing]).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
        assert_eq!(connect_to_any(&[]).await.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    }
}

//! Encrypted connections: trusted certificates, the negotiated protocol, resumed sessions.
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::future::join_all;
use outbound::{FetchError, Outbound, Settings};
use rustls::{HandshakeKind, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::{outbound, server::response, settings};

struct TlsServer {
    port: u16,
    roots: RootCertStore,
    handshakes: Arc<Mutex<Vec<Handshake>>>,
}

struct Handshake {
    kind: HandshakeKind,
    /// The negotiated protocol (ALPN).
    protocol: Option<Vec<u8>>,
}

/// Answers one request per connection at each of the addresses.
async fn serve(addresses: &[IpAddr], protocols: &[&str]) -> TlsServer {
    let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let certificate = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key.into())
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.cert.der().clone()).unwrap();

    let acceptor = TlsAcceptor::from(Arc::new(config));
    let handshakes = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = handshakes.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, seen) = (acceptor.clone(), seen.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let tls = stream.get_ref().1;
                let handshake = Handshake {
                    kind: tls.handshake_kind().unwrap(),
                    protocol: tls.alpn_protocol().map(<[u8]>::to_vec),
                };
                seen.lock().unwrap().push(handshake);
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(&response("200 OK", &[], b"page")).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    TlsServer { port, roots, handshakes }
}

/// Linux answers at all addresses of 127.0.0.0/8.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn sessions_of_more_hosts_than_the_default_cache_holds_are_resumed() {
    let addresses: Vec<IpAddr> = (1..=40).map(|n| Ipv4Addr::new(127, 0, 0, n).into()).collect();
    let server = serve(&addresses, &["http/1.1"]).await;
    let outbound = Outbound::new(Settings { roots: server.roots.clone(), ..settings() });
    for _round in 0..2 {
        for address in &addresses {
            let url = format!("https://{address}:{}/", server.port).parse().unwrap();
            assert_eq!(outbound.fetch(&url, None).await.unwrap().status, 200);
        }
    }
    let handshakes = server.handshakes.lock().unwrap();
    let resumed = handshakes[40..].iter().filter(|handshake| handshake.kind == HandshakeKind::Resumed).count();
    assert_eq!((handshakes.len(), resumed), (80, 40));
}

/// Each connection takes a ticket, so one is not enough for a host that is called several times at once.
#[tokio::test]
async fn host_that_is_called_several_times_at_once_is_soon_resumed_each_time() {
    let server = serve(&[Ipv4Addr::LOCALHOST.into()], &["http/1.1"]).await;
    let outbound = Outbound::new(Settings { roots: server.roots.clone(), ..settings() });
    let url = format!("https://127.0.0.1:{}/", server.port).parse().unwrap();
    for _round in 0..20 {
        server.handshakes.lock().unwrap().clear();
        for fetched in join_all((0..3).map(|_| outbound.fetch(&url, None))).await {
            assert_eq!(fetched.unwrap().status, 200);
        }
        if server.handshakes.lock().unwrap().iter().all(|handshake| handshake.kind == HandshakeKind::Resumed) {
            return;
        }
    }
    panic!("some handshakes are full ones still");
}

#[tokio::test]
async fn pages_are_read_over_http1_and_deliveries_prefer_http2() {
    let server = serve(&[Ipv4Addr::LOCALHOST.into()], &["h2", "http/1.1"]).await;
    let outbound = Outbound::new(Settings { roots: server.roots.clone(), ..settings() });
    let url: Url = format!("https://127.0.0.1:{}/", server.port).parse().unwrap();
    assert_eq!(outbound.fetch(&url, None).await.unwrap().status, 200);
    // The server negotiates HTTP/2 and then does not speak it.
    let delivery = http::Request::post(url.as_str()).body(Bytes::new()).unwrap();
    let error = outbound.send(delivery).await.unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
    let protocols: Vec<_> = server.handshakes.lock().unwrap().iter().map(|one| one.protocol.clone()).collect();
    assert_eq!(protocols, [Some(b"http/1.1".to_vec()), Some(b"h2".to_vec())]);
}

#[tokio::test]
async fn untrusted_hosts_and_those_without_tls_are_tls_errors() {
    let untrusted = serve(&[Ipv4Addr::LOCALHOST.into()], &[]).await;
    // Answers anything with HTTP, a TLS handshake too.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(&response("400 Bad Request", &[], b"")).await;
    });
    for port in [untrusted.port, plain_port] {
        let url = format!("https://127.0.0.1:{port}/hidden").parse().unwrap();
        let error = outbound().fetch(&url, None).await.unwrap_err();
        assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}

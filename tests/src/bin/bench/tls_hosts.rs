//! HTTPS for thousands of hosts: every address in 127.0.0.0/8 is a host with a certificate of its own. An authority has
//! issued it through an intermediate one, as on the public web, so that a handshake costs a client what it costs there.
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    server::{NoServerSessionStorage, ProducesTickets},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Certificates of the public web carry names, addresses and timestamps of logs; two of them have about 3 KB.
const USUAL_EXTENSIONS: usize = 1200;

pub(crate) struct TlsHosts {
    pub(crate) root: CertificateDer<'static>,
    intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    /// Of all hosts: which one it is makes no difference to a client.
    key: KeyPair,
    tickets: Arc<Tickets>,
    configs: Mutex<HashMap<IpAddr, Arc<ServerConfig>>>,
}

impl TlsHosts {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (root_key, root) = (KeyPair::generate()?, authority("Root"));
        let root_der = root.self_signed(&root_key)?.der().clone();
        let (key, intermediate) = (KeyPair::generate()?, authority("Intermediate"));
        let intermediate_der = intermediate.signed_by(&key, &Issuer::new(root, root_key))?.der().clone();
        Ok(Self {
            root: root_der,
            intermediate: intermediate_der,
            issuer: Issuer::new(intermediate, key),
            key: KeyPair::generate()?,
            tickets: Arc::new(Tickets { usual: ring::Ticketer::new()?, are_refused: AtomicBool::new(false) }),
            configs: Mutex::default(),
        })
    }

    /// Whether sessions are resumed. If not, the servers have forgotten the keys of their tickets.
    pub(crate) fn resume(&self, resume: bool) {
        self.tickets.are_refused.store(!resume, Relaxed);
    }

    /// Accepts connections to all hosts on this port.
    pub(crate) fn listen(self: Arc<Self>, listener: TcpListener) -> io::Result<TlsListener> {
        let (address, (ready, connections)) = (listener.local_addr()?, mpsc::channel(1024));
        tokio::spawn(async move {
            loop {
                let Ok((stream, from)) = listener.accept().await else { continue };
                let (hosts, ready) = (self.clone(), ready.clone());
                tokio::spawn(async move {
                    let config = stream.local_addr().ok().and_then(|host| hosts.config(host.ip()).ok());
                    let Some(config) = config else { return };
                    if let Ok(stream) = TlsAcceptor::from(config).accept(stream).await {
                        _ = ready.send((stream, from)).await;
                    }
                });
            }
        });
        Ok(TlsListener { address, connections })
    }

    /// Accepts connections to one host.
    pub(crate) fn acceptor(&self, host: IpAddr) -> anyhow::Result<TlsAcceptor> {
        Ok(TlsAcceptor::from(self.config(host)?))
    }

    fn config(&self, host: IpAddr) -> anyhow::Result<Arc<ServerConfig>> {
        if let Some(config) = self.configs.lock().expect("no holder of the lock panics").get(&host) {
            return Ok(config.clone());
        }
        let mut leaf = CertificateParams::new([host.to_string()])?;
        leaf.custom_extensions = vec![usual_extensions()];
        let leaf = leaf.signed_by(&self.key, &self.issuer)?.der().clone();
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf, self.intermediate.clone()], key.into())?;
        config.ticketer = self.tickets.clone();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        self.configs.lock().expect("no holder of the lock panics").insert(host, config.clone());
        Ok(config)
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.custom_extensions = vec![usual_extensions()];
    params
}

/// In an extension that nobody knows.
fn usual_extensions() -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![0; USUAL_EXTENSIONS])
}

/// Tickets that can be refused, which leads to a full handshake.
#[derive(Debug)]
struct Tickets {
    usual: Arc<dyn ProducesTickets>,
    are_refused: AtomicBool,
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.usual.lifetime()
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.usual.encrypt(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        if self.are_refused.load(Relaxed) { None } else { self.usual.decrypt(cipher) }
    }
}

/// Connections whose handshakes are done.
pub(crate) struct TlsListener {
    address: SocketAddr,
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

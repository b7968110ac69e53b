//! Connections to one mail server: opened when they are needed, few at a time, and kept for a while, because alerts
//! come in bursts. A transaction is written out here, because only its step tells what a refusal is about.
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use tokio::sync::Semaphore;

/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_CONNECTIONS: usize = 8;
/// Servers close idle connections after five minutes or less.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How to reach the server.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) credentials: Option<Credentials>,
}

pub(super) enum Encryption {
    /// From the start.
    Tls(TlsParameters),
    /// Required, after the greeting.
    StartTls(TlsParameters),
    None,
}

/// Clones share the connections.
#[derive(Clone)]
pub(super) struct Connections {
    server: Arc<Server>,
    slots: Arc<Semaphore>,
    /// Newest last, with the time since which they are idle.
    idle: Arc<Mutex<Vec<(AsyncSmtpConnection, Instant)>>>,
}

/// Why a mail was not accepted.
pub(super) enum Failure {
    Smtp {
        error: Error,
        /// The name of the recipient was refused, not the sender or the content.
        to_recipient: bool,
    },
    /// The server lacks an extension that the mail needs (RFC 6152, RFC 6531).
    Unsupported(&'static str),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Smtp { error, to_recipient: false }
    }
}

impl Connections {
    pub(super) fn to(server: Server) -> Self {
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        Self { server: Arc::new(server), slots, idle: Arc::default() }
    }

    pub(super) async fn send(&self, from: Address, to: Address, content: &[u8]) -> Result<Response, Failure> {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        let mut connection = self.connection().await?;
        match transact(&mut connection, from, to, content).await {
            Ok(response) => {
                self.idle().push((connection, Instant::now()));
                Ok(response)
            }
            Err(failure) => {
                connection.abort().await;
                Err(failure)
            }
        }
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        loop {
            let Some((mut connection, since)) = self.idle().pop() else { return self.server.connect().await };
            if since.elapsed() < IDLE_TIMEOUT && connection.test_connected().await {
                return Ok(connection);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().expect("nothing panics while holding the connections")
    }
}

impl Server {
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let (address, hello) = ((self.host.as_str(), self.port), ClientId::default());
        let tls = match &self.encryption {
            Encryption::Tls(parameters) => Some(parameters.clone()),
            Encryption::StartTls(_) | Encryption::None => None,
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), &hello, tls, None).await?;
        if let Encryption::StartTls(parameters) = &self.encryption {
            connection.starttls(parameters.clone(), &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// RFC 5321, section 3.3.
async fn transact(
    connection: &mut AsyncSmtpConnection,
    from: Address,
    to: Address,
    content: &[u8],
) -> Result<Response, Failure> {
    let is_plain = [&from, &to].iter().all(|address| AsRef::<str>::as_ref(address).is_ascii());
    let offers = |extension| connection.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    if !is_plain {
        if !offers(Extension::SmtpUtfEight) {
            return Err(Failure::Unsupported("the mail server takes no addresses beyond ASCII"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !content.is_ascii() {
        if !offers(Extension::EightBitMime) {
            return Err(Failure::Unsupported("the mail server takes no text beyond ASCII"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(Mail::new(Some(from), parameters)).await?;
    let named = connection.command(Rcpt::new(to, Vec::new())).await;
    named.map_err(|error| Failure::Smtp { error, to_recipient: true })?;
    connection.command(Data).await?;
    Ok(connection.message(content).await?)
}

//! One connection of SMTP: RFC 5321 with SIZE, PIPELINING, STARTTLS (RFC 3207) and AUTH (RFC 4954).
use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, EXT_8BIT_MIME, EXT_AUTH, EXT_ENHANCED_STATUS_CODES, EXT_PIPELINING, EXT_SIZE,
    EXT_SMTP_UTF8, EXT_START_TLS, EhloResponse, Error, Request,
    request::receiver::{DataReceiver, LineReceiver, RequestReceiver},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

use super::acceptance::MailServer;
use crate::{
    fault::{Fault, Reply},
    mailbox::Mail,
    service::Service,
    world::Fakes,
};

/// Bytes of a message; mail services take between 10 and 50 MB.
const MAX_BYTES: usize = 10 * 1000 * 1000;
/// <https://datatracker.ietf.org/doc/html/rfc5321#section-4.5.3.1.8>
const MAX_RECIPIENTS: usize = 100;
const HOST: &str = "mx.pretend.example";

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

struct Session<'a> {
    fakes: &'a Fakes,
    server: &'a MailServer,
    wire: Box<dyn Wire>,
    /// Bytes received and not parsed yet: clients may pipeline commands.
    ahead: Vec<u8>,
    encrypted: bool,
    greeted: bool,
    login: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

/// What the server does next.
enum Next {
    Command,
    /// Starts TLS.
    Tls,
    End,
}

/// Serves one client until it quits or goes away.
pub(super) async fn serve(fakes: &Fakes, server: &MailServer, stream: TcpStream) -> io::Result<()> {
    let (wire, encrypted): (Box<dyn Wire>, bool) = match server.tls.as_ref().filter(|_| server.implicit_tls) {
        Some(tls) => (Box::new(tls.accept(stream).await?), true),
        None => (Box::new(stream), false),
    };
    let mut session = Session {
        fakes,
        server,
        wire,
        ahead: Vec::new(),
        encrypted,
        greeted: false,
        login: None,
        from: None,
        to: Vec::new(),
    };
    session.say(220, HOST).await?;
    let mut requests = RequestReceiver::default();
    loop {
        let mut bytes = session.ahead.iter();
        let request = requests.ingest(&mut bytes).map(Request::into_owned);
        let rest = bytes.as_slice().to_vec();
        session.ahead = rest;
        let next = match request {
            Err(Error::NeedsMoreData { .. }) => match session.read().await? {
                0 => Next::End,
                _ => Next::Command,
            },
            Err(Error::UnknownCommand) => session.say(500, "5.5.1 Unknown command").await?,
            Err(_) => session.say(501, "5.5.4 Syntax error").await?,
            Ok(request) => session.handle(request).await?,
        };
        match (next, &server.tls) {
            (Next::Command, _) => {}
            (Next::Tls, Some(tls)) => session = session.encrypt(tls).await?,
            (Next::Tls | Next::End, _) => return Ok(()),
        }
    }
}

impl Session<'_> {
    async fn read(&mut self) -> io::Result<usize> {
        self.wire.read_buf(&mut self.ahead).await
    }

    async fn say(&mut self, code: u16, text: &str) -> io::Result<Next> {
        self.wire.write_all(format!("{code} {text}\r\n").as_bytes()).await?;
        self.wire.flush().await?;
        Ok(Next::Command)
    }

    async fn answer(&mut self, reply: &Reply) -> io::Result<Next> {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        self.say(reply.status, &text).await
    }

    async fn handle(&mut self, request: Request<String>) -> io::Result<Next> {
        match request {
            Request::Ehlo { .. } => self.ehlo().await,
            Request::Helo { .. } => {
                self.greeted = true;
                self.say(250, HOST).await
            }
            Request::StartTls if self.server.tls.is_some() && !self.encrypted => {
                self.say(220, "2.0.0 Ready for TLS").await?;
                Ok(Next::Tls)
            }
            Request::Auth { mechanism, initial_response } if self.takes_logins() && self.login.is_none() => {
                self.auth(mechanism, initial_response).await
            }
            Request::Mail { .. } if !self.greeted => self.say(503, "5.5.1 Say EHLO first").await,
            Request::Mail { .. } if self.server.login.is_some() && self.login.is_none() => {
                self.say(530, "5.7.0 Authentication required").await
            }
            Request::Mail { .. } if self.from.is_some() => self.say(503, "5.5.1 There is a sender already").await,
            Request::Mail { from } if from.size > MAX_BYTES => self.too_large().await,
            Request::Mail { from } => {
                self.from = Some(from.address);
                self.say(250, "2.1.0 Sender is fine").await
            }
            Request::Rcpt { .. } if self.from.is_none() => self.say(503, "5.5.1 Say MAIL first").await,
            Request::Rcpt { .. } if self.to.len() >= MAX_RECIPIENTS => self.say(452, "4.5.3 Too many recipients").await,
            Request::Rcpt { to } => match self.fakes.accept_recipient(&to.address) {
                Err(refusal) => self.answer(&refusal).await,
                Ok(()) => {
                    self.to.push(to.address);
                    self.say(250, "2.1.5 Recipient is fine").await
                }
            },
            Request::Data if self.to.is_empty() => self.say(503, "5.5.1 There is no recipient").await,
            Request::Data => self.data().await,
            Request::Rset => {
                self.reset();
                self.say(250, "2.0.0 Forgotten").await
            }
            Request::Noop { .. } => self.say(250, "2.0.0 Yes").await,
            Request::Vrfy { .. } => self.say(252, "2.5.2 Send a mail and see").await,
            Request::Quit => {
                self.say(221, "2.0.0 Bye").await?;
                Ok(Next::End)
            }
            _ => self.say(502, "5.5.1 Not offered").await,
        }
    }

    async fn ehlo(&mut self) -> io::Result<Next> {
        self.greeted = true;
        self.reset();
        let mut offer = EhloResponse::new(HOST);
        offer.capabilities = EXT_SIZE | EXT_PIPELINING | EXT_8BIT_MIME | EXT_SMTP_UTF8 | EXT_ENHANCED_STATUS_CODES;
        offer.size = MAX_BYTES;
        if self.server.tls.is_some() && !self.encrypted {
            offer.capabilities |= EXT_START_TLS;
        }
        if self.takes_logins() {
            offer.capabilities |= EXT_AUTH;
            offer.auth_mechanisms = AUTH_PLAIN | AUTH_LOGIN;
        }
        let mut text = Vec::new();
        offer.write(&mut text)?;
        self.wire.write_all(&text).await?;
        self.wire.flush().await?;
        Ok(Next::Command)
    }

    fn takes_logins(&self) -> bool {
        self.server.login.is_some() && (self.encrypted || self.server.tls.is_none())
    }

    /// PLAIN is one string, `\0user\0password`; LOGIN asks for user and password in turn.
    async fn auth(&mut self, mechanism: u64, initial: String) -> io::Result<Next> {
        let given = match mechanism {
            AUTH_PLAIN => {
                let text = if initial.is_empty() { self.ask("").await? } else { initial };
                let decoded = decode(&text);
                let mut parts = decoded.split('\0').skip(1).map(str::to_owned);
                parts.next().zip(parts.next())
            }
            AUTH_LOGIN => {
                let name = if initial.is_empty() { self.ask("Username:").await? } else { initial };
                let password = self.ask("Password:").await?;
                Some((decode(&name), decode(&password)))
            }
            _ => return self.say(504, "5.5.4 Unknown mechanism").await,
        };
        if given.is_none() || given != self.server.login {
            return self.say(535, "5.7.8 Authentication failed").await;
        }
        self.login = given.map(|(name, _)| name);
        self.say(235, "2.7.0 Welcome").await
    }

    async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.say(334, &STANDARD.encode(question)).await?;
        let mut line = LineReceiver::new(());
        loop {
            let mut bytes = self.ahead.iter();
            let whole = line.ingest(&mut bytes);
            self.ahead = bytes.as_slice().to_vec();
            if whole {
                return Ok(String::from_utf8_lossy(&line.buf).into_owned());
            }
            if self.read().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn data(&mut self) -> io::Result<Next> {
        self.say(354, "Go on, and end with a dot").await?;
        let (mut receiver, mut message, mut too_large) = (DataReceiver::new(), Vec::new(), false);
        loop {
            let mut bytes = self.ahead.iter();
            let whole = receiver.ingest(&mut bytes, &mut message);
            self.ahead = bytes.as_slice().to_vec();
            too_large |= message.len() > MAX_BYTES;
            if whole {
                break;
            }
            if too_large {
                message.clear();
            }
            if self.read().await? == 0 {
                return Ok(Next::End);
            }
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        if too_large {
            return self.too_large().await;
        }
        let (encrypted, login) = (self.encrypted, self.login.clone());
        let message = Bytes::from(message);
        let mail = Mail { through: Service::SMTP, from, to: String::new(), message, encrypted, login };
        match self.fakes.accept_message(mail, &to) {
            (Fault::None | Fault::Answer(_), reply) => self.answer(&reply).await,
            (Fault::Cut, _) => {
                self.wire.write_all(b"250 2.").await?;
                Ok(Next::End)
            }
            (Fault::Hang, _) => {
                while self.read().await? > 0 {
                    self.ahead.clear();
                }
                Ok(Next::End)
            }
        }
    }

    async fn too_large(&mut self) -> io::Result<Next> {
        self.say(552, "5.3.4 The message is too large").await
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }
}

impl<'a> Session<'a> {
    /// Everything sent before TLS is discarded, pipelined commands included.
    async fn encrypt(self, tls: &tokio_rustls::TlsAcceptor) -> io::Result<Session<'a>> {
        let wire = Box::new(tls.accept(self.wire).await?);
        let (fakes, server) = (self.fakes, self.server);
        let (ahead, to) = (Vec::new(), Vec::new());
        Ok(Session { fakes, server, wire, ahead, encrypted: true, greeted: false, login: None, from: None, to })
    }
}

fn decode(text: &str) -> String {
    STANDARD.decode(text.trim()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

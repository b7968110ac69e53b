//! Sends mail through the operator's mail server, over SMTP (RFC 5321) with the rules of submission (RFC 6409).
//! Encrypted unless the URL says `tls=none`. Connections are kept for a while, because alerts come in bursts.
use std::{error::Error as _, str::FromStr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        self, PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::message::{Message, Reply};

/// For one command and its reply.
const TIMEOUT: Duration = Duration::from_secs(15);
const MAX_CONNECTIONS: u32 = 8;
/// Servers close idle connections after five minutes or less.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// `smtps://user:password@host` (TLS from the start, port 465), `smtp://user:password@host` (STARTTLS required, port
/// 587) or `smtp://host:25?tls=none` (no encryption).
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    pub host: String,
    pub port: u16,
    pub security: Security,
    credentials: Option<(String, String)>,
}

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Tls,
    StartTls,
    /// Only for a server on this machine or in a trusted network.
    None,
}

/// The text is not the URL of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be like smtps://user:password@smtp.example.com or, for STARTTLS, smtp://user:password@smtp.example.com")]
pub struct WrongUrl;

/// A mail server and the connections to it. Clones share them.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    url: SmtpUrl,
}

impl Smtp {
    /// Trusts the certificate authorities of the public web and also `roots` (DER).
    pub fn new(url: SmtpUrl, roots: &[Vec<u8>]) -> Result<Self, String> {
        let tls = || {
            let mut parameters = TlsParameters::builder(url.host.clone());
            for root in roots {
                let root = Certificate::from_der(root.clone()).map_err(|error| error.to_string())?;
                parameters = parameters.add_root_certificate(root);
            }
            parameters.build_rustls().map_err(|error| error.to_string())
        };
        let tls = match url.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&url.host)
            .port(url.port)
            .tls(tls)
            .timeout(Some(TIMEOUT))
            .pool_config(PoolConfig::new().max_size(MAX_CONNECTIONS).idle_timeout(IDLE_TIMEOUT));
        if let Some((user, password)) = url.credentials.clone() {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), url })
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<Reply, String> {
        let address = |text: &str| text.parse::<Address>();
        let (Ok(from), Ok(to)) = (address(&message.from), address(&message.to)) else {
            let text = "5.1.3 SMTP cannot carry this address".to_owned();
            return Ok(Reply { code: 553, text });
        };
        let envelope = Envelope::new(Some(from), vec![to]).expect("there is a recipient");
        match self.transport.send_raw(&envelope, &message.content).await {
            Ok(response) => {
                let text = response.message().collect::<Vec<_>>().join(" ");
                Ok(Reply { code: u16::from(response.code()), text: self.without_secrets(&text) })
            }
            Err(error) => self.failure(&error),
        }
    }

    fn failure(&self, error: &smtp::Error) -> Result<Reply, String> {
        let source = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        match error.status() {
            Some(code) => Ok(Reply { code: u16::from(code), text: self.without_secrets(&source) }),
            None if error.is_timeout() => Err(format!("{}: no reply in time", self.url.host)),
            None => Err(format!("{}: {}", self.url.host, self.without_secrets(&source))),
        }
    }

    /// Some servers repeat the credentials in a reply, in clear or as they were sent (RFC 4616 and AUTH LOGIN, base64).
    fn without_secrets(&self, text: &str) -> String {
        let Some((user, password)) = &self.url.credentials else { return text.to_owned() };
        let sent = [format!("\0{user}\0{password}"), password.clone(), user.clone()];
        let encoded = sent.iter().map(|secret| STANDARD.encode(secret));
        encoded
            .chain([password.clone(), user.clone()])
            .filter(|secret| !secret.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(&secret, "[hidden]"))
    }
}

impl FromStr for SmtpUrl {
    type Err = WrongUrl;

    fn from_str(text: &str) -> Result<Self, WrongUrl> {
        let url = Url::parse(text).map_err(|_| WrongUrl)?;
        let mut queries = url.query_pairs();
        let tls = queries.next();
        let (security, port) = match (url.scheme(), tls.as_ref().map(|(key, value)| (key.as_ref(), value.as_ref()))) {
            ("smtps", None) => (Security::Tls, 465),
            ("smtp", None | Some(("tls", "required"))) => (Security::StartTls, 587),
            ("smtp", Some(("tls", "none"))) => (Security::None, 25),
            _ => return Err(WrongUrl),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(WrongUrl)?;
        if queries.next().is_some() || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(WrongUrl);
        }
        let decoded = |part: &str| percent_decode_str(part).decode_utf8().map(|part| part.into_owned());
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                Some((decoded(user).map_err(|_| WrongUrl)?, decoded(password).map_err(|_| WrongUrl)?))
            }
            _ => return Err(WrongUrl),
        };
        // Without the brackets that a URL puts around an IPv6 address.
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: url.port().unwrap_or(port), security, credentials })
    }
}

impl std::fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} ({:?})", self.host, self.port, self.security)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_sets_host_port_and_encryption() {
        for (text, host, port, security) in [
            ("smtps://u:p@smtp.example.com", "smtp.example.com", 465, Security::Tls),
            ("smtp://u:p@smtp.example.com", "smtp.example.com", 587, Security::StartTls),
            ("smtp://smtp.example.com:2525/?tls=required", "smtp.example.com", 2525, Security::StartTls),
            ("smtp://127.0.0.1:25?tls=none", "127.0.0.1", 25, Security::None),
            ("smtp://[::1]?tls=none", "::1", 25, Security::None),
        ] {
            let url: SmtpUrl = text.parse().unwrap();
            assert_eq!((url.host.as_str(), url.port, url.security), (host, port, security), "{text}");
        }
    }

    #[test]
    fn credentials_may_hold_any_character_and_are_never_shown() {
        let url: SmtpUrl = "smtps://us%40er:p%2Fass%20word@smtp.example.com".parse().unwrap();
        assert_eq!(url.credentials, Some(("us@er".to_owned(), "p/ass word".to_owned())));
        assert!(!format!("{url:?}").contains("ass"));
    }

    #[test]
    fn wrong_urls_are_refused() {
        for text in [
            "smtp.example.com",
            "https://smtp.example.com",
            "smtp://smtp.example.com?tls=opportunistic",
            "smtps://smtp.example.com?tls=none",
            "smtp://smtp.example.com/?tls=none&x=y",
            "smtp://smtp.example.com/path",
            "smtps://user@smtp.example.com",
            "smtps://:p@smtp.example.com",
            "smtps://",
        ] {
            assert_eq!(text.parse::<SmtpUrl>(), Err(WrongUrl), "{text}");
        }
    }
}

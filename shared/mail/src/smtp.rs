//! Sends mail through the operator's mail server, over SMTP (RFC 5321) with the rules of submission (RFC 6409).
//! Encrypted unless the URL says `tls=none`. Connections are kept for a while, because alerts come in bursts.
mod connections;

use std::{error::Error as _, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lettre::{
    Address,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::message::{Message, Reply};
use connections::{Connections, Encryption, Failure, Server};

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
    connections: Connections,
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
        let encryption = match url.security {
            Security::Tls => Encryption::Tls(tls()?),
            Security::StartTls => Encryption::StartTls(tls()?),
            Security::None => Encryption::None,
        };
        let credentials = url.credentials.clone().map(|(user, password)| Credentials::new(user, password));
        let server = Server { host: url.host.clone(), port: url.port, encryption, credentials };
        Ok(Self { connections: Connections::to(server), url })
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<Reply, String> {
        let address = |text: &str| text.parse::<Address>();
        let (Ok(from), Ok(to)) = (address(&message.from), address(&message.to)) else {
            let text = "5.1.3 SMTP cannot carry this address".to_owned();
            return Ok(Reply { code: 553, text, to_recipient: true });
        };
        match self.connections.send(from, to, &message.content).await {
            Ok(response) => {
                let text = response.message().collect::<Vec<_>>().join(" ");
                let text = self.without_secrets(&text);
                Ok(Reply { code: u16::from(response.code()), text, to_recipient: false })
            }
            Err(failure) => self.failure(&failure),
        }
    }

    fn failure(&self, failure: &Failure) -> Result<Reply, String> {
        let (error, to_recipient) = match failure {
            Failure::Smtp { error, to_recipient } => (error, to_recipient),
            Failure::Unsupported(why) => return Err(format!("{}: {why}", self.url.host)),
        };
        let source = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        let text = self.without_secrets(&source);
        match error.status() {
            Some(code) => Ok(Reply { code: u16::from(code), text, to_recipient: *to_recipient }),
            None if error.is_timeout() => Err(format!("{}: no reply in time", self.url.host)),
            None => Err(format!("{}: {text}", self.url.host)),
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

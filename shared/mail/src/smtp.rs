//! Through a mail server of the operator's, over SMTP (RFC 5321) with submission's rules (RFC 6409). Encrypted unless the
//! URL says otherwise in so many words; connections are kept for a while, since alerts come in bursts.
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

use crate::{Message, Reply};

/// For one command and its answer.
const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECTIONS: u32 = 8;
/// Servers end idle connections after five minutes or less.
const IDLE: Duration = Duration::from_secs(30);

/// `smtps://user:password@host` (encrypted from the start, port 465), `smtp://user:password@host` (STARTTLS is demanded,
/// port 587) or `smtp://host:25?tls=none`.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    pub host: String,
    pub port: u16,
    pub security: Security,
    credentials: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Tls,
    StartTls,
    /// Only for one's own machine or network.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be like smtps://user:password@smtp.example.com or, for STARTTLS, smtp://user:password@smtp.example.com")]
pub struct WrongUrl;

/// A server and the connections to it. Clones share them.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    url: SmtpUrl,
}

impl Smtp {
    /// Trusts the certificate authorities of the public web and, beside them, `roots` (DER).
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
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
        if let Some((user, password)) = url.credentials.clone() {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), url })
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<Reply, String> {
        let address = |text: &str| text.parse::<Address>();
        let (Ok(from), Ok(to)) = (address(&message.from), address(&message.to)) else {
            let said = "5.1.3 the address is not one that SMTP can carry".to_owned();
            return Ok(Reply { code: 553, said });
        };
        let envelope = Envelope::new(Some(from), vec![to]).expect("there is a recipient");
        match self.transport.send_raw(&envelope, &message.content).await {
            Ok(response) => {
                let said = response.message().collect::<Vec<_>>().join(" ");
                Ok(Reply { code: u16::from(response.code()), said: self.without_secrets(&said) })
            }
            Err(error) => self.failure(&error),
        }
    }

    fn failure(&self, error: &smtp::Error) -> Result<Reply, String> {
        let source = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        match error.status() {
            Some(code) => Ok(Reply { code: u16::from(code), said: self.without_secrets(&source) }),
            None if error.is_timeout() => Err(format!("{}: no answer in time", self.url.host)),
            None => Err(format!("{}: {}", self.url.host, self.without_secrets(&source))),
        }
    }

    /// Some servers repeat what they were told, as they understood it or as it was written: RFC 4616 and AUTH LOGIN.
    fn without_secrets(&self, said: &str) -> String {
        let Some((user, password)) = &self.url.credentials else { return said.to_owned() };
        let told = [format!("\0{user}\0{password}"), password.clone(), user.clone()];
        let written = told.iter().map(|secret| STANDARD.encode(secret));
        written
            .chain([password.clone(), user.clone()])
            .filter(|secret| !secret.is_empty())
            .fold(said.to_owned(), |said, secret| said.replace(&secret, "[hidden]"))
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
        // As a name or a literal address, without the brackets that a URL puts around IPv6.
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
    fn url_says_how_the_server_is_reached() {
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
    fn credentials_may_hold_any_character_and_show_nowhere() {
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

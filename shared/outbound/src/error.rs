//! Why an exchange failed, with one variant per case that callers distinguish. Errors hold no more of a URL than its
//! host, so the HTTP client's own errors, which hold the URL, are converted here and dropped.
use std::{error::Error, io, iter, time::Duration};

use url::Url;

use crate::{exhausted::exhausted, guard::Refused, resolve::Unresolved};

/// Its texts name the host and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No request was sent: the guard refuses the URL or the address.
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{host}: the name could not be resolved ({reason})")]
    Dns { host: String, reason: String },
    #[error("{host}: no connection ({kind})")]
    Connect { host: String, kind: io::ErrorKind },
    #[error("{host}: no trustworthy encrypted connection ({reason})")]
    Tls { host: String, reason: String },
    #[error("{host}: no complete answer within {limit:?}")]
    Timeout { host: String, limit: Duration },
    /// As sent or decompressed.
    #[error("{host}: the body is larger than {cap} bytes")]
    TooLarge { host: String, cap: usize },
    #[error("{host} redirects {problem}")]
    Redirects { host: String, problem: &'static str },
    /// The body cannot be decompressed: it is damaged, or its encoding was not requested.
    #[error("{host}: {reason}")]
    Encoding { host: String, reason: String },
    /// The token endpoint of a login gave none: the page was not asked.
    #[error("{host}: no access token ({reason})")]
    Token { host: String, reason: String },
    /// This machine is out of descriptors, memory or sockets: the host was not asked, or not heard to the end, and is
    /// not at fault.
    #[error("{host}: this machine is out of {what}")]
    OutOf { host: String, what: &'static str },
    /// It was not this host's turn in time, or it cut the connection while it had to wait for us.
    #[error("{host}: there was no time or no room to read it")]
    NoTurn { host: String },
    /// The connection was cut, or the response is not HTTP.
    #[error("{host}: broken answer ({reason})")]
    Broken { host: String, reason: String },
}

impl FetchError {
    /// Whether a machine without internet would see this error. One host alone proves nothing.
    pub fn is_offline_sign(&self) -> bool {
        match self {
            Self::Dns { .. } => true,
            Self::Connect { kind, .. } => {
                matches!(kind, io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown)
            }
            _ => false,
        }
    }

    /// Whether this machine is at fault, and not the host.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::OutOf { .. } | Self::NoTurn { .. })
    }

    /// Of a delivery.
    pub(crate) fn of_request(url: &Url, error: &reqwest::Error) -> Self {
        // Its own text holds the URL.
        let Some(source) = error.source() else {
            return Self::Broken { host: host(url), reason: "no reason given".to_owned() };
        };
        if let Some(refused) = causes(source).find_map(|error| error.downcast_ref::<Refused>()) {
            return refused.clone().into();
        }
        match Self::of_causes(url, source) {
            Self::Broken { host, reason } if error.is_dns() => Self::Dns { host, reason },
            Self::Broken { host, .. } if error.is_connect() => {
                let kind = match causes(source).filter_map(|error| error.downcast_ref::<io::Error>()).last() {
                    Some(error) => error.kind(),
                    None if error.is_timeout() => io::ErrorKind::TimedOut,
                    None => io::ErrorKind::Other,
                };
                Self::Connect { host, kind }
            }
            failed => failed,
        }
    }

    pub(crate) fn of_resolution(url: &Url, error: Unresolved) -> Self {
        match error {
            Unresolved::Refused(refused) => refused.into(),
            Unresolved::Failed(error) => match exhausted(&error) {
                Some(what) => Self::OutOf { host: host(url), what },
                None => Self::Dns { host: host(url), reason: error.to_string() },
            },
        }
    }

    /// While connecting, the handshake included.
    pub(crate) fn of_connect(url: &Url, error: &io::Error) -> Self {
        match Self::of_causes(url, error) {
            Self::Broken { host, .. } => Self::Connect { host, kind: error.kind() },
            failed => failed,
        }
    }

    pub(crate) fn connect_timeout(url: &Url) -> Self {
        Self::Connect { host: host(url), kind: io::ErrorKind::TimedOut }
    }

    /// While sending the request or receiving the response.
    pub(crate) fn of_exchange(url: &Url, error: &hyper::Error) -> Self {
        Self::of_causes(url, error)
    }

    /// What the causes of an error say, whatever it happened at.
    fn of_causes(url: &Url, error: &(dyn Error + 'static)) -> Self {
        let host = host(url);
        if let Some(what) = causes(error).filter_map(|error| error.downcast_ref()).find_map(exhausted) {
            return Self::OutOf { host, what };
        }
        // The innermost cause says what happened; the outer ones say during which step.
        let reason = causes(error).last().map(ToString::to_string).unwrap_or_default();
        if causes(error).any(|error| error.is::<rustls::Error>()) {
            return Self::Tls { host, reason };
        }
        Self::Broken { host, reason }
    }
}

/// The error and what caused it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| cause(*error))
}

/// The next cause. The `source` of an `io::Error` that wraps another error skips that error.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// The only part of a URL that may be shown.
pub(crate) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

//! Why an exchange did not end with an answer: one variant per branch a caller can take. Never more of a URL than its
//! host, so the HTTP client's own errors, which carry the URL, are taken apart here and dropped.
use std::{error::Error, io, iter, time::Duration};

use url::Url;

use crate::guard::Refused;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not tried: the guard forbids it.
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
    /// As sent or inflated.
    #[error("{host}: the body is larger than {cap} bytes")]
    TooLarge { host: String, cap: usize },
    #[error("{host} redirects {problem}")]
    Redirects { host: String, problem: &'static str },
    /// The body cannot be inflated: damaged, or of an encoding nobody asked for.
    #[error("{host}: {reason}")]
    Encoding { host: String, reason: String },
    /// The connection was cut, or what came is not HTTP.
    #[error("{host}: broken answer ({reason})")]
    Broken { host: String, reason: String },
}

impl FetchError {
    /// What a machine without internet sees of every host; one host alone proves nothing.
    pub fn is_offline_sign(&self) -> bool {
        match self {
            Self::Dns { .. } => true,
            Self::Connect { kind, .. } => {
                matches!(kind, io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown)
            }
            _ => false,
        }
    }

    pub(crate) fn of_request(url: &Url, error: &reqwest::Error) -> Self {
        let host = host(url);
        let causes = || iter::successors(error.source(), |error| cause(*error));
        if let Some(refused) = causes().find_map(|error| error.downcast_ref::<Refused>()) {
            return refused.clone().into();
        }
        // The innermost cause says what happened; those around it only say during what.
        let reason = causes().last().map_or_else(|| "no reason given".to_owned(), ToString::to_string);
        if error.is_dns() {
            return Self::Dns { host, reason };
        }
        if causes().any(|error| error.is::<rustls::Error>()) {
            return Self::Tls { host, reason };
        }
        if error.is_connect() {
            let kind = match causes().filter_map(|error| error.downcast_ref::<io::Error>()).last() {
                Some(error) => error.kind(),
                None if error.is_timeout() => io::ErrorKind::TimedOut,
                None => io::ErrorKind::Other,
            };
            return Self::Connect { host, kind };
        }
        Self::Broken { host, reason }
    }
}

/// The next error inwards. An `io::Error` made of another error skips that one in its `source`.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// All that may be shown of a URL.
pub(crate) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

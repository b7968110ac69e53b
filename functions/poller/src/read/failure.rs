//! Why a read gave no data.
use std::{collections::BTreeSet, fmt, io, time::Duration};

use formats::ReadError;
use outbound::{FetchError, Refusal};

#[derive(Clone, Debug)]
pub enum ReadFailure {
    Fetch(FetchError),
    /// `retry_after`: how long the page asked not to be read.
    Unusable {
        error: ReadError,
        retry_after: Option<Duration>,
    },
    /// It is shown to people only.
    Refused {
        refusal: Refusal,
        retry_after: Option<Duration>,
    },
    /// No format fits: each by name, with the reason.
    NoFormat(Vec<(&'static str, ReadError)>),
    /// No format fits, and its own address says that nothing is there, with 404 or 410.
    NotThere {
        host: String,
        status: u16,
    },
    /// Each response came in time, but not all of them together.
    TooSlow,
    /// The round was over before it was this page's turn to be inflated or parsed.
    NoTurn,
    /// A reader panicked.
    Fault,
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(error) => write!(f, "{error}"),
            Self::Unusable { error, .. } => write!(f, "{error}"),
            Self::Refused { refusal, .. } => write!(f, "it refuses automated reading ({})", refusal.as_str()),
            Self::TooSlow => f.write_str("its responses take too long"),
            Self::NoTurn => f.write_str("there was no time to read it"),
            Self::Fault => f.write_str("reading it failed for a fault of statuswire: please report it"),
            Self::NotThere { host, status } => {
                write!(f, "no status page in a known format was found there: {host} has nothing (status {status})")
            }
            Self::NoFormat(reasons) => {
                f.write_str("no status page in a known format was found there")?;
                reasons.iter().try_for_each(|(format, error)| write!(f, "; {format}: {error}"))
            }
        }
    }
}

/// Of formats that do not fit, in short.
const MAX_REASONS: usize = 3;

impl ReadFailure {
    /// The reason as it is stored. Thousands of pages of the catalogue may be of no known format, each for as many
    /// reasons as there are formats; `statuswire probe` tells them all.
    pub(crate) fn in_short(&self) -> String {
        let Self::NoFormat(reasons) = self else { return self.to_string() };
        let distinct: BTreeSet<String> = reasons.iter().map(|(_, error)| error.to_string()).collect();
        let left_out = distinct.len().saturating_sub(MAX_REASONS);
        let told: Vec<String> = distinct.into_iter().take(MAX_REASONS).collect();
        let more = if left_out > 0 { format!("; and {left_out} more") } else { String::new() };
        format!("no status page in a known format was found there: {}{more}", told.join("; "))
    }

    /// How long the page asked not to be read.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unusable { retry_after, .. } | Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// It answers in full, and in no known format, or not in the one that it was read with: asking again soon gives the
    /// same.
    pub(crate) fn is_unrecognised(&self) -> bool {
        let is_in_trouble =
            |error: &ReadError| matches!(error, ReadError::Status { status, .. } if *status == 429 || *status >= 500);
        match self {
            Self::NoFormat(reasons) => !reasons.iter().any(|(_, error)| is_in_trouble(error)),
            Self::NotThere { .. } | Self::Unusable { error: ReadError::NotThisFormat(_), .. } => true,
            _ => false,
        }
    }

    /// It shows that nothing is there any more, at one of these hosts, which are the page's own. What refuses, is in
    /// trouble, takes too long or has a bad certificate is there, and so is a server that redirects to nowhere.
    pub(crate) fn is_gone(&self, own_hosts: &[String]) -> bool {
        let is_nobody =
            |kind: &io::ErrorKind| matches!(kind, io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable);
        match self {
            Self::NotThere { host, .. } | Self::Fetch(FetchError::Dns { host, .. }) => own_hosts.contains(host),
            Self::Fetch(FetchError::Connect { host, kind }) => is_nobody(kind) && own_hosts.contains(host),
            _ => false,
        }
    }

    /// Whether this machine is at fault, and not the page.
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_ours(),
            Self::NoTurn => true,
            _ => false,
        }
    }

    /// There was no time left, which is neither a fault of the page nor of this machine.
    pub(crate) fn is_no_turn(&self) -> bool {
        matches!(self, Self::NoTurn | Self::Fetch(FetchError::NoTurn { .. }))
    }

    /// Whether the same responses lead to the same failure, so that they need not be read again.
    pub(crate) fn is_repeatable(&self) -> bool {
        match self {
            Self::Fetch(FetchError::TooLarge { .. } | FetchError::Encoding { .. })
            | Self::NoFormat(_)
            | Self::NotThere { .. }
            | Self::Fault => true,
            Self::Unusable { error: ReadError::Status { .. }, .. } => false,
            Self::Unusable { retry_after, .. } => retry_after.is_none(),
            Self::Fetch(_) | Self::Refused { .. } | Self::TooSlow | Self::NoTurn => false,
        }
    }
}

impl From<FetchError> for ReadFailure {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_shows_that_nothing_is_there_is_evidence_of_death() {
        let host = || "status.acme.com".to_owned();
        let connect = |kind| ReadFailure::Fetch(FetchError::Connect { host: host(), kind });
        let dns = |host: &str| FetchError::Dns { host: host.to_owned(), reason: "no such name".to_owned() };
        let url = "https://status.acme.com/api".parse().unwrap();
        let timeout = FetchError::Timeout { host: host(), limit: Duration::from_secs(15) };
        let cases = [
            (dns("status.acme.com").into(), true),
            (dns("elsewhere.example").into(), false),
            (connect(io::ErrorKind::ConnectionRefused), true),
            (connect(io::ErrorKind::HostUnreachable), true),
            (connect(io::ErrorKind::TimedOut), false),
            (connect(io::ErrorKind::NetworkUnreachable), false),
            (timeout.into(), false),
            (FetchError::Tls { host: host(), reason: "expired".to_owned() }.into(), false),
            (ReadFailure::NotThere { host: host(), status: 410 }, true),
            (ReadFailure::NotThere { host: "elsewhere.example".to_owned(), status: 404 }, false),
            (ReadFailure::NoFormat(Vec::new()), false),
            (ReadFailure::TooSlow, false),
            (ReadFailure::Unusable { error: ReadError::Status { url, status: 503 }, retry_after: None }, false),
        ];
        for (failure, is_gone) in cases {
            assert_eq!(failure.is_gone(&[host()]), is_gone, "{failure:?}");
        }
    }
}

//! Why a read gave no data.
use std::{collections::BTreeSet, fmt, time::Duration};

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

    /// It answers in full, and in no known format: asking again soon gives the same.
    pub(crate) fn is_unrecognised(&self) -> bool {
        let is_in_trouble =
            |error: &ReadError| matches!(error, ReadError::Status { status, .. } if *status == 429 || *status >= 500);
        matches!(self, Self::NoFormat(reasons) if !reasons.iter().any(|(_, error)| is_in_trouble(error)))
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

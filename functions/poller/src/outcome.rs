//! The outcome of one poll of one page, as the round counts it.
use status::health::Failure;

pub(crate) enum Outcome {
    Unchanged,
    Changed {
        alerts: usize,
    },
    /// The read gave no data.
    Failed(Failure),
    /// It failed as all reads do without internet: the round decides whether the page is at fault.
    Unreachable(Failure),
    /// This machine is out of something, for which no page is at fault: it stays due.
    Hindered(String),
    /// Its turn did not come in time.
    NoTurn,
    /// It was read, and the store has no room for it: neither is its fault. It stays due.
    NotStored,
}

impl Outcome {
    /// Of a read without news, at which `alerts` were due.
    pub(crate) fn of(alerts: usize) -> Self {
        if alerts == 0 { Self::Unchanged } else { Self::Changed { alerts } }
    }

    /// Adds the `due` alerts that time alone caused.
    pub(crate) fn and(self, due: usize) -> Self {
        match self {
            Self::Unchanged => Self::of(due),
            Self::Changed { alerts } => Self::Changed { alerts: alerts + due },
            failed => failed,
        }
    }
}

//! Whether a group wants an alert, as a pure decision with a named reason.
use status::{
    alert::Alert,
    monitor::{Group, Match, Monitor, WhenUnknown},
    words::Event,
};

/// Why a destination is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Monitor and group ask for it.
    Asked { unknown: bool },
    /// They ask for openings, and this is the first of the incident that concerns them: its severity rose or components
    /// joined. Only for destinations that were not told of it yet.
    IfNew { unknown: bool },
}

impl Wanted {
    pub(crate) fn unknown(self) -> bool {
        match self {
            Self::Asked { unknown } | Self::IfNew { unknown } => unknown,
        }
    }
}

/// The answer of one monitor and one group of the same account.
pub(crate) fn wanted(alert: &Alert, monitor: &Monitor, group: &Group) -> Option<Wanted> {
    let unknown = match (monitor.matches(alert), monitor.unknown) {
        (Match::Yes, _) => false,
        (Match::Unknown, WhenUnknown::Tell) => true,
        (Match::No, _) | (Match::Unknown, WhenUnknown::Drop) => return None,
    };
    if !group.covers(&monitor.id) {
        return None;
    }
    if group.wants(alert.event, alert.severity) {
        return Some(Wanted::Asked { unknown });
    }
    let openings: &[Event] = match alert.event {
        Event::Updated if alert.widened => &[Event::Opened],
        Event::Changed if alert.widened => &[Event::Scheduled, Event::Started],
        _ => &[],
    };
    openings.iter().any(|event| group.wants(*event, alert.severity)).then_some(Wanted::IfNew { unknown })
}

//! Whether a monitor and a group let an alert through, as a pure decision with a named reason.
use status::{
    alert::Alert,
    monitor::{Group, Match, Monitor, WhenUnknown},
    words::Event,
};

/// Why a destination is notified. `unknown`: the component filter could not say (truth rule 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Monitor and group subscribe to this event.
    Subscribed { unknown: bool },
    /// They subscribe to openings, and this update is the first alert of the incident that passes the filters, because
    /// its severity rose or components joined. Only for destinations that were not notified of the incident before.
    IfNotNotified { unknown: bool },
}

impl Reason {
    pub(crate) fn unknown(self) -> bool {
        match self {
            Self::Subscribed { unknown } | Self::IfNotNotified { unknown } => unknown,
        }
    }

    pub(crate) fn is_conditional(self) -> bool {
        matches!(self, Self::IfNotNotified { .. })
    }

    /// Whether this reason is the stronger of two for one destination: unconditional, then by a filter that is sure.
    pub(crate) fn beats(self, other: Self) -> bool {
        let rank = |reason: Self| (reason.is_conditional(), reason.unknown());
        rank(self) < rank(other)
    }
}

/// Why the destinations of `group` get the alert through `monitor`, both of one account; `None`: they do not.
pub(crate) fn reason_to_notify(alert: &Alert, monitor: &Monitor, group: &Group) -> Option<Reason> {
    let unknown = match (monitor.matches(alert), monitor.unknown) {
        (Match::Yes, _) => false,
        (Match::Unknown, WhenUnknown::Tell) => true,
        (Match::No, _) | (Match::Unknown, WhenUnknown::Drop) => return None,
    };
    if !group.covers(&monitor.id) {
        return None;
    }
    if group.wants(alert.event, alert.severity) {
        return Some(Reason::Subscribed { unknown });
    }
    let openings: &[Event] = match alert.event {
        Event::Updated if alert.widened => &[Event::Opened],
        Event::Changed if alert.widened => &[Event::Scheduled, Event::Started],
        _ => &[],
    };
    openings.iter().any(|event| group.wants(*event, alert.severity)).then_some(Reason::IfNotNotified { unknown })
}

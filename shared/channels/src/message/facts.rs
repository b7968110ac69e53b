//! Severity, times and duration of an incident.
use jiff::Timestamp;
use status::{
    alert::{Alert, IncidentFacts},
    words::{Event, Impact, Severity},
};

use crate::text::{capital, duration};

/// One fact. The channel says how a time is written.
pub(crate) enum Fact {
    Severity(Severity),
    /// What the provider itself calls the impact.
    Rating(Impact),
    /// The planned time of a maintenance; at least one of the two is known.
    Planned {
        starts: Option<Timestamp>,
        ends: Option<Timestamp>,
    },
    /// The provider's clock.
    Started(Timestamp),
    /// Our clock, if the provider gives no start.
    Detected(Timestamp),
    Ended(Timestamp),
    Duration(String),
}

impl Fact {
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Severity(_) => "Severity",
            Self::Rating(_) => "Provider's own rating",
            Self::Planned { .. } => "Planned",
            Self::Started(_) => "Started",
            Self::Detected(_) => "Detected",
            Self::Ended(_) => "Ended",
            Self::Duration(_) => "Duration",
        }
    }

    pub(crate) fn value(&self, date: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::Severity(severity) => severity.as_str().to_owned(),
            Self::Rating(impact) => rating(*impact).to_owned(),
            Self::Planned { starts: Some(starts), ends: Some(ends) } => format!("{} to {}", date(*starts), date(*ends)),
            Self::Planned { starts: Some(starts), ends: None } => format!("from {}", date(*starts)),
            Self::Planned { ends, .. } => ends.map(|ends| format!("until {}", date(ends))).unwrap_or_default(),
            Self::Started(at) | Self::Detected(at) | Self::Ended(at) => date(*at),
            Self::Duration(duration) => duration.clone(),
        }
    }

    /// `Started 12:00`; of the severity the word alone.
    pub(super) fn in_line(&self, date: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::Severity(severity) => capital(severity.as_str()),
            Self::Rating(_) => format!("{}: {}", self.label(), self.value(date)),
            _ => format!("{} {}", self.label(), self.value(date)),
        }
    }
}

/// None for a notice, which is about no incident.
pub(super) fn facts(alert: &Alert) -> Vec<Fact> {
    let incident = &alert.incident;
    if alert.event.is_notice() {
        return Vec::new();
    }
    // How bad an unreachable page is, nobody knows.
    let rated = !matches!(alert.event, Event::Unreadable | Event::Readable);
    let (starts, ends) = incident.window.map_or((None, None), |window| (window.starts_at, window.ends_at));
    let started = match incident.started_at {
        Some(started) => Some(Fact::Started(started)),
        None => starts.is_none().then_some(Fact::Detected(incident.first_seen_at)),
    };
    [
        rated.then_some(Fact::Severity(alert.severity)),
        incident.impact.map(Fact::Rating),
        starts.or(ends).map(|_| Fact::Planned { starts, ends }),
        started,
        incident.ended_at.map(Fact::Ended),
        lasted(incident).map(Fact::Duration),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From the provider's start (else our first sight) to the end.
pub(super) fn lasted(incident: &IncidentFacts) -> Option<String> {
    let started = incident.started_at.unwrap_or(incident.first_seen_at);
    duration(incident.ended_at?.duration_since(started))
}

fn rating(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "none",
        Impact::Minor => "minor",
        Impact::Major => "major",
        Impact::Critical => "critical",
    }
}

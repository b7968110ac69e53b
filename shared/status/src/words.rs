//! The closed vocabularies that every format maps a page's words to. Unknown words become `Unknown` or nothing; they
//! are never guessed.
use serde::{Deserialize, Serialize};

/// The status of a component, in ascending order of trouble. `Unknown` is the lowest, because it proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentStatus {
    Unknown,
    Operational,
    UnderMaintenance,
    DegradedPerformance,
    PartialOutage,
    MajorOutage,
}

impl ComponentStatus {
    /// Degraded performance or an outage. Maintenance is planned, so it is no trouble.
    pub fn is_trouble(self) -> bool {
        self >= Self::DegradedPerformance
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Operational => "operational",
            Self::UnderMaintenance => "under maintenance",
            Self::DegradedPerformance => "degraded performance",
            Self::PartialOutage => "partial outage",
            Self::MajorOutage => "major outage",
        }
    }
}

/// The phase of an incident or a maintenance, as the provider states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
    Postmortem,
    Scheduled,
    InProgress,
    Verifying,
    Completed,
}

impl Phase {
    /// The last phases: `resolved`, `postmortem`, `completed`.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Postmortem | Self::Completed)
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::Postmortem => "postmortem",
            Self::Scheduled => "scheduled",
            Self::InProgress => "in progress",
            Self::Verifying => "verifying",
            Self::Completed => "completed",
        }
    }
}

/// The provider's own rating of an incident. Absent where the format has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    None,
    Minor,
    Major,
    Critical,
}

/// Our rating, which notification groups filter on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Maintenance,
    Minor,
    Major,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// What an alert reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    // Of incidents, and of components in trouble without one.
    Opened,
    Updated,
    Resolved,
    // Of maintenances. `Reminder`: it starts within the hour; `Overran`: it is past its planned end.
    Scheduled,
    Reminder,
    Started,
    Changed,
    Completed,
    Cancelled,
    Overran,
    // Of our own ability to read a page, or all pages of a platform.
    Unreadable,
    Readable,
    /// More changes of one page in one read than anybody reads one by one, in one alert. A group gets it if it wants
    /// any of them.
    Summary,
    /// A monitor's component filter fits nothing on the page. Sent once to the monitor's groups, whatever they chose.
    Unmatched,
    // Of a destination of ours, sent to its account without any filter: see `crate::notice`.
    Test,
    Confirm,
    Disabled,
}

impl Event {
    pub const ALL: [Self; 17] = [
        Self::Opened,
        Self::Updated,
        Self::Resolved,
        Self::Scheduled,
        Self::Reminder,
        Self::Started,
        Self::Changed,
        Self::Completed,
        Self::Cancelled,
        Self::Overran,
        Self::Unreadable,
        Self::Readable,
        Self::Summary,
        Self::Unmatched,
        Self::Test,
        Self::Confirm,
        Self::Disabled,
    ];

    /// Events that a group may choose.
    pub fn choices() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|event| !event.is_notice() && *event != Self::Summary)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
            Self::Scheduled => "scheduled",
            Self::Reminder => "reminder",
            Self::Started => "started",
            Self::Changed => "changed",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Overran => "overran",
            Self::Unreadable => "unreadable",
            Self::Readable => "readable",
            Self::Summary => "summary",
            Self::Unmatched => "unmatched",
            Self::Test => "test",
            Self::Confirm => "confirm",
            Self::Disabled => "disabled",
        }
    }

    /// The last event of an incident, a maintenance or an unreadable period.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Resolved | Self::Completed | Self::Cancelled | Self::Readable)
    }

    /// It is about one incident or maintenance of a provider, which has a page of ours.
    pub fn has_incident_page(self) -> bool {
        !self.is_notice() && !matches!(self, Self::Unreadable | Self::Readable | Self::Summary)
    }

    /// About a monitor or a destination of ours, not about a provider.
    pub fn is_notice(self) -> bool {
        matches!(self, Self::Unmatched | Self::Test | Self::Confirm | Self::Disabled)
    }

    /// Whether a group that chose `self` gets `other`. The three incident events include their maintenance
    /// counterparts, so that a group with the severity `maintenance` needs no second list. Source health must be chosen
    /// by name.
    pub fn covers(self, other: Self) -> bool {
        self == other
            || matches!(
                (self, other),
                (Self::Opened, Self::Scheduled | Self::Started)
                    | (Self::Updated, Self::Started | Self::Changed | Self::Reminder | Self::Overran)
                    | (Self::Resolved, Self::Completed | Self::Cancelled)
            )
    }
}

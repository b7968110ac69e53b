//! The state of a provider, and the words for it.
use status::words::ComponentStatus;

/// How a provider is doing. The order is that of a list with the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ProviderState {
    MajorOutage,
    PartialOutage,
    DegradedPerformance,
    UnderMaintenance,
    /// The status page has been unreachable for some time, so its present state is unknown.
    Unreadable,
    /// The page lists components, but none of their states can be told.
    Unknown,
    Operational,
    /// It answers at its address, and not with a status page that can be read.
    NoStatusPage,
    /// The status page was never read, so nothing is claimed.
    NotWatched,
}

impl ProviderState {
    pub(crate) const ALL: [Self; 9] = [
        Self::MajorOutage,
        Self::PartialOutage,
        Self::DegradedPerformance,
        Self::UnderMaintenance,
        Self::Unreadable,
        Self::Unknown,
        Self::Operational,
        Self::NoStatusPage,
        Self::NotWatched,
    ];

    /// The word in URLs, CSS classes and the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::MajorOutage => "major_outage",
            Self::PartialOutage => "partial_outage",
            Self::DegradedPerformance => "degraded_performance",
            Self::UnderMaintenance => "under_maintenance",
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
            Self::Operational => "operational",
            Self::NoStatusPage => "no_status_page",
            Self::NotWatched => "not_watched",
        }
    }

    /// The words that people read.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::MajorOutage => "Major outage",
            Self::PartialOutage => "Partial outage",
            Self::DegradedPerformance => "Degraded performance",
            Self::UnderMaintenance => "Under maintenance",
            Self::Unreadable => "Status page unreachable",
            Self::Unknown => "Unknown",
            Self::Operational => "Operational",
            Self::NoStatusPage => "No readable status page",
            Self::NotWatched => "Not checked yet",
        }
    }

    /// Degraded, partly out or out.
    pub(crate) fn has_incident(self) -> bool {
        self <= Self::DegradedPerformance
    }

    /// The state that gives the colour and the icon where this one may have changed since: nothing is green then.
    pub(crate) fn if_outdated(self) -> Self {
        if self == Self::Operational { Self::Unknown } else { self }
    }

    /// `None` for a component whose state the page does not say.
    pub(crate) fn of_component(status: ComponentStatus) -> Option<Self> {
        match status {
            ComponentStatus::MajorOutage => Some(Self::MajorOutage),
            ComponentStatus::PartialOutage => Some(Self::PartialOutage),
            ComponentStatus::DegradedPerformance => Some(Self::DegradedPerformance),
            ComponentStatus::UnderMaintenance => Some(Self::UnderMaintenance),
            ComponentStatus::Operational => Some(Self::Operational),
            ComponentStatus::Unknown => None,
        }
    }
}

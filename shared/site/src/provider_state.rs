//! The state of a provider, and the words for it.
use std::cmp::Reverse;

use jiff::Timestamp;
use status::{
    health::{HealthState, SourceHealth},
    page_summary::PageSummary,
    words::{ComponentStatus, Severity},
};

/// How a provider is doing. The order is that of a list with the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProviderState {
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
    pub const ALL: [Self; 9] = [
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

    /// Of what is stored of its page. `failing`: the health of a page whose latest reads failed.
    pub fn of(summary: Option<&PageSummary>, failing: Option<&SourceHealth>) -> Self {
        match summary {
            None if failing.is_some_and(|health| health.unrecognised) => Self::NoStatusPage,
            _ if failing.is_some_and(|health| health.state == HealthState::Unreadable) => Self::Unreadable,
            None => Self::NotWatched,
            Some(summary) => match Self::of_component(summary.state) {
                Some(state) => state,
                // A page that has no components and lists no incident is taken to be well.
                None if summary.components == 0 => Self::Operational,
                None => Self::Unknown,
            },
        }
    }

    /// The word in URLs, CSS classes and the API.
    pub fn as_str(self) -> &'static str {
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
    pub fn label(self) -> &'static str {
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
    pub fn has_incident(self) -> bool {
        self <= Self::DegradedPerformance
    }

    /// The state that gives the colour and the icon where this one may have changed since: nothing is green then.
    pub fn if_outdated(self) -> Self {
        if self == Self::Operational { Self::Unknown } else { self }
    }

    /// `None` for a component whose state the page does not say.
    pub fn of_component(status: ComponentStatus) -> Option<Self> {
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

/// The key of a list with the worst first: by state, then by the worst severity of its open incidents, then the newest
/// start first.
pub type Urgency = (ProviderState, Reverse<Option<(Severity, Timestamp)>>);

pub fn urgency(state: ProviderState, summary: Option<&PageSummary>) -> Urgency {
    let incidents = summary.into_iter().flat_map(PageSummary::incidents);
    let current = incidents.filter(|item| item.no_news_since.is_none());
    (state, Reverse(current.map(|item| (item.severity, item.since)).max()))
}

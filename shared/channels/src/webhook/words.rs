//! The words of the payload for the closed vocabularies of `status`: a promise to receivers.
use status::{
    page_state::HowEnded,
    words::{ComponentStatus, Event, Phase, Severity},
};

pub(super) fn event_type(event: Event) -> &'static str {
    match event {
        Event::Opened => "incident.opened",
        Event::Updated => "incident.updated",
        Event::Resolved => "incident.resolved",
        Event::Scheduled => "maintenance.scheduled",
        Event::Started => "maintenance.started",
        Event::Changed => "maintenance.changed",
        Event::Completed => "maintenance.completed",
        Event::Cancelled => "maintenance.cancelled",
        Event::Reminder => "maintenance.reminder",
        Event::Overran => "maintenance.overran",
        Event::Test => "destination.test",
        Event::Confirm => "destination.confirm",
        Event::Disabled => "destination.disabled",
        Event::Unreadable => "source.unreadable",
        Event::Readable => "source.readable",
        Event::Summary => "page.summary",
        Event::Unmatched => "monitor.unmatched",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Maintenance => "maintenance",
        Severity::Minor => "minor",
        Severity::Major => "major",
    }
}

pub(super) fn how_ended(how: HowEnded) -> &'static str {
    match how {
        HowEnded::ByProvider => "by_provider",
        HowEnded::NoLongerListed => "no_longer_listed",
        HowEnded::Recovered => "recovered",
        HowEnded::Merged => "replaced",
    }
}

pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Investigating => "investigating",
        Phase::Identified => "identified",
        Phase::Monitoring => "monitoring",
        Phase::Resolved => "resolved",
        Phase::Postmortem => "postmortem",
        Phase::Scheduled => "scheduled",
        Phase::InProgress => "in_progress",
        Phase::Verifying => "verifying",
        Phase::Completed => "completed",
    }
}

pub(super) fn component_status(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::Unknown => "unknown",
        ComponentStatus::Operational => "operational",
        ComponentStatus::UnderMaintenance => "under_maintenance",
        ComponentStatus::DegradedPerformance => "degraded_performance",
        ComponentStatus::PartialOutage => "partial_outage",
        ComponentStatus::MajorOutage => "major_outage",
    }
}

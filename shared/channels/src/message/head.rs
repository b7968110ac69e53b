//! What happened, in a few words: above the title, and in place of a colour.
use status::{
    alert::Alert,
    page_state::HowEnded,
    snapshot::Kind,
    words::{ComponentStatus, Event, Phase, Severity},
};

use super::Tone;
use crate::text::{cut, one_line};

/// Characters of a note.
const MAX_NOTE: usize = 300;

/// `Resolved`. `None` in the course of an incident, whose phase says it.
pub(super) fn label(alert: &Alert) -> Option<&'static str> {
    let ended = match alert.how_ended {
        Some(HowEnded::NoLongerListed) => Some("No longer listed"),
        Some(HowEnded::Merged) => Some("Replaced"),
        Some(HowEnded::Recovered) => Some("Recovered"),
        Some(HowEnded::ByProvider) | None => None,
    };
    match alert.event {
        Event::Opened if alert.incident.episode > 1 => Some("Reopened"),
        Event::Updated if alert.is_follow_up() => Some("Still open"),
        Event::Opened | Event::Updated => None,
        Event::Resolved => ended.or(Some("Resolved")),
        Event::Scheduled => Some("Maintenance scheduled"),
        Event::Started => Some("Maintenance started"),
        Event::Changed if alert.window_before.is_some() => Some("Maintenance rescheduled"),
        Event::Changed => Some("Maintenance changed"),
        Event::Completed => ended.or(Some("Maintenance completed")),
        Event::Cancelled => Some("Maintenance cancelled"),
        Event::Reminder => Some("Maintenance starts soon"),
        Event::Overran => Some("Maintenance is overrunning"),
        Event::Unreadable if !alert.concerned.is_empty() => Some("Status pages unreachable"),
        Event::Readable if !alert.concerned.is_empty() => Some("Status pages reachable again"),
        Event::Unreadable => Some("Status page unreachable"),
        Event::Readable => Some("Status page reachable again"),
        Event::Summary => Some("Summary"),
        Event::Unmatched => Some("Component filter fits nothing"),
        Event::Test => Some("Test"),
        Event::Confirm => Some("Waiting for your confirmation"),
        Event::Disabled => Some("Paused"),
    }
}

/// `Investigating (major)`: for mail, where it stands alone.
pub(super) fn state(alert: &Alert) -> String {
    let (phase, severity) = (alert.incident.phase.map(|phase| phase.as_str()), alert.severity.as_str());
    match (label(alert), alert.event) {
        (Some(_), Event::Opened) => format!("reopened ({severity})"),
        (Some(label), _) => label.to_owned(),
        (None, Event::Opened) => format!("{} ({severity})", phase.unwrap_or("opened")),
        (None, _) => format!("{} ({severity})", phase.unwrap_or("update")),
    }
}

/// Why an incident was closed, a page is unreachable or a destination is paused.
pub(super) fn note(alert: &Alert) -> Option<String> {
    let is_ahead = matches!(alert.incident.phase, None | Some(Phase::Scheduled));
    let known = match (alert.how_ended, alert.event, alert.incident.kind) {
        (Some(HowEnded::NoLongerListed), Event::Cancelled, _) => {
            Some("The provider removed it from its status page before its planned start.")
        }
        (Some(HowEnded::NoLongerListed), _, Kind::Maintenance) if is_ahead => {
            Some("The provider removed it from its status page without saying whether it took place.")
        }
        (Some(HowEnded::NoLongerListed), _, Kind::Maintenance) => {
            Some("The provider removed it from its status page without posting its end.")
        }
        (Some(HowEnded::NoLongerListed), ..) => {
            Some("The provider removed this incident from its status page without posting a resolution.")
        }
        (Some(HowEnded::Merged), ..) => Some("Replaced by an incident the provider posted later."),
        _ => None,
    };
    if let Some(known) = known {
        return Some(known.to_owned());
    }
    let note = one_line(alert.note.as_deref()?);
    let note = if alert.event == Event::Disabled { format!("Reason: {note}") } else { note };
    (!note.is_empty()).then(|| cut(&note, MAX_NOTE))
}

pub(super) fn tone(alert: &Alert) -> Tone {
    let in_trouble = alert.components.iter().any(|component| component.status >= ComponentStatus::DegradedPerformance);
    let vanished = matches!(alert.how_ended, Some(HowEnded::NoLongerListed | HowEnded::Merged));
    match alert.event {
        Event::Test => Tone::Good,
        Event::Confirm => Tone::Planned,
        Event::Cancelled | Event::Unreadable => Tone::Quiet,
        // It is work, and no longer as planned.
        Event::Overran => Tone::Minor,
        event if event.is_end() && vanished => Tone::Quiet,
        event if event.is_end() && in_trouble => Tone::Minor,
        event if event.is_end() => Tone::Good,
        _ if alert.incident.kind == Kind::Maintenance || alert.severity == Severity::Maintenance => Tone::Planned,
        _ if alert.severity == Severity::Major => Tone::Major,
        _ => Tone::Minor,
    }
}

impl Tone {
    /// Says what the colour says, where there is none. Followed by a space in a headline.
    pub(crate) fn emoji(self) -> &'static str {
        match self {
            Self::Major => "🔴",
            Self::Minor => "🟡",
            Self::Planned => "🔧",
            Self::Good => "✅",
            Self::Quiet => "⚪",
        }
    }
}

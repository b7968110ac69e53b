//! What happened, in a few words.
use status::{alert::Alert, words::Event};

use crate::text::{cut, one_line};

/// Characters of a note that stands in a headline.
const MAX_CLOSING_NOTE: usize = 60;

/// `investigating (major)`
pub(super) fn state(alert: &Alert) -> String {
    let phase = alert.incident.phase.map(|phase| phase.as_str());
    let severity = alert.severity.as_str();
    let words = match (alert.event, closing_note(alert)) {
        (_, Some(note)) => return cut(&one_line(note), MAX_CLOSING_NOTE),
        (Event::Opened, _) if alert.incident.episode > 1 => return format!("reopened ({severity})"),
        (Event::Opened, _) => return format!("{} ({severity})", phase.unwrap_or("opened")),
        (Event::Updated, _) if alert.widened => {
            return format!("Escalated: {} ({severity})", phase.unwrap_or("update"));
        }
        (Event::Updated, _) => return phase.map_or("Update".to_owned(), |phase| format!("Update: {phase}")),
        (Event::Resolved, _) => "resolved",
        (Event::Scheduled, _) => "maintenance scheduled",
        (Event::Started, _) => "maintenance started",
        (Event::Changed, _) => "maintenance changed",
        (Event::Completed, _) => "maintenance completed",
        (Event::Cancelled, _) => "maintenance cancelled",
        (Event::Reminder, _) => "maintenance starts soon",
        (Event::Overran, _) => "maintenance is overrunning",
        (Event::Unreadable, _) => "status page unreachable",
        (Event::Readable, _) => "status page reachable again",
        (Event::Summary, _) => "many changes at once",
        (Event::Unmatched, _) => "component filter fits nothing",
        (Event::Test, _) => "test",
        (Event::Confirm, _) => "waiting for your confirmation",
        (Event::Disabled, _) => "paused",
    };
    words.to_owned()
}

/// Our reason for an end that the provider did not post: it takes the place of "resolved".
pub(super) fn closing_note(alert: &Alert) -> Option<&str> {
    let closed = matches!(alert.event, Event::Resolved | Event::Completed);
    alert.note.as_deref().filter(|_| closed)
}

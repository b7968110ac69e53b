//! The alerts about a page as a source.
use jiff::Timestamp;

use super::{Alert, IncidentFacts};
use crate::{health::SourceHealth, ids::IncidentId, provider::Provider, words::Event};

/// The alert of a page that became unreadable or readable again (truth rule 10). `unreadable` is the health during the
/// unreadable period that begins or ends, so that both alerts belong to one incident.
pub fn source_alert(page: &Provider, unreadable: &SourceHealth, event: Event, now: Timestamp) -> Alert {
    let incident = IncidentId::new(format!("source@{}", unreadable.since.as_second()));
    let title = match event {
        Event::Readable => "Status page reachable again",
        _ if unreadable.moved.is_some() => "Status page moved",
        _ => "Status page unreachable",
    };
    let incident = IncidentFacts {
        started_at: Some(unreadable.since),
        ended_at: event.is_end().then_some(now),
        ..IncidentFacts::own(incident, title, unreadable.since)
    };
    Alert { note: unreadable.reason.clone(), ..Alert::new(page, event, incident, "", now) }
}

//! The alert of a follow-up: an incident is still open, as it stands now.
use jiff::Timestamp;

use super::{Alert, Compared, ComparedPages, IncidentFacts, in_trouble::in_trouble, names_everything};
use crate::{
    ids::{AlertId, DestinationId},
    page_state::{Origin, PageState},
    words::Event,
};

/// For one destination. `told`: an earlier alert about the incident. `None`: it is over, or was opened anew since.
pub fn still_open(
    told: &Alert,
    page: &PageState,
    (target, minutes): (&DestinationId, u32),
    is_readable: bool,
    now: Timestamp,
) -> Option<Alert> {
    let state = page.incidents_by_id().get(&told.incident.id).copied()?;
    if !state.is_open() || state.episode != told.incident.episode {
        return None;
    }
    let pages = ComparedPages::of(page, page);
    let components = Compared { known: Some(state), state }.components(&pages);
    let event = Event::Updated;
    let fact = format!("still open {target}");
    let note = match is_readable {
        true => format!("Still open {} after the first alert.", duration(minutes)),
        false => format!(
            "Still open {} after the first alert, as far as is known: the status page cannot be read now.",
            duration(minutes)
        ),
    };
    Some(Alert {
        id: AlertId::derive(&told.provider, &told.incident.id, event.as_str(), &fact, state.episode),
        event,
        severity: state.severity,
        incident: IncidentFacts::of(state),
        updates: state.incident.updates.last().cloned().into_iter().collect(),
        in_trouble: in_trouble(&pages.worse, &components),
        components,
        tags_everything: state.origin == Origin::Provider && names_everything(&state.incident, page),
        widened: false,
        severity_before: None,
        title_before: None,
        window_before: None,
        how_ended: None,
        note: Some(note),
        seen_at: now,
        destination: Some(target.clone()),
        follow_up: Some(minutes),
        ..told.clone()
    })
}

/// `90 minutes`, `2 hours`
fn duration(minutes: u32) -> String {
    match minutes {
        1 => "1 minute".to_owned(),
        60 => "1 hour".to_owned(),
        _ if minutes.is_multiple_of(60) => format!("{} hours", minutes / 60),
        _ => format!("{minutes} minutes"),
    }
}

impl Alert {
    /// The follow-up of an incident that is still open: for its destination alone, whatever the groups chose.
    pub fn is_follow_up(&self) -> bool {
        self.follow_up.is_some()
    }
}

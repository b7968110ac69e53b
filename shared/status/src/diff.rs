//! What changed between two page states about one page. Wanted properties:
//! - `diff(a, a)` is empty;
//! - what the baseline held is never opened (truth rule 2);
//! - an incident that was opened is ended exactly once per episode;
//! - a text edited by the vendor is a change to be stored and shown, but none to be told (truth rule 7).
use crate::{
    ids::{IncidentId, UpdateId},
    page_state::{IncidentState, Origin, PageState},
};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub incident: IncidentId,
    pub kind: ChangeKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// First seen, or opened again after its end.
    Opened,
    /// Said or shown to be different while open.
    Updated {
        /// New updates, oldest first.
        updates: Vec<UpdateId>,
        /// The severity rose or components joined: it may concern people it did not concern before.
        widened: bool,
    },
    /// A maintenance is about to start. The clock says so, not the vendor.
    Reminder,
    /// A maintenance goes on past its planned end. The clock says so, not the vendor.
    Overran,
    /// Only words changed, or something was said after the end. Stored and shown, never told.
    Edited,
    Ended,
}

impl ChangeKind {
    pub fn is_alertable(&self) -> bool {
        *self != Self::Edited
    }
}

/// By kind, then incident id; an incident that opened and ended between two reads gives both, in this order.
pub fn diff(before: &PageState, after: &PageState) -> Vec<Change> {
    let mut changes = Vec::new();
    for incident_state in &after.incidents {
        let change = |kind| Change { incident: incident_state.incident.id.clone(), kind };
        let Some(known) = before.find(&incident_state.incident.id) else {
            if incident_state.backfilled {
                changes.push(change(ChangeKind::Edited));
                continue;
            }
            changes.push(change(ChangeKind::Opened));
            if !incident_state.is_open() {
                changes.push(change(ChangeKind::Ended));
            }
            continue;
        };
        if known == incident_state {
            continue;
        }
        if incident_state.episode > known.episode {
            changes.push(change(ChangeKind::Opened));
        } else if known.is_open() && !incident_state.is_open() {
            changes.push(change(ChangeKind::Ended));
        } else if known.is_open() {
            changes.extend(update_of(known, incident_state).map(change));
        } else {
            changes.push(change(ChangeKind::Edited));
        }
    }
    changes
}

fn update_of(known: &IncidentState, incident_state: &IncidentState) -> Option<ChangeKind> {
    if known.incident == incident_state.incident && known.reminded != incident_state.reminded {
        return Some(ChangeKind::Reminder);
    }
    if known.incident == incident_state.incident && known.overran != incident_state.overran {
        return Some(ChangeKind::Overran);
    }
    let updates: Vec<UpdateId> = new_updates(known, incident_state);
    let joined = incident_state.incident.components.len() > known.incident.components.len();
    let widened = incident_state.severity > known.severity || joined;
    if !updates.is_empty() || incident_state.revision > known.revision {
        return Some(ChangeKind::Updated { updates, widened });
    }
    let same_words = known.incident == incident_state.incident || incident_state.origin == Origin::Components;
    (!same_words).then_some(ChangeKind::Edited)
}

fn new_updates(known: &IncidentState, incident_state: &IncidentState) -> Vec<UpdateId> {
    let is_new = |id: &UpdateId| known.incident.updates.iter().all(|update| update.id != *id);
    incident_state.incident.updates.iter().map(|update| &update.id).filter(|id| is_new(id)).cloned().collect()
}

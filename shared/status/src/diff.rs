//! What changed between two states of one page. Wanted properties:
//! - `diff(a, a)` is empty;
//! - incidents of the baseline are never opened (truth rule 2);
//! - an incident that was opened is ended exactly once per episode;
//! - a text that the provider edited is stored and shown, but causes no alert (truth rule 7).
use std::collections::BTreeSet;

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
    /// First seen, or reopened after its end.
    Opened,
    /// Changed while open.
    Updated {
        /// New updates, oldest first.
        updates: Vec<UpdateId>,
        /// The severity rose or components were added: other people may want alerts now.
        widened: bool,
    },
    /// A maintenance is about to start: caused by time, not by the provider.
    Reminder,
    /// A maintenance is past its planned end: caused by time, not by the provider.
    Overran,
    /// Only texts changed, or something was posted after the end. Stored and shown, never alerted.
    Edited,
    Ended,
}

impl ChangeKind {
    pub fn is_alertable(&self) -> bool {
        *self != Self::Edited
    }
}

/// In the order of the incidents: by kind, then id. One that opened and ended between two reads gives both changes.
pub fn diff(before: &PageState, after: &PageState) -> Vec<Change> {
    let mut changes = Vec::new();
    let known_incidents = before.incidents_by_id();
    for state in &after.incidents {
        let change = |kind| Change { incident: state.incident.id.clone(), kind };
        let Some(known) = known_incidents.get(&state.incident.id).copied() else {
            if before.was_left_out_open(state.id_on_page()) {
                changes.extend((!state.is_open()).then(|| change(ChangeKind::Ended)));
                continue;
            }
            if state.backfilled {
                changes.push(change(ChangeKind::Edited));
                continue;
            }
            changes.push(change(ChangeKind::Opened));
            if !state.is_open() {
                changes.push(change(ChangeKind::Ended));
            }
            continue;
        };
        if known == state {
            continue;
        }
        if state.episode > known.episode {
            changes.push(change(ChangeKind::Opened));
        } else if known.is_open() && !state.is_open() {
            changes.push(change(ChangeKind::Ended));
        } else if known.is_open() {
            changes.extend(update_of(known, state).map(change));
        } else {
            changes.push(change(ChangeKind::Edited));
        }
    }
    changes
}

fn update_of(known: &IncidentState, state: &IncidentState) -> Option<ChangeKind> {
    if known.incident == state.incident && known.reminded != state.reminded {
        return Some(ChangeKind::Reminder);
    }
    if known.incident == state.incident && known.overran != state.overran {
        return Some(ChangeKind::Overran);
    }
    let updates: Vec<UpdateId> = new_updates(known, state);
    let joined = state.incident.components.len() > known.incident.components.len();
    let widened = state.severity > known.severity || joined;
    if !updates.is_empty() || state.revision > known.revision {
        return Some(ChangeKind::Updated { updates, widened });
    }
    let same_words = known.incident == state.incident || state.origin == Origin::Components;
    (!same_words).then_some(ChangeKind::Edited)
}

fn new_updates(known: &IncidentState, state: &IncidentState) -> Vec<UpdateId> {
    let known: BTreeSet<&UpdateId> = known.incident.updates.iter().map(|update| &update.id).collect();
    state.incident.updates.iter().map(|update| &update.id).filter(|id| !known.contains(id)).cloned().collect()
}

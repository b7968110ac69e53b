//! What changed between two beliefs about one page. Wanted properties:
//! - `diff(a, a)` is empty;
//! - what the baseline held is never opened (truth rule 2);
//! - an incident that was opened is ended exactly once per episode;
//! - a text edited by the vendor is a change to be stored and shown, but none to be told (truth rule 7).
use crate::{
    belief::{Belief, Origin, Tracked},
    ids::{IncidentId, UpdateId},
    snapshot::Kind,
};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: Kind,
    pub incident: IncidentId,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
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

impl What {
    pub fn is_worth_telling(&self) -> bool {
        *self != Self::Edited
    }
}

/// By kind, then incident id; an incident that opened and ended between two reads gives both, in this order.
pub fn diff(before: &Belief, after: &Belief) -> Vec<Change> {
    let mut changes = Vec::new();
    for tracked in &after.incidents {
        let change = |what| Change { kind: tracked.incident.kind, incident: tracked.incident.id.clone(), what };
        let Some(known) = before.find(tracked.incident.kind, &tracked.incident.id) else {
            if tracked.backfilled {
                changes.push(change(What::Edited));
                continue;
            }
            changes.push(change(What::Opened));
            if !tracked.is_open() {
                changes.push(change(What::Ended));
            }
            continue;
        };
        if known == tracked {
            continue;
        }
        if tracked.episode > known.episode {
            changes.push(change(What::Opened));
        } else if known.is_open() && !tracked.is_open() {
            changes.push(change(What::Ended));
        } else if known.is_open() {
            changes.extend(update_of(known, tracked).map(change));
        } else {
            changes.push(change(What::Edited));
        }
    }
    changes
}

fn update_of(known: &Tracked, tracked: &Tracked) -> Option<What> {
    if known.incident == tracked.incident && known.reminded != tracked.reminded {
        return Some(What::Reminder);
    }
    if known.incident == tracked.incident && known.overran != tracked.overran {
        return Some(What::Overran);
    }
    let updates: Vec<UpdateId> = new_updates(known, tracked);
    let joined = tracked.incident.components.len() > known.incident.components.len();
    let widened = tracked.severity > known.severity || joined;
    if !updates.is_empty() || tracked.revision > known.revision {
        return Some(What::Updated { updates, widened });
    }
    let same_words = known.incident == tracked.incident || tracked.origin == Origin::Components;
    (!same_words).then_some(What::Edited)
}

fn new_updates(known: &Tracked, tracked: &Tracked) -> Vec<UpdateId> {
    let is_new = |id: &UpdateId| known.incident.updates.iter().all(|update| update.id != *id);
    tracked.incident.updates.iter().map(|update| &update.id).filter(|id| is_new(id)).cloned().collect()
}

//! The updates of an incident: their ids where the page gives none, their order, and what follows from them.
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use status::{
    ids::{ComponentId, UpdateId, digest},
    snapshot::{Affected, Update},
    words::Phase,
};

/// The id of an update whose page gives none: a digest of its time and of the page's word for its phase, in lower case.
pub(crate) fn derived_update_id(at: Option<Timestamp>, word: &str) -> UpdateId {
    UpdateId::from(digest(&[&time_text(at), &word.to_lowercase()]))
}

/// [`derived_update_id`] for each update of an incident in turn. `used` holds the ids so far. Of several updates with
/// the same time and word all but the first take their text into the id. `None`: the update is there already, as where
/// two entries of a feed repeat it.
pub(crate) fn update_id(
    at: Option<Timestamp>,
    word: &str,
    body: &str,
    used: &mut HashSet<UpdateId>,
) -> Option<UpdateId> {
    let plain = derived_update_id(at, word);
    let with_text = UpdateId::from(digest(&[plain.as_str(), body]));
    if !used.insert(with_text.clone()) {
        return None;
    }
    Some(if used.insert(plain.clone()) { plain } else { with_text })
}

/// The time as a part of a digest; empty for none.
pub(crate) fn time_text(at: Option<Timestamp>) -> String {
    at.map_or(String::new(), |at| at.to_string())
}

/// Oldest first, by time and then id, and each id once: pages list updates in any order.
pub(crate) fn in_order(mut updates: Vec<Update>) -> Vec<Update> {
    updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    updates.dedup_by(|a, b| a.id == b.id);
    updates
}

/// When maintenance really began: at its first update that says so. The page's own start is mostly that of the plan or
/// of the announcement.
pub(crate) fn began_at(updates: &[Update]) -> Option<Timestamp> {
    updates.iter().find(|update| update.phase == Some(Phase::InProgress))?.posted_at
}

/// When an incident in an ended phase ended: the oldest of its newest updates that all say so.
pub(crate) fn over_since(phase: Option<Phase>, updates: &[Update]) -> Option<Timestamp> {
    let is_over = |phase: Option<Phase>| phase.is_some_and(Phase::is_over);
    let ended = updates.iter().rev().take_while(|update| is_over(update.phase));
    ended.filter_map(|update| update.posted_at).last().filter(|_| is_over(phase))
}

/// Each component once, as it was named last, in the order in which they were named first.
pub(crate) fn named_last(all: impl Iterator<Item = Affected>) -> Vec<Affected> {
    let mut named: Vec<Affected> = Vec::new();
    let mut positions: HashMap<ComponentId, usize> = HashMap::new();
    for affected in all {
        match positions.get(&affected.id) {
            Some(position) => named[*position] = affected,
            None => {
                positions.insert(affected.id.clone(), named.len());
                named.push(affected);
            }
        }
    }
    named
}

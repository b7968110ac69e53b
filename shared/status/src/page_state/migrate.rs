//! A page that moved to another source: another format, another document. It may give everything another id, but what was
//! open before is not opened a second time, nor given up because its old id is gone.
use jiff::Timestamp;

use super::{IncidentState, Origin, PageState};
use crate::{
    ids::IncidentId,
    snapshot::{Incident, Listing, Snapshot, Update},
};

/// Sources of one page may date the start of one incident this far apart.
const SAME_START_WITHIN: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

impl PageState {
    /// The page state after the first read from another source. Components the new source does not know can never recover
    /// there, and what ended before is its history, not its news.
    pub fn migrate(&self, snapshot: &Snapshot, now: Timestamp) -> Self {
        let mut known = Self { listing: Listing::Partial, ..self.clone() };
        let mut snapshot = snapshot.clone();
        known.components.retain(|component| snapshot.components.iter().any(|listed| listed.id == component.id));
        known.recognise(&mut snapshot.incidents);
        let mut rescheduled = known.apply(&snapshot, now);
        for incident_state in &mut rescheduled.incidents {
            let is_new = self.find(&incident_state.incident.id).is_none();
            incident_state.backfilled |= is_new && !incident_state.is_open();
        }
        rescheduled
    }

    /// Finds what is open under the ids of the new source.
    fn recognise(&mut self, listed: &mut [Incident]) {
        let ids: Vec<IncidentId> = self.incidents.iter().map(|known| known.id_on_page().clone()).collect();
        let is_lost = |known: &IncidentState| {
            known.is_open()
                && known.origin == Origin::Vendor
                && listed.iter().all(|seen| seen.id != *known.id_on_page())
        };
        let lost: Vec<usize> = (0..self.incidents.len()).filter(|at| is_lost(&self.incidents[*at])).collect();
        let pairs: Vec<(usize, usize)> = (0..listed.len())
            .filter(|new| !ids.contains(&listed[*new].id))
            .flat_map(|new| lost.iter().map(move |old| (*old, new)))
            .filter(|(old, new)| is_alike(&self.incidents[*old], &listed[*new]))
            .collect();
        for (old, new) in &pairs {
            // Of two alike, here or there, neither is it for certain.
            let is_only = pairs.iter().filter(|(o, n)| o == old || n == new).count() == 1;
            if is_only {
                self.incidents[*old].adopt(&mut listed[*new]);
            }
        }
    }
}

impl IncidentState {
    /// It is this incident, which the new source calls otherwise.
    fn adopt(&mut self, seen: &mut Incident) {
        self.page_id = Some(seen.id.clone());
        // Their ids are others as well, so they are no components that joined.
        self.incident.components.clone_from(&seen.components);
        self.attributed.clear();
        for update in &mut seen.updates {
            if let Some(same) = self.incident.updates.iter().find(|known| says_the_same(known, update)) {
                update.id = same.id.clone();
            }
        }
    }
}

fn is_alike(known: &IncidentState, seen: &Incident) -> bool {
    let started = (known.incident.started_at, seen.started_at);
    let apart = match started {
        (Some(a), Some(b)) => a.duration_since(b).unsigned_abs() > SAME_START_WITHIN,
        _ => false,
    };
    known.incident.kind == seen.kind && same_words(&known.incident.title, &seen.title) && !apart
}

fn says_the_same(known: &Update, seen: &Update) -> bool {
    let (Some(known), Some(seen)) = (&known.body, &seen.body) else { return false };
    same_words(known, seen)
}

/// But for case, space and what Markdown or HTML left of a text; a text without a word is like no other.
fn same_words(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    !a.is_empty() && a == b
}

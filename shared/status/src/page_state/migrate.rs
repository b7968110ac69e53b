//! The first read of a page from another source: another format, or another document. Ids may all differ there, but an
//! open incident is neither opened a second time nor closed because its former id is gone.
use jiff::Timestamp;

use super::{IncidentState, Origin, PageState};
use crate::{
    ids::IncidentId,
    snapshot::{Incident, Listing, Snapshot, Update},
};

/// How far apart two sources of one page may date the start of one incident.
const MAX_START_DIFFERENCE: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

impl PageState {
    /// The state after the first read from another source. Components that the new source does not list are dropped,
    /// since they could never recover there. What is new there and has ended is history, not news.
    pub fn migrate(&self, snapshot: &Snapshot, now: Timestamp) -> Self {
        let mut known = Self { listing: Listing::Partial, ..self.clone() };
        let mut snapshot = snapshot.clone();
        known.components.retain(|component| snapshot.components.iter().any(|listed| listed.id == component.id));
        known.recognise(&mut snapshot.incidents);
        known.retitle(&snapshot.incidents);
        let mut state = known.apply(&snapshot, now);
        for known in &mut state.incidents {
            let is_new = self.find(&known.incident.id).is_none();
            known.backfilled |= is_new && !known.is_open();
        }
        state
    }

    /// Each source words titles in its own way: none is a rewrite.
    fn retitle(&mut self, listed: &[Incident]) {
        for known in self.incidents.iter_mut().filter(|known| known.origin == Origin::Provider) {
            if let Some(seen) = listed.iter().find(|seen| seen.id == *known.id_on_page()) {
                known.incident.title.clone_from(&seen.title);
            }
        }
    }

    /// The state after the first read of another page that took the place of this one, as somebody has confirmed. What
    /// is new there is its baseline (truth rule 2).
    pub fn follow(&self, snapshot: &Snapshot, now: Timestamp) -> Self {
        let mut state = self.migrate(snapshot, now);
        for known in state.incidents.iter_mut().filter(|known| self.find(&known.incident.id).is_none()) {
            known.backfilled = true;
            known.reminded = None;
            known.news_at = None;
        }
        state.mark_stale(now);
        state
    }

    /// Finds open incidents under the ids of the new source.
    fn recognise(&mut self, listed: &mut [Incident]) {
        let ids: Vec<IncidentId> = self.incidents.iter().map(|known| known.id_on_page().clone()).collect();
        let is_lost = |known: &IncidentState| {
            known.is_open()
                && known.origin == Origin::Provider
                && listed.iter().all(|seen| seen.id != *known.id_on_page())
        };
        let lost: Vec<usize> = (0..self.incidents.len()).filter(|at| is_lost(&self.incidents[*at])).collect();
        let pairs: Vec<(usize, usize)> = (0..listed.len())
            .filter(|new| !ids.contains(&listed[*new].id))
            .flat_map(|new| lost.iter().map(move |old| (*old, new)))
            .filter(|(old, new)| is_alike(&self.incidents[*old], &listed[*new]))
            .collect();
        for (old, new) in &pairs {
            // If two are alike on either side, none is certain.
            let is_only = pairs.iter().filter(|(o, n)| o == old || n == new).count() == 1;
            if is_only {
                self.incidents[*old].adopt(&mut listed[*new]);
            }
        }
    }
}

impl IncidentState {
    /// Takes the id that the new source gives this incident.
    fn adopt(&mut self, seen: &mut Incident) {
        self.page_id = Some(seen.id.clone());
        // Component ids differ too, so none of them is an addition.
        self.incident.components.clone_from(&seen.components);
        self.attributed.clear();
        for update in &mut seen.updates {
            if let Some(same) = self.incident.updates.iter().find(|known| has_same_text(known, update)) {
                update.id = same.id.clone();
            }
        }
    }
}

fn is_alike(known: &IncidentState, seen: &Incident) -> bool {
    let started = (known.incident.started_at, seen.started_at);
    let apart = match started {
        (Some(a), Some(b)) => a.duration_since(b).unsigned_abs() > MAX_START_DIFFERENCE,
        _ => false,
    };
    known.incident.kind == seen.kind && same_words(&known.incident.title, &seen.title) && !apart
}

fn has_same_text(known: &Update, seen: &Update) -> bool {
    let (Some(known), Some(seen)) = (&known.body, &seen.body) else { return false };
    same_words(known, seen)
}

/// Ignores case, space and rests of Markdown or HTML. A text without a word equals no other.
fn same_words(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    !a.is_empty() && a == b
}

//! The first read of a page from another source: another format, or another document. Ids may all differ there, but an
//! open incident is neither opened a second time nor closed because its former id is gone.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{IncidentState, Origin, PageState};
use crate::{
    by_id::first_by,
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Incident, Kind, Listing, Snapshot},
};

/// How far apart two sources of one page may date the start of one incident.
const MAX_START_DIFFERENCE: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

impl PageState {
    /// The state after the first read from another source. Components that the new source does not list are dropped,
    /// since they could never recover there. What is new there and has ended is history, not news.
    pub fn migrate(&self, snapshot: &Snapshot, now: Timestamp) -> Self {
        let mut known = Self { listing: Listing::Partial, ..self.clone() };
        let mut snapshot = snapshot.clone();
        let listed: BTreeSet<&ComponentId> = snapshot.components.iter().map(|listed| &listed.id).collect();
        known.components.retain(|component| listed.contains(&component.id));
        known.recognise(&mut snapshot.incidents);
        known.retitle(&snapshot.incidents);
        let mut state = known.apply(&snapshot, now);
        let before = self.incidents_by_id();
        for known in &mut state.incidents {
            let is_new = !before.contains_key(&known.incident.id);
            known.backfilled |= is_new && !known.is_open();
        }
        state
    }

    /// Each source words titles in its own way: none is a rewrite.
    fn retitle(&mut self, listed: &[Incident]) {
        let listed = first_by(listed, |seen| &seen.id);
        for known in self.incidents.iter_mut().filter(|known| known.origin == Origin::Provider) {
            if let Some(seen) = listed.get(known.id_on_page()) {
                known.incident.title.clone_from(&seen.title);
            }
        }
    }

    /// The state after the first read of another page that took the place of this one, as somebody has confirmed. What
    /// is new there is its baseline (truth rule 2).
    pub fn follow(&self, snapshot: &Snapshot, now: Timestamp) -> Self {
        let mut state = self.migrate(snapshot, now);
        let before = self.incidents_by_id();
        for known in state.incidents.iter_mut().filter(|known| !before.contains_key(&known.incident.id)) {
            known.backfill();
        }
        state.mark_stale(now);
        state
    }

    /// Finds open incidents under the ids of the new source. If two are alike on either side, none is certain.
    fn recognise(&mut self, listed: &mut [Incident]) {
        let known_ids: BTreeSet<&IncidentId> = self.incidents.iter().map(IncidentState::id_on_page).collect();
        let listed_ids: BTreeSet<&IncidentId> = listed.iter().map(|seen| &seen.id).collect();
        let is_lost = |known: &IncidentState| {
            known.is_open() && known.origin == Origin::Provider && !listed_ids.contains(known.id_on_page())
        };
        let lost = Alike::of(self.incidents.iter().map(|known| &known.incident), |at| is_lost(&self.incidents[at]));
        let new = Alike::of(listed.iter(), |at| !known_ids.contains(&listed[at].id));
        let pairs: Vec<(usize, usize)> = lost
            .all()
            .filter_map(|old| Some((old, new.only(&self.incidents[old].incident)?)))
            .filter(|(old, new)| lost.only(&listed[*new]) == Some(*old))
            .collect();
        for (old, new) in pairs {
            self.incidents[old].adopt(&mut listed[new]);
        }
    }
}

/// Positions of incidents by kind and words of the title, so that those which are alike are found without comparing
/// each with each.
struct Alike {
    by_title: BTreeMap<(Kind, String), Starts>,
}

#[derive(Default)]
struct Starts {
    /// By start.
    dated: Vec<(Timestamp, usize)>,
    undated: Vec<usize>,
}

impl Alike {
    fn of<'a>(incidents: impl Iterator<Item = &'a Incident>, may: impl Fn(usize) -> bool) -> Self {
        let mut by_title: BTreeMap<(Kind, String), Starts> = BTreeMap::new();
        for (at, incident) in incidents.enumerate().filter(|(at, _)| may(*at)) {
            let Some(words) = words(&incident.title) else { continue };
            let starts = by_title.entry((incident.kind, words)).or_default();
            match incident.started_at {
                Some(started_at) => starts.dated.push((started_at, at)),
                None => starts.undated.push(at),
            }
        }
        by_title.values_mut().for_each(|starts| starts.dated.sort_unstable());
        Self { by_title }
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        let of = |starts: &Starts| -> Vec<usize> {
            starts.dated.iter().map(|(_, at)| *at).chain(starts.undated.iter().copied()).collect()
        };
        self.by_title.values().flat_map(of)
    }

    /// The one that is alike; `None`: none is, or several are.
    fn only(&self, incident: &Incident) -> Option<usize> {
        let starts = self.by_title.get(&(incident.kind, words(&incident.title)?))?;
        let dated = match incident.started_at {
            None => starts.dated.as_slice(),
            Some(at) => {
                let first = at.checked_sub(MAX_START_DIFFERENCE).unwrap_or(Timestamp::MIN);
                let last = at.checked_add(MAX_START_DIFFERENCE).unwrap_or(Timestamp::MAX);
                let from = starts.dated.partition_point(|(started_at, _)| *started_at < first);
                let to = starts.dated.partition_point(|(started_at, _)| *started_at <= last);
                &starts.dated[from..to]
            }
        };
        match (dated, starts.undated.as_slice()) {
            ([(_, only)], []) | ([], [only]) => Some(*only),
            _ => None,
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
        let mut known: BTreeMap<String, &UpdateId> = BTreeMap::new();
        for update in &self.incident.updates {
            if let Some(words) = update.body.as_deref().and_then(words) {
                known.entry(words).or_insert(&update.id);
            }
        }
        for update in &mut seen.updates {
            let same = update.body.as_deref().and_then(words).and_then(|words| known.get(&words));
            if let Some(id) = same {
                update.id = (*id).clone();
            }
        }
    }
}

/// A text without case, space and rests of Markdown or HTML; `None`: without a word, so that it equals no other.
fn words(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

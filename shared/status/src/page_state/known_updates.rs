//! The updates of an incident by what identifies one (reading rule 5), so that a read with thousands of updates costs
//! no search through thousands for each.
use std::collections::{BTreeMap, BTreeSet};

use crate::{ids::UpdateId, snapshot::Update, words::Phase};

/// The second and phase of an update that has a time.
type Moment = (i64, Option<Phase>);

/// Positions in the list of the incident. The texts are borrowed from where the list was made of.
pub(super) struct KnownUpdates<'a> {
    by_id: BTreeMap<&'a UpdateId, usize>,
    by_moment: BTreeMap<Moment, BTreeSet<usize>>,
    by_text: BTreeMap<(Moment, Option<&'a str>), BTreeSet<usize>>,
    /// What each update is listed under.
    listed: Vec<(Option<Moment>, Option<&'a str>)>,
}

impl<'a> KnownUpdates<'a> {
    pub(super) fn of(updates: &'a [Update]) -> Self {
        let mut known =
            Self { by_id: BTreeMap::new(), by_moment: BTreeMap::new(), by_text: BTreeMap::new(), listed: Vec::new() };
        updates.iter().for_each(|update| known.push(update));
        known
    }

    /// The same update: by its id; else the first of its second and phase, since two sources of one page may give an
    /// update different ids, unless both have texts and these differ.
    pub(super) fn find(&self, seen: &Update) -> Option<usize> {
        if let Some(at) = self.by_id.get(&seen.id) {
            return Some(*at);
        }
        let moment = moment(seen)?;
        let first = |positions: Option<&BTreeSet<usize>>| positions.and_then(BTreeSet::first).copied();
        match seen.body.as_deref() {
            None => first(self.by_moment.get(&moment)),
            Some(body) => {
                let alike = [None, Some(body)].map(|text| first(self.by_text.get(&(moment, text))));
                alike.into_iter().flatten().min()
            }
        }
    }

    /// Adds an update at the end of the list.
    pub(super) fn push(&mut self, update: &'a Update) {
        let at = self.listed.len();
        self.by_id.entry(&update.id).or_insert(at);
        self.listed.push((None, None));
        self.list(at, moment(update), update.body.as_deref());
    }

    /// The update at this position is now like `merged`, whose text is that of `seen` if it has one.
    pub(super) fn change(&mut self, at: usize, merged: &Update, seen: &'a Update) {
        let (before, text) = self.listed[at];
        if let Some(before) = before {
            remove(&mut self.by_moment, &before, at);
            remove(&mut self.by_text, &(before, text), at);
        }
        self.list(at, moment(merged), seen.body.as_deref().or(text));
    }

    fn list(&mut self, at: usize, moment: Option<Moment>, text: Option<&'a str>) {
        self.listed[at] = (moment, text);
        if let Some(moment) = moment {
            self.by_moment.entry(moment).or_default().insert(at);
            self.by_text.entry((moment, text)).or_default().insert(at);
        }
    }
}

fn moment(update: &Update) -> Option<Moment> {
    update.posted_at.map(|at| (at.as_second(), update.phase))
}

fn remove<K: Ord>(positions: &mut BTreeMap<K, BTreeSet<usize>>, key: &K, at: usize) {
    if let Some(those) = positions.get_mut(key) {
        those.remove(&at);
    }
}

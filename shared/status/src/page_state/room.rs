//! What of a page is kept if there is no room for all of it. Feeds never end and pages may be hostile, but a state that
//! cannot be stored would lose every change of the page. Wanted properties:
//! - what is left out is chosen by rules, the least of use first, and is named;
//! - the same page soon leaves out the same, so that a page that is too large is not written at every read;
//! - an incident that is left out was told of once, and is not told of again while the page lists it.
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{IncidentState, PageState};
use crate::{
    ids::{IncidentId, digest},
    snapshot::Snapshot,
};

/// Longest text of one update, in bytes; of all updates of an incident together.
const MAX_BODY: usize = 64 * 1024;
const MAX_BODIES: usize = 256 * 1024;
/// Of each rule's candidates this part is left out at a time, until the rest fits.
const PART: usize = 8;

/// What of a page is not kept although the page has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub incidents: usize,
    pub texts: usize,
}

impl LeftOut {
    /// For people; `None`: everything is kept.
    pub fn problem(self) -> Option<String> {
        let of = |number: usize, what: &str| (number > 0).then(|| format!("{number} {what}"));
        let parts: Vec<String> =
            [of(self.incidents, "incidents"), of(self.texts, "texts of updates")].into_iter().flatten().collect();
        (!parts.is_empty())
            .then(|| format!("the page has more than there is room for: {} are not kept", parts.join(" and ")))
    }
}

/// Cuts texts that are longer than any message of use.
pub fn bound_texts(snapshot: &mut Snapshot) {
    for update in snapshot.incidents.iter_mut().flat_map(|incident| &mut incident.updates) {
        if let Some(body) = update.body.as_mut().filter(|body| body.len() > MAX_BODY) {
            body.truncate(body.floor_char_boundary(MAX_BODY));
            body.push('…');
        }
    }
}

impl PageState {
    /// Cuts the texts of each incident to what one row and one alert can hold, oldest first.
    pub fn bound_incidents(&mut self) -> usize {
        self.incidents.iter_mut().map(IncidentState::bound_bodies).sum()
    }

    /// Leaves out what does not fit: ended incidents, texts of all but the newest updates, stale incidents, all texts,
    /// open incidents; of each the oldest first. `listed`: what the page lists now.
    pub fn fit(&mut self, listed: &[IncidentId], fits: impl Fn(&Self) -> bool) -> LeftOut {
        let whole = self.clone();
        let age = |known: &IncidentState| known.ended.map_or(known.first_seen_at, |ended| ended.at);
        let last_news = |known: &IncidentState| known.no_news_since.unwrap_or(known.first_seen_at);
        self.forget(|known| !known.is_open(), age, listed, &fits);
        let mut texts = self.silence(false, &fits);
        self.forget(IncidentState::is_stale, last_news, listed, &fits);
        texts += self.silence(true, &fits);
        self.forget(|_| true, |known| known.first_seen_at, listed, &fits);
        if texts > 0 && self.incidents.len() < whole.incidents.len() {
            // What was forgotten last may have made room for texts, and the next read brings them again.
            let left = std::mem::replace(self, whole);
            let kept = left.incidents_by_id();
            self.incidents.retain(|known| kept.contains_key(&known.incident.id));
            drop(kept);
            self.left_out = left.left_out;
            texts = self.silence(false, &fits) + self.silence(true, &fits);
        }
        LeftOut { incidents: self.left_out.len(), texts }
    }

    /// Forgets incidents, oldest first, until the rest fits.
    fn forget(
        &mut self,
        may: impl Fn(&IncidentState) -> bool,
        age: impl Fn(&IncidentState) -> Timestamp,
        listed: &[IncidentId],
        fits: &impl Fn(&Self) -> bool,
    ) {
        let mut candidates: Vec<_> = self
            .incidents
            .iter()
            .filter(|known| may(known))
            .map(|known| (age(known), known.incident.id.clone(), known.id_on_page().clone()))
            .collect();
        candidates.sort();
        let part = candidates.len().div_ceil(PART).max(1);
        let listed: BTreeSet<&IncidentId> = listed.iter().collect();
        for some in candidates.chunks(part) {
            if fits(self) {
                return;
            }
            let ids: BTreeSet<&IncidentId> = some.iter().map(|(_, id, _)| id).collect();
            self.incidents.retain(|known| !ids.contains(&known.incident.id));
            let on_page = some.iter().map(|(.., on_page)| on_page).filter(|id| listed.contains(id));
            self.left_out.extend(on_page.map(short_digest));
        }
    }

    /// Drops texts of updates, those of the oldest incidents first, until the rest fits. `all`: those of the newest
    /// updates too.
    fn silence(&mut self, all: bool, fits: &impl Fn(&Self) -> bool) -> usize {
        let mut order: Vec<usize> = (0..self.incidents.len()).collect();
        order.sort_by_key(|at| (self.incidents[*at].first_seen_at, self.incidents[*at].incident.id.clone()));
        let part = order.len().div_ceil(PART).max(1);
        let mut dropped = 0;
        for some in order.chunks(part) {
            if fits(self) {
                break;
            }
            for at in some {
                let updates = &mut self.incidents[*at].incident.updates;
                let kept = usize::from(!all).min(updates.len());
                let old = updates.len() - kept;
                dropped += updates[..old].iter_mut().filter_map(|update| update.body.take()).count();
            }
        }
        dropped
    }

    /// Takes what was left out before from a snapshot. Returns the digests of those that it still lists.
    pub(super) fn still_left_out(&self, snapshot: &mut Snapshot) -> BTreeSet<String> {
        let mut still = BTreeSet::new();
        if self.left_out.is_empty() {
            return still;
        }
        snapshot.incidents.retain(|seen| {
            let id = short_digest(&seen.id);
            let is_left_out = self.left_out.contains(&id);
            if is_left_out {
                still.insert(id);
            }
            !is_left_out
        });
        still
    }
}

impl IncidentState {
    fn bound_bodies(&mut self) -> usize {
        let bytes = |updates: &[crate::snapshot::Update]| -> usize {
            updates.iter().filter_map(|update| update.body.as_ref()).map(String::len).sum()
        };
        let mut too_many = bytes(&self.incident.updates).saturating_sub(MAX_BODIES);
        let mut dropped = 0;
        for update in &mut self.incident.updates {
            if too_many == 0 {
                break;
            }
            if let Some(body) = update.body.take() {
                too_many = too_many.saturating_sub(body.len());
                dropped += 1;
            }
        }
        dropped
    }
}

fn short_digest(id: &IncidentId) -> String {
    let mut digest = digest(&[id.as_str()]);
    digest.truncate(16);
    digest
}

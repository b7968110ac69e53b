//! What of a page is kept if there is no room for all of it. [`crate::bounds`] bounds what one read says; a state
//! gathers what many reads said. Feeds never end and pages may be hostile, but a state that cannot be stored would lose
//! every change of the page. Wanted properties:
//! - what is left out is chosen by rules, the least of use first, and is named;
//! - the same page soon leaves out the same, so that a page that is too large is not written at every read;
//! - an incident that is left out was told of once, and is not told of again while the page lists it; its end is told;
//! - what was cut before anybody was told of it is no news when there is room for it again;
//! - a page that is too large costs a handful of measurements, however much is left out.
mod left_out;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use self::left_out::LeftOut;
use super::{IncidentState, PageState};
use crate::{
    bounds::{self, Cut, MAX_COMPONENTS, json_bytes, last_word},
    ids::{ComponentId, IncidentId, digest},
    snapshot::{Incident, Listing, Snapshot, Update},
    words::ComponentStatus,
};

/// Of a state: those of one read, and what earlier ones listed.
const MAX_INCIDENTS: usize = 2_000;
/// Digests of incidents that are left out. What else is left out is known by its time.
const MAX_LEFT_OUT: usize = 2_000;
/// Marks the digest of an incident that was open when it was left out, so that its end is still to be told.
const OPEN: char = '!';
/// Follows [`OPEN`] when the newest read did not list the incident. Pages omit things for one read (truth rule 4).
const ABSENT: char = '?';
/// What is too large is cut to one of some sizes, each this part of the one before in percent, the smallest this part
/// of all.
const STEP: u64 = 95;
/// What is noted of an incident beside what its page says, in bytes of JSON, about.
const NOTES: u64 = 400;
const PART: u64 = 64;

impl PageState {
    /// Cuts the state after a read to the bounds of any page, before it is compared with the one before. `cut`: what
    /// was left out of the read.
    pub fn bound(&mut self, before: Option<&Self>, snapshot: &Snapshot, cut: &Cut, now: Timestamp) {
        for known in &mut self.incidents {
            known.left_out_through = known.left_out_through.take().max(cut.marks.get(known.id_on_page()).cloned());
        }
        self.bound_incidents();
        let listed = snapshot.components.iter().map(|component| component.id.clone()).collect();
        self.bound_components(&listed);
        if cut.components.0 > 0 {
            self.listing = Listing::Partial;
        }
        if let Some(before) = before.filter(|before| !before.left_out.is_empty()) {
            let seen: BTreeSet<&IncidentId> = snapshot.incidents.iter().map(|seen| &seen.id).collect();
            let unseen = cut.listed.iter().filter(|id| !seen.contains(id));
            for known in unseen.filter_map(|id| before.left_out_as(id)) {
                let listed = known.trim_end_matches(ABSENT);
                self.left_out.remove(&format!("{listed}{ABSENT}"));
                self.left_out.insert(listed.to_owned());
            }
        }
        match (&cut.open_left_out, before) {
            // The first read is a baseline: what of it there is no room for is no news either.
            (Some(word), None) => self.history_until = word.at.max(word.is_undated.then_some(now)),
            (Some(_), Some(_)) => {}
            (None, _) if self.left_out.is_empty() => self.history_until = None,
            (None, _) => {}
        }
    }

    /// Cuts each incident to what one row and one alert can hold.
    fn bound_incidents(&mut self) {
        for known in &mut self.incidents {
            let mark = bounds::bound_whole(&mut known.incident);
            if mark.is_some() {
                known.left_out_through = known.left_out_through.take().max(mark);
                known.forget_updates();
            }
        }
    }

    /// A state that an earlier version stored may have more than there is room for now, in every respect.
    pub fn bound_stored(&mut self) {
        bounds::shorten_page(&mut self.page);
        self.components.iter_mut().for_each(|component| _ = bounds::shorten_component(component));
        self.recovering = shortened(std::mem::take(&mut self.recovering), bounds::shorten_component_id);
        self.former_names = shortened(std::mem::take(&mut self.former_names), bounds::shorten_component_id);
        for name in self.former_names.values_mut().chain(self.former_groups.values_mut()).flatten() {
            bounds::shorten_name(name);
        }
        for known in &mut self.incidents {
            bounds::shorten_incident(&mut known.incident);
            known.page_id.as_mut().map(bounds::shorten_incident_id);
            known.newest.as_mut().map(bounds::shorten_update_id);
            known.edited = shortened(std::mem::take(&mut known.edited), bounds::shorten_update_id);
            let attributed = std::mem::take(&mut known.attributed).into_iter().map(|id| (id, ())).collect();
            known.attributed = shortened(attributed, bounds::shorten_component_id).into_keys().collect();
        }
        self.bound_incidents();
        self.bound_components(&BTreeSet::new());
    }

    /// Of a list that is never complete, what the page no longer lists goes first.
    fn bound_components(&mut self, listed: &BTreeSet<ComponentId>) {
        if self.components.len() <= MAX_COMPONENTS {
            return;
        }
        self.components.sort_by_cached_key(|component| {
            let is_well = component.status <= ComponentStatus::Operational;
            (!listed.contains(&component.id), is_well, component.id.clone())
        });
        self.components.truncate(MAX_COMPONENTS);
        self.components.sort_by(|a, b| a.id.cmp(&b.id));
        let kept: BTreeSet<_> = self.components.iter().map(|component| &component.id).collect();
        self.recovering.retain(|id, _| kept.contains(id));
        self.former_names.retain(|id, _| kept.contains(id));
    }

    /// Leaves out what does not fit: ended incidents, texts of all but the newest updates, stale incidents, all texts,
    /// open incidents; of each the oldest first. `listed`: what the page lists now. Asks a handful of times what fits.
    pub fn fit(&mut self, listed: &BTreeSet<IncidentId>, fits: impl Fn(&Self) -> bool) -> LeftOut {
        let fits = |state: &Self| state.incidents.len() <= MAX_INCIDENTS && fits(state);
        if fits(self) {
            return LeftOut { incidents: self.left_out.len(), ..LeftOut::default() };
        }
        let weights: Vec<Sizes> = self.incidents.iter().map(Sizes::of).collect();
        let all: u64 = weights.iter().map(|sizes| sizes.all()).sum();
        // Sizes do not depend on the page, so that the same page is cut at the same one.
        let sizes: Vec<u64> = std::iter::successors(Some(1 << 40), |size| (*size > 1).then_some(size * STEP / 100))
            .skip_while(|size| *size > all)
            .take_while(|size| *size >= all / PART)
            .collect();
        let mut largest = self.cut_to(&weights, 0, listed);
        let (mut from, mut to) = (0, sizes.len());
        while from < to {
            // What is too large is mostly so by less than a quarter.
            let middle = if from == 0 { from + (to - from) / 4 } else { from + (to - from) / 2 };
            let cut = self.cut_to(&weights, sizes[middle], listed);
            if fits(&cut.0) {
                largest = cut;
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        let (state, texts) = largest;
        *self = state;
        LeftOut { incidents: self.left_out.len(), texts, ..LeftOut::default() }
    }

    /// Of incidents that have `weights`, as much as takes this size. Returns the number of texts that are left out too.
    fn cut_to(&self, weights: &[Sizes], size: u64, listed: &BTreeSet<IncidentId>) -> (Self, usize) {
        let mut plan = Plan::new(&self.incidents, weights);
        plan.drop_while(|known| !known.is_open(), |taken| taken.all() > size);
        plan.drop_while(IncidentState::is_stale, |taken| taken.bare + taken.newest > size);
        plan.drop_while(|_| true, |taken| taken.bare > size);
        let kept: Vec<usize> = (0..self.incidents.len()).filter(|at| plan.is_kept[*at]).collect();
        let mut state = self.without_incidents();
        let mut left: Vec<&IncidentState> = Vec::new();
        for (at, known) in self.incidents.iter().enumerate() {
            if plan.is_kept[at] {
                state.incidents.push(known.clone());
            } else if listed.contains(known.id_on_page()) {
                left.push(known);
            }
        }
        state.leave_out(left);
        let texts = state.silence(&kept, weights, plan.taken.all().saturating_sub(size));
        (state, texts)
    }

    fn without_incidents(&self) -> Self {
        Self {
            page: self.page.clone(),
            components: self.components.clone(),
            listing: self.listing,
            recovering: self.recovering.clone(),
            incidents: Vec::new(),
            former_names: self.former_names.clone(),
            former_groups: self.former_groups.clone(),
            baseline_at: self.baseline_at,
            joined_at: self.joined_at.clone(),
            is_window: self.is_window,
            left_out: self.left_out.clone(),
            history_until: self.history_until,
        }
    }

    /// Drops texts of updates until this much is gone: those of the oldest incidents first, the newest of each last.
    /// The incidents are those at `kept` in the list that `weights` is of.
    fn silence(&mut self, kept: &[usize], weights: &[Sizes], mut too_much: u64) -> usize {
        let mut order: Vec<usize> = (0..self.incidents.len()).collect();
        order.sort_by_key(|at| (self.incidents[*at].first_seen_at, self.incidents[*at].incident.id.clone()));
        let mut dropped = 0;
        for is_newest in [false, true] {
            for at in &order {
                if too_much == 0 {
                    return dropped;
                }
                let sizes = &weights[kept[*at]];
                too_much = too_much.saturating_sub(if is_newest { sizes.newest } else { sizes.older });
                let updates = &mut self.incidents[*at].incident.updates;
                let old = updates.len() - usize::from(!is_newest).min(updates.len());
                dropped += updates[..old].iter_mut().filter_map(|update| update.body.take()).count();
            }
        }
        dropped
    }

    /// Remembers incidents that the page lists and that are not kept: each by its digest, and the oldest of them, if
    /// they are too many, by the time of their last word.
    fn leave_out(&mut self, mut left: Vec<&IncidentState>) {
        left.sort_by_cached_key(|known| std::cmp::Reverse((last_word(&known.incident), known.id_on_page().clone())));
        for known in left {
            if self.left_out.len() < MAX_LEFT_OUT {
                let open = known.is_open().then_some(OPEN);
                self.left_out.extend([short_digest(known.id_on_page()).chars().chain(open).collect()]);
            } else {
                let word = last_word(&known.incident).unwrap_or(known.first_seen_at);
                self.history_until = self.history_until.max(Some(word));
            }
        }
    }

    /// Takes what was left out before from a snapshot, unless it was open then and is over. Returns what is known of
    /// those that it still lists, and of open ones that it does not list for the first time.
    pub(super) fn still_left_out(&self, snapshot: &mut Snapshot) -> BTreeSet<String> {
        if self.left_out.is_empty() {
            return BTreeSet::new();
        }
        let mut still = BTreeSet::new();
        let mut absent: BTreeSet<&String> = self.left_out.iter().filter(|known| known.ends_with(OPEN)).collect();
        snapshot.incidents.retain(|seen| {
            let Some(known) = self.left_out_as(&seen.id) else { return true };
            absent.remove(&known);
            let is_told = is_open(&known) && seen.is_over();
            if !is_told {
                still.insert(known.trim_end_matches(ABSENT).to_owned());
            }
            is_told
        });
        still.extend(absent.into_iter().map(|known| format!("{known}{ABSENT}")));
        still
    }

    /// It was told of when it opened, and is not kept.
    pub(crate) fn was_left_out_open(&self, id: &IncidentId) -> bool {
        self.left_out_as(id).is_some_and(|known| is_open(&known))
    }

    fn left_out_as(&self, id: &IncidentId) -> Option<String> {
        if self.left_out.is_empty() {
            return None;
        }
        let digest = short_digest(id);
        let (open, absent) = (format!("{digest}{OPEN}"), format!("{digest}{OPEN}{ABSENT}"));
        [open, absent, digest].into_iter().find(|known| self.left_out.contains(known))
    }

    /// It may have been told of, or was there at the first read: there was no room to remember it.
    pub(super) fn is_history(&self, seen: &Incident) -> bool {
        self.history_until.is_some_and(|until| last_word(seen).is_none_or(|at| at <= until))
    }
}

impl IncidentState {
    /// An update that is not kept, and is no news.
    pub(super) fn is_left_out(&self, update: &Update) -> bool {
        let place = (update.posted_at, &update.id);
        self.left_out_through.as_ref().is_some_and(|mark| place <= (mark.posted_at, &mark.id))
    }

    /// Forgets what is known of updates that are not kept.
    fn forget_updates(&mut self) {
        let kept: BTreeSet<_> = self.incident.updates.iter().map(|update| &update.id).collect();
        self.edited.retain(|id, _| kept.contains(id));
        if self.newest.as_ref().is_some_and(|newest| !kept.contains(newest)) {
            self.newest = self.incident.updates.last().map(|update| update.id.clone());
        }
    }
}

/// What an incident takes, in bytes of JSON.
#[derive(Clone, Copy, Default)]
struct Sizes {
    /// Without texts of updates.
    bare: u64,
    /// The text of its newest update.
    newest: u64,
    /// The texts of all other updates.
    older: u64,
}

impl Sizes {
    fn of(known: &IncidentState) -> Self {
        let texts = known.incident.updates.iter().map(|update| update.body.as_deref().map_or(0, json_bytes) as u64);
        let texts: Vec<u64> = texts.collect();
        let (newest, older) = texts.split_last().map_or((0, 0), |(newest, older)| (*newest, older.iter().sum()));
        // By what the page says alone: what we note of it comes later, and must not change what there is room for.
        let whole = serde_json::to_vec(&known.incident).map_or(0, |json| json.len() as u64);
        Self { bare: whole.saturating_sub(newest + older) + NOTES, newest, older }
    }

    fn all(self) -> u64 {
        self.bare + self.newest + self.older
    }
}

/// Which incidents are kept.
struct Plan<'a> {
    incidents: &'a [IncidentState],
    weights: &'a [Sizes],
    is_kept: Vec<bool>,
    taken: Sizes,
}

impl<'a> Plan<'a> {
    fn new(incidents: &'a [IncidentState], weights: &'a [Sizes]) -> Self {
        let taken = weights.iter().fold(Sizes::default(), |sum, sizes| Sizes {
            bare: sum.bare + sizes.bare,
            newest: sum.newest + sizes.newest,
            older: sum.older + sizes.older,
        });
        Self { incidents, weights, is_kept: vec![true; incidents.len()], taken }
    }

    /// Drops incidents, oldest first, while they take too much.
    fn drop_while(&mut self, may: impl Fn(&IncidentState) -> bool, is_too_much: impl Fn(Sizes) -> bool) {
        let mut candidates: Vec<usize> =
            (0..self.incidents.len()).filter(|at| self.is_kept[*at] && may(&self.incidents[*at])).collect();
        candidates.sort_by_key(|at| {
            let known = &self.incidents[*at];
            let age = known.ended.map(|ended| ended.at).or(known.no_news_since).unwrap_or(known.first_seen_at);
            (age, known.incident.id.clone())
        });
        for at in candidates {
            if !is_too_much(self.taken) {
                return;
            }
            let sizes = self.weights[at];
            self.is_kept[at] = false;
            self.taken.bare -= sizes.bare;
            self.taken.newest -= sizes.newest;
            self.taken.older -= sizes.older;
        }
    }
}

fn shortened<K: Ord, V>(map: BTreeMap<K, V>, shorten: impl Fn(&mut K) -> usize) -> BTreeMap<K, V> {
    let shortened = |(mut key, value)| {
        shorten(&mut key);
        (key, value)
    };
    map.into_iter().map(shortened).collect()
}

/// Of what is known of one that is left out: it was open then.
fn is_open(known: &str) -> bool {
    known.trim_end_matches(ABSENT).ends_with(OPEN)
}

fn short_digest(id: &IncidentId) -> String {
    let mut digest = digest(&[id.as_str()]);
    digest.truncate(16);
    digest
}

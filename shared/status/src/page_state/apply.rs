//! Applies one snapshot to a page state. Wanted properties:
//! - the same snapshot a second time changes nothing, except what waits for exactly that (a recovery to be confirmed, a
//!   missing incident to be closed);
//! - the order of lists never matters;
//! - an older response about an incident (a stale cache) never undoes a newer one;
//! - nothing is removed because a read did not mention it, unless the format vouches for its absence (truth rule 3).
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Ended, FORGET_ENDED_AFTER, HowEnded, IncidentState, MAX_JOINED, Origin, PageState,
    component_incident::{Attribution, attribute},
    is_older,
    stale::calm,
};
use crate::{
    by_id::positions_by,
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Listing, Snapshot},
    words::ComponentStatus,
};

/// Complete reads without a sign of an open incident before it is closed as no longer listed (truth rule 4).
const MISSING_READS_TO_END: u32 = 2;

impl PageState {
    /// The state after the first successful read: everything is kept and nothing is news (truth rule 2).
    pub fn baseline(snapshot: &Snapshot, now: Timestamp) -> Self {
        let empty = Self {
            page: snapshot.page.clone(),
            components: Vec::new(),
            listing: snapshot.coverage.components,
            recovering: BTreeMap::new(),
            incidents: Vec::new(),
            former_names: BTreeMap::new(),
            former_groups: BTreeMap::new(),
            baseline_at: now,
            joined_at: BTreeMap::new(),
            is_window: false,
            left_out: BTreeSet::new(),
            history_until: None,
        };
        let mut page_state = empty.apply(snapshot, now);
        page_state.incidents.iter_mut().for_each(IncidentState::backfill);
        page_state.mark_stale(now);
        page_state
    }

    /// The state after one more successful read. A failed read is not a snapshot and never gets here (truth rule 1).
    pub fn apply(&self, snapshot: &Snapshot, now: Timestamp) -> Self {
        let mut snapshot = self.unless_emptied(snapshot.clone().sorted());
        let left_out = self.still_left_out(&mut snapshot);
        let mut incidents: Vec<IncidentState> =
            self.incidents.iter().filter(|state| state.origin == Origin::Provider).cloned().collect();
        // By id alone: a page may call the same incident planned today and unplanned tomorrow.
        let mut positions = positions_by(&incidents, |known| known.id_on_page().clone());
        let listing = snapshot.coverage.incidents;
        for seen in &snapshot.incidents {
            let at = *positions.entry(seen.id.clone()).or_insert(incidents.len());
            match incidents.get_mut(at) {
                Some(known) => known.merge(seen, listing, now),
                None if self.is_history(seen) => incidents.push(IncidentState::of_history(seen, now)),
                None => incidents.push(IncidentState::new(seen, listing, self.baseline_at, now)),
            }
        }
        let listed: BTreeSet<&IncidentId> = snapshot.incidents.iter().map(|seen| &seen.id).collect();
        incidents.retain_mut(|known| {
            let listed = listed.contains(known.id_on_page());
            if !listed && known.is_open() && listing == Listing::Complete {
                known.missing_reads += 1;
                if known.missing_reads >= MISSING_READS_TO_END {
                    known.ended = Some(Ended { at: now, how: HowEnded::NoLongerListed });
                }
            }
            known.suspected_redate &= listed;
            listed || known.ended.is_none_or(|ended| !is_older(ended.at, now, FORGET_ENDED_AFTER))
        });

        let is_window = listing == Listing::Window;
        incidents.iter_mut().for_each(|known| known.mark_stale(is_window, now));
        calm(&mut snapshot.components, &incidents);
        attribute(self, &mut incidents, &snapshot.components);
        let attribution = Attribution::by(&self.incidents, &incidents);
        let (mut components, recovering) = self.components_after(&snapshot, &attribution);
        self.release_components(&mut incidents, &mut components, &snapshot);
        incidents.extend(self.component_incidents(&components, &attribution, now));
        incidents.sort_by(|a, b| (a.incident.kind, &a.incident.id).cmp(&(b.incident.kind, &b.incident.id)));

        Self {
            page: snapshot.page,
            former_names: self.former_names_after(&components),
            former_groups: self.former_groups_after(&components),
            joined_at: self.joined_after(&components, now),
            components,
            // One damaged read does not make a complete list partial.
            listing: match snapshot.coverage.components {
                Listing::Complete => Listing::Complete,
                Listing::Partial | Listing::Window => self.listing,
            },
            recovering,
            incidents,
            baseline_at: self.baseline_at,
            is_window,
            left_out,
            history_until: self.history_until,
        }
    }

    /// When components were first listed, of those that the first read did not list.
    fn joined_after(&self, after: &[Component], now: Timestamp) -> BTreeMap<ComponentId, Timestamp> {
        let known = self.components_by_id();
        let is_new = |id: &ComponentId| self.baseline_at < now && !known.contains_key(id);
        let joined_at = |id: &ComponentId| self.joined_at.get(id).copied().or_else(|| is_new(id).then_some(now));
        let mut joined: Vec<(ComponentId, Timestamp)> =
            after.iter().filter_map(|component| Some((component.id.clone(), joined_at(&component.id)?))).collect();
        joined.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        joined.truncate(MAX_JOINED);
        joined.into_iter().collect()
    }

    /// A page that lost every component at once has lost more than these: nothing is concluded from what it lacks.
    fn unless_emptied(&self, mut snapshot: Snapshot) -> Snapshot {
        if snapshot.components.is_empty() && !self.components.is_empty() {
            snapshot.coverage.components = Listing::Partial;
            if snapshot.coverage.incidents == Listing::Complete {
                snapshot.coverage.incidents = Listing::Partial;
            }
        }
        snapshot
    }

    /// The component list. Improvements that no incident explains are held back until a second read (truth rule 6).
    fn components_after(
        &self,
        snapshot: &Snapshot,
        attribution: &Attribution,
    ) -> (Vec<Component>, BTreeMap<ComponentId, ComponentStatus>) {
        let known_components = self.components_by_id();
        let mut recovering = BTreeMap::new();
        let mut components = Vec::with_capacity(snapshot.components.len());
        for seen in &snapshot.components {
            let mut component = seen.clone();
            if let Some(known) = known_components.get(&seen.id) {
                if seen.status == ComponentStatus::Unknown {
                    component.status = known.status;
                } else if seen.status < known.status
                    && known.status.is_trouble()
                    && !attribution.covers(known)
                    && self.recovering.get(&seen.id) != Some(&seen.status)
                {
                    recovering.insert(seen.id.clone(), seen.status);
                    component.status = known.status;
                }
            }
            components.push(component);
        }
        if snapshot.coverage.components == Listing::Partial {
            let seen: BTreeSet<_> = snapshot.components.iter().map(|component| &component.id).collect();
            components.extend(self.components.iter().filter(|known| !seen.contains(&known.id)).cloned());
            components.sort_by(|a, b| a.id.cmp(&b.id));
        }
        (components, recovering)
    }

    /// An incident that has just ended releases its components (truth rule 5): each gets the status of the page's own
    /// component list, or operational if the page does not list it and no other open incident names it.
    fn release_components(&self, incidents: &mut [IncidentState], components: &mut [Component], snapshot: &Snapshot) {
        let listing = snapshot.coverage.components;
        let stated = snapshot.components.iter().filter(|listed| listed.status != ComponentStatus::Unknown);
        let stated: BTreeSet<&ComponentId> = stated.map(|listed| &listed.id).collect();
        let positions = positions_by(components, |component| component.id.clone());
        let before = self.incidents_by_id();
        let still_named: BTreeSet<ComponentId> = incidents
            .iter()
            .filter(|state| state.is_current())
            .flat_map(|state| state.incident.components.iter().map(|affected| affected.id.clone()))
            .collect();
        for state in incidents.iter_mut().filter(|state| !state.is_open()) {
            let was_open = before.get(&state.incident.id).is_none_or(|known| known.is_open());
            if !was_open {
                continue;
            }
            for affected in &mut state.incident.components {
                let component = positions.get(&affected.id).map(|at| &mut components[*at]);
                affected.status = match component {
                    Some(component)
                        if listing == Listing::Complete
                            || still_named.contains(&affected.id)
                            || stated.contains(&affected.id) =>
                    {
                        Some(component.status)
                    }
                    Some(component) => {
                        component.status = ComponentStatus::Operational;
                        Some(ComponentStatus::Operational)
                    }
                    None => Some(ComponentStatus::Operational),
                };
            }
        }
    }
}

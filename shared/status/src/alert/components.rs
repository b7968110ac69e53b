//! The components of an alert: how each is, how it was, and how long it was in trouble.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NamedComponent, in_trouble::worse};
use crate::{
    by_id::first_by,
    ids::ComponentId,
    incident_timeline::{ComponentInterval, IncidentTimeline},
    page_state::{HowEnded, IncidentState, Origin, PageState},
    snapshot::{Affected, Component, Listing},
    words::ComponentStatus,
};

/// When a component was worse than operational during an incident, by the provider's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The status it had all the time; `None`: several, or none was given.
    pub status: Option<ComponentStatus>,
    pub from: Timestamp,
    /// `None`: it lasts, or nobody says when it ended.
    pub until: Option<Timestamp>,
    /// The time in trouble, without pauses in between. Known together with `until`.
    pub seconds: Option<i64>,
}

/// Two states of one page, with what the alerts of all incidents look up in them.
pub(super) struct ComparedPages<'a> {
    pub(super) after: &'a PageState,
    /// What the page's own list shows worse than operational.
    pub(super) worse: Vec<&'a Component>,
    known: BTreeMap<&'a ComponentId, &'a Component>,
    listed: BTreeMap<&'a ComponentId, &'a Component>,
}

/// Two states of one incident.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    pub(super) known: Option<&'a IncidentState>,
    pub(super) state: &'a IncidentState,
}

/// What the incident says of its components, by component.
struct Said<'a> {
    intervals: BTreeMap<&'a ComponentId, Vec<&'a ComponentInterval>>,
    /// Those that an update names.
    named: BTreeSet<&'a ComponentId>,
    old: BTreeMap<&'a ComponentId, &'a Affected>,
}

impl<'a> ComparedPages<'a> {
    pub(super) fn of(before: &'a PageState, after: &'a PageState) -> Self {
        let (known, listed) = (before.components_by_id(), after.components_by_id());
        Self { after, worse: worse(after), known, listed }
    }
}

impl Compared<'_> {
    pub(super) fn components(&self, pages: &ComparedPages<'_>) -> Vec<NamedComponent> {
        let incident = &self.state.incident;
        let timeline = IncidentTimeline::of(self.state);
        let mut intervals: BTreeMap<&ComponentId, Vec<&ComponentInterval>> = BTreeMap::new();
        for interval in &timeline.intervals {
            intervals.entry(&interval.component).or_default().push(interval);
        }
        let named = incident.updates.iter().flat_map(|update| &update.components).map(|named| &named.id).collect();
        let old = self.known.iter().flat_map(|known| &known.incident.components);
        let said = Said { intervals, named, old: first_by(old, |old| &old.id) };
        incident.components.iter().map(|affected| self.component(pages, affected, &said)).collect()
    }

    fn component(&self, pages: &ComparedPages<'_>, affected: &Affected, said: &Said<'_>) -> NamedComponent {
        let listed = pages.listed.get(&affected.id).copied();
        let stated = affected.status.or(listed.map(|component| component.status));
        let status = stated.unwrap_or(ComponentStatus::Unknown);
        let old = said.old.get(&affected.id);
        let before = old.and_then(|old| old.status.or(pages.known.get(&affected.id).map(|known| known.status)));
        let is_listed = listed.is_some() && pages.after.listing == Listing::Complete;
        NamedComponent {
            id: affected.id.clone(),
            name: listed.map_or_else(|| affected.id.to_string(), |component| component.name.clone()),
            group: listed.and_then(|component| component.group.clone()),
            status,
            was: before.filter(|before| *before != status),
            joined: old.is_none() && self.follows(),
            released: !self.state.is_open() && !is_listed,
            trouble: self.trouble(affected, status, before, said),
        }
    }

    /// Alerts of this episode came before.
    fn follows(&self) -> bool {
        self.known.is_some_and(|known| known.is_open() && known.episode == self.state.episode)
    }

    /// By the provider's times alone. A second episode has none: when the first one's trouble paused, no page says.
    fn trouble(
        &self,
        affected: &Affected,
        status: ComponentStatus,
        before: Option<ComponentStatus>,
        said: &Said<'_>,
    ) -> Option<Trouble> {
        let incident = &self.state.incident;
        let is_named = said.named.contains(&affected.id);
        let is_timed =
            self.state.origin == Origin::Provider && incident.started_at.is_some() && self.state.episode == 1;
        let own = said.intervals.get(&affected.id)?;
        let (first, last) = (own.first()?, own.last()?);
        if !is_named || !is_timed {
            return None;
        }
        let ended = self.state.ended;
        let with_the_end = ended.is_some_and(|ended| last.until == Some(ended.at));
        // Between its last update and the end it may have recovered at a time that no update gives.
        let lasted_to_the_end = ended.is_some_and(|ended| ended.how == HowEnded::ByProvider)
            && self.known.is_none_or(|_| before.is_none_or(|before| before > ComponentStatus::Operational));
        let until =
            last.until.filter(|_| status <= ComponentStatus::Operational && (!with_the_end || lasted_to_the_end));
        let seconds = own.iter().filter_map(|it| Some(it.until?.duration_since(it.from).as_secs())).sum();
        let same = own.iter().all(|it| it.status == first.status);
        Some(Trouble {
            status: first.status.filter(|_| same),
            from: first.from,
            until,
            seconds: until.map(|_| seconds),
        })
    }
}

//! The components of an alert: how each is, how it was, and how long it was in trouble.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::NamedComponent;
use crate::{
    incident_timeline::{ComponentInterval, IncidentTimeline},
    page_state::{HowEnded, IncidentState, Origin, PageState},
    snapshot::{Affected, Listing},
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

/// Two states of one page, and those of one incident in them.
pub(super) struct Compared<'a> {
    pub(super) before: &'a PageState,
    pub(super) after: &'a PageState,
    pub(super) known: Option<&'a IncidentState>,
    pub(super) state: &'a IncidentState,
}

impl Compared<'_> {
    pub(super) fn components(&self) -> Vec<NamedComponent> {
        let intervals = IncidentTimeline::of(self.state).intervals;
        self.state.incident.components.iter().map(|affected| self.component(affected, &intervals)).collect()
    }

    fn component(&self, affected: &Affected, intervals: &[ComponentInterval]) -> NamedComponent {
        let listed = self.after.component(&affected.id);
        let stated = affected.status.or(listed.map(|component| component.status));
        let status = stated.unwrap_or(ComponentStatus::Unknown);
        let old = self.old(affected);
        let before = old.and_then(|old| old.status.or(self.before.component(&affected.id).map(|known| known.status)));
        let is_listed = listed.is_some() && self.after.listing == Listing::Complete;
        NamedComponent {
            id: affected.id.clone(),
            name: listed.map_or_else(|| affected.id.to_string(), |component| component.name.clone()),
            group: listed.and_then(|component| component.group.clone()),
            status,
            was: before.filter(|before| *before != status),
            joined: old.is_none() && self.follows(),
            released: !self.state.is_open() && !is_listed,
            trouble: self.trouble(affected, status, before, intervals),
        }
    }

    fn old(&self, affected: &Affected) -> Option<&Affected> {
        self.known.and_then(|known| known.incident.components.iter().find(|old| old.id == affected.id))
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
        intervals: &[ComponentInterval],
    ) -> Option<Trouble> {
        let incident = &self.state.incident;
        let is_named = incident.updates.iter().any(|update| update.components.iter().any(|it| it.id == affected.id));
        let is_timed =
            self.state.origin == Origin::Provider && incident.started_at.is_some() && self.state.episode == 1;
        let own: Vec<&ComponentInterval> = intervals.iter().filter(|it| it.component == affected.id).collect();
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

//! Intervals during which an incident degraded each component. Timelines, lists of past incidents and
//! [`crate::availability`] are made of them.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    by_id::first_by,
    ids::{ComponentId, IncidentId},
    page_state::{HowEnded, IncidentState, Origin},
    page_summary::since,
    snapshot::{Kind, Window},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// Of one incident. Further ones are dropped.
const MAX_INTERVALS: usize = 1_000;

/// One incident or maintenance, without its texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentTimeline {
    pub id: IncidentId,
    pub kind: Kind,
    pub origin: Origin,
    pub title: String,
    pub phase: Option<Phase>,
    pub impact: Option<Impact>,
    pub severity: Severity,
    /// The provider's time of the start, else when we first saw it.
    pub began_at: Timestamp,
    pub first_seen_at: Timestamp,
    /// It predates our first read of the page: shown, never counted in delays.
    pub backfilled: bool,
    /// When the provider posted first.
    pub first_said_at: Option<Timestamp>,
    /// `None` while open.
    pub ended_at: Option<Timestamp>,
    pub how_ended: Option<HowEnded>,
    /// Of one that is stale: it counts until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_news_since: Option<Timestamp>,
    pub window: Option<Window>,
    /// The planned window before the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Window>,
    /// When it changed last (our clock); set when it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    #[serde(rename = "held")]
    pub intervals: Vec<ComponentInterval>,
    /// There are more intervals, for which there was no room.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_more_intervals: bool,
}

/// One component in one status from one time to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentInterval {
    pub component: ComponentId,
    /// `None`: the component was named without a status.
    pub status: Option<ComponentStatus>,
    pub from: Timestamp,
    /// `None`: it lasts.
    pub until: Option<Timestamp>,
}

impl IncidentTimeline {
    pub fn of(state: &IncidentState) -> Self {
        let incident = &state.incident;
        let mut intervals = intervals(state);
        let has_more_intervals = intervals.len() > MAX_INTERVALS;
        intervals.truncate(MAX_INTERVALS);
        let posted = incident.updates.iter().filter_map(|update| update.posted_at);
        Self {
            id: incident.id.clone(),
            kind: incident.kind,
            origin: state.origin,
            title: incident.title.clone(),
            phase: incident.phase,
            impact: incident.impact,
            severity: state.severity,
            began_at: since(state),
            first_seen_at: state.first_seen_at,
            backfilled: state.backfilled,
            first_said_at: posted.min(),
            ended_at: state.ended.map(|ended| ended.at),
            how_ended: state.ended.map(|ended| ended.how),
            no_news_since: state.no_news_since.filter(|_| state.is_open()),
            window: incident.window,
            moved_from: state.rescheduled.last().map(|rescheduled| rescheduled.from),
            changed_at: None,
            intervals,
            has_more_intervals,
        }
    }
}

impl IncidentTimeline {
    /// Less and less of it, for a row that has no room for all of it; `None`: there is no less.
    pub fn shorter(&self, step: usize) -> Option<Self> {
        let mut shorter = self.clone();
        let room = *[300, 100, 0].get(step)?;
        shorter.has_more_intervals |= shorter.intervals.len() > room;
        shorter.intervals.truncate(room);
        Some(shorter)
    }
}

/// The intervals of each component: as the updates that name it say, else as the incident does. A maintenance has none
/// before it starts; afterwards a component named without a status is under maintenance. One more than there is room
/// for shows that there are more.
fn intervals(state: &IncidentState) -> Vec<ComponentInterval> {
    let incident = &state.incident;
    let started = since(state);
    let ended = state.ended.map(|ended| ended.at).or(state.no_news_since);
    let not_begun = incident.kind == Kind::Maintenance && matches!(incident.phase, None | Some(Phase::Scheduled));
    let mut all = Vec::new();
    if not_begun {
        return all;
    }
    let unnamed = (incident.kind == Kind::Maintenance).then_some(ComponentStatus::UnderMaintenance);
    let first_naming = incident.updates.iter().find(|update| !update.components.is_empty());
    let mut steps_of: BTreeMap<&ComponentId, Vec<(Timestamp, Option<ComponentStatus>)>> = BTreeMap::new();
    for update in &incident.updates {
        // Components named first were affected from the start of the incident, even if the update came later.
        let from_the_start = first_naming.is_some_and(|first| first.id == update.id);
        let at = if from_the_start { Some(started) } else { update.posted_at.map(|at| at.max(started)) };
        let Some(at) = at else { continue };
        for (id, named) in first_by(&update.components, |named| &named.id) {
            steps_of.entry(id).or_default().push((at, named.status.or(unnamed)));
        }
    }
    for affected in &incident.components {
        // The end releases the components, so their status in an ended incident is not one they had during it.
        let own = affected.status.filter(|_| state.is_open());
        let mut steps = steps_of.get(&affected.id).cloned().unwrap_or_default();
        steps.sort_by_key(|(at, _)| *at);
        if steps.is_empty() {
            steps.push((started, own.or(unnamed)));
        }
        // A repeated status continues the interval.
        steps.dedup_by_key(|(_, status)| *status);
        let ends: Vec<Option<Timestamp>> =
            steps.iter().skip(1).map(|(at, _)| Some(*at)).chain(std::iter::once(ended)).collect();
        for ((from, status), until) in steps.into_iter().zip(ends) {
            if all.len() <= MAX_INTERVALS && status.is_none_or(|status| status > ComponentStatus::Operational) {
                all.push(ComponentInterval { component: affected.id.clone(), status, from, until });
            }
        }
    }
    all
}

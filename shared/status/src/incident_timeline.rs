//! Intervals during which an incident degraded each component. Timelines, lists of past incidents and the bars of the
//! last 90 days are made of them.
use std::collections::BTreeMap;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

use crate::{
    by_id::first_by,
    ids::{ComponentId, IncidentId},
    page_state::{HowEnded, IncidentState, Origin},
    page_summary::since,
    snapshot::{Kind, Window},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// Of one incident. Further ones are dropped, and missing in the bars only.
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
            intervals: intervals(state),
        }
    }
}

impl IncidentTimeline {
    /// Less and less of it, for a row that has no room for all of it; `None`: there is no less.
    pub fn shorter(&self, step: usize) -> Option<Self> {
        let mut shorter = self.clone();
        shorter.intervals.truncate(*[300, 100, 0].get(step)?);
        Some(shorter)
    }
}

/// The intervals of each component: as the updates that name it say, else as the incident does. A maintenance has none
/// before it starts; afterwards a component named without a status is under maintenance.
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
            if all.len() < MAX_INTERVALS && status.is_none_or(|status| status > ComponentStatus::Operational) {
                all.push(ComponentInterval { component: affected.id.clone(), status, from, until });
            }
        }
    }
    all
}

/// The state of one day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// Before our first good read of the page: no data.
    NotWatched,
    /// The worst status of the day, and the seconds of the day with any trouble. [`ComponentStatus::Unknown`] stands
    /// for trouble without a given status.
    Watched { worst: ComponentStatus, seconds: i64 },
}

/// The last `days` days of one component, or of the whole page (`None`), oldest first, today last.
pub fn daily_states(
    timelines: &[IncidentTimeline],
    component: Option<&ComponentId>,
    watched_since: Timestamp,
    days: usize,
    now: Timestamp,
) -> Vec<(Date, DayState)> {
    let today = TimeZone::UTC.to_datetime(now).date();
    let intervals: Vec<Interval> = timelines
        .iter()
        .flat_map(|timeline| match component {
            Some(id) => {
                timeline.intervals.iter().filter(|interval| interval.component == *id).map(interval(now)).collect()
            }
            None => page_intervals(timeline, now),
        })
        .collect();
    let first = (0..days).rev().filter_map(|back| today.checked_sub(jiff::Span::new().days(back as i64)).ok());
    first.map(|date| (date, day_state(date, &intervals, watched_since, now))).collect()
}

/// From, until, status.
type Interval = (Timestamp, Timestamp, Option<ComponentStatus>);

fn interval(now: Timestamp) -> impl Fn(&ComponentInterval) -> Interval {
    move |interval| (interval.from, interval.until.unwrap_or(now), interval.status)
}

/// Of the page as a whole: the intervals of all components, or that of the incident if it names none.
fn page_intervals(timeline: &IncidentTimeline, now: Timestamp) -> Vec<Interval> {
    let is_ahead = timeline.kind == Kind::Maintenance && matches!(timeline.phase, None | Some(Phase::Scheduled));
    let is_past_notice = timeline.impact == Some(Impact::None) && timeline.ended_at.is_some();
    if is_ahead || is_past_notice {
        return Vec::new();
    }
    if !timeline.intervals.is_empty() {
        return timeline.intervals.iter().map(interval(now)).collect();
    }
    let status = (timeline.kind == Kind::Maintenance).then_some(ComponentStatus::UnderMaintenance);
    vec![(timeline.began_at, timeline.ended_at.or(timeline.no_news_since).unwrap_or(now), status)]
}

fn day_state(date: Date, intervals: &[Interval], watched_since: Timestamp, now: Timestamp) -> DayState {
    let midnight = |date: Date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(now);
    let (start, end) = (midnight(date), date.tomorrow().map_or(now, midnight).min(now));
    if end < watched_since || (end == watched_since && end != now) {
        return DayState::NotWatched;
    }
    let mut parts: Vec<(Timestamp, Timestamp)> = Vec::new();
    let mut worst = ComponentStatus::Operational;
    let mut unknown = false;
    for (from, until, status) in intervals {
        let (from, until) = (start.max(*from), end.min(*until));
        if from >= until {
            continue;
        }
        match status {
            Some(status) => worst = worst.max(*status),
            None => unknown = true,
        }
        parts.push((from, until));
    }
    if unknown && worst == ComponentStatus::Operational {
        worst = ComponentStatus::Unknown;
    }
    DayState::Watched { worst, seconds: covered(parts) }
}

/// In seconds; overlaps count once.
fn covered(mut parts: Vec<(Timestamp, Timestamp)>) -> i64 {
    parts.sort();
    let mut seconds = 0;
    let mut reached: Option<Timestamp> = None;
    for (from, until) in parts {
        let from = reached.map_or(from, |reached| reached.max(from));
        if until > from {
            seconds += until.duration_since(from).as_secs();
        }
        reached = Some(reached.map_or(until, |reached| reached.max(until)));
    }
    seconds
}

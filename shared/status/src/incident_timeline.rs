//! How long what was how bad: an incident as the stretches of time in which it held its components. What a timeline, a list of
//! past incidents and the bars of the last 90 days are made of.
use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ComponentId, IncidentId},
    page_state::{HowEnded, IncidentState, Origin},
    page_summary::since,
    snapshot::{Kind, Window},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// An incident of hundreds of components and updates is cut here; what is cut is missing in the bars only.
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
    /// Vendor's clock where it says so, else when we first saw it.
    pub began_at: Timestamp,
    pub first_seen_at: Timestamp,
    /// It was there before we watched the page: shown, but no measure of anybody's speed.
    pub backfilled: bool,
    /// When the vendor first said something of it.
    pub first_said_at: Option<Timestamp>,
    /// `None` while open.
    pub ended_at: Option<Timestamp>,
    pub how_ended: Option<HowEnded>,
    pub window: Option<Window>,
    /// The plan that was given up for that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Window>,
    /// Our clock: when something of it changed last, once it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    #[serde(rename = "held")]
    pub intervals: Vec<ComponentInterval>,
}

/// A component in one state for a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentInterval {
    pub component: ComponentId,
    /// `None`: it was named without a state.
    pub status: Option<ComponentStatus>,
    pub from: Timestamp,
    /// `None`: until now.
    pub until: Option<Timestamp>,
}

impl IncidentTimeline {
    pub fn of(incident_state: &IncidentState) -> Self {
        let incident = &incident_state.incident;
        let said = incident.updates.iter().filter_map(|update| update.posted_at);
        Self {
            id: incident.id.clone(),
            kind: incident.kind,
            origin: incident_state.origin,
            title: incident.title.clone(),
            phase: incident.phase,
            impact: incident.impact,
            severity: incident_state.severity,
            began_at: since(incident_state),
            first_seen_at: incident_state.first_seen_at,
            backfilled: incident_state.backfilled,
            first_said_at: said.min(),
            ended_at: incident_state.ended.map(|ended| ended.at),
            how_ended: incident_state.ended.map(|ended| ended.how),
            window: incident.window,
            moved_from: incident_state.rescheduled.last().map(|rescheduled| rescheduled.from),
            changed_at: None,
            intervals: intervals(incident_state),
        }
    }
}

/// What each component went through: as the updates that name it say, else as the incident does. Planned work holds nothing
/// before it begins, and then it is the state of what is named without one.
fn intervals(incident_state: &IncidentState) -> Vec<ComponentInterval> {
    let incident = &incident_state.incident;
    let began = since(incident_state);
    let ended = incident_state.ended.map(|ended| ended.at);
    let not_begun = incident.kind == Kind::Maintenance && matches!(incident.phase, None | Some(Phase::Scheduled));
    let mut all = Vec::new();
    if not_begun {
        return all;
    }
    let unnamed = (incident.kind == Kind::Maintenance).then_some(ComponentStatus::UnderMaintenance);
    let first_naming = incident.updates.iter().find(|update| !update.components.is_empty());
    for affected in &incident.components {
        let named = incident.updates.iter().filter_map(|update| {
            let named = update.components.iter().find(|named| named.id == affected.id)?;
            // Those named first were hit when the incident began, whenever that was said.
            let from_the_start = first_naming.is_some_and(|first| first.id == update.id);
            let at = if from_the_start { began } else { update.posted_at?.max(began) };
            Some((at, named.status.or(unnamed)))
        });
        // Ended incidents give their components back, so what they say of them then is no trouble they had.
        let own = affected.status.filter(|_| ended.is_none());
        let mut steps: Vec<(Timestamp, Option<ComponentStatus>)> = named.collect();
        steps.sort_by_key(|(at, _)| *at);
        if steps.is_empty() {
            steps.push((began, own.or(unnamed)));
        }
        // What is said again goes on.
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

/// One day of a bar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// Before our first good read of the page: nothing is claimed.
    NotWatched,
    /// The worst state of the day and for how many seconds there was any trouble; a state that was not given is
    /// [`ComponentStatus::Unknown`].
    Watched { worst: ComponentStatus, seconds: i64 },
}

/// The last `days` days of one component, or of the whole page (`None`), the oldest first, today last.
pub fn bar(
    timelines: &[IncidentTimeline],
    component: Option<&ComponentId>,
    watched_since: Timestamp,
    days: usize,
    now: Timestamp,
) -> Vec<(Date, Day)> {
    let today = TimeZone::UTC.to_datetime(now).date();
    let held: Vec<(Timestamp, Timestamp, Option<ComponentStatus>)> = timelines
        .iter()
        .flat_map(|timeline| match component {
            Some(id) => timeline.intervals.iter().filter(|held| held.component == *id).map(stretch(now)).collect(),
            None => whole(timeline, now),
        })
        .collect();
    let first = (0..days).rev().filter_map(|back| today.checked_sub(jiff::Span::new().days(back as i64)).ok());
    first.map(|date| (date, day(date, &held, watched_since, now))).collect()
}

type Stretch = (Timestamp, Timestamp, Option<ComponentStatus>);

fn stretch(now: Timestamp) -> impl Fn(&ComponentInterval) -> Stretch {
    move |held| (held.from, held.until.unwrap_or(now), held.status)
}

/// The page as a whole: its components, or the incident itself where it names none.
fn whole(timeline: &IncidentTimeline, now: Timestamp) -> Vec<Stretch> {
    let is_ahead = timeline.kind == Kind::Maintenance && matches!(timeline.phase, None | Some(Phase::Scheduled));
    if is_ahead || timeline.impact == Some(Impact::None) {
        return Vec::new();
    }
    if !timeline.intervals.is_empty() {
        return timeline.intervals.iter().map(stretch(now)).collect();
    }
    let status = (timeline.kind == Kind::Maintenance).then_some(ComponentStatus::UnderMaintenance);
    vec![(timeline.began_at, timeline.ended_at.unwrap_or(now), status)]
}

fn day(date: Date, held: &[Stretch], watched_since: Timestamp, now: Timestamp) -> Day {
    let midnight = |date: Date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(now);
    let (start, end) = (midnight(date), date.tomorrow().map_or(now, midnight).min(now));
    if end < watched_since || (end == watched_since && end != now) {
        return Day::NotWatched;
    }
    let mut parts: Vec<(Timestamp, Timestamp)> = Vec::new();
    let mut worst = ComponentStatus::Operational;
    let mut unknown = false;
    for (from, until, status) in held {
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
    Day::Watched { worst, seconds: covered(parts) }
}

/// Overlapping stretches count once.
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

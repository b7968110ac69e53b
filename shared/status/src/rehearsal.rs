//! What one group would have told of the past, and when: at once, in a summary or as a follow-up. The decisions of the
//! router are asked for each step of each stored timeline ([`crate::filter`], [`Group::holds_until`]), and what waits
//! is dropped and told as it is there. What a timeline does not keep, [`crate::preview`] says.
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{
    alert::Alert,
    component_match::{FoldedFilter, PageNames},
    filter::{Filtered, Reason, reason_to_notify},
    follow_up_due::may_begin,
    ids::IncidentId,
    incident_timeline::IncidentTimeline,
    monitor::{Group, Monitor},
    preview::{Drafted, Night, Past, WhyNot, listed, steps},
    snapshot::Kind,
    words::Event,
};

/// One incident or maintenance of what the group covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    pub id: IncidentId,
    pub kind: Kind,
    pub title: String,
    pub began_at: Timestamp,
    pub course: Course,
}

/// What the group does with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Course {
    /// In the order of their times, and never empty.
    Told(Vec<Told>),
    /// It began and ended while it was held.
    LeftOut,
    /// All of it is held until then.
    Waits(Timestamp),
    NotWanted(WhyNot),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    pub at: Timestamp,
    pub how: How,
    pub at_night: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    AtOnce(Event),
    /// The newest of what waited, in the summary of this time.
    InSummary(Event),
    FollowUp,
}

impl Rehearsed {
    pub fn told(&self) -> &[Told] {
        match &self.course {
            Course::Told(told) => told,
            _ => &[],
        }
    }
}

/// What all incidents come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub incidents: usize,
    /// Of these.
    pub told: usize,
    pub at_once: usize,
    pub summaries: usize,
    /// What the summaries stand for.
    pub summed_up: usize,
    pub follow_ups: usize,
    /// Incidents that began and ended while they were held.
    pub left_out: usize,
    /// Incidents of which everything is held still.
    pub waiting: usize,
    /// Messages.
    pub at_night: usize,
}

impl Totals {
    pub fn of<'a>(rehearsed: impl IntoIterator<Item = &'a Rehearsed>) -> Self {
        let mut totals = Self::default();
        let mut summaries: BTreeSet<(Timestamp, bool)> = BTreeSet::new();
        for incident in rehearsed {
            totals.incidents += 1;
            match &incident.course {
                Course::Told(_) => totals.told += 1,
                Course::LeftOut => totals.left_out += 1,
                Course::Waits(_) => totals.waiting += 1,
                Course::NotWanted(_) => {}
            }
            for told in incident.told() {
                let count = match told.how {
                    How::AtOnce(_) => &mut totals.at_once,
                    How::InSummary(_) => &mut totals.summed_up,
                    How::FollowUp => &mut totals.follow_ups,
                };
                *count += 1;
                if matches!(told.how, How::InSummary(_)) {
                    summaries.insert((told.at, told.at_night));
                } else {
                    totals.at_night += usize::from(told.at_night);
                }
            }
        }
        totals.summaries = summaries.len();
        totals.at_night += summaries.iter().filter(|(_, at_night)| *at_night).count();
        totals
    }

    /// For each destination.
    pub fn messages(self) -> usize {
        self.at_once + self.summaries + self.follow_ups
    }
}

/// Of each timeline, in their order. `monitors`: those of the provider that the group covers. What would be told after
/// `now` is left out.
pub fn rehearse(past: Past<'_>, monitors: &[&Monitor], group: &Group, night: &Night, now: Timestamp) -> Vec<Rehearsed> {
    let names = past.page.map(|page| PageNames::of(page, true));
    let filters: Vec<FoldedFilter> = monitors.iter().map(|monitor| FoldedFilter::of(&monitor.components)).collect();
    let drafted = monitors.iter().zip(&filters).map(|(monitor, filter)| {
        let groups = std::slice::from_ref(group);
        Drafted { names: names.as_ref(), monitor, filter, groups }
    });
    let (drafted, components) = (drafted.collect::<Vec<_>>(), listed(past));
    let rehearsed = |timeline: &IncidentTimeline| {
        let steps = steps(past, &components, timeline);
        let filtered: Vec<Filtered> = steps.iter().map(Filtered::of).collect();
        let mut run = Run::new(group, timeline.ended_at);
        for (alert, filtered) in steps.iter().zip(&filtered) {
            run.step(alert, strongest(&drafted, group, filtered));
        }
        let course = run.course(night, now).unwrap_or_else(|| {
            let reasons = drafted.iter().map(|drafted| drafted.why_not(&steps, &filtered));
            Course::NotWanted(reasons.max().unwrap_or(WhyNot::NoGroup))
        });
        let (id, kind, title) = (timeline.id.clone(), timeline.kind, timeline.title.clone());
        Rehearsed { id, kind, title, began_at: timeline.began_at, course }
    };
    past.timelines.iter().map(rehearsed).collect()
}

/// Why the group wants the alert, of all monitors.
fn strongest(drafted: &[Drafted<'_>], group: &Group, filtered: &Filtered) -> Option<Reason> {
    let reasons = drafted.iter().filter_map(|Drafted { names, monitor, filter, .. }| {
        reason_to_notify(&filtered.passing_by(filter, monitor.unknown, *names), monitor, group)
    });
    reasons.reduce(|best, other| if other.beats(best) { other } else { best })
}

/// What the router knows of an incident for the destinations of the group.
struct Run<'a> {
    group: &'a Group,
    ended_at: Option<Timestamp>,
    is_notified: bool,
    held: Option<Held>,
    is_left_out: bool,
    told: Vec<(Timestamp, How)>,
}

/// The newest alert that waits, and until when.
struct Held {
    event: Event,
    due_at: Timestamp,
    /// Nothing was told before.
    is_first: bool,
}

impl<'a> Run<'a> {
    fn new(group: &'a Group, ended_at: Option<Timestamp>) -> Self {
        Self { group, ended_at, is_notified: false, held: None, is_left_out: false, told: Vec::new() }
    }

    fn step(&mut self, alert: &Alert, wanted: Option<Reason>) {
        let (at, ends) = (alert.seen_at, alert.event.is_end());
        if self.held.as_ref().is_some_and(|held| held.due_at <= at) {
            self.tell_held();
        }
        let is_due = match wanted {
            Some(reason) => !reason.is_conditional() || !self.is_told(),
            // Whoever got an opening gets the end.
            None => ends && self.is_notified,
        };
        if !is_due {
            return;
        }
        if ends && self.held.as_ref().is_some_and(|held| held.is_first) {
            (self.held, self.is_left_out) = (None, true);
            return;
        }
        let is_first = !self.is_notified;
        self.is_notified = true;
        let until = self.group.holds_until(alert.severity_for_quiet_hours(), at);
        if is_first && !ends {
            self.follow_up(alert, until.unwrap_or(at));
        }
        match until {
            Some(due_at) => {
                let held = self.held.get_or_insert(Held { event: alert.event, due_at, is_first: is_first && !ends });
                held.event = alert.event;
            }
            None => {
                self.held = None;
                self.told.push((at, How::AtOnce(alert.event)));
            }
        }
    }

    /// Of the opening or of a later state: what only waits is not told.
    fn is_told(&self) -> bool {
        self.is_notified && !self.held.as_ref().is_some_and(|held| held.is_first)
    }

    fn follow_up(&mut self, first: &Alert, told_at: Timestamp) {
        let Some(follow_up) = self.group.follow_up.as_ref().filter(|_| may_begin(first)) else { return };
        let due_at = told_at + SignedDuration::from_mins(i64::from(follow_up.minutes));
        let at = self.group.quiet_until(first.severity, due_at).unwrap_or(due_at);
        if self.ended_at.is_none_or(|ended_at| at < ended_at) {
            self.told.push((at, How::FollowUp));
        }
    }

    fn tell_held(&mut self) {
        let held = self.held.take();
        self.told.extend(held.map(|held| (held.due_at, How::InSummary(held.event))));
    }

    /// `None`: nobody wants anything of it.
    fn course(mut self, night: &Night, now: Timestamp) -> Option<Course> {
        let waits = self.held.as_ref().map(|held| held.due_at);
        self.tell_held();
        self.told.retain(|(at, _)| *at <= now);
        self.told.sort_by_key(|(at, _)| *at);
        let told: Vec<Told> =
            self.told.iter().map(|(at, how)| Told { at: *at, how: *how, at_night: night.contains(*at) }).collect();
        match (told.is_empty(), waits) {
            (false, _) => Some(Course::Told(told)),
            (true, _) if self.is_left_out => Some(Course::LeftOut),
            (true, waits) => waits.map(Course::Waits),
        }
    }
}

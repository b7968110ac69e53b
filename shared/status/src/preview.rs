//! Which incidents of the past would have alerted through a monitor and groups as they are drafted, and why the others
//! would not. The router's own decision ([`crate::filter`]) is asked for each step of each stored timeline. A timeline
//! keeps no texts and no component that was named as operational, and its severity is the last one; what it no longer
//! says is unknown, as it would be of a page that names nothing. Reminders and overruns are not among the steps.
use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Time, tz::TimeZone};

use crate::{
    alert::{Alert, IncidentFacts, NamedComponent},
    component_match::{FoldedFilter, PageNames},
    filter::{Filtered, reason_to_notify},
    ids::{ComponentId, IncidentId},
    incident_timeline::IncidentTimeline,
    monitor::{Group, Monitor, WhenUnknown},
    page_state::{HowEnded, Origin, PageState},
    provider::Provider,
    snapshot::{Component, Kind, Listing},
    words::{ComponentStatus, Event, Phase, Severity},
};

/// The hours that count as night, in a zone; `until` may be before `from`.
#[derive(Clone, Debug)]
pub struct Night {
    pub zone: TimeZone,
    pub from: Time,
    pub until: Time,
}

/// What is stored of one provider.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    pub provider: &'a Provider,
    /// `None`: the page was never read.
    pub page: Option<&'a PageState>,
    pub timelines: &'a [IncidentTimeline],
}

/// One incident or maintenance of the past, and what the draft does with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastIncident {
    pub id: IncidentId,
    pub kind: Kind,
    pub title: String,
    pub severity: Severity,
    pub began_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `at`: of the first alert. `unknown`: the component filter could not say (truth rule 8).
    Alerted {
        at: Timestamp,
        event: Event,
        at_night: bool,
        unknown: bool,
    },
    NotAlerted(WhyNot),
}

/// The first filter that stopped every alert of the incident, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyNot {
    /// It concerned other components than those chosen.
    Components,
    /// Nobody said which components it concerned, and the monitor drops those.
    UnknownComponents,
    /// No group covers the monitor.
    NoGroup,
    /// The groups that cover the monitor do not choose this severity.
    Severity,
    /// They choose the severity, and none of the events that there were.
    Event,
}

impl WhyNot {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Components => "it concerned other components",
            Self::UnknownComponents => "the provider did not say which components it concerned",
            Self::NoGroup => "no group covers the monitor",
            Self::Severity => "no group has its severity",
            Self::Event => "no group has its events",
        }
    }
}

impl Verdict {
    pub fn is_alerted(self) -> bool {
        matches!(self, Self::Alerted { .. })
    }

    pub fn is_at_night(self) -> bool {
        matches!(self, Self::Alerted { at_night: true, .. })
    }
}

/// Of every timeline, in its order. Groups of other accounts must not be among `groups`.
pub fn preview(past: Past<'_>, monitor: &Monitor, groups: &[Group], night: &Night) -> Vec<PastIncident> {
    let names = past.page.map(|page| PageNames::of(page, true));
    let components = listed(past);
    let filter = FoldedFilter::of(&monitor.components);
    let drafted = Drafted { names: names.as_ref(), monitor, filter: &filter, groups };
    let incident = |timeline: &IncidentTimeline| PastIncident {
        id: timeline.id.clone(),
        kind: timeline.kind,
        title: timeline.title.clone(),
        severity: timeline.severity,
        began_at: timeline.began_at,
        ended_at: timeline.ended_at,
        verdict: drafted.verdict(&steps(past, &components, timeline), night),
    };
    past.timelines.iter().map(incident).collect()
}

/// The components that the page lists.
pub(crate) fn listed(past: Past<'_>) -> BTreeMap<&ComponentId, &Component> {
    past.page.iter().flat_map(|page| &page.components).map(|component| (&component.id, component)).collect()
}

pub(crate) struct Drafted<'a> {
    pub(crate) names: Option<&'a PageNames>,
    pub(crate) monitor: &'a Monitor,
    /// The monitor's.
    pub(crate) filter: &'a FoldedFilter,
    pub(crate) groups: &'a [Group],
}

impl Drafted<'_> {
    fn verdict(&self, steps: &[Alert], night: &Night) -> Verdict {
        let filtered: Vec<Filtered> = steps.iter().map(Filtered::of).collect();
        for (alert, filtered) in steps.iter().zip(&filtered) {
            let passed = filtered.passing_by(self.filter, self.monitor.unknown, self.names);
            if let Some(reason) = self.groups.iter().find_map(|group| reason_to_notify(&passed, self.monitor, group)) {
                return Verdict::Alerted {
                    at: alert.seen_at,
                    event: alert.event,
                    at_night: night.contains(alert.seen_at),
                    unknown: reason.unknown(),
                };
            }
        }
        Verdict::NotAlerted(self.why_not(steps, &filtered))
    }

    /// Of steps none of which anybody gets.
    pub(crate) fn why_not(&self, steps: &[Alert], filtered: &[Filtered]) -> WhyNot {
        let passes = |unknown: WhenUnknown| {
            filtered.iter().any(|filtered| !filtered.passing_by(self.filter, unknown, self.names).is_empty())
        };
        if !passes(self.monitor.unknown) {
            return if passes(WhenUnknown::Tell) { WhyNot::UnknownComponents } else { WhyNot::Components };
        }
        let mut covering = self.groups.iter().filter(|group| group.covers(&self.monitor.id)).peekable();
        if covering.peek().is_none() {
            return WhyNot::NoGroup;
        }
        let has_severity = |group: &Group| steps.iter().any(|alert| group.severities.contains(&alert.severity));
        if covering.any(has_severity) { WhyNot::Event } else { WhyNot::Severity }
    }
}

impl Night {
    pub(crate) fn contains(&self, at: Timestamp) -> bool {
        let time = self.zone.to_datetime(at).time();
        match self.from <= self.until {
            true => self.from <= time && time < self.until,
            false => self.from <= time || time < self.until,
        }
    }
}

/// The alerts of an incident, oldest first, as far as its timeline tells: the opening with the components it began
/// with, an update for each time at which components joined or got worse, the end.
pub(crate) fn steps(
    past: Past<'_>,
    components: &BTreeMap<&ComponentId, &Component>,
    timeline: &IncidentTimeline,
) -> Vec<Alert> {
    let planned = timeline.kind == Kind::Maintenance;
    let mut worst: BTreeMap<&ComponentId, ComponentStatus> = BTreeMap::new();
    let mut by_time: BTreeMap<Timestamp, Vec<(&ComponentId, ComponentStatus)>> = BTreeMap::new();
    by_time.entry(timeline.began_at).or_default();
    for interval in &timeline.intervals {
        let status = interval.status.unwrap_or(ComponentStatus::Unknown);
        by_time.entry(interval.from.max(timeline.began_at)).or_default().push((&interval.component, status));
    }
    // Before we first read the page, nobody would have been told at another time than the provider's.
    let seen = |at: Timestamp| if timeline.backfilled { at } else { at.max(timeline.first_seen_at) };
    let mut steps = Vec::new();
    let mut step = |event, widened, at, worst: &BTreeMap<&ComponentId, ComponentStatus>| {
        let named: Vec<NamedComponent> = worst.iter().map(|(id, status)| named(id, *status, components)).collect();
        let tags_everything = timeline.origin == Origin::Provider && names_everything(&named, past.page);
        steps.push(Alert {
            severity: timeline.severity,
            components: named,
            tags_everything,
            widened,
            ..Alert::new(past.provider, event, facts(timeline), "preview", at)
        });
    };
    if planned {
        step(Event::Scheduled, false, seen(timeline.first_said_at.unwrap_or(timeline.first_seen_at)), &worst);
    }
    let begun = !planned || timeline.phase.is_some_and(|phase| phase != Phase::Scheduled);
    for (number, (at, changes)) in by_time.into_iter().filter(|_| begun).enumerate() {
        let mut widened = false;
        for (id, status) in changes {
            let before = worst.insert(id, status);
            widened |= before.is_none_or(|before| status > before);
        }
        match (number, planned) {
            (0, false) => step(Event::Opened, false, seen(at), &worst),
            (0, true) => step(Event::Started, false, seen(at), &worst),
            (_, false) => step(Event::Updated, widened, seen(at), &worst),
            (_, true) => step(Event::Changed, widened, seen(at), &worst),
        }
    }
    if let Some(ended_at) = timeline.ended_at {
        let is_called_off = timeline.how_ended == Some(HowEnded::NoLongerListed);
        let event = match (planned, begun || !is_called_off) {
            (false, _) => Event::Resolved,
            (true, true) => Event::Completed,
            (true, false) => Event::Cancelled,
        };
        step(event, false, seen(ended_at), &worst);
    }
    steps
}

fn named(id: &ComponentId, status: ComponentStatus, components: &BTreeMap<&ComponentId, &Component>) -> NamedComponent {
    let known = components.get(id);
    NamedComponent {
        id: id.clone(),
        name: known.map_or_else(|| id.to_string(), |component| component.name.clone()),
        group: known.and_then(|component| component.group.clone()),
        status,
        was: None,
        joined: false,
        released: false,
        trouble: None,
    }
}

fn names_everything(named: &[NamedComponent], page: Option<&PageState>) -> bool {
    let is_named = |component: &Component| named.iter().any(|named| named.id == component.id);
    page.is_some_and(|page| {
        page.listing == Listing::Complete && page.components.len() > 1 && page.components.iter().all(is_named)
    })
}

fn facts(timeline: &IncidentTimeline) -> IncidentFacts {
    IncidentFacts {
        id: timeline.id.clone(),
        episode: 1,
        kind: timeline.kind,
        title: timeline.title.clone(),
        phase: timeline.phase,
        impact: timeline.impact,
        url: None,
        started_at: Some(timeline.began_at),
        ended_at: timeline.ended_at,
        window: timeline.window,
        first_seen_at: timeline.first_seen_at,
    }
}

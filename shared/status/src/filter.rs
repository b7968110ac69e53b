//! Whether a monitor and a group let an alert through, as a decision with a named reason. The router asks it for every
//! alert, and [`crate::preview`] for those of the past.
use crate::{
    alert::Alert,
    component_match::{FoldedFilter, PageNames, Subject},
    ids::{IncidentId, ProviderId},
    monitor::{Group, Match, Monitor, WhenUnknown},
    mute::{Mute, is_muted},
    words::{Event, Severity},
};

/// Why a destination is notified. `unknown`: the component filter could not say (truth rule 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Monitor and group subscribe to this event.
    Subscribed { unknown: bool },
    /// They subscribe to openings, and this update is the first alert of the incident that passes the filters, because
    /// its severity rose or components joined. Only for destinations that were not notified of the incident before.
    IfNotNotified { unknown: bool },
}

impl Reason {
    pub fn unknown(self) -> bool {
        match self {
            Self::Subscribed { unknown } | Self::IfNotNotified { unknown } => unknown,
        }
    }

    pub fn is_conditional(self) -> bool {
        matches!(self, Self::IfNotNotified { .. })
    }

    /// Whether this reason is the stronger of two for one destination: unconditional, then by a filter that is sure.
    pub fn beats(self, other: Self) -> bool {
        let rank = |reason: Self| (reason.is_conditional(), reason.unknown());
        rank(self) < rank(other)
    }
}

/// An alert as filters see it: one change, or several in a summary.
pub struct Filtered {
    provider: ProviderId,
    changes: Vec<Change>,
}

/// One change that may be of interest.
struct Change {
    incident: IncidentId,
    episode: u32,
    event: Event,
    severity: Severity,
    /// Its severity rose or components joined.
    widened: bool,
    /// `None`: it concerns the page as a whole, whatever the filter chose.
    subject: Option<Subject>,
}

/// A change that passes a monitor, and whether its filter is not sure.
pub struct Passed<'a> {
    change: &'a Change,
    unknown: bool,
}

impl Filtered {
    pub fn of(alert: &Alert) -> Self {
        let is_source = matches!(alert.event, Event::Unreadable | Event::Readable);
        let items = alert.summary.iter().zip(Subject::of_items(alert)).map(|(item, subject)| Change {
            incident: item.incident.clone(),
            episode: item.episode,
            event: item.event,
            severity: item.severity,
            widened: false,
            subject: Some(subject),
        });
        let changes = match alert.event {
            Event::Summary => items.collect(),
            event => vec![Change {
                incident: alert.incident.id.clone(),
                episode: alert.incident.episode,
                event,
                severity: alert.severity,
                widened: alert.widened,
                subject: (!is_source).then(|| Subject::of(alert)),
            }],
        };
        Self { provider: alert.provider.clone(), changes }
    }

    /// The changes that pass the monitor. `page`: see [`Subject::answer`].
    pub fn passing(&self, monitor: &Monitor, page: Option<&PageNames>) -> Vec<Passed<'_>> {
        self.passing_by(&FoldedFilter::of(&monitor.components), monitor.unknown, page)
    }

    /// The same of a filter that is asked about many alerts.
    pub fn passing_by(&self, filter: &FoldedFilter, unknown: WhenUnknown, page: Option<&PageNames>) -> Vec<Passed<'_>> {
        let mut of_nameless = None;
        let mut answer = |subject: &Subject| match of_nameless {
            Some(known) if subject.names_nothing() => known,
            _ => {
                let answer = subject.answer_to(filter, page);
                of_nameless = of_nameless.or(subject.names_nothing().then_some(answer));
                answer
            }
        };
        let passing = self.changes.iter().filter_map(|change| {
            let answer = change.subject.as_ref().map_or(Match::Yes, &mut answer);
            let unknown = match (answer, unknown) {
                (Match::Yes, _) => false,
                (Match::Unknown, WhenUnknown::Tell) => true,
                (Match::No, _) | (Match::Unknown, WhenUnknown::Drop) => return None,
            };
            Some(Passed { change, unknown })
        });
        passing.collect()
    }

    /// Those of `passed` that the monitor's account has not muted. Whoever was told of the opening is told of the end
    /// whatever passes here.
    pub fn unmuted<'a>(&self, mut passed: Vec<Passed<'a>>, mutes: &[Mute]) -> Vec<Passed<'a>> {
        passed.retain(|Passed { change, .. }| !is_muted(mutes, &self.provider, &change.incident, change.episode));
        passed
    }

    /// Whether the filter is sure that each change concerns what it chose, so that the page's names cannot add to it.
    pub fn all_match(&self, monitor: &Monitor) -> bool {
        let answer = |subject: &Subject| subject.answer(&monitor.components, None);
        self.changes.iter().all(|change| change.subject.as_ref().is_none_or(|subject| answer(subject) == Match::Yes))
    }
}

/// Why the destinations of `group` get an alert of which these changes pass `monitor`, both of one account; `None`:
/// they do not.
pub fn reason_to_notify(passed: &[Passed<'_>], monitor: &Monitor, group: &Group) -> Option<Reason> {
    if !group.covers(&monitor.id) {
        return None;
    }
    let reasons = passed.iter().filter_map(|passed| passed.reason(group));
    reasons.reduce(|best, other| if other.beats(best) { other } else { best })
}

/// Whether the group would get the alert with the settings as they are now, through one of these monitors of its
/// account. The components that monitors chose do not count: they were looked at when the alert was found.
pub fn still_wants(alert: &Alert, monitors: &[Monitor], group: &Group) -> bool {
    let filtered = Filtered::of(alert);
    let passed: Vec<Passed<'_>> = filtered.changes.iter().map(|change| Passed { change, unknown: false }).collect();
    let is_of_alert = |monitor: &&Monitor| match &alert.concerned[..] {
        [] => monitor.provider == alert.provider,
        concerned => concerned.iter().any(|provider| provider.id == monitor.provider),
    };
    monitors.iter().filter(is_of_alert).any(|monitor| reason_to_notify(&passed, monitor, group).is_some())
}

impl Passed<'_> {
    fn reason(&self, group: &Group) -> Option<Reason> {
        let Self { change, unknown } = *self;
        if group.wants(change.event, change.severity) {
            return Some(Reason::Subscribed { unknown });
        }
        let openings: &[Event] = match change.event {
            Event::Updated if change.widened => &[Event::Opened],
            Event::Changed if change.widened => &[Event::Scheduled, Event::Started],
            _ => &[],
        };
        let wanted = openings.iter().any(|event| group.wants(*event, change.severity));
        wanted.then_some(Reason::IfNotNotified { unknown })
    }
}

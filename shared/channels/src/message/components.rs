//! The components of an alert as people ask for them: what is affected and how, worst first, and what changed since the
//! alert before.
use std::{cmp::Reverse, collections::BTreeMap};

use jiff::{SignedDuration, Timestamp};
use status::{
    alert::{Alert, NamedComponent, Trouble},
    page_state::HowEnded,
    snapshot::Kind,
    words::{ComponentStatus, Event},
};

use super::{Name, NameList, Tone};
use crate::text::{capital, cut, duration, one_line};

/// Characters of a component's or a group's name.
const MAX_NAME: usize = 80;
const NAMELESS: &str = "(no name)";
/// Names in a sentence.
const MAX_NAMED: usize = 3;

impl Name {
    pub(super) fn of(component: &NamedComponent) -> Self {
        let group = component.group.as_deref().map(|group| cut(&one_line(group), MAX_NAME));
        Self {
            group: group.filter(|group| !group.is_empty()),
            name: Some(cut(&one_line(&component.name), MAX_NAME))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| NAMELESS.to_owned()),
            was: None,
        }
    }
}

/// How one component stands, in the order of showing: the derived order of the fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    /// Worst first.
    status: Reverse<ComponentStatus>,
    course: Course,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Course {
    /// Of a maintenance that has not started.
    Planned,
    /// Its last known state: the incident vanished, and no page says how the component is.
    LastKnown,
    /// The first alert, or nothing is known of the state before.
    Plain,
    Now,
    Still,
    Recovered,
    RecoveredEarlier,
}

/// Whether the message compares with one before it.
fn compares(event: Event) -> bool {
    matches!(event, Event::Updated | Event::Changed | Event::Overran) || event.is_end()
}

/// Of a maintenance that nobody has started.
fn is_ahead(alert: &Alert) -> bool {
    let planned = matches!(alert.event, Event::Scheduled | Event::Reminder | Event::Changed | Event::Cancelled);
    let in_progress = alert.incident.phase.is_some_and(|phase| phase != status::words::Phase::Scheduled);
    planned && alert.incident.kind == Kind::Maintenance && !in_progress
}

impl Standing {
    fn of(alert: &Alert, component: &NamedComponent) -> Self {
        use ComponentStatus::{Operational, Unknown};
        let at = |status, course| Self { status: Reverse(status), course };
        let NamedComponent { status, was, .. } = *component;
        if is_ahead(alert) {
            return at(Operational, Course::Planned);
        }
        if let Some(was) = unconfirmed(alert, component) {
            return at(was, Course::LastKnown);
        }
        let was_affected = was.is_some_and(|was| was > Operational);
        match status {
            Unknown => at(Unknown, Course::Plain),
            Operational if compares(alert.event) && was_affected => at(Operational, Course::Recovered),
            Operational if component.trouble.is_some() => at(Operational, Course::RecoveredEarlier),
            Operational => at(Operational, Course::Plain),
            status if !compares(alert.event) => at(status, Course::Plain),
            status if component.joined || was.is_some() => at(status, Course::Now),
            status => at(status, Course::Still),
        }
    }

    fn label(self, alert: &Alert) -> String {
        let Self { status: Reverse(status), course } = self;
        let planned = alert.incident.kind == Kind::Maintenance;
        let words = match (course, status) {
            (Course::Planned, _) if alert.event == Event::Cancelled => "Would have affected",
            (Course::Planned, _) => "Will affect",
            (Course::LastKnown, status) => return format!("Last known as {}", word(status)),
            (Course::Recovered, _) if planned => "Operational again",
            (Course::Recovered, _) => "Recovered",
            (Course::RecoveredEarlier, _) => "Recovered earlier",
            (_, ComponentStatus::Unknown) if alert.event.is_end() => "State not known",
            (_, ComponentStatus::Unknown) => "Mentioned, no state given",
            (_, ComponentStatus::Operational) if alert.event.is_end() => "Operational",
            (_, ComponentStatus::Operational) => "Mentioned, operational",
            (Course::Now, status) => return format!("Now {}", word(status)),
            (Course::Still, status) => return format!("Still {}", word(status)),
            (_, status) => return capital(word(status)),
        };
        words.to_owned()
    }

    /// Counts of what is affected are compared with the whole.
    fn is_affected(self) -> bool {
        self.status.0 > ComponentStatus::Operational
    }
}

/// The state before, of a component that the end of a vanished incident released: whether it recovered, nobody says.
fn unconfirmed(alert: &Alert, component: &NamedComponent) -> Option<ComponentStatus> {
    let vanished = alert.how_ended == Some(HowEnded::NoLongerListed) && component.released;
    component.was.filter(|was| vanished && *was > ComponentStatus::Operational)
}

/// As it stands in a sentence.
fn word(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::DegradedPerformance => "degraded",
        status => status.as_str(),
    }
}

/// One list per state, worst first, with names in alphabetical order. Empty at an end that left every component
/// operational: [`closing`] says so.
pub(super) fn lists(alert: &Alert) -> Vec<NameList> {
    if closing(alert).is_some() {
        return Vec::new();
    }
    let mut by_standing: BTreeMap<Standing, Vec<Name>> = BTreeMap::new();
    for component in &alert.components {
        let standing = Standing::of(alert, component);
        let was = component.was.filter(|was| standing.course == Course::Now && *was > ComponentStatus::Operational);
        let name = Name { was: was.map(word), ..Name::of(component) };
        by_standing.entry(standing).or_default().push(name);
    }
    let total = alert.components.len();
    let list = |(standing, mut names): (Standing, Vec<Name>)| {
        names.sort_by_cached_key(|name| name.full().to_lowercase());
        let (label, count) = (standing.label(alert), names.len());
        let label = match standing.is_affected() && count < total {
            true => format!("{label} ({count} of {total})"),
            false => format!("{label} ({count})"),
        };
        let tone = match standing.course {
            Course::Planned => Tone::Planned,
            _ => Tone::of_component(standing.status.0),
        };
        NameList { label, names, tone }
    };
    by_standing.into_iter().map(list).collect()
}

/// `All 8 components operational. Last to recover: API (degraded 1 h 33 min).` `None` unless that is known of each.
pub(super) fn closing(alert: &Alert) -> Option<String> {
    let ended = matches!(alert.event, Event::Resolved | Event::Completed);
    let is_fine = |component: &NamedComponent| {
        component.status == ComponentStatus::Operational && unconfirmed(alert, component).is_none()
    };
    if !ended || alert.components.is_empty() || !alert.components.iter().all(is_fine) {
        return None;
    }
    if let [only] = &alert.components[..] {
        let name = Name::of(only).full();
        return Some(match time_in_trouble(alert, only) {
            Some(time) => format!("{name} is operational again ({time})."),
            None => format!("{name} is operational."),
        });
    }
    let all = format!("All {} components operational.", alert.components.len());
    Some(match last_to_recover(alert) {
        Some(last) => format!("{all} Last to recover: {last}."),
        None => all,
    })
}

/// `API (degraded 1 h 33 min)`. `None` if nobody can say which was the last, or if all recovered together.
fn last_to_recover(alert: &Alert) -> Option<String> {
    // In a planned pause nothing recovers.
    if alert.incident.kind == Kind::Maintenance {
        return None;
    }
    let affected: Vec<&NamedComponent> =
        alert.components.iter().filter(|component| component.trouble.is_some() || was_affected(component)).collect();
    let recovered_at = |component: &NamedComponent| component.trouble.and_then(|trouble| trouble.until);
    let times: Option<Vec<Timestamp>> = affected.iter().map(|component| recovered_at(component)).collect();
    let mut last: Vec<&NamedComponent> = match times.and_then(|times| times.into_iter().max()) {
        Some(newest) => affected.iter().copied().filter(|it| recovered_at(it) == Some(newest)).collect(),
        // Those still in trouble in the alert before recovered after all others.
        None => affected.iter().copied().filter(|component| was_affected(component)).collect(),
    };
    if last.is_empty() || (last.len() == affected.len() && last.len() > 1) {
        return None;
    }
    last.sort_by_cached_key(|component| Name::of(component).full().to_lowercase());
    let names = last.iter().map(|component| Name::of(component).full());
    let times: Vec<Option<String>> = last.iter().map(|component| time_in_trouble(alert, component)).collect();
    let time = times.first().cloned().flatten().filter(|first| times.iter().all(|it| it.as_ref() == Some(first)));
    Some(match time {
        Some(time) => format!("{} ({time})", some_of(names)),
        None => some_of(names),
    })
}

fn was_affected(component: &NamedComponent) -> bool {
    component.was.is_some_and(|was| was > ComponentStatus::Operational)
}

/// `degraded 1 h 33 min`, by the provider's times, or `degraded until the end`.
fn time_in_trouble(alert: &Alert, component: &NamedComponent) -> Option<String> {
    let was = component.was.filter(|_| was_affected(component));
    let timed = |trouble: Trouble| {
        let lasted = duration(SignedDuration::from_secs(trouble.seconds?))?;
        Some(format!("{} {lasted}", trouble.status.map_or("affected", word)))
    };
    component.trouble.and_then(timed).or_else(|| {
        let by_provider = alert.how_ended != Some(HowEnded::NoLongerListed);
        was.filter(|_| by_provider).map(|was| format!("{} until the end", word(was)))
    })
}

/// `A, B, C and 5 more`
pub(super) fn some_of(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MAX_NAMED);
    let named = names.take(MAX_NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// `+3 components: A, B, C`; the names only when few.
pub(super) fn joined(alert: &Alert) -> Option<String> {
    let mut names: Vec<String> =
        alert.components.iter().filter(|it| it.joined).map(|component| Name::of(component).full()).collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    let plural = if names.len() == 1 { "" } else { "s" };
    match names.len() {
        0 => None,
        few if few <= MAX_NAMED => Some(format!("+{few} component{plural}: {}", names.join(", "))),
        many => Some(format!("+{many} components")),
    }
}

/// Changed ones first, then the worst; equal ones keep their order.
pub(crate) fn by_weight(components: &[NamedComponent]) -> Vec<&NamedComponent> {
    let mut sorted: Vec<_> = components.iter().collect();
    sorted.sort_by_key(|component| (component.was.is_none(), Reverse(component.status)));
    sorted
}

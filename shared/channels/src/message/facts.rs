//! State, severity and times of an incident: in one line for chats, as a table for mail.
use jiff::Timestamp;
use status::{
    alert::{Alert, IncidentFacts},
    page_state::HowEnded,
    snapshot::{Kind, Window},
    words::{Event, Impact, Severity},
};

use crate::text::{Dates, capital, duration};

/// One fact. The channel says how a time is written.
#[derive(Clone)]
pub(crate) enum Fact {
    /// `monitoring`
    State(&'static str),
    Severity(Severity),
    /// What the provider itself calls the impact.
    Rating(Impact),
    /// How long it has lasted at the newest update.
    SoFar(String),
    /// When the newest update was posted: the provider's clock.
    Posted(Timestamp),
    /// Our clock, of a change that came without an update.
    Noticed(Timestamp),
    /// The planned time of a maintenance; at least one of the two is known.
    Planned(Window),
    /// The planned time before it was changed.
    PlannedBefore(Window),
    /// The provider's clock.
    Started(Timestamp),
    /// Our clock, if the provider gives no start.
    Detected(Timestamp),
    Ended(Timestamp),
    /// Our clock: the page lists it no more.
    Unlisted(Timestamp),
    Lasted(Lasted),
}

/// A time that is over.
#[derive(Clone)]
pub(crate) struct Lasted {
    from: Timestamp,
    to: Timestamp,
    duration: String,
    /// The beginning is when we first saw it.
    by_our_clock: bool,
}

impl Fact {
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::State(_) => "State",
            Self::Severity(_) => "Severity",
            Self::Rating(_) => "Provider's own rating",
            Self::SoFar(_) => "So far",
            Self::Posted(_) => "Posted",
            Self::Noticed(_) => "Noticed",
            Self::Planned(_) => "Planned",
            Self::PlannedBefore(_) => "Rescheduled from",
            Self::Started(_) => "Started",
            Self::Detected(_) => "Detected",
            Self::Ended(_) => "Ended",
            Self::Unlisted(_) => "No longer listed since",
            Self::Lasted(lasted) if lasted.by_our_clock => "Seen for",
            Self::Lasted(_) => "Duration",
        }
    }

    /// Of a table.
    pub(crate) fn value(&self, at: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::State(word) => (*word).to_owned(),
            Self::Severity(severity) => severity.as_str().to_owned(),
            Self::Rating(impact) => rating(*impact).to_owned(),
            Self::SoFar(duration) => duration.clone(),
            Self::Planned(window) | Self::PlannedBefore(window) => match (window.starts_at, window.ends_at) {
                (Some(starts), Some(ends)) => format!("{} to {}", at(starts), at(ends)),
                (Some(starts), None) => format!("from {}", at(starts)),
                (None, ends) => ends.map(|ends| format!("until {}", at(ends))).unwrap_or_default(),
            },
            Self::Posted(time) | Self::Noticed(time) | Self::Started(time) | Self::Detected(time) => at(*time),
            Self::Ended(time) | Self::Unlisted(time) => at(*time),
            Self::Lasted(lasted) => lasted.duration.clone(),
        }
    }

    /// Of a line: `41 min so far`. `bold` is the channel's mark around the state.
    pub(super) fn in_line(&self, bold: &str, dates: &Dates) -> String {
        let at = dates.at;
        match self {
            Self::State(word) => format!("{bold}{}{bold}", capital(word)),
            Self::Severity(severity) => severity.as_str().to_owned(),
            Self::Rating(impact) => format!("provider's own rating: {}", rating(*impact)),
            Self::SoFar(duration) => format!("{duration} so far"),
            Self::Posted(time) => format!("posted {}", at(*time)),
            Self::Noticed(time) => format!("noticed {}", at(*time)),
            Self::Planned(window) => format!("planned {}", planned(window, dates)),
            Self::PlannedBefore(window) => {
                let before = planned(window, dates);
                format!("rescheduled from {}", before.strip_prefix("from ").unwrap_or(&before))
            }
            Self::Started(time) => format!("started {}", at(*time)),
            Self::Detected(time) => format!("detected {}", at(*time)),
            Self::Ended(time) => format!("ended {}", at(*time)),
            Self::Unlisted(time) => format!("no longer listed since {}", at(*time)),
            Self::Lasted(Lasted { from, to, duration, by_our_clock }) => {
                let verb = if *by_our_clock { "seen for" } else { "lasted" };
                format!("{verb} {duration} ({})", dates.between(*from, *to))
            }
        }
    }
}

fn planned(window: &Window, dates: &Dates) -> String {
    match (window.starts_at, window.ends_at) {
        (Some(starts), Some(ends)) => dates.between(starts, ends),
        (Some(starts), None) => format!("from {}", (dates.at)(starts)),
        (None, ends) => ends.map(|ends| format!("until {}", (dates.at)(ends))).unwrap_or_default(),
    }
}

/// The line below the headline of a chat message. Empty for a notice, which is about no incident.
pub(super) fn line(alert: &Alert) -> Vec<Fact> {
    let incident = &alert.incident;
    let severity = [Some(Fact::Severity(alert.severity)), own_rating(alert)];
    let facts: Vec<Option<Fact>> = match (alert.event, incident.kind) {
        (event, _) if event.is_notice() => Vec::new(),
        (Event::Summary, _) => vec![Some(Fact::Noticed(alert.seen_at))],
        (Event::Unreadable, _) => vec![began(incident)],
        (event, _) if event.is_end() => end(alert),
        (Event::Opened, Kind::Incident) => {
            let state = Fact::State(phase(alert).unwrap_or("opened"));
            [Some(state)].into_iter().chain(severity).chain([began(incident)]).collect()
        }
        (_, Kind::Incident) => {
            let state = Fact::State(phase(alert).unwrap_or("update"));
            [Some(state)].into_iter().chain(severity).chain([so_far(alert), Some(told_at(alert))]).collect()
        }
        (_, Kind::Maintenance) => {
            let state = phase(alert).filter(|_| matches!(alert.event, Event::Started | Event::Changed));
            let started = incident.started_at.filter(|_| incident.window.is_none()).map(Fact::Started);
            let before = alert.window_before.filter(is_given).map(Fact::PlannedBefore);
            vec![state.map(Fact::State), incident.window.filter(is_given).map(Fact::Planned), before, started]
        }
    };
    facts.into_iter().flatten().collect()
}

/// What is known of a time that is over.
fn end(alert: &Alert) -> Vec<Option<Fact>> {
    let incident = &alert.incident;
    if let Some(lasted) = lasted(alert) {
        return vec![Some(Fact::Lasted(lasted))];
    }
    let unlisted = alert.how_ended == Some(HowEnded::NoLongerListed);
    let ended = incident.ended_at.map(if unlisted { Fact::Unlisted } else { Fact::Ended });
    match incident.window.filter(is_given) {
        Some(window) => vec![Some(Fact::Planned(window)), incident.started_at.map(Fact::Started), ended],
        None => vec![began(incident), ended],
    }
}

/// The table of a mail: severity, times and duration.
pub(super) fn table(alert: &Alert) -> Vec<Fact> {
    let incident = &alert.incident;
    if alert.event.is_notice() {
        return Vec::new();
    }
    if alert.event == Event::Summary {
        return vec![Fact::Severity(alert.severity), Fact::Noticed(alert.seen_at)];
    }
    // How bad an unreachable page is, nobody knows.
    let rated = !matches!(alert.event, Event::Unreadable | Event::Readable);
    let window = incident.window.filter(is_given);
    let started = match incident.started_at {
        Some(started) => Some(Fact::Started(started)),
        None => {
            window.is_none_or(|window| window.starts_at.is_none()).then_some(Fact::Detected(incident.first_seen_at))
        }
    };
    let unlisted = alert.how_ended == Some(HowEnded::NoLongerListed);
    [
        rated.then_some(Fact::Severity(alert.severity)),
        incident.impact.map(Fact::Rating),
        window.map(Fact::Planned),
        alert.window_before.filter(is_given).map(Fact::PlannedBefore),
        started,
        incident.ended_at.map(if unlisted { Fact::Unlisted } else { Fact::Ended }),
        so_far(alert).filter(|_| alert.event == Event::Updated),
        lasted(alert).map(Fact::Lasted),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn is_given(window: &Window) -> bool {
    window.starts_at.is_some() || window.ends_at.is_some()
}

fn phase(alert: &Alert) -> Option<&'static str> {
    alert.incident.phase.map(|phase| phase.as_str())
}

/// The provider's word, where it is another than ours.
fn own_rating(alert: &Alert) -> Option<Fact> {
    alert.incident.impact.filter(|impact| rating(*impact) != alert.severity.as_str()).map(Fact::Rating)
}

fn began(incident: &IncidentFacts) -> Option<Fact> {
    Some(incident.started_at.map_or(Fact::Detected(incident.first_seen_at), Fact::Started))
}

fn told_at(alert: &Alert) -> Fact {
    let posted = alert.updates.iter().filter_map(|update| update.posted_at).max();
    posted.map_or(Fact::Noticed(alert.seen_at), Fact::Posted)
}

/// From the provider's start to its newest update, else to our read. `None` if it has just begun.
fn so_far(alert: &Alert) -> Option<Fact> {
    let (Fact::Posted(at) | Fact::Noticed(at)) = told_at(alert) else { return None };
    let lasted = at.duration_since(alert.incident.started_at?);
    duration(lasted).filter(|_| lasted.as_mins() > 0).map(Fact::SoFar)
}

/// From the provider's start, else from when we first saw it, to the end. `None` if the end is not known, or if the
/// incident paused in between.
pub(super) fn lasted(alert: &Alert) -> Option<Lasted> {
    let incident = &alert.incident;
    let vanished = matches!(alert.how_ended, Some(HowEnded::NoLongerListed | HowEnded::Merged));
    if vanished || incident.episode > 1 || alert.event == Event::Cancelled {
        return None;
    }
    let (from, to) = (incident.started_at.unwrap_or(incident.first_seen_at), incident.ended_at?);
    let by_our_clock = incident.started_at.is_none();
    Some(Lasted { from, to, duration: duration(to.duration_since(from))?, by_our_clock })
}

fn rating(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "none",
        Impact::Minor => "minor",
        Impact::Major => "major",
        Impact::Critical => "critical",
    }
}

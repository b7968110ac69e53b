//! An alert: a change worth sending, with everything that a channel needs to render it.
mod components;
mod in_trouble;
mod instead_of;
mod shorter;
mod source;
mod still_open;
mod summary;

use std::collections::BTreeSet;

pub use components::Trouble;
use components::{Compared, ComparedPages};
use in_trouble::in_trouble;
pub use instead_of::InsteadOf;
pub use source::source_alert;
pub use still_open::still_open;
use summary::is_told_at_once;
pub use summary::summarised;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    diff::{Change, ChangeKind},
    ids::{AccountId, AlertId, ComponentId, DestinationId, IncidentId, MonitorId, ProviderId, UpdateId},
    page_state::{HowEnded, IncidentState, Origin, PageState},
    provider::Provider,
    snapshot::{Incident, Kind, Listing, Update, Window},
    title::is_rewritten,
    words::{ComponentStatus, Event, Impact, Phase, Severity},
};

/// Of [`Alert::in_trouble`].
const MAX_IN_TROUBLE: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Derived from content: the same fact found twice is one alert.
    pub id: AlertId,
    pub provider: ProviderId,
    pub provider_name: String,
    pub page_url: String,
    pub event: Event,
    pub severity: Severity,
    pub incident: IncidentFacts,
    /// New updates, oldest first. Empty if the provider changed something else.
    pub updates: Vec<Update>,
    /// Every component the incident ever named, with its status in the incident now (truth rule 5).
    pub components: Vec<NamedComponent>,
    /// The components that the page's own list shows worse than operational, unless `components` says so; the first
    /// [`MAX_IN_TROUBLE`] (truth rule 8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_trouble: Vec<NamedComponent>,
    /// The provider named every component of the page, which says as much as none (truth rule 8).
    pub tags_everything: bool,
    /// Since the alert before, the severity rose or components were added.
    pub widened: bool,
    /// The severity in the alert before, if this alert changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity_before: Option<Severity>,
    /// The title in the alert before, if the provider rewrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_before: Option<String>,
    /// The planned window in the alert before, if this alert changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_before: Option<Window>,
    /// `None` while the incident is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how_ended: Option<HowEnded>,
    /// Why the incident ended, if the provider did not end it. Of unreadable pages and notices: the reason. Of a
    /// follow-up: how long the incident has been open.
    pub note: Option<String>,
    /// Our clock: when the read that caused this alert was made.
    pub seen_at: Timestamp,
    /// Of a notice: the destination it is about. Of a follow-up: the one that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<DestinationId>,
    /// Of a follow-up: how many minutes after the first alert the incident is still open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<u32>,
    /// Of a notice: the monitor it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<MonitorId>,
    /// Of [`Event::Unmatched`]: the entries of the monitor's filter that fit nothing on the page, as they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<String>,
    /// Of a notice about a monitor: the account of the monitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Of [`Event::Summary`]: the changes it stands for, in the order of their alerts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summary: Vec<SummaryItem>,
    /// The incident of the summary that announced the opening of this one. Whoever got that summary gets the end. Of an
    /// opening: `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_in: Option<IncidentId>,
    /// Of an alert about a whole platform: the providers whose pages cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concerned: Vec<ConcernedProvider>,
    /// Of the present state that one destination is sent instead of alerts that it missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<InsteadOf>,
}

/// One change of a summary: what filters and readers need of the alert it replaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryItem {
    pub incident: IncidentId,
    /// See [`IncidentFacts::episode`].
    #[serde(default = "first")]
    pub episode: u32,
    pub title: String,
    pub event: Event,
    pub severity: Severity,
    pub components: Vec<NamedComponent>,
    pub tags_everything: bool,
    /// Of an end: see [`Alert::opened_in`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_in: Option<IncidentId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernedProvider {
    pub id: ProviderId,
    pub name: String,
}

/// The incident as it stands after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFacts {
    /// The id on the page. Ids that start with `components@`, `source@`, `summary@`, `destination@` or `monitor@` are
    /// ours.
    pub id: IncidentId,
    /// 1 at first, one more each time the incident is reopened.
    pub episode: u32,
    pub kind: Kind,
    pub title: String,
    pub phase: Option<Phase>,
    pub impact: Option<Impact>,
    /// The provider's page of this incident.
    pub url: Option<String>,
    /// The provider's clock.
    pub started_at: Option<Timestamp>,
    /// The provider's clock where it gives a time, else ours; `None` while open.
    pub ended_at: Option<Timestamp>,
    pub window: Option<Window>,
    /// Our clock.
    pub first_seen_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedComponent {
    pub id: ComponentId,
    pub name: String,
    pub group: Option<String>,
    pub status: ComponentStatus,
    /// The former status, if this alert changes it.
    pub was: Option<ComponentStatus>,
    /// The incident names it since this alert; it was open before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joined: bool,
    /// Nothing but the end of the incident says how it is: the page lists it no more, or not always (truth rule 5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
    /// `None`: it had none, or the provider gives no times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

impl Alert {
    /// An alert about an incident that says nothing yet but that. `fact`: what tells it from others of this event.
    pub fn new(page: &Provider, event: Event, incident: IncidentFacts, fact: &str, now: Timestamp) -> Self {
        Self {
            id: AlertId::derive(&page.id, &incident.id, event.as_str(), fact, incident.episode),
            provider: page.id.clone(),
            provider_name: page.name.clone(),
            page_url: page.page_url.clone(),
            event,
            severity: Severity::Minor,
            incident,
            updates: Vec::new(),
            components: Vec::new(),
            in_trouble: Vec::new(),
            tags_everything: false,
            widened: false,
            severity_before: None,
            title_before: None,
            window_before: None,
            how_ended: None,
            note: None,
            seen_at: now,
            destination: None,
            follow_up: None,
            monitor: None,
            unmatched: Vec::new(),
            account: None,
            summary: Vec::new(),
            opened_in: None,
            concerned: Vec::new(),
            instead_of: None,
        }
    }
}

/// The alerts of a diff, in the order of sending. `changes` are those between `before` and `after`. If they are so many
/// that one alert is to stand for all of them, see [`summarised`], they do not say what else is in trouble.
pub fn alerts(
    page: &Provider,
    before: &PageState,
    after: &PageState,
    changes: &[Change],
    now: Timestamp,
) -> Vec<Alert> {
    let (known_incidents, incidents) = (before.incidents_by_id(), after.incidents_by_id());
    let pages = ComparedPages::of(before, after);
    let changes: Vec<&Change> = changes.iter().filter(|change| change.kind.is_alertable()).collect();
    let found = changes.iter().filter_map(|change| {
        let state = incidents.get(&change.incident)?;
        let known = known_incidents.get(&change.incident).copied();
        let alert = alert(page, &pages, Compared { known, state }, &change.kind, now);
        let in_trouble =
            if is_told_at_once(changes.len()) { Vec::new() } else { in_trouble(&pages.worse, &alert.components) };
        Some(Alert { in_trouble, ..alert })
    });
    found.collect()
}

fn alert(
    page: &Provider,
    pages: &ComparedPages<'_>,
    compared: Compared<'_>,
    kind: &ChangeKind,
    now: Timestamp,
) -> Alert {
    let Compared { known, state } = compared;
    let incident = &state.incident;
    let event = event(known, state, kind);
    let updates: Vec<Update> = match kind {
        ChangeKind::Opened if known.is_none() => incident.updates.clone(),
        // It opened and ended between two reads: the alert of the opening has all updates.
        ChangeKind::Ended if known.is_none() => incident.updates.last().cloned().into_iter().collect(),
        _ => new_updates(known, incident),
    };
    // Of this episode.
    let open = known.filter(|known| known.is_open() && known.episode == state.episode);
    let fact = fact(open, state, kind, &updates);
    Alert {
        severity: state.severity,
        updates,
        components: compared.components(pages),
        tags_everything: state.origin == Origin::Provider && names_everything(incident, pages.after),
        widened: matches!(kind, ChangeKind::Updated { widened: true, .. }),
        severity_before: open.map(|open| open.severity).filter(|before| *before != state.severity),
        title_before: open.filter(|open| is_retitled(open, state)).map(|open| open.incident.title.clone()),
        window_before: open.and_then(|open| open.incident.window).filter(|before| incident.window != Some(*before)),
        how_ended: state.ended.map(|ended| ended.how),
        note: end_note(state),
        opened_in: state.opened_in.clone().filter(|_| !matches!(kind, ChangeKind::Opened)),
        ..Alert::new(page, event, IncidentFacts::of(state), &fact, now)
    }
}

impl IncidentFacts {
    /// Of an incident of our own, which no provider posted.
    pub(crate) fn own(id: IncidentId, title: impl Into<String>, first_seen_at: Timestamp) -> Self {
        Self {
            id,
            episode: 1,
            kind: Kind::Incident,
            title: title.into(),
            phase: None,
            impact: None,
            url: None,
            started_at: None,
            ended_at: None,
            window: None,
            first_seen_at,
        }
    }

    fn of(state: &IncidentState) -> Self {
        let incident = &state.incident;
        Self {
            id: incident.id.clone(),
            episode: state.episode,
            kind: incident.kind,
            title: incident.title.clone(),
            phase: incident.phase,
            impact: incident.impact,
            url: incident.url.clone(),
            started_at: incident.started_at,
            ended_at: state.ended.map(|ended| ended.at),
            window: incident.window,
            first_seen_at: state.first_seen_at,
        }
    }
}

/// Identifies the fact among those of an incident: the newest update does; without one, the new title if nothing else
/// changed, so that one that goes to and fro is told once; else the revision.
fn fact(open: Option<&IncidentState>, state: &IncidentState, kind: &ChangeKind, updates: &[Update]) -> String {
    match kind {
        ChangeKind::Opened => "open".to_owned(),
        ChangeKind::Ended => "end".to_owned(),
        // One per planned time: a rescheduled start or end causes another alert.
        ChangeKind::Reminder => format!("start {}", state.reminded.map_or(0, Timestamp::as_second)),
        ChangeKind::Overran => format!("end {}", state.overran.map_or(0, Timestamp::as_second)),
        _ => match (updates.last(), open) {
            (Some(update), _) => update.id.to_string(),
            (None, Some(open)) if is_only_retitled(open, state) => format!("title {}", state.incident.title),
            _ => format!("revision {}", state.revision),
        },
    }
}

/// Titles of our own follow the components.
fn is_retitled(open: &IncidentState, state: &IncidentState) -> bool {
    state.origin == Origin::Provider && is_rewritten(&open.incident.title, &state.incident.title)
}

fn is_only_retitled(open: &IncidentState, state: &IncidentState) -> bool {
    let (before, after) = (&open.incident, &state.incident);
    is_retitled(open, state)
        && open.severity == state.severity
        && (before.phase, before.window) == (after.phase, after.window)
        && before.components.len() == after.components.len()
}

fn first() -> u32 {
    1
}

fn names_everything(incident: &Incident, page: &PageState) -> bool {
    let named: BTreeSet<&ComponentId> = incident.components.iter().map(|affected| &affected.id).collect();
    page.listing == Listing::Complete
        && page.components.len() > 1
        && page.components.iter().all(|component| named.contains(&component.id))
}

fn event(known: Option<&IncidentState>, state: &IncidentState, kind: &ChangeKind) -> Event {
    let phase = state.incident.phase;
    match (state.incident.kind, kind) {
        (_, ChangeKind::Reminder) => Event::Reminder,
        (_, ChangeKind::Overran) => Event::Overran,
        (Kind::Incident, ChangeKind::Opened) => Event::Opened,
        (Kind::Incident, ChangeKind::Ended) => Event::Resolved,
        (Kind::Incident, _) => Event::Updated,
        (Kind::Maintenance, ChangeKind::Opened) if is_ahead(phase) => Event::Scheduled,
        (Kind::Maintenance, ChangeKind::Opened) => Event::Started,
        (Kind::Maintenance, ChangeKind::Ended) => match state.ended.map(|ended| ended.how) {
            Some(HowEnded::NoLongerListed) if is_ahead(phase) && !is_due(state) => Event::Cancelled,
            _ => Event::Completed,
        },
        (Kind::Maintenance, _) => {
            let was_ahead = known.is_some_and(|known| is_ahead(known.incident.phase));
            if was_ahead && !is_ahead(phase) { Event::Started } else { Event::Changed }
        }
    }
}

/// Of a maintenance: nobody says that it started.
fn is_ahead(phase: Option<Phase>) -> bool {
    matches!(phase, None | Some(Phase::Scheduled))
}

/// Its planned start had passed when it ended: whether it took place, nobody says.
fn is_due(state: &IncidentState) -> bool {
    let starts_at = state.incident.window.and_then(|window| window.starts_at);
    starts_at.zip(state.ended).is_some_and(|(starts_at, ended)| starts_at <= ended.at)
}

fn new_updates(known: Option<&IncidentState>, incident: &Incident) -> Vec<Update> {
    let old: BTreeSet<&UpdateId> =
        known.iter().flat_map(|known| &known.incident.updates).map(|update| &update.id).collect();
    incident.updates.iter().filter(|update| !old.contains(&update.id)).cloned().collect()
}

fn end_note(state: &IncidentState) -> Option<String> {
    let note = match state.ended?.how {
        HowEnded::ByProvider | HowEnded::Recovered => return None,
        HowEnded::NoLongerListed => "no longer listed by the provider",
        HowEnded::Merged => "replaced by an incident the provider posted later",
    };
    Some(note.to_owned())
}

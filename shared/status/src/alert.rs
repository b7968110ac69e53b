//! An alert: a change worth telling, complete enough to be rendered by any channel without another look-up.
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    diff::{Change, ChangeKind},
    health::SourceHealth,
    ids::{AlertId, ComponentId, DestinationId, IncidentId, ProviderId},
    page_state::{HowEnded, IncidentState, Origin, PageState},
    provider::Provider,
    snapshot::{Affected, Kind, Listing, Update, Window},
    words::{ComponentStatus, Event, Impact, Phase, Severity},
};

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
    /// What is new: the updates this alert tells, oldest first. Empty where the vendor changed something else.
    pub updates: Vec<Update>,
    /// Every component the incident ever named, with its status in the incident now (truth rule 5).
    pub components: Vec<NamedComponent>,
    /// The vendor tagged every component of the page: as good as none (truth rule 8).
    pub tags_everything: bool,
    /// What to compare with the alerts before it: the severity rose or components joined.
    pub widened: bool,
    /// Why it was closed, where the vendor did not say so itself.
    pub note: Option<String>,
    /// Our clock: when the read that caused this alert was made.
    pub seen_at: Timestamp,
    /// Of a notice: the destination it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<DestinationId>,
}

/// The incident as it stands after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFacts {
    /// The vendor's id; ids that start with `components@` or `source@` are ours (trouble without an incident).
    pub id: IncidentId,
    /// 1 at first; counts up each time an ended incident is opened again.
    pub episode: u32,
    pub kind: Kind,
    pub title: String,
    pub phase: Option<Phase>,
    pub impact: Option<Impact>,
    /// The vendor's page of this incident.
    pub url: Option<String>,
    /// Vendor's clock.
    pub started_at: Option<Timestamp>,
    /// Vendor's clock where it said so, else ours; `None` while open.
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
    /// The status before, where this alert changes it.
    pub was: Option<ComponentStatus>,
}

/// The alerts a diff gives rise to, in the order to be told. `page` names the provider; both page states are those the
/// changes were found between.
pub fn alerts(
    page: &Provider,
    before: &PageState,
    after: &PageState,
    changes: &[Change],
    now: Timestamp,
) -> Vec<Alert> {
    changes
        .iter()
        .filter(|change| change.kind.is_alertable())
        .filter_map(|change| {
            let incident_state = after.find(&change.incident)?;
            Some(alert(page, before, after, incident_state, &change.kind, now))
        })
        .collect()
}

fn alert(
    page: &Provider,
    before: &PageState,
    after: &PageState,
    incident_state: &IncidentState,
    kind: &ChangeKind,
    now: Timestamp,
) -> Alert {
    let incident = &incident_state.incident;
    let known = before.find(&incident.id);
    let event = event(known, incident_state, kind);
    let told: Vec<Update> = match kind {
        ChangeKind::Opened if known.is_none() => incident.updates.clone(),
        // It opened and ended between two reads: the opening, told just before, has all of them.
        ChangeKind::Ended if known.is_none() => incident.updates.last().cloned().into_iter().collect(),
        _ => incident.updates.iter().filter(|update| is_new(known, update)).cloned().collect(),
    };
    // The newest update names the fact; without one, how often something changed without one does.
    let newest = match kind {
        ChangeKind::Opened => "open".to_owned(),
        ChangeKind::Ended => "end".to_owned(),
        // One per planned time: a start or end that was moved is told again.
        ChangeKind::Reminder => format!("start {}", incident_state.reminded.map_or(0, Timestamp::as_second)),
        ChangeKind::Overran => format!("end {}", incident_state.overran.map_or(0, Timestamp::as_second)),
        _ => {
            told.last().map_or_else(|| format!("revision {}", incident_state.revision), |update| update.id.to_string())
        }
    };
    let id = AlertId::derive(&page.id, &incident.id, event.as_str(), &newest, incident_state.episode);
    let named: BTreeSet<&ComponentId> = incident.components.iter().map(|affected| &affected.id).collect();
    let tags_everything = after.listing == Listing::Complete
        && after.components.len() > 1
        && after.components.iter().all(|component| named.contains(&component.id));
    Alert {
        id,
        provider: page.id.clone(),
        provider_name: page.name.clone(),
        page_url: page.page_url.clone(),
        event,
        severity: incident_state.severity,
        incident: IncidentFacts {
            id: incident.id.clone(),
            episode: incident_state.episode,
            kind: incident.kind,
            title: incident.title.clone(),
            phase: incident.phase,
            impact: incident.impact,
            url: incident.url.clone(),
            started_at: incident.started_at,
            ended_at: incident_state.ended.map(|ended| ended.at),
            window: incident.window,
            first_seen_at: incident_state.first_seen_at,
        },
        updates: told,
        components: incident.components.iter().map(|affected| named_component(affected, known, after)).collect(),
        tags_everything: tags_everything && incident_state.origin == Origin::Vendor,
        widened: matches!(kind, ChangeKind::Updated { widened: true, .. }),
        note: note(incident_state),
        seen_at: now,
        destination: None,
    }
}

fn event(known: Option<&IncidentState>, incident_state: &IncidentState, kind: &ChangeKind) -> Event {
    let phase = incident_state.incident.phase;
    match (incident_state.incident.kind, kind) {
        (_, ChangeKind::Reminder) => Event::Reminder,
        (_, ChangeKind::Overran) => Event::Overran,
        (Kind::Incident, ChangeKind::Opened) => Event::Opened,
        (Kind::Incident, ChangeKind::Ended) => Event::Resolved,
        (Kind::Incident, _) => Event::Updated,
        (Kind::Maintenance, ChangeKind::Opened) if matches!(phase, None | Some(Phase::Scheduled)) => Event::Scheduled,
        (Kind::Maintenance, ChangeKind::Opened) => Event::Started,
        (Kind::Maintenance, ChangeKind::Ended) => match incident_state.ended.map(|ended| ended.how) {
            Some(HowEnded::NoLongerListed) if phase == Some(Phase::Scheduled) => Event::Cancelled,
            _ => Event::Completed,
        },
        (Kind::Maintenance, _) => {
            let was_scheduled = known.is_some_and(|known| known.incident.phase == Some(Phase::Scheduled));
            if was_scheduled && phase != Some(Phase::Scheduled) { Event::Started } else { Event::Changed }
        }
    }
}

fn is_new(known: Option<&IncidentState>, update: &Update) -> bool {
    known.is_none_or(|known| known.incident.updates.iter().all(|old| old.id != update.id))
}

fn named_component(affected: &Affected, known: Option<&IncidentState>, after: &PageState) -> NamedComponent {
    let component = after.component(&affected.id);
    let status = affected.status.or(component.map(|component| component.status)).unwrap_or(ComponentStatus::Unknown);
    let was = known
        .and_then(|known| known.incident.components.iter().find(|old| old.id == affected.id))
        .and_then(|old| old.status)
        .filter(|old| *old != status);
    NamedComponent {
        id: affected.id.clone(),
        name: component.map_or_else(|| affected.id.to_string(), |component| component.name.clone()),
        group: component.and_then(|component| component.group.clone()),
        status,
        was,
    }
}

fn note(incident_state: &IncidentState) -> Option<String> {
    let words = match incident_state.ended?.how {
        HowEnded::SaidByVendor | HowEnded::Recovered => return None,
        HowEnded::NoLongerListed => "no longer listed by the vendor",
        HowEnded::Merged => "the vendor now reports this as an incident of its own",
    };
    Some(words.to_owned())
}

/// The alert of a page that cannot be read any more, or can be again (truth rule 10). `spell` is the health of the
/// unreadable spell that begins or ends, so that both alerts are of one incident.
pub fn source_alert(page: &Provider, spell: &SourceHealth, event: Event, now: Timestamp) -> Alert {
    let incident = IncidentId::new(format!("source@{}", spell.since.as_second()));
    Alert {
        id: AlertId::derive(&page.id, &incident, event.as_str(), "", 1),
        provider: page.id.clone(),
        provider_name: page.name.clone(),
        page_url: page.page_url.clone(),
        event,
        severity: Severity::Minor,
        incident: IncidentFacts {
            id: incident,
            episode: 1,
            kind: Kind::Incident,
            title: match event {
                Event::Readable => "The status page can be read again".to_owned(),
                _ => "The status page cannot be read".to_owned(),
            },
            phase: None,
            impact: None,
            url: None,
            started_at: Some(spell.since),
            ended_at: event.is_end().then_some(now),
            window: None,
            first_seen_at: spell.since,
        },
        updates: Vec::new(),
        components: Vec::new(),
        tags_everything: false,
        widened: false,
        note: spell.reason.clone(),
        seen_at: now,
        destination: None,
    }
}

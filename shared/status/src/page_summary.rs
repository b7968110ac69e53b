//! The summary of a page: what a list of thousands of providers shows of each. It follows from the page state alone, is
//! stored beside it, and is written only when it changes.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{IncidentId, ProviderId},
    page_state::{IncidentState, PageState},
    snapshot::{Component, Kind, Listing, Window},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// More open incidents are counted, not listed.
const MAX_OPEN: usize = 20;
const MAX_COMPONENT_NAMES: usize = 8;
const MAX_ENDED: usize = 3;
/// In characters.
const MAX_TEXT: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSummary {
    pub provider: ProviderId,
    /// Of the page as a whole: the worst of its components and open incidents; unknown without any of them. It is never
    /// operational while an incident is open, whatever the incident's impact says.
    pub state: ComponentStatus,
    pub components: usize,
    /// Of these components.
    pub in_trouble: usize,
    /// Incidents, then maintenances, each newest start first and stale ones last, at most [`MAX_OPEN`].
    pub open: Vec<OpenItem>,
    /// Open incidents and maintenances that are not in `open`.
    pub more_open: usize,
    /// Incidents that ended while the page was watched, the newest end first, at most [`MAX_ENDED`]: a reader decides
    /// which of them are news.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<EndedItem>,
    /// When the page was first read successfully (our clock).
    pub watched_since: Timestamp,
}

/// An open incident, or a maintenance that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenItem {
    pub id: IncidentId,
    pub kind: Kind,
    pub title: String,
    pub phase: Option<Phase>,
    pub impact: Option<Impact>,
    pub severity: Severity,
    /// The provider's time of the start, else when we first saw it.
    pub since: Timestamp,
    pub window: Option<Window>,
    /// Full names of the first [`MAX_COMPONENT_NAMES`] components it names.
    pub components: Vec<String>,
    /// Components that are not in `components`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_components: usize,
    /// It is stale: it says nothing of today, and counts for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_news_since: Option<Timestamp>,
}

/// An incident that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedItem {
    pub id: IncidentId,
    pub title: String,
    pub severity: Severity,
    pub since: Timestamp,
    pub ended_at: Timestamp,
}

impl PageSummary {
    pub fn of(provider: &ProviderId, page_state: &PageState) -> Self {
        let mut open: Vec<&IncidentState> = page_state.incidents.iter().filter(|known| known.is_open()).collect();
        let current = open.iter().filter(|known| known.is_current());
        // A page without incidents has nothing bad to say, unless it lists all its components and none has a known
        // status.
        let says_nothing = page_state.components.is_empty() || page_state.listing == Listing::Partial;
        let quiet = if says_nothing { ComponentStatus::Operational } else { ComponentStatus::Unknown };
        let by_incidents = current.map(|known| implied(known)).max().unwrap_or(quiet);
        let components = page_state.components.iter().map(|component| component.status);
        let worst = components.clone().max().unwrap_or(ComponentStatus::Unknown);
        open.sort_by_key(|known| {
            (known.incident.kind, known.is_stale(), std::cmp::Reverse(since(known)), &known.incident.id)
        });
        Self {
            provider: provider.clone(),
            state: worst.max(by_incidents),
            components: page_state.components.len(),
            in_trouble: components.filter(|status| status.is_trouble()).count(),
            more_open: open.len().saturating_sub(MAX_OPEN),
            open: open.into_iter().take(MAX_OPEN).map(|known| OpenItem::of(known, page_state)).collect(),
            ended: ended(page_state),
            watched_since: page_state.baseline_at,
        }
    }

    pub fn incidents(&self) -> impl Iterator<Item = &OpenItem> {
        self.open.iter().filter(|item| item.kind == Kind::Incident)
    }

    pub fn maintenances(&self) -> impl Iterator<Item = &OpenItem> {
        self.open.iter().filter(|item| item.kind == Kind::Maintenance)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl OpenItem {
    /// A maintenance that the provider says is under way.
    pub fn is_running_maintenance(&self) -> bool {
        self.kind == Kind::Maintenance && !matches!(self.phase, None | Some(Phase::Scheduled))
    }

    fn of(state: &IncidentState, page_state: &PageState) -> Self {
        let incident = &state.incident;
        let names = incident.components.iter().map(|affected| {
            let component = page_state.component(&affected.id);
            short(&component.map_or_else(|| affected.id.to_string(), Component::full_name))
        });
        Self {
            id: incident.id.clone(),
            kind: incident.kind,
            title: short(&incident.title),
            phase: incident.phase,
            impact: incident.impact,
            severity: state.severity,
            since: since(state),
            window: incident.window,
            components: names.take(MAX_COMPONENT_NAMES).collect(),
            more_components: incident.components.len().saturating_sub(MAX_COMPONENT_NAMES),
            no_news_since: state.no_news_since,
        }
    }
}

fn ended(page_state: &PageState) -> Vec<EndedItem> {
    let told = page_state.incidents.iter().filter(|known| known.incident.kind == Kind::Incident && !known.backfilled);
    let mut ended: Vec<EndedItem> = told.filter_map(EndedItem::of).collect();
    ended.sort_by(|a, b| (b.ended_at, &a.id).cmp(&(a.ended_at, &b.id)));
    ended.truncate(MAX_ENDED);
    ended
}

impl EndedItem {
    /// `None` while it is open.
    fn of(state: &IncidentState) -> Option<Self> {
        Some(Self {
            id: state.incident.id.clone(),
            title: short(&state.incident.title),
            severity: state.severity,
            since: since(state),
            ended_at: state.ended?.at,
        })
    }
}

/// The start, past or planned: the provider's time, else when we first saw it.
pub fn since(state: &IncidentState) -> Timestamp {
    let incident = &state.incident;
    let planned = incident.window.and_then(|window| window.starts_at);
    let is_ahead = incident.kind == Kind::Maintenance && matches!(incident.phase, None | Some(Phase::Scheduled));
    let began = if is_ahead { planned.or(incident.started_at) } else { incident.started_at.or(planned) };
    began.unwrap_or(state.first_seen_at)
}

/// The status of the page that an open incident implies without a component.
fn implied(state: &IncidentState) -> ComponentStatus {
    let incident = &state.incident;
    match (incident.kind, state.severity) {
        (Kind::Maintenance, ..) => match incident.phase {
            None | Some(Phase::Scheduled) => ComponentStatus::Operational,
            Some(_) => ComponentStatus::UnderMaintenance,
        },
        (Kind::Incident, Severity::Major) => ComponentStatus::PartialOutage,
        (Kind::Incident, _) => ComponentStatus::DegradedPerformance,
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

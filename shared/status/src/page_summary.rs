//! A page at a glance: what a list of thousands of providers shows of each. Everything here follows from the page state, so it is
//! kept beside it and written only when it changes.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{IncidentId, ProviderId},
    page_state::{IncidentState, PageState},
    snapshot::{Kind, Window},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// More than that are counted, not shown.
const MOST_OPEN: usize = 20;
const MOST_NAMES: usize = 8;
const LONGEST_TEXT: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSummary {
    pub provider: ProviderId,
    /// How the page is doing as a whole: the worst of its components and of what is open. Where neither says anything it
    /// reports no trouble.
    pub state: ComponentStatus,
    pub components: usize,
    /// Of them.
    pub in_trouble: usize,
    /// Incidents and maintenances, those that began last first; planned ones by their start.
    pub open: Vec<OpenItem>,
    /// Open ones that are not in the list.
    pub more_open: usize,
    /// Our first good read.
    pub watched_since: Timestamp,
}

/// An open incident or a maintenance that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenItem {
    pub id: IncidentId,
    pub kind: Kind,
    pub title: String,
    pub phase: Option<Phase>,
    pub impact: Option<Impact>,
    pub severity: Severity,
    /// Vendor's clock where it says so, else when we first saw it.
    pub since: Timestamp,
    pub window: Option<Window>,
    /// Names of the components it concerns, the first few.
    pub components: Vec<String>,
}

impl PageSummary {
    pub fn of(provider: &ProviderId, page_state: &PageState) -> Self {
        let mut open: Vec<&IncidentState> =
            page_state.incidents.iter().filter(|incident_state| incident_state.is_open()).collect();
        let said =
            open.iter().map(|incident_state| implied(incident_state)).max().unwrap_or(ComponentStatus::Operational);
        let components = page_state.components.iter().map(|component| component.status);
        let worst = components.clone().max().unwrap_or(ComponentStatus::Unknown);
        open.sort_by_key(|incident_state| {
            (incident_state.incident.kind, std::cmp::Reverse(since(incident_state)), &incident_state.incident.id)
        });
        Self {
            provider: provider.clone(),
            state: worst.max(said),
            components: page_state.components.len(),
            in_trouble: components.filter(|status| status.is_trouble()).count(),
            more_open: open.len().saturating_sub(MOST_OPEN),
            open: open
                .into_iter()
                .take(MOST_OPEN)
                .map(|incident_state| OpenItem::of(incident_state, page_state))
                .collect(),
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

impl OpenItem {
    fn of(incident_state: &IncidentState, page_state: &PageState) -> Self {
        let incident = &incident_state.incident;
        let names = incident.components.iter().map(|affected| {
            let component = page_state.component(&affected.id);
            short(component.map_or(affected.id.as_str(), |component| &component.name))
        });
        Self {
            id: incident.id.clone(),
            kind: incident.kind,
            title: short(&incident.title),
            phase: incident.phase,
            impact: incident.impact,
            severity: incident_state.severity,
            since: since(incident_state),
            window: incident.window,
            components: names.take(MOST_NAMES).collect(),
        }
    }
}

/// When it began or is to begin: by the vendor's clock, else when we first saw it.
pub fn since(incident_state: &IncidentState) -> Timestamp {
    let incident = &incident_state.incident;
    let planned = incident.window.and_then(|window| window.starts_at);
    let is_ahead = incident.kind == Kind::Maintenance && matches!(incident.phase, None | Some(Phase::Scheduled));
    let began = if is_ahead { planned.or(incident.started_at) } else { incident.started_at.or(planned) };
    began.unwrap_or(incident_state.first_seen_at)
}

/// What an open incident says of the page where no component does.
fn implied(incident_state: &IncidentState) -> ComponentStatus {
    let incident = &incident_state.incident;
    match (incident.kind, incident.impact, incident_state.severity) {
        (Kind::Maintenance, ..) => match incident.phase {
            Some(Phase::InProgress | Phase::Verifying) => ComponentStatus::UnderMaintenance,
            _ => ComponentStatus::Operational,
        },
        (_, Some(Impact::None), _) => ComponentStatus::Operational,
        (_, _, Severity::Major) => ComponentStatus::PartialOutage,
        _ => ComponentStatus::DegradedPerformance,
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

//! The JSON that `statuswire probe` prints of a snapshot. It has types of its own, so that the core types can change
//! without changing the output. Times are RFC 3339 in UTC; unknown values are null.
use jiff::Timestamp;
use serde::Serialize;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Component, Incident, Kind, Page, Snapshot, Update},
    words::{ComponentStatus, Impact, Phase},
};

#[derive(Serialize)]
pub(super) struct SnapshotView<'a> {
    pub(super) page: &'a Page,
    pub(super) components: Vec<ComponentView<'a>>,
    pub(super) incidents: Vec<IncidentView<'a>>,
    pub(super) maintenances: Vec<MaintenanceView<'a>>,
}

#[derive(Serialize)]
pub(super) struct ComponentView<'a> {
    id: &'a ComponentId,
    name: &'a str,
    group: Option<&'a str>,
    status: ComponentStatus,
}

#[derive(Serialize)]
pub(super) struct IncidentView<'a> {
    id: &'a IncidentId,
    title: &'a str,
    phase: Option<Phase>,
    impact: Option<Impact>,
    url: Option<&'a str>,
    started_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
    components: Vec<AffectedView<'a>>,
    /// Oldest first.
    updates: Vec<UpdateView<'a>>,
}

#[derive(Serialize)]
pub(super) struct MaintenanceView<'a> {
    #[serde(flatten)]
    incident: IncidentView<'a>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
}

#[derive(Serialize)]
pub(super) struct AffectedView<'a> {
    id: &'a ComponentId,
    status: Option<ComponentStatus>,
}

#[derive(Serialize)]
pub(super) struct UpdateView<'a> {
    id: &'a UpdateId,
    phase: Option<Phase>,
    posted_at: Option<Timestamp>,
    body: Option<&'a str>,
    components: Vec<AffectedView<'a>>,
}

impl<'a> SnapshotView<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let of_kind = |kind| snapshot.incidents.iter().filter(move |incident| incident.kind == kind);
        Self {
            page: &snapshot.page,
            components: snapshot.components.iter().map(ComponentView::new).collect(),
            incidents: of_kind(Kind::Incident).map(IncidentView::new).collect(),
            maintenances: of_kind(Kind::Maintenance).map(MaintenanceView::new).collect(),
        }
    }
}

impl<'a> ComponentView<'a> {
    fn new(component: &'a Component) -> Self {
        let Component { id, name, group, status } = component;
        Self { id, name, group: group.as_deref(), status: *status }
    }
}

impl<'a> MaintenanceView<'a> {
    fn new(incident: &'a Incident) -> Self {
        Self {
            incident: IncidentView::new(incident),
            starts_at: incident.window.and_then(|window| window.starts_at),
            ends_at: incident.window.and_then(|window| window.ends_at),
        }
    }
}

impl<'a> IncidentView<'a> {
    fn new(incident: &'a Incident) -> Self {
        Self {
            id: &incident.id,
            title: &incident.title,
            phase: incident.phase,
            impact: incident.impact,
            url: incident.url.as_deref(),
            started_at: incident.started_at,
            resolved_at: incident.resolved_at,
            components: affected(&incident.components),
            updates: incident.updates.iter().map(UpdateView::new).collect(),
        }
    }
}

impl<'a> UpdateView<'a> {
    fn new(update: &'a Update) -> Self {
        Self {
            id: &update.id,
            phase: update.phase,
            posted_at: update.posted_at,
            body: update.body.as_deref(),
            components: affected(&update.components),
        }
    }
}

fn affected(affected: &[Affected]) -> Vec<AffectedView<'_>> {
    affected.iter().map(|Affected { id, status }| AffectedView { id, status: *status }).collect()
}

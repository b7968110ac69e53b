//! The overview as the server writes it. Ids and times come plain or in a wrapper with their type.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::text::values::Text;

/// `"2026-05-04T10:00:00.000Z"`, or `{"_type": "DateTime", "value": "2026-05-04T10:00:00.000Z"}`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Wrapped<'a> {
    Plain(#[serde(borrow)] Text<'a>),
    Typed {
        #[serde(borrow)]
        value: Option<Text<'a>>,
    },
}

/// What is in the wrapper; `None` if nothing is.
pub(super) fn text<'t>(wrapped: Option<&'t Wrapped<'_>>) -> Option<&'t str> {
    let text = match wrapped? {
        Wrapped::Plain(text) => text,
        Wrapped::Typed { value } => value.as_ref()?,
    };
    Some(&*text.0).filter(|text| !text.is_empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview<'a> {
    #[serde(borrow)]
    pub(super) status_page: Option<StatusPage<'a>>,
    #[serde(borrow)]
    pub(super) status_page_resources: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) monitor_statuses: Option<Vec<&'a RawValue>>,
    /// By the id of the group.
    #[serde(borrow)]
    pub(super) monitor_group_current_statuses: Option<BTreeMap<String, Wrapped<'a>>>,
    #[serde(borrow)]
    pub(super) active_incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) incident_public_notes: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) incident_state_timelines: Option<Vec<&'a RawValue>>,
    /// Of the history bar: also those that ended.
    #[serde(borrow)]
    pub(super) timeline_incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) scheduled_maintenance_events: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) scheduled_maintenance_events_public_notes: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct StatusPage<'a> {
    #[serde(borrow, rename = "_id")]
    pub(super) id: Option<Wrapped<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MonitorStatus<'a> {
    #[serde(borrow, rename = "_id")]
    pub(super) id: Wrapped<'a>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) is_operational_state: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource<'a> {
    #[serde(borrow)]
    pub(super) display_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status_page_group: Option<Named<'a>>,
    #[serde(borrow)]
    pub(super) monitor_id: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) monitor: Option<Monitor<'a>>,
    #[serde(borrow)]
    pub(super) monitor_group_id: Option<Wrapped<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Monitor<'a> {
    #[serde(borrow, rename = "_id")]
    pub(super) id: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) current_monitor_status_id: Option<Wrapped<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawIncident<'a> {
    #[serde(borrow, rename = "_id")]
    pub(super) id: Wrapped<'a>,
    #[serde(borrow)]
    pub(super) title: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) description: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) declared_at: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) created_at: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) current_incident_state: Option<Named<'a>>,
    #[serde(borrow)]
    pub(super) incident_severity: Option<Named<'a>>,
    #[serde(borrow)]
    pub(super) monitors: Option<Vec<Monitor<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawMaintenance<'a> {
    #[serde(borrow, rename = "_id")]
    pub(super) id: Wrapped<'a>,
    #[serde(borrow)]
    pub(super) title: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) description: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) created_at: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) starts_at: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) ends_at: Option<Wrapped<'a>>,
    pub(super) current_scheduled_maintenance_state: Option<MaintenanceState>,
    #[serde(borrow)]
    pub(super) monitors: Option<Vec<Monitor<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MaintenanceState {
    pub(super) is_scheduled_state: Option<bool>,
    pub(super) is_ongoing_state: Option<bool>,
    pub(super) is_resolved_state: Option<bool>,
}

/// A note of an incident or of maintenance.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Note<'a> {
    #[serde(borrow)]
    pub(super) note: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) posted_at: Option<Wrapped<'a>>,
    #[serde(borrow, alias = "scheduledMaintenanceId")]
    pub(super) incident_id: Option<Wrapped<'a>>,
}

/// That an incident came into a state.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateChange<'a> {
    #[serde(borrow, rename = "_id")]
    pub(super) id: Wrapped<'a>,
    #[serde(borrow)]
    pub(super) starts_at: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) incident_id: Option<Wrapped<'a>>,
    #[serde(borrow)]
    pub(super) incident_state: Option<IncidentState<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IncidentState<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) is_created_state: Option<bool>,
    pub(super) is_acknowledged_state: Option<bool>,
    pub(super) is_resolved_state: Option<bool>,
}

//! The documents as the platform writes them. The names of lists begin with capitals, and what is there depends on the
//! address, so everything is optional.
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::text::values::{Text, Word};

#[derive(Deserialize)]
pub(super) struct Instance<'a> {
    #[serde(borrow)]
    pub(super) key: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) location: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    #[serde(rename = "isActive")]
    pub(super) is_active: Option<bool>,
    #[serde(borrow, rename = "Services")]
    pub(super) services: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Products")]
    pub(super) products: Option<Vec<Service<'a>>>,
    #[serde(borrow, rename = "Incidents")]
    pub(super) incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Maintenances")]
    pub(super) maintenances: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "GeneralMessage", alias = "GeneralMessages")]
    pub(super) messages: Option<Vec<&'a RawValue>>,
}

/// A service or a product.
#[derive(Deserialize)]
pub(super) struct Service<'a> {
    #[serde(borrow)]
    pub(super) key: Option<Text<'a>>,
}

/// An incident or a maintenance.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    pub(super) id: Option<Word>,
    pub(super) external_id: Option<Word>,
    /// Of a maintenance.
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    pub(super) affects_all: Option<bool>,
    #[serde(borrow)]
    pub(super) created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) planned_start_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) planned_end_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) instance_keys: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub(super) service_keys: Option<Vec<Text<'a>>>,
    #[serde(borrow, rename = "IncidentImpacts", alias = "MaintenanceImpacts")]
    pub(super) impacts: Option<Vec<Impact<'a>>>,
    #[serde(borrow, rename = "IncidentEvents", alias = "MaintenanceEvents")]
    pub(super) posts: Option<Vec<Post<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Impact<'a> {
    #[serde(borrow)]
    pub(super) start_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) end_time: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) severity: Option<Text<'a>>,
}

/// One of `IncidentEvents`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Post<'a> {
    pub(super) id: Option<Word>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) created_at: Option<Text<'a>>,
}

/// A word of the page that may be missing or empty.
pub(super) fn text<'t>(text: &'t Option<Text<'_>>) -> Option<&'t str> {
    text.as_ref().map(|text| &*text.0).filter(|text| !text.trim().is_empty())
}

/// An id that is not empty.
pub(super) fn given(id: &Option<Word>) -> Option<&str> {
    id.as_ref().map(Word::as_str).filter(|id| !id.is_empty())
}

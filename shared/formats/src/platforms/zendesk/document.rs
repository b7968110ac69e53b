//! The documents as the platform writes them (JSON:API). The page's own spell their keys in camel case, the public API
//! in snake case; otherwise they are alike.
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    contract::ReadError,
    text::values::{Text, Word, present},
};

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    included: Option<Vec<&'a RawValue>>,
}

impl<'a> Document<'a> {
    pub(super) fn items(&self, path: &str) -> Result<&[&'a RawValue], ReadError> {
        let missing = || ReadError::NotThisFormat(format!("{path} is no document of Zendesk's status page: no `data`"));
        self.data.as_deref().ok_or_else(missing)
    }

    pub(super) fn included(&self) -> &[&'a RawValue] {
        self.included.as_deref().unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub(super) struct Item<'a> {
    pub(super) id: Option<Word>,
    #[serde(borrow)]
    pub(super) attributes: Option<Attributes<'a>>,
    pub(super) relationships: Option<Relationships>,
}

#[derive(Deserialize)]
pub(super) struct Attributes<'a> {
    #[serde(borrow, alias = "title")]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) impact: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    pub(super) outage: Option<bool>,
    pub(super) degradation: Option<bool>,
    #[serde(borrow, rename = "startedAt", alias = "started_at")]
    pub(super) started_at: Option<Text<'a>>,
    /// The outer is whether the key is there at all.
    #[serde(borrow, default, rename = "resolvedAt", alias = "resolved_at", deserialize_with = "present")]
    pub(super) resolved_at: Option<Option<Text<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Relationships {
    #[serde(rename = "incidentServices", alias = "incident_services")]
    pub(super) services: Option<Related>,
    #[serde(rename = "incidentUpdates", alias = "incident_updates")]
    pub(super) updates: Option<Related>,
}

#[derive(Deserialize)]
pub(super) struct Related {
    pub(super) data: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) id: Word,
}

/// What an incident has to do with a service, or one message on it.
#[derive(Deserialize)]
pub(super) struct Included<'a> {
    pub(super) id: Word,
    #[serde(borrow, rename = "type")]
    pub(super) sort: Text<'a>,
    #[serde(borrow)]
    pub(super) attributes: IncludedAttributes<'a>,
}

#[derive(Deserialize)]
pub(super) struct IncludedAttributes<'a> {
    #[serde(rename = "serviceId", alias = "service_id")]
    pub(super) service_id: Option<Word>,
    #[serde(borrow, rename = "serviceName", alias = "service_name")]
    pub(super) service_name: Option<Text<'a>>,
    pub(super) outage: Option<bool>,
    pub(super) degradation: Option<bool>,
    #[serde(borrow, rename = "resolvedAt", alias = "resolved_at")]
    pub(super) resolved_at: Option<Text<'a>>,
    #[serde(borrow, rename = "createdAt", alias = "created_at")]
    pub(super) created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) description: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Service<'a> {
    id: Word,
    #[serde(borrow)]
    attributes: ServiceAttributes<'a>,
}

#[derive(Deserialize)]
struct ServiceAttributes<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    deprecated: Option<bool>,
}

impl Service<'_> {
    /// Id and name of one that is still offered.
    pub(super) fn named(&self) -> Option<(String, String)> {
        let name = self.attributes.name.as_ref().filter(|name| !name.0.is_empty())?;
        let is_offered = self.attributes.deprecated != Some(true);
        is_offered.then(|| (self.id.as_str().to_owned(), name.0.to_string()))
    }
}

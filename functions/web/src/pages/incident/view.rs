//! What the page of an incident shows, read from the store for one request.
use std::collections::HashMap;

use jiff::Timestamp;
use status::{
    ids::{ComponentId, ProviderId},
    page_state::IncidentState,
    snapshot::Component,
};

pub(super) struct IncidentView<'a> {
    pub(super) provider: &'a ProviderId,
    pub(super) provider_name: &'a str,
    pub(super) incident_state: &'a IncidentState,
    /// Of its status page, at present.
    pub(super) components: HashMap<&'a ComponentId, &'a Component>,
    /// The status page is unreachable, so its stored state may be outdated.
    pub(super) is_unreachable: bool,
    pub(super) now: Timestamp,
}

impl<'a> IncidentView<'a> {
    /// The component's name, or its id if the page no longer lists it.
    pub(super) fn name(&self, id: &'a ComponentId) -> &'a str {
        self.components.get(id).map_or(id.as_str(), |component| &component.name)
    }
}

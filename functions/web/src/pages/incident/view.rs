//! What the page of an incident shows, read from the store for one request.
use jiff::Timestamp;
use status::{
    ids::{ComponentId, ProviderId},
    page_state::{IncidentState, PageState},
};

use crate::layout::names::component_name;

pub(super) struct IncidentView<'a> {
    pub(super) provider: &'a ProviderId,
    pub(super) provider_name: &'a str,
    pub(super) incident_state: &'a IncidentState,
    /// The present state of its status page.
    pub(super) page_state: Option<&'a PageState>,
    /// The status page is unreachable, so its stored state may be outdated.
    pub(super) is_unreachable: bool,
    pub(super) now: Timestamp,
}

impl<'a> IncidentView<'a> {
    pub(super) fn name(&self, id: &'a ComponentId) -> &'a str {
        component_name(self.page_state, id)
    }
}

//! What the page of a provider shows, read from the store for one request.
use std::ops::Deref;

use status::health::{HealthState, SourceHealth};

use crate::model::{overview::ProviderRow, page_history::PageHistory};

pub(super) struct ProviderView<'a> {
    pub(super) row: &'a ProviderRow,
    pub(super) history: PageHistory,
    /// What the components are searched for; empty: for nothing.
    pub(super) search: &'a str,
}

impl Deref for ProviderView<'_> {
    type Target = PageHistory;

    fn deref(&self) -> &PageHistory {
        &self.history
    }
}

impl ProviderView<'_> {
    /// The health of a page that is unreachable: its stored state may be outdated.
    pub(super) fn unreachable(&self) -> Option<&SourceHealth> {
        self.health.as_ref().filter(|health| health.state == HealthState::Unreadable)
    }
}

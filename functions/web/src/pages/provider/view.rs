//! What the page of a provider shows, read from the store for one request.
use std::time::Duration;

use jiff::Timestamp;
use status::{
    health::{HealthState, SourceHealth},
    page_state::PageState,
};
use store::{PageRecord, TimelinePage};

use super::{history_bars::WatchedPeriod, recent::Recent};
use crate::model::overview::ProviderRow;

pub(super) struct ProviderView<'a> {
    pub(super) row: &'a ProviderRow,
    /// `None`: the page was never read.
    pub(super) record: Option<PageRecord>,
    /// `None`: no read ever failed.
    pub(super) health: Option<SourceHealth>,
    /// How often the page is polled, as far as its newest change tells.
    pub(super) interval: Duration,
    pub(super) last_polled: Option<Timestamp>,
    pub(super) recent: Recent,
    /// The first page of the history.
    pub(super) history: TimelinePage,
    pub(super) now: Timestamp,
}

impl ProviderView<'_> {
    pub(super) fn page_state(&self) -> Option<&PageState> {
        self.record.as_ref().map(|record| &record.page_state)
    }

    /// The health of a page that is unreachable: its stored state may be outdated.
    pub(super) fn unreachable(&self) -> Option<&SourceHealth> {
        self.health.as_ref().filter(|health| health.state == HealthState::Unreadable)
    }

    /// The time for which the state of the page is known.
    pub(super) fn watched_period(&self, page_state: &PageState) -> WatchedPeriod {
        let until = self.unreachable().map(|health| health.since).into_iter().chain(self.last_polled).min();
        WatchedPeriod { since: page_state.baseline_at.max(self.recent.complete_since), until }
    }
}

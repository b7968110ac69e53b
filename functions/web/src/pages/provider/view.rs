//! What the page of a provider shows, read from the store for one request.
use std::time::Duration;

use jiff::Timestamp;
use status::{
    availability::Period,
    health::{HealthState, SourceHealth},
    page_state::PageState,
};
use store::PageRecord;

use super::{over_time::OverTime, recent::Recent};
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
    /// What the components are searched for; empty: for nothing.
    pub(super) search: &'a str,
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

    /// The page and its components over time.
    pub(super) fn over_time<'a>(&'a self, page_state: &'a PageState) -> OverTime<'a> {
        let since = page_state.baseline_at.max(self.recent.complete_since);
        let failing = self.health.as_ref().filter(|health| health.state != HealthState::Readable);
        let ends = [failing.map(|health| health.since), self.last_polled];
        let until = ends.into_iter().flatten().min().unwrap_or(self.now).max(since);
        OverTime::new(&self.recent, page_state, Period { since, until }, self.now)
    }
}

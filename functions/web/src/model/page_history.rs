//! What is stored of one provider's page: its present state, its health, and its last 90 days.
use std::time::Duration;

use jiff::Timestamp;
use status::{health::SourceHealth, over_time::OverTime, page_state::PageState, recent::Recent, schedule::PollCost};
use store::{PageRecord, Store, StoreError};

use super::overview::{Overview, ProviderRow, last_polled};

pub(crate) struct PageHistory {
    /// `None`: the page was never read.
    pub(crate) record: Option<PageRecord>,
    /// `None`: no read ever failed.
    pub(crate) health: Option<SourceHealth>,
    /// How often the page is polled, as far as its newest change tells.
    pub(crate) interval: Duration,
    pub(crate) last_polled: Option<Timestamp>,
    pub(crate) recent: Recent,
    pub(crate) now: Timestamp,
}

impl PageHistory {
    pub(crate) async fn read(
        store: &Store,
        overview: &Overview,
        row: &ProviderRow,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let id = &row.provider.id;
        let (record, mut healths, mut recent) =
            tokio::try_join!(store.page(id), store.healths(std::slice::from_ref(id)), store.recent_timelines(id, now))?;
        if let Some(record) = &record {
            recent.refresh(&record.page_state, now);
        }
        let validators = record.as_ref().map(|record| (&record.head.etag, &record.head.last_modified));
        let has_validators = validators.is_some_and(|(etag, last_modified)| etag.is_some() || last_modified.is_some());
        let interval = row.interval(PollCost::presumed(has_validators));
        let last_polled = last_polled(row, interval, &overview.rounds);
        Ok(Self { record, health: healths.remove(id), interval, last_polled, recent, now })
    }

    pub(crate) fn page_state(&self) -> Option<&PageState> {
        self.record.as_ref().map(|record| &record.page_state)
    }

    /// The page and its components over time.
    pub(crate) fn over_time<'a>(&'a self, page_state: &'a PageState) -> OverTime<'a> {
        OverTime::of_polled(&self.recent, page_state, self.health.as_ref(), self.last_polled, self.now)
    }
}

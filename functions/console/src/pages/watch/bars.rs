//! The last 90 days of each component of a page as bars, as far as they were seen.
use std::collections::HashMap;

use jiff::Timestamp;
use maud::Markup;
use site::days::Days;
use status::{
    ids::ComponentId,
    over_time::OverTime,
    page_state::PageState,
    recent::Recent,
    schedule::{self, PollCost},
};
use store::{Store, StoreError};

use super::watched::{Found, States};

pub(super) struct Bars {
    /// Most components of a page had no incident of their own.
    of_most: Markup,
    of_others: HashMap<ComponentId, Markup>,
}

impl Bars {
    pub(super) fn of_component(&self, id: &ComponentId) -> &Markup {
        self.of_others.get(id).unwrap_or(&self.of_most)
    }

    pub(super) fn of(
        recent: &Recent,
        page: &PageState,
        (found, states): (&Found, &States),
        newest_round: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let id = &found.provider.id;
        let open = states.summary(id).is_some_and(|summary| summary.open.iter().any(|it| it.no_news_since.is_none()));
        // As one that nobody watches: since when it is watched and polled more often, is not asked.
        let interval = schedule::interval(&found.provider, false, open, PollCost::High);
        let last_polled = newest_round.map(|round| schedule::last_due(id, interval, round));
        let over_time = OverTime::of_polled(recent, page, states.health(id), last_polled, now);
        let bars = |id: Option<&ComponentId>| Days(over_time.days_of(id)).svg();
        let others = page.components.iter().map(|component| &component.id).filter(|id| over_time.differs(id));
        Self { of_most: bars(None), of_others: others.map(|id| (id.clone(), bars(Some(id)))).collect() }
    }
}

/// `None`: no round is recorded.
pub(super) async fn newest_round(store: &Store) -> Result<Option<Timestamp>, StoreError> {
    Ok(store.rounds().await?.iter().map(|round| round.began_at).max())
}

//! How old what is known of a provider is. Nothing that leaves these pages may claim a state of which nobody knows
//! whether it still holds.
use jiff::{SignedDuration, Timestamp};

use super::overview::{Overview, ProviderRow};

/// Since the newest round of polling began. A round begins every minute and is recorded at its end, within a minute.
pub(crate) const MAX_ROUND_AGE: SignedDuration = SignedDuration::from_mins(5);

/// `None`: the provider's state is current. Else it was true then: its page cannot be read since, or nobody polls.
pub(crate) fn as_of(row: &ProviderRow, overview: &Overview, now: Timestamp) -> Option<Timestamp> {
    row.as_of().into_iter().chain(blind_since(overview, now)).min().filter(|_| row.page_summary.is_some())
}

/// Since when no status page is read: the poller has no internet, or does not run.
pub(crate) fn blind_since(overview: &Overview, now: Timestamp) -> Option<Timestamp> {
    overview.no_internet_since().into_iter().chain(not_polled_since(overview, now)).min()
}

/// When the newest round began, if there should have been another since. `None` too if there was no round yet.
pub(crate) fn not_polled_since(overview: &Overview, now: Timestamp) -> Option<Timestamp> {
    let newest = overview.rounds.iter().map(|round| round.began_at).max()?;
    (now.duration_since(newest) > MAX_ROUND_AGE).then_some(newest)
}

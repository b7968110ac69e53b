//! Source health: whether a status page can be read at all (truth rule 10). One failed read is noise; after three over
//! ten minutes the page is unreadable, and groups may ask for an alert about that.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{identity::Moved, words::Event};

const FAILURES_TO_BE_UNREADABLE: u32 = 3;
const FAILING_TO_BE_UNREADABLE: Duration = Duration::from_secs(600);
/// A platform with fewer pages in a round than this is not judged as a whole.
const MIN_PAGES_OF_A_PLATFORM: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHealth {
    pub state: HealthState,
    /// Of a readable page the first good read, else the first failed one. Our clock.
    pub since: Timestamp,
    /// Failed reads in a row.
    pub failures: u32,
    /// Why the newest read failed, for people: names the thing, holds no secret and no text of the provider.
    pub reason: Option<String>,
    /// The page asked (429, `Retry-After`) not to be read before this.
    pub not_before: Option<Timestamp>,
    /// Damaged parts of the newest good read, which were skipped.
    pub problems: Vec<String>,
    /// Where the page has moved permanently, by its own redirects. It is still read at its old address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// Where the page is read, if the configured address is not the status page itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// Another page stands in the place of the known one (truth rule 11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Box<Moved>>,
}

/// What a good read shows about the source, beside its snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoodRead {
    pub problems: Vec<String>,
    pub moved_to: Option<String>,
    pub read_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    Readable,
    Failing,
    Unreadable,
}

/// Why a read gave no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub reason: String,
    pub not_before: Option<Timestamp>,
    /// It was read, and is another page.
    pub moved: Option<Box<Moved>>,
}

impl SourceHealth {
    /// What the newest good read showed; an unchanged page shows the same again.
    pub fn good_read(&self) -> GoodRead {
        GoodRead { problems: self.problems.clone(), moved_to: self.moved_to.clone(), read_at: self.read_at.clone() }
    }

    /// The health after a good read, and the event to alert.
    pub fn after_good_read(before: Option<&Self>, read: GoodRead, now: Timestamp) -> (Self, Option<Event>) {
        let was_readable = before.filter(|health| health.state == HealthState::Readable);
        let health = Self {
            state: HealthState::Readable,
            since: was_readable.map_or(now, |health| health.since),
            failures: 0,
            reason: None,
            not_before: None,
            problems: read.problems,
            moved_to: read.moved_to,
            read_at: read.read_at,
            moved: None,
        };
        let was_unreadable = before.is_some_and(|health| health.state == HealthState::Unreadable);
        (health, was_unreadable.then_some(Event::Readable))
    }

    /// The health after a failed read, and the event to alert. `platform_fault`: most pages of the platform fail in
    /// this round, which is one fault of the platform or ours and no news about this page.
    pub fn after_failed_read(
        before: Option<&Self>,
        failure: Failure,
        platform_fault: bool,
        now: Timestamp,
    ) -> (Self, Option<Event>) {
        let failing = before.filter(|health| health.state != HealthState::Readable);
        let since = failing.map_or(now, |health| health.since);
        let failures = failing.map_or(0, |health| health.failures).saturating_add(1);
        let was_unreadable = failing.is_some_and(|health| health.state == HealthState::Unreadable);
        let long_enough = now.duration_since(since).unsigned_abs() >= FAILING_TO_BE_UNREADABLE;
        let becomes_unreadable =
            !was_unreadable && failures >= FAILURES_TO_BE_UNREADABLE && long_enough && !platform_fault;
        let state = if was_unreadable || becomes_unreadable { HealthState::Unreadable } else { HealthState::Failing };
        let Failure { reason, not_before, moved } = failure;
        let health = Self {
            state,
            since,
            failures,
            reason: Some(reason),
            not_before,
            problems: Vec::new(),
            moved_to: before.and_then(|health| health.moved_to.clone()),
            read_at: before.and_then(|health| health.read_at.clone()),
            moved,
        };
        (health, becomes_unreadable.then_some(Event::Unreadable))
    }
}

/// The platforms of which more than half of the pages read in this round failed. `reads`: platform and whether the
/// read failed, one entry per page.
pub fn platform_faults<'a>(reads: impl IntoIterator<Item = (&'a str, bool)>) -> BTreeSet<&'a str> {
    let mut pages: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (platform, failed) in reads {
        let (all, bad) = pages.entry(platform).or_default();
        *all += 1;
        *bad += usize::from(failed);
    }
    pages
        .into_iter()
        .filter(|(_, (all, bad))| *all >= MIN_PAGES_OF_A_PLATFORM && bad * 2 > *all)
        .map(|(platform, _)| platform)
        .collect()
}
